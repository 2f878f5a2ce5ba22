//! What fuzzing found stays harmless: each input once crashed, hung or ran over a limit, or is of the kind that might.

#[expect(unreachable_pub, reason = "the fuzz targets use it as a part of a library")]
mod entries;

use std::path::Path;
use std::time::{Duration, Instant};

/// Far more than any of them takes, and far less than forever.
const LONGEST: Duration = Duration::from_secs(20);

#[test]
fn inputs_that_fuzzing_found_do_no_harm() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/found");
    for (name, entry) in entries::ENTRIES {
        let mut count = 0;
        for file in fs_err::read_dir(found.join(name)).unwrap() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            let start = Instant::now();
            entry(&fs_err::read(&path).unwrap());
            assert!(start.elapsed() < LONGEST, "{} takes too long", path.display());
            count += 1;
        }
        assert!(count > 0, "{name} has no inputs");
    }
}
