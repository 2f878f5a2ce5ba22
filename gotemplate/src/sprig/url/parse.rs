//! An address taken apart.

use std::net::Ipv6Addr;

use bstr::ByteSlice;

use super::escape::{Part, unescape};
use super::{Url, User, is_port};

/// Takes an address apart; the error has Go's words.
pub fn parse(text: &[u8]) -> Result<Url, String> {
    let (address, fragment) = cut(text, b'#');
    let problem = |text: &[u8], problem: String| format!("parse {}: {problem}", crate::format::quoted(text));
    let mut url = parse_address(address).map_err(|error| problem(address, error))?;
    url.fragment = unescape(fragment, Part::Fragment).map_err(|error| problem(text, error))?;
    Ok(url)
}

fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    text.split_once_str(&[separator]).unwrap_or((text, b""))
}

fn parse_address(text: &[u8]) -> Result<Url, String> {
    if text.iter().any(|&byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url::default();
    if text == b"*" {
        url.path = text.to_vec();
        return Ok(url);
    }
    let (scheme, rest) = scheme(text)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = cut(rest, b'?');
    url.query = query.to_vec();
    if !rest.starts_with(b"/") {
        if !scheme.is_empty() {
            url.opaque = rest.to_vec();
            return Ok(url);
        }
        if cut(rest, b'/').0.contains(&b':') {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    }
    let mut path = rest;
    if rest.starts_with(b"//") && (!scheme.is_empty() || !rest.starts_with(b"///")) {
        let authority = &rest[2..];
        let length = authority.find_byte(b'/').unwrap_or(authority.len());
        path = &authority[length..];
        (url.user, url.host) = parse_authority(&url.scheme, &authority[..length])?;
    }
    url.path = unescape(path, Part::Path)?;
    Ok(url)
}

fn scheme(text: &[u8]) -> Result<(&[u8], &[u8]), String> {
    let length = text
        .iter()
        .position(|&byte| !byte.is_ascii_alphanumeric() && !b"+-.".contains(&byte));
    match length {
        Some(0) if text[0] == b':' => Err("missing protocol scheme".to_owned()),
        Some(length) if text[length] == b':' && text[0].is_ascii_alphabetic() => {
            Ok((&text[..length], &text[length + 1..]))
        }
        _ => Ok((b"", text)),
    }
}

fn parse_authority(scheme: &[u8], authority: &[u8]) -> Result<(Option<User>, Vec<u8>), String> {
    let Some((user, host)) = authority.rsplit_once_str(b"@") else {
        return Ok((None, parse_host(scheme, authority)?));
    };
    let host = parse_host(scheme, host)?;
    if !user
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte))
    {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = match user.split_once_str(b":") {
        Some((name, password)) => (name, Some(password)),
        None => (user, None),
    };
    let name = unescape(name, Part::User)?;
    let password = password
        .map(|password| unescape(password, Part::User))
        .transpose()?;
    Ok((Some(User { name, password }), host))
}

fn parse_host(scheme: &[u8], host: &[u8]) -> Result<Vec<u8>, String> {
    match host.rfind_byte(b'[') {
        Some(0) => return parse_literal(host),
        Some(_) => return Err("invalid IP-literal".to_owned()),
        None => {}
    }
    let is_http = matches!(scheme, b"http" | b"https");
    let colon = if is_http {
        host.find_byte(b':')
    } else {
        host.rfind_byte(b':')
    };
    if let Some(colon) = colon {
        check_port(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

fn check_port(port: &[u8]) -> Result<(), String> {
    if is_port(port) {
        Ok(())
    } else {
        Err(format!("invalid port {} after host", crate::format::quoted(port)))
    }
}

/// An address of IPv6 in brackets.
fn parse_literal(host: &[u8]) -> Result<Vec<u8>, String> {
    let close = host.rfind_byte(b']').ok_or("missing ']' in host")?;
    let (literal, port) = (&host[1..close], &host[close + 1..]);
    check_port(port)?;
    let name = match literal.find(b"%25") {
        None => unescape(literal, Part::Host)?,
        Some(zone) => {
            let mut name = unescape(&literal[..zone], Part::Host)?;
            name.extend(unescape(&literal[zone..], Part::Zone)?);
            name
        }
    };
    let (address, _) = cut(&name, b'%');
    let address = std::str::from_utf8(address).unwrap_or_default();
    if address.parse::<std::net::Ipv4Addr>().is_ok() {
        return Err("invalid IP-literal".to_owned());
    }
    if address.parse::<Ipv6Addr>().is_err() {
        return Err(format!(
            "invalid host: ParseAddr({}): unable to parse IP",
            crate::format::quoted(&name)
        ));
    }
    Ok([b"[", &name[..], b"]", port].concat())
}
