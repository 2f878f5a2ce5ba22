//! Paths with slashes, as Go's `path` package treats them.

/// The shortest path that means the same.
pub(crate) fn clean(path: &[u8]) -> Vec<u8> {
    let rooted = path.starts_with(b"/");
    let mut kept: Vec<&[u8]> = Vec::new();
    for element in path.split(|&byte| byte == b'/') {
        match element {
            b"" | b"." => {}
            b".." => match kept.last() {
                Some(&last) if last != b".." => {
                    kept.pop();
                }
                _ if rooted => {}
                _ => kept.push(element),
            },
            _ => kept.push(element),
        }
    }
    let joined = kept.join(&b'/');
    match (rooted, joined.is_empty()) {
        (true, _) => [b"/", &joined[..]].concat(),
        (false, true) => b".".to_vec(),
        (false, false) => joined,
    }
}

/// The last element.
pub(crate) fn base(path: &[u8]) -> &[u8] {
    if path.is_empty() {
        return b".";
    }
    let end = path
        .iter()
        .rposition(|&byte| byte != b'/')
        .map_or(0, |last| last + 1);
    match path[..end].rsplit(|&byte| byte == b'/').next() {
        Some(b"") | None => b"/",
        Some(base) => base,
    }
}

/// All but the last element.
pub(crate) fn dir(path: &[u8]) -> Vec<u8> {
    let end = path
        .iter()
        .rposition(|&byte| byte == b'/')
        .map_or(0, |last| last + 1);
    clean(&path[..end])
}

/// From the last dot of the last element on.
pub(crate) fn extension(path: &[u8]) -> &[u8] {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default();
    name.iter()
        .rposition(|&byte| byte == b'.')
        .map_or(b"", |dot| &name[dot..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        for (path, expected) in [
            ("", "."),
            ("a//b/./c/..", "a/b"),
            ("/../a", "/a"),
            ("../../a", "../../a"),
            ("a/../..", ".."),
            ("///", "/"),
            ("abc/def/../../..", ".."),
        ] {
            assert_eq!(
                String::from_utf8_lossy(&clean(path.as_bytes())),
                expected,
                "{path}"
            );
        }
    }

    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(base(b"a/b.tar.gz//"), b"b.tar.gz");
        assert_eq!(base(b"///"), b"/");
        assert_eq!(base(b""), b".");
        assert_eq!(dir(b"/a/b/"), b"/a/b");
        assert_eq!(dir(b"a"), b".");
        assert_eq!(extension(b"a.b/c"), b"");
        assert_eq!(extension(b"a/c.tar.gz"), b".gz");
    }
}
