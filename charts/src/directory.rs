//! A chart's files from a directory: the one place of this library that reads the disk.

use std::io;
use std::path::Path;

use fs_err as fs;

use crate::chart::File;
use crate::ignore::Ignore;

/// Reads every file below `root` that `.helmignore` does not leave out. Links are not followed: they are an error.
pub fn read(root: &Path) -> io::Result<Vec<File>> {
    let ignore = match fs::read_to_string(root.join(".helmignore")) {
        Ok(text) => Ignore::parse(&text).map_err(io::Error::other)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ignore::default(),
        Err(error) => return Err(error),
    };
    let mut files = Vec::new();
    read_into(&mut files, root, "", &ignore)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn read_into(files: &mut Vec<File>, directory: &Path, prefix: &str, ignore: &Ignore) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| {
            io::Error::other(format!(
                "{}: file name {} is not UTF-8",
                directory.display(),
                name.display()
            ))
        })?;
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if ignore.ignores(&path, kind.is_dir()) {
            continue;
        }
        if kind.is_dir() {
            read_into(files, &entry.path(), &format!("{path}/"), ignore)?;
        } else if kind.is_file() {
            files.push(File::new(path, fs::read(entry.path())?));
        } else {
            let message = format!(
                "{}: a chart holds files and directories only",
                entry.path().display()
            );
            return Err(io::Error::other(message));
        }
    }
    Ok(())
}
