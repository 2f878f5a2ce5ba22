//! Kernel settings that Linux has once for all machines on a host, given to each machine as files of its own.
//!
//! The kubelet sets some of them and people set others. What a machine writes must stay in it: so these names are
//! covered with plain files that begin with the host's values. Settings of the network need no cover, since each
//! network namespace has its own.

use std::path::Path;

use anyhow::Result;
use nix::mount::MsFlags;

use super::root::{bind, make_file};

/// Files and folders below /proc/sys.
const COVERED: [&str; 6] = [
    "vm",
    "fs/inotify",
    "kernel/keys",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/threads-max",
];

/// Covers the settings, with copies below `copies` (gone after a power cut, as settings are).
pub(super) fn cover(copies: &Path) -> Result<()> {
    let settings = Path::new("/proc/sys");
    for name in COVERED {
        let setting = settings.join(name);
        if !setting.exists() {
            continue;
        }
        copy(&setting, &copies.join(name))?;
        bind(&copies.join(name), &setting, MsFlags::empty())?;
    }
    // A computer that starts again has another boot id, and the kubelet goes by it.
    let boot_id = copies.join("boot_id");
    make_file(&boot_id, &fs_err::read(settings.join("kernel/random/uuid"))?)?;
    bind(
        &boot_id,
        &settings.join("kernel/random/boot_id"),
        MsFlags::empty(),
    )
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs_err::create_dir_all(to)?;
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    // Some settings can only be written; an empty file takes that too.
    make_file(to, &fs_err::read(from).unwrap_or_default())
}
