//! The functions that Helm adds to Sprig's.

use std::sync::{Arc, LazyLock};

use gotemplate::format::quoted;
use gotemplate::{Catalog, Context, Error, ErrorKind, Function, Map, Str, Type, Value, sprig};
use memchr::memmem;

use super::durations;
use super::fault::own_words;
use crate::Generation;
use crate::capabilities::{Lookup, LookupQuery};
use crate::json::from_object;
use crate::yaml::functions as yaml;

/// The name of the set of templates, which some errors speak of.
pub(super) const SET: &str = "gotpl";

/// How often a template may include itself.
const MAX_INCLUDED: usize = 1000;

/// What a chart's words about a value that it lacks are told with.
const MISSING: &str = "Missing required value";

/// What a missing value prints, and Helm takes out again.
const NO_VALUE: &[u8] = b"<no value>";

/// What the functions need of the render.
pub(super) struct Host {
    pub(super) lookup: Arc<dyn Lookup>,
    /// The names of the inclusions that are under way, the outermost first.
    pub(super) included: Vec<Str>,
    /// What `required` and `fail` said, where they must not end the render.
    pub(super) told: Option<Vec<String>>,
}

/// All functions of a generation, which are put together once.
pub(super) fn catalog(generation: Generation) -> &'static Catalog {
    static HELM_3: LazyLock<Catalog> = LazyLock::new(|| together(&ALL[..1]));
    static HELM_4: LazyLock<Catalog> = LazyLock::new(|| together(ALL));
    match generation {
        Generation::Helm3 => &HELM_3,
        Generation::Helm4 => &HELM_4,
    }
}

