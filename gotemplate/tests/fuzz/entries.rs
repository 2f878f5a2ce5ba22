//! What each fuzz target does. The fuzzer and the replay of what it found call the same functions.
//!
//! In come any bytes; out comes nothing, or a panic where something is wrong. Parts of an input are separated by NUL.

use std::rc::Rc;

use gotemplate::json::{self, Style};
use gotemplate::{
    Context, Environment, Error, Function, Functions, Limits, Map, Pinned, Str, Templates, Time, Type, Value,
    deep_equal, sprig,
};

/// Takes any bytes.
pub type Entry = fn(&[u8]);

/// The entries by the names of their targets.
pub const ENTRIES: &[(&str, Entry)] = &[
    ("executor", executor),
    ("functions", functions),
    ("json", json),
    ("parser", parser),
];

/// Small enough that a run that keeps within them takes no time. Making keys and hashes costs more fuel than this.
const LIMITS: Limits = Limits {
    fuel: 200_000,
    output: 64 << 10,
    memory: 4 << 20,
    depth: 100,
};

/// What hosts add: templates executed by functions.
static INNER: &[Function] = &[
    Function::new("include", &[Type::String, Type::Any], |context, given| {
        let text = context.execute(text(given), dot(given))?;
        Ok(text.into())
    }),
    Function::new("tpl", &[Type::String, Type::Any], |context, given| {
        let text = context.execute_text("tpl", text(given), dot(given))?;
        Ok(text.into())
    }),
];

fn text(given: &[Value]) -> Str {
    given.first().and_then(Value::as_string).unwrap_or_default()
}

fn dot(given: &[Value]) -> Value {
    given.get(1).cloned().unwrap_or_default()
}

fn table() -> Functions {
    let mut tables = sprig::FUNCTIONS.to_vec();
    tables.push(INNER);
    Functions::new(&tables)
}

fn moment(seconds: i64) -> Time {
    let moment = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    moment.to_zoned(jiff::tz::TimeZone::UTC)
}

