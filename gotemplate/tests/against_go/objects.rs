//! The host's own types, the same as in the oracle: a map and a struct with methods.

use gotemplate::{Error, Function, Kind, Map, Object, Str, Type, Value};

/// `main.Named`
pub(crate) struct Named(pub(crate) Map);

/// `main.Person`
pub(crate) struct Person {
    pub(crate) name: Str,
    pub(crate) age: i64,
    pub(crate) tags: Vec<Str>,
    pub(crate) any: Value,
    pub(crate) extra: Map,
}

static NAMED: &[Function] = &[
    Function::new("Has", &[Type::String], |_, arguments| match arguments {
        [this, Value::String(key)] => Ok(map(this).contains_key(key).into()),
        _ => Err(Error::new("not called so")),
    }),
    Function::new("Count", &[], |_, arguments| {
        let sum = arguments[1..].iter().map(|number| match number {
            Value::Int(number) => *number,
            _ => 0,
        });
        let length = i64::try_from(map(&arguments[0]).len()).unwrap_or(0);
        Ok(Value::Int(sum.fold(length, i64::wrapping_add)))
    })
    .variadic(Type::Int),
    Function::new("Refuse", &[Type::String], |_, arguments| {
        match arguments[1].as_string() {
            Some(why) if !why.is_empty() => Err(Error::new(why.to_text())),
            _ => Ok("accepted".into()),
        }
    }),
    Function::new("Same", &[Type::Any], |_, arguments| Ok(arguments[1].clone())),
];

static PERSON: &[Function] = &[Function::new("Greet", &[Type::String], |_, arguments| {
    let texts: Vec<Str> = arguments.iter().filter_map(Value::as_string).collect();
    let name = match &arguments[0] {
        Value::Object(object) => object.field(b"Name").and_then(|name| name.as_string()),
        _ => None,
    };
    let mut names = vec![name.unwrap_or_default().to_vec()];
    names.extend(texts[1..].iter().map(|text| text.to_vec()));
    Ok([&*texts[0], b" ", &names.join(&b", "[..])].concat().into())
})
.variadic(Type::String)];

fn map(this: &Value) -> Map {
    this.as_map().unwrap_or_default()
}

impl Object for Named {
    fn type_name(&self) -> &'static str {
        "main.Named"
    }

    fn kind(&self) -> Kind {
        Kind::Map
    }

    fn methods(&self) -> &'static [Function] {
        NAMED
    }

    fn as_map(&self) -> Option<Map> {
        Some(self.0.clone())
    }

    fn copied(&self, map: &Map) -> Option<Value> {
        Some(Value::object(Self(map.clone())))
    }
}

impl Object for Person {
    fn type_name(&self) -> &'static str {
        "main.Person"
    }

    fn field(&self, name: &[u8]) -> Option<Value> {
        let fields = self.fields().into_iter();
        fields
            .filter(|(field, _)| field.as_bytes() == name)
            .map(|(_, value)| value)
            .next()
    }

    fn methods(&self) -> &'static [Function] {
        PERSON
    }

    fn fields(&self) -> Vec<(Str, Value)> {
        vec![
            ("Name".into(), self.name.clone().into()),
            ("Age".into(), Value::Int(self.age)),
            ("Tags".into(), self.tags.clone().into()),
            ("Any".into(), self.any.clone()),
            ("Extra".into(), self.extra.clone().into()),
        ]
    }
}
