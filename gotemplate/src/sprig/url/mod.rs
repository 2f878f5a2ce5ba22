//! Addresses taken apart and put together as Go does it.

mod escape;
mod parse;

use escape::{Part, escape};
pub use parse::parse;

/// An address in its pieces, unescaped; the query stays as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Url {
    /// Before the first colon, in lower case.
    pub scheme: Vec<u8>,
    /// What follows the scheme of an address without slashes.
    pub opaque: Vec<u8>,
    /// Who asks.
    pub user: Option<User>,
    /// The host with its port.
    pub host: Vec<u8>,
    /// The path.
    pub path: Vec<u8>,
    /// What follows the question mark.
    pub query: Vec<u8>,
    /// What follows the number sign.
    pub fragment: Vec<u8>,
}

/// A name and perhaps a password.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    name: Vec<u8>,
    password: Option<Vec<u8>>,
}

impl User {
    /// The name and the password as they stand in an address.
    pub fn text(&self) -> Vec<u8> {
        let mut text = escape(&self.name, Part::User);
        if let Some(password) = &self.password {
            text.push(b':');
            text.extend(escape(password, Part::User));
        }
        text
    }
}

impl Url {
    /// The host without its port and brackets.
    pub fn hostname(&self) -> &[u8] {
        let colon = self
            .host
            .iter()
            .rposition(|&byte| byte == b':')
            .filter(|&colon| is_port(&self.host[colon..]));
        let host = &self.host[..colon.unwrap_or(self.host.len())];
        host.strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"))
            .unwrap_or(host)
    }

    /// The address.
    pub fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        if !self.scheme.is_empty() {
            text.extend_from_slice(&self.scheme);
            text.push(b':');
        }
        if self.opaque.is_empty() {
            self.write_hierarchy(&mut text);
        } else {
            text.extend_from_slice(&self.opaque);
        }
        if !self.query.is_empty() {
            text.push(b'?');
            text.extend_from_slice(&self.query);
        }
        if !self.fragment.is_empty() {
            text.push(b'#');
            text.extend(escape(&self.fragment, Part::Fragment));
        }
        text
    }

    fn write_hierarchy(&self, text: &mut Vec<u8>) {
        let has_authority = !self.host.is_empty() || self.user.is_some();
        if has_authority || (!self.scheme.is_empty() && !self.path.is_empty()) {
            text.extend_from_slice(b"//");
        }
        if let Some(user) = &self.user {
            text.extend(user.text());
            text.push(b'@');
        }
        text.extend(escape(&self.host, Part::Host));
        let path = if self.path == b"*" {
            self.path.clone()
        } else {
            escape(&self.path, Part::Path)
        };
        if !path.is_empty() && path[0] != b'/' && !self.host.is_empty() {
            text.push(b'/');
        }
        // A colon in the first segment would make it a scheme.
        let first = path.split(|&byte| byte == b'/').next().unwrap_or_default();
        if text.is_empty() && first.contains(&b':') {
            text.extend_from_slice(b"./");
        }
        text.extend(path);
    }
}

/// Nothing, or a colon and digits.
fn is_port(text: &[u8]) -> bool {
    text.is_empty() || text[0] == b':' && text[1..].iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use bstr::ByteSlice;

    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_put_together() {
        let text = "proto://auth%20x:pa%3Ass@host:8080/a%20b?query=1&x#frag ment";
        let url = parse(text.as_bytes()).expect("an address");
        assert_eq!(url.scheme, b"proto");
        assert_eq!(url.host, b"host:8080");
        assert_eq!(url.hostname(), b"host");
        assert_eq!(url.path, b"/a b");
        assert_eq!(url.fragment, b"frag ment");
        assert_eq!(
            url.text().as_bstr(),
            "proto://auth%20x:pa%3Ass@host:8080/a%20b?query=1&x#frag%20ment"
        );
    }

    #[test]
    fn other_texts_are_refused_in_gos_words() {
        for (text, problem) in [
            (":x", "missing protocol scheme"),
            ("a\nb", "net/url: invalid control character in URL"),
            ("1:2/x", "first path segment in URL cannot contain colon"),
            ("http://a:b", "invalid port \":b\" after host"),
            ("http://[::1", "missing ']' in host"),
            ("http://a b/", "invalid character \" \" in host name"),
            ("%zz", "invalid URL escape \"%zz\""),
            ("http://a\"@b", "net/url: invalid userinfo"),
        ] {
            let error = parse(text.as_bytes()).expect_err(text);
            assert_eq!(
                error,
                format!("parse {}: {problem}", crate::format::quoted(text.as_bytes()))
            );
        }
    }

    #[test]
    fn addresses_without_slashes_are_opaque() {
        let url = parse(b"mailto:a@b?c").expect("an address");
        assert_eq!(
            (url.opaque.as_bstr(), url.query.as_bstr()),
            ("a@b".into(), "c".into())
        );
        assert_eq!(
            parse(b"[::1]:80/x").unwrap_err(),
            "parse \"[::1]:80/x\": first path segment in URL cannot contain colon"
        );
        assert_eq!(
            parse(b"//[fe80::1%25en0]:80/x").expect("an address").hostname(),
            b"fe80::1%en0"
        );
    }
}
