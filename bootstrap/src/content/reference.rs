//! Image references: `registry/repository:tag@digest`, made complete as docker and containerd do it.

use std::fmt;
use std::str::FromStr;

use super::digest::Digest;

const DEFAULT_REGISTRY: &str = "docker.io";
const MAX_LENGTH: usize = 512;

/// A complete image reference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Reference {
    /// Host and, if given, port.
    pub(crate) registry: String,
    pub(crate) repository: String,
    pub(crate) tag: Option<String>,
    pub(crate) digest: Option<Digest>,
}

/// A text that is no image reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an image reference: {why}")]
pub(crate) struct NotAReference {
    text: String,
    why: &'static str,
}

impl Reference {
    /// What a registry is asked for: the digest if there is one, else the tag.
    pub(crate) fn version(&self) -> String {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.to_string(),
            (None, tag) => tag.clone().unwrap_or_else(|| "latest".to_owned()),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            registry,
            repository,
            tag,
            digest,
        } = self;
        write!(f, "{registry}/{repository}")?;
        if let Some(tag) = tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = NotAReference;

    fn from_str(text: &str) -> Result<Self, NotAReference> {
        parse(text).map_err(|why| NotAReference {
            text: text.chars().take(200).collect(),
            why,
        })
    }
}

fn parse(text: &str) -> Result<Reference, &'static str> {
    if text.is_empty() || text.len() > MAX_LENGTH {
        return Err("it is empty or too long");
    }
    let (rest, digest) = match text.split_once('@') {
        Some((rest, digest)) => (
            rest,
            Some(
                digest
                    .parse()
                    .map_err(|_| "what follows `@` is not a sha256 digest")?,
            ),
        ),
        None => (text, None),
    };
    // A colon after the last slash starts a tag; one before it starts a port.
    let after_slash = rest.rfind('/').map_or(0, |slash| slash + 1);
    let (path, tag) = match rest[after_slash..].split_once(':') {
        Some((_, tag)) => (&rest[..rest.len() - tag.len() - 1], Some(tag.to_owned())),
        None => (rest, None),
    };
    let (registry, repository) = split_registry(path);
    if !is_registry(&registry) {
        return Err("the registry's host name has odd characters");
    }
    if !repository.split('/').all(is_component) {
        return Err("a repository is made of a-z, 0-9 and single separators `.`, `_`, `__`, `-`");
    }
    if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
        return Err("a tag is made of letters, digits, `_`, `.` and `-`, and at most 128 long");
    }
    let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
    Ok(Reference {
        registry,
        repository,
        tag,
        digest,
    })
}

/// The first component is a registry if it looks like a host; else the default registry is meant.
fn split_registry(path: &str) -> (String, String) {
    match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => {
            let library = host == DEFAULT_REGISTRY && !rest.contains('/');
            (
                host.to_owned(),
                if library {
                    format!("library/{rest}")
                } else {
                    rest.to_owned()
                },
            )
        }
        Some(_) => (DEFAULT_REGISTRY.to_owned(), path.to_owned()),
        None => (DEFAULT_REGISTRY.to_owned(), format!("library/{path}")),
    }
}

fn is_registry(host: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    !host.is_empty() && host.chars().all(allowed) && !host.contains("..") && !host.starts_with(['.', '-'])
}

fn is_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators = component
        .split(alphanumeric)
        .filter(|separator| !separator.is_empty());
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && separators
            .into_iter()
            .all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|byte| byte == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_made_complete() {
        for (short, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("docker.io/nginx", "docker.io/library/nginx:latest"),
            ("bowline/etcd:v3.7.3", "docker.io/bowline/etcd:v3.7.3"),
            ("localhost/a", "localhost/a:latest"),
            ("registry.local:5000/a/b_c:1", "registry.local:5000/a/b_c:1"),
            ("[::1]:5000/a:1", "[::1]:5000/a:1"),
        ] {
            assert_eq!(short.parse::<Reference>().unwrap().to_string(), full);
        }
    }

    #[test]
    fn a_digest_stands_in_for_the_tag() {
        let digest = Digest::of(b"");
        let reference: Reference = format!("a/b@{digest}").parse().unwrap();
        assert_eq!(reference.tag, None);
        assert_eq!(reference.version(), digest.to_string());
        assert_eq!(
            (&*reference.registry, &*reference.repository),
            ("docker.io", "a/b")
        );
    }

    #[test]
    fn odd_references_are_refused() {
        let long = "a".repeat(600);
        for text in [
            "",
            "UPPER/case",
            "a//b",
            "a/../b",
            "../etc",
            "a/b:",
            "a/b:x/y",
            "a b",
            "a/b@sha256:1",
            "a/-b",
            "a/b..c",
            "h\u{e9}.io/a",
            "/a",
            "a/",
            ".x.io/a",
            &long,
        ] {
            assert!(text.parse::<Reference>().is_err(), "{text}");
        }
    }
}