fn together(helm: &[&'static [Function]]) -> Catalog {
    Catalog::new(&[sprig::FUNCTIONS, helm].concat())
}

static ALL: &[&[Function]] = &[COMMON, LATER, durations::FUNCTIONS];

static COMMON: &[Function] = &[
    Function::new("include", &[Type::String, Type::Any], include),
    Function::new("tpl", &[Type::String, Type::Any], tpl),
    Function::new("required", &[Type::String, Type::Any], required),
    Function::new("fail", &[Type::String], |context, arguments| {
        refused(context, "Fail", &text(arguments, 0))
    }),
    Function::new(
        "lookup",
        &[Type::String, Type::String, Type::String, Type::String],
        lookup,
    )
    .volatile(),
    Function::new("toYaml", &[Type::Any], |context, arguments| {
        written(context, arguments, yaml::to_yaml)
    }),
    Function::new("toYamlPretty", &[Type::Any], |context, arguments| {
        written(context, arguments, yaml::to_yaml_pretty)
    }),
    Function::new("fromYaml", &[Type::String], |context, arguments| {
        context.parsed(&text(arguments, 0), |text| Ok(yaml::from_yaml(text).into()))
    }),
    Function::new("fromYamlArray", &[Type::String], |context, arguments| {
        context.parsed(&text(arguments, 0), |text| Ok(yaml::from_yaml_array(text).into()))
    }),
    Function::new("toJson", &[Type::Any], |context, arguments| {
        written(context, arguments, yaml::to_json)
    }),
    Function::new("fromJson", &[Type::String], |context, arguments| {
        context.parsed(&text(arguments, 0), |text| Ok(yaml::from_json(text).into()))
    }),
    Function::new("fromJsonArray", &[Type::String], |context, arguments| {
        context.parsed(&text(arguments, 0), |text| Ok(yaml::from_json_array(text).into()))
    }),
    Function::new("toToml", &[Type::Any], |context, arguments| {
        context.measure(argument(arguments))?;
        made(context, yaml::to_toml(argument(arguments)).map_err(Error::new)?)
    }),
    Function::new("fromToml", &[Type::String], |context, arguments| {
        context.parsed(&text(arguments, 0), |text| Ok(yaml::from_toml(text).into()))
    }),
];

/// Of Helm 4 alone.
static LATER: &[Function] = &[
    Function::new("mustToYaml", &[Type::Any], |context, arguments| {
        written(context, arguments, yaml::must_to_yaml)
    }),
    Function::new("mustToJson", &[Type::Any], |context, arguments| {
        written(context, arguments, yaml::must_to_json)
    }),
    Function::new("mustToToml", &[Type::Any], |context, arguments| {
        context.measure(argument(arguments))?;
        made(
            context,
            yaml::must_to_toml(argument(arguments)).map_err(Error::new)?,
        )
    }),
];

fn argument(arguments: &[Value]) -> &Value {
    arguments.first().unwrap_or(&Value::Nil)
}

fn text(arguments: &[Value], index: usize) -> Str {
    arguments
        .get(index)
        .and_then(Value::as_string)
        .unwrap_or_default()
}

/// What one of the writers makes of the argument.
fn written(
    context: &mut Context<'_>,
    arguments: &[Value],
    write: fn(&Value, usize) -> Result<Str, Error>,
) -> Result<Value, Error> {
    let text = write(argument(arguments), context.limits().output)?;
    made(context, text)
}

/// A text, for which its memory is taken.
fn made(context: &mut Context<'_>, text: Str) -> Result<Value, Error> {
    context.allocate(text.len())?;
    Ok(text.into())
}

fn include(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let name = text(arguments, 0);
    let data = arguments.get(1).cloned().unwrap_or_default();
    let depth = context.host::<Host>().map_or(0, |host| host.included.len());
    // Looking for the name among many is work.
    context.spend((depth / MAX_INCLUDED * depth / 16) as u64)?;
    if let Some(host) = context.host::<Host>() {
        let is_name = |other: &&Str| **other == name;
        // Among fewer no name can stand that often.
        if depth > MAX_INCLUDED && host.included.iter().filter(is_name).count() > MAX_INCLUDED {
            return Err(Error::new(format!(
                "rendering template has a nested reference name: {name}: unable to execute template"
            )));
        }
        host.included.push(name.clone());
    }
    let result = context.execute(&name, data);
    if let Some(host) = context.host::<Host>() {
        host.included.pop();
    }
    result.map(Into::into)
}

fn tpl(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let template = text(arguments, 0);
    let data = arguments.get(1).cloned().unwrap_or_default();
    match context.execute_text(SET, &template, data) {
        Ok(text) => Ok(without_no_value(text).into()),
        Err(error) if error.is_limit() => Err(error),
        Err(error) => {
            let what = match error.kind() {
                ErrorKind::Parse => "cannot parse template",
                _ => "error during tpl function execution for",
            };
            // Each text of a recursion stands in the error.
            context.allocate(template.len())?;
            Err(error.within(format!("{what} {}", quoted(&template))))
        }
    }
}

/// A chart's own refusal, or an empty text where it is only told.
fn refused(context: &mut Context<'_>, what: &str, words: &Str) -> Result<Value, Error> {
    let told = context.host::<Host>().and_then(|host| host.told.as_mut());
    match told {
        Some(told) => {
            told.push(format!("{what}: {words}"));
            Ok("".into())
        }
        None => Err(own_words(&words.to_text())),
    }
}

fn required(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    match arguments.get(1) {
        None | Some(Value::Nil) => refused(context, MISSING, &text(arguments, 0)),
        Some(Value::String(value)) if value.is_empty() => refused(context, MISSING, &text(arguments, 0)),
        Some(value) => Ok(value.clone()),
    }
}

fn lookup(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let [api_version, kind, namespace, name] = [0, 1, 2, 3].map(|index| text(arguments, index).to_string());
    let Some(lookup) = context.host::<Host>().map(|host| Arc::clone(&host.lookup)) else {
        return Ok(Map::new().into());
    };
    let query = LookupQuery {
        api_version: &api_version,
        kind: &kind,
        namespace: &namespace,
        name: &name,
    };
    match lookup.lookup(&query) {
        Ok(serde_json::Value::Null) => Ok(Map::new().into()),
        Ok(object) => Ok(from_object(&object)),
        Err(message) => Err(Error::new(message)),
    }
}

/// What a template wrote, without the marks of missing values.
pub(super) fn without_no_value(text: Str) -> Str {
    let Some(first) = memmem::find(&text, NO_VALUE) else {
        return text;
    };
    let mut kept = text[..first].to_vec();
    let mut rest = &text[first + NO_VALUE.len()..];
    while let Some(next) = memmem::find(rest, NO_VALUE) {
        kept.extend_from_slice(&rest[..next]);
        rest = &rest[next + NO_VALUE.len()..];
    }
    kept.extend_from_slice(rest);
    kept.into()
}
