//! Functions on paths and addresses.

use super::arguments::{Arguments, text};
use super::path::{base, clean, dir, extension};
use super::url::{self, Url};
use crate::{Call, Context, Error, Function, Kind, Map, Type, Value};

use Type::String as Text;

const BASE: Call = |context, given| text(context, base(Arguments(given).text(0)));
const CLEAN: Call = |context, given| text(context, clean(Arguments(given).text(0)));
const DIR: Call = |context, given| text(context, dir(Arguments(given).text(0)));
const EXTENSION: Call = |context, given| text(context, extension(Arguments(given).text(0)));
const IS_ABSOLUTE: Call = |_, given| Ok(Arguments(given).text(0).starts_with(b"/").into());

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("base", &[Text], BASE),
    Function::new("osBase", &[Text], BASE),
    Function::new("clean", &[Text], CLEAN),
    Function::new("osClean", &[Text], CLEAN),
    Function::new("dir", &[Text], DIR),
    Function::new("osDir", &[Text], DIR),
    Function::new("ext", &[Text], EXTENSION),
    Function::new("osExt", &[Text], EXTENSION),
    Function::new("isAbs", &[Text], IS_ABSOLUTE),
    Function::new("osIsAbs", &[Text], IS_ABSOLUTE),
    Function::new("urlParse", &[Text], parse_url),
    Function::new("urlJoin", &[Type::Map], join_url),
];

fn parse_url(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let whole = Arguments(given).text(0);
    context.allocate(whole.len() + 512)?;
    let url = url::parse(whole).map_err(|problem| Error::new(format!("unable to parse url: {problem}")))?;
    let hostname = url.hostname().to_vec();
    Ok(Map::from([
        ("scheme", url.scheme),
        ("host", url.host),
        ("hostname", hostname),
        ("path", url.path),
        ("query", url.query),
        ("opaque", url.opaque),
        ("fragment", url.fragment),
        ("userinfo", url.user.map(|user| user.text()).unwrap_or_default()),
    ])
    .into())
}

fn join_url(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let map = Arguments(given).map(0);
    let part = |key: &str| match map.get(key) {
        None => Ok(Vec::new()),
        Some(Value::Nil) => Err(super::arguments::nil_dereference()),
        Some(value) => {
            let kind = value.kind();
            let text = value.as_string().filter(|_| kind == Kind::String);
            text.map(|text| text.to_vec()).ok_or_else(|| {
                let kind = kind.name();
                Error::new(format!(
                    "unable to parse {key} key, must be of type string, but {kind} found"
                ))
            })
        }
    };
    let mut url = Url {
        scheme: part("scheme")?,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        opaque: part("opaque")?,
        fragment: part("fragment")?,
        user: None,
    };
    let user = part("userinfo")?;
    if !user.is_empty() {
        let address = [b"proto://", &user[..], b"@host"].concat();
        let parsed = url::parse(&address)
            .map_err(|problem| Error::new(format!("unable to parse userinfo in dict: {problem}")))?;
        url.user = parsed.user;
    }
    text(context, url.text())
}
