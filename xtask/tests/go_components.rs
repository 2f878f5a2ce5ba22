//! The tests of our own Go programs, run with the others.

use std::path::Path;
use std::process::Command;

#[test]
fn our_own_go_programs_pass_their_tests() {
    let components = Path::new(env!("CARGO_MANIFEST_DIR")).join("../components");
    let mut tested = 0;
    for entry in fs_err::read_dir(&components).unwrap() {
        let module = entry.unwrap().path();
        if !module.join("config_test.go").is_file() {
            continue;
        }
        let mut go = Command::new("go");
        go.current_dir(&module).args(["test", "./..."]);
        let result = go
            .env("GOFLAGS", "")
            .env("GOTOOLCHAIN", "local")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&result.stdout);
        assert!(
            result.status.success(),
            "go test in {}:\n{said}",
            module.display()
        );
        tested += 1;
    }
    assert!(tested > 0, "no component has tests");
}