/// Runs something in a rendering that is always the same.
fn within<T>(
    templates: &Templates,
    run: impl FnOnce(&mut Context<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut environment: Box<dyn Environment> = Box::new(Pinned::new([1; 32], moment(1_700_000_000)));
    run(&mut templates.context(LIMITS, &mut (), &mut *environment))
}

/// A text is parsed, or refused with an error that can be shown.
pub fn parser(data: &[u8]) {
    let mut templates = Templates::new("t", table());
    if let Err(error) = templates.parse("t", data) {
        assert!(!error.to_string().is_empty());
    }
}

/// A template is executed with data (JSON behind the template), by name and then as a text of its own, within the
/// limits and with the same result.
pub fn executor(data: &[u8]) {
    let mut parts = data.splitn(2, |&byte| byte == 0);
    let (text, given) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let mut templates = Templates::new("t", table());
    if templates.parse("t", text).is_err() {
        return;
    }
    let named = within(&templates, |context| context.execute("t", values(given)));
    let of_text = within(&templates, |context| {
        context.execute_text("t", text, values(given))
    });
    for result in [&named, &of_text] {
        match result {
            Ok(output) => assert!(output.len() <= LIMITS.output, "{} bytes of output", output.len()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    if let (Ok(named), Ok(of_text)) = (named, of_text) {
        assert_eq!(named, of_text, "a text of its own gives something else");
    }
}

/// A value of each type, and what the JSON holds.
fn values(given: &[u8]) -> Value {
    let values = Map::from([
        ("int", Value::Int(-7)),
        ("int64", Value::Int64(i64::MAX)),
        ("uint64", Value::Uint64(u64::MAX)),
        ("float", Value::Float(1.5e21)),
        ("text", Value::string("a \u{e4}\u{1F600} text")),
        ("bytes", Value::Bytes(Rc::from(&b"\x00\xffbytes"[..]))),
        (
            "list",
            Value::List([1.into(), "b".into(), Value::Nil].into_iter().collect()),
        ),
        ("strings", Value::Strings(["b".into(), "a".into()].into())),
        (
            "map",
            Map::from([("b", Value::Nil), ("a", Map::from([("c", 1)]).into())]).into(),
        ),
        ("time", Value::Time(Rc::new(moment(1_600_000_000)))),
        ("duration", Value::Duration(90_061_000_000_001)),
    ]);
    if let Ok(Some(more)) = json::unmarshal_map(given) {
        for (key, value) in more.entries() {
            values.insert(key, value);
        }
    }
    values.into()
}

/// The function named by the first part is called with the other parts, each made a value of the declared type.
pub fn functions(data: &[u8]) {
    let mut parts = data.split(|&byte| byte == 0);
    let functions = table();
    let name = parts.next().unwrap_or_default();
    let function = functions.get(name).unwrap_or_else(|| any(&functions, name));
    let arguments = Map::new();
    let mut call = format!("{{{{ {}", function.name);
    for (index, part) in parts.enumerate().take(8) {
        let declared = function.parameters.get(index).copied().or(function.variadic);
        arguments.insert(format!("a{index}"), argument(declared.unwrap_or(Type::Any), part));
        call.extend([" .a".to_owned(), index.to_string()]);
    }
    call += " }}";
    let mut templates = Templates::new("t", functions);
    let parsed = templates.parse("t", &call);
    assert!(parsed.is_ok(), "{call}: {parsed:?}");
    match within(&templates, |context| context.execute("t", arguments)) {
        Ok(output) => assert!(output.len() <= LIMITS.output, "{} bytes of output", output.len()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// A mutated name is that of another function.
fn any(functions: &Functions, name: &[u8]) -> &'static Function {
    let mut all: Vec<_> = functions.iter().collect();
    all.sort_by_key(|function| function.name);
    let sum: usize = name.iter().map(|&byte| usize::from(byte)).sum();
    all[sum % all.len()]
}

fn argument(declared: Type, part: &[u8]) -> Value {
    let number = || {
        let written = std::str::from_utf8(part).ok().and_then(|text| text.parse().ok());
        written.unwrap_or_else(|| part.iter().fold(0, |sum: i64, &byte| sum << 8 | i64::from(byte)))
    };
    let strings = || {
        part.split(|&byte| byte == b',')
            .map(Str::from)
            .collect::<Vec<_>>()
    };
    match declared {
        Type::Bool => Value::Bool(part.len() % 2 == 1),
        Type::Int => Value::Int(number()),
        Type::Int32 => Value::Int32(i32::try_from(number()).unwrap_or(i32::MIN)),
        Type::Int64 => Value::Int64(number()),
        Type::Uint32 | Type::Uint64 => Value::Uint64(number().cast_unsigned()),
        Type::Float64 => gotemplate::numeral::float(part).into(),
        Type::String => part.into(),
        Type::Bytes => Value::Bytes(part.into()),
        Type::Strings => strings().into(),
        Type::StringMap => Value::StringMap(Rc::new(
            strings().into_iter().map(|text| (text.clone(), text)).collect(),
        )),
        Type::Time => Value::Time(Rc::new(moment(number()))),
        Type::Duration => Value::Duration(number()),
        Type::Any | Type::Reflected | Type::List | Type::Map | Type::Named(_) => tagged(part),
    }
}

/// A value of the type that stands before it (`int64:5`), or else what it is as JSON, or else a text.
fn tagged(part: &[u8]) -> Value {
    const TAGS: [(&[u8], Type); 9] = [
        (b"int:", Type::Int),
        (b"int64:", Type::Int64),
        (b"int32:", Type::Int32),
        (b"uint64:", Type::Uint64),
        (b"bytes:", Type::Bytes),
        (b"strings:", Type::Strings),
        (b"map:", Type::StringMap),
        (b"time:", Type::Time),
        (b"duration:", Type::Duration),
    ];
    for (tag, declared) in TAGS {
        if let Some(rest) = part.strip_prefix(tag) {
            return argument(declared, rest);
        }
    }
    json::unmarshal(part).unwrap_or_else(|_| part.into())
}

/// What is read as JSON is written and read again as the same; what serde takes is taken.
pub fn json(data: &[u8]) {
    let _ = json::unmarshal_leniently(data);
    let value = match json::unmarshal(data) {
        Ok(value) => value,
        Err(error) => {
            let theirs = serde_json::from_slice::<serde_json::Value>(data);
            assert!(theirs.is_err(), "refused: {error}");
            return;
        }
    };
    for style in [Style::default(), Style { indent: 2, raw: true }] {
        let text = json::marshal(&value, style).expect("what was read can be written");
        let again = json::unmarshal(&text).expect("what was written can be read");
        assert!(deep_equal(&value, &again), "{}", String::from_utf8_lossy(&text));
    }
}
