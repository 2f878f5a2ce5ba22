//! Addresses of mail and pages, as far as a mistake in them can be seen.

use gotemplate::sprig::url;

pub(super) fn is_email(text: &str) -> bool {
    let Some((name, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let is_word = |c: char| !c.is_whitespace() && !matches!(c, '<' | '>' | '(' | ')' | ',' | ';' | '@');
    !name.is_empty() && name.chars().all(is_word) && domain.contains('.') && is_host(domain)
}

/// An address with its scheme.
pub(super) fn is_request_url(text: &str) -> bool {
    url::parse(text.as_bytes())
        .is_ok_and(|url| !url.scheme.is_empty() && (!url.host.is_empty() || !url.path.is_empty()))
}

/// An address of a page, perhaps without its scheme.
pub(super) fn is_url(text: &str) -> bool {
    let with_scheme = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    match url::parse(with_scheme.as_bytes()) {
        Ok(url) => {
            let host = String::from_utf8_lossy(url.hostname()).into_owned();
            is_host(&host) && (host.contains('.') || host == "localhost" || text.contains("://"))
        }
        Err(_) => false,
    }
}

fn is_host(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ':'))
    };
    text.trim_end_matches('.').split('.').all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_with_a_mistake_are_found() {
        for good in ["a@b.example", "first.last+tag@sub.example.org"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "a",
            "a@",
            "@b.example",
            "a b@c.example",
            "a@b",
            "Ann <a@b.example>",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
        for good in ["https://example.org/icon.png", "git://example.org/x"] {
            assert!(is_request_url(good) && is_url(good), "{good}");
        }
        for bad in ["", "example.org", "https://", "icon.png", "http://a b/"] {
            assert!(!is_request_url(bad), "{bad}");
        }
        assert!(is_url("example.org/people/ann"));
        assert!(!is_url("ann") && !is_url("https://ex ample.org"));
    }
}
