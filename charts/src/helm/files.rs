//! `.Files`: a chart's other files, for templates to read.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gotemplate::{Context, Error, Function, Kind, Map, Object, Str, Type, Value};

use super::glob::Glob;
use crate::chart::File;
use crate::yaml;

/// The files, by path. To Go it is a `map[string][]byte` with methods.
pub(crate) struct Files(Rc<BTreeMap<Str, Rc<Held>>>);

/// A file of the chart, and its bytes as a value once they were asked for as one.
struct Held {
    file: File,
    bytes: OnceCell<Rc<[u8]>>,
}

impl Held {
    fn new(file: &File) -> Rc<Self> {
        Rc::new(Self {
            file: file.clone(),
            bytes: OnceCell::new(),
        })
    }

    fn content(&self) -> &[u8] {
        self.file.content()
    }

    fn bytes(&self) -> Value {
        let bytes = self.bytes.get_or_init(|| self.content().into());
        Value::Bytes(Rc::clone(bytes))
    }
}

impl Files {
    pub(crate) fn new(files: &[File]) -> Self {
        let files = files
            .iter()
            .map(|file| (Str::from(file.path.as_str()), Held::new(file)));
        Self(Rc::new(files.collect()))
    }

    fn matching(&self, pattern: &str) -> Self {
        let glob = Glob::new(pattern).or_else(|| Glob::new("**"));
        let is_wanted = |path: &Str| glob.as_ref().is_none_or(|glob| glob.matches(&path.to_text()));
        let files = self.0.iter().filter(|(path, _)| is_wanted(path));
        Self(Rc::new(
            files
                .map(|(path, file)| (path.clone(), Rc::clone(file)))
                .collect(),
        ))
    }

    /// The files by their last name, as the `data` of a `ConfigMap` or Secret.
    fn as_data(&self, encode: fn(&[u8]) -> Str, most: usize) -> Result<Value, Error> {
        let data: Map = self
            .0
            .iter()
            .map(|(path, file)| (last_name(path), encode(file.content())))
            .collect();
        yaml::functions::to_yaml(&Value::Map(data), most).map(Value::from)
    }
}

fn last_name(path: &Str) -> Str {
    path.rsplit(|byte| *byte == b'/')
        .next()
        .unwrap_or_default()
        .into()
}

impl Object for Files {
    fn type_name(&self) -> &'static str {
        "engine.files"
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn methods(&self) -> &'static [Function] {
        METHODS
    }

    fn copied(&self, _: &Map) -> Option<Value> {
        Some(Value::object(Self(Rc::clone(&self.0))))
    }

    fn as_map(&self) -> Option<Map> {
        Some(
            self.0
                .iter()
                .map(|(path, file)| (path.clone(), file.bytes()))
                .collect(),
        )
    }
}

static METHODS: &[Function] = &[
    Function::new("Get", &[Type::String], get),
    Function::new("GetBytes", &[Type::String], get_bytes),
    Function::new("Glob", &[Type::String], glob),
    Function::new("Lines", &[Type::String], lines),
    Function::new("AsConfig", &[], as_config),
    Function::new("AsSecrets", &[], as_secrets),
];

/// The files and the argument of a call.
fn parts(arguments: &[Value]) -> Result<(&Files, Str), Error> {
    let files = match arguments.first() {
        Some(Value::Object(object)) => object.downcast_ref::<Files>(),
        _ => None,
    };
    let argument = arguments.get(1).and_then(Value::as_string).unwrap_or_default();
    let files = files.ok_or_else(|| Error::new("a method of files needs files"))?;
    Ok((files, argument))
}

fn get(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let (files, path) = parts(arguments)?;
    let Some(data) = files.0.get(&path).map(|file| file.content()) else {
        return Ok("".into());
    };
    context.allocate(data.len())?;
    Ok(Str::new(data).into())
}

fn get_bytes(_: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let (files, path) = parts(arguments)?;
    let nothing = || Value::Bytes(Rc::from([]));
    Ok(files.0.get(&path).map_or_else(nothing, |file| file.bytes()))
}

fn glob(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let (files, pattern) = parts(arguments)?;
    let work: usize = files.0.keys().map(|path| path.len()).sum();
    context.spend((work * (1 + pattern.len())) as u64 / 16)?;
    Ok(Value::object(files.matching(&pattern.to_text())))
}

fn lines(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let (files, path) = parts(arguments)?;
    let data = files.0.get(&path).map_or(&[][..], |file| file.content());
    context.allocate(2 * data.len())?;
    if data.is_empty() {
        return Ok(Vec::<Str>::new().into());
    }
    let data = data.strip_suffix(b"\n").unwrap_or(data);
    let lines: Vec<Str> = data.split(|byte| *byte == b'\n').map(Str::new).collect();
    Ok(lines.into())
}

fn as_config(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let (files, _) = parts(arguments)?;
    context.allocate(2 * size(files))?;
    files.as_data(|data| Str::new(data), context.limits().output)
}

fn as_secrets(context: &mut Context<'_>, arguments: &[Value]) -> Result<Value, Error> {
    let (files, _) = parts(arguments)?;
    context.allocate(3 * size(files))?;
    files.as_data(|data| BASE64.encode(data).into(), context.limits().output)
}

fn size(files: &Files) -> usize {
    files.0.values().map(|file| file.content().len()).sum()
}
