//! A type of the host's with fields and methods, and a function that uses the host's state.

use std::collections::BTreeMap;

use gotemplate::{
    Context, Error, Function, Functions, Limits, Map, Object, Str, System, Templates, Type, Value,
};

/// Go would say `type User struct { Name string; Roles []string }`.
struct User {
    name: &'static str,
    roles: &'static [&'static str],
}

impl Object for User {
    fn type_name(&self) -> &'static str {
        "main.User"
    }

    fn field(&self, name: &[u8]) -> Option<Value> {
        match name {
            b"Name" => Some(self.name.into()),
            b"Roles" => Some(
                self.roles
                    .iter()
                    .map(|role| Str::from(*role))
                    .collect::<Vec<_>>()
                    .into(),
            ),
            _ => None,
        }
    }

    fn methods(&self) -> &'static [Function] {
        METHODS
    }
}

/// A method gets the object itself first, then what it declares.
static METHODS: &[Function] = &[Function::new("Is", &[Type::String], |_, given| {
    let role = given[1].as_string().unwrap_or_default();
    match &given[0] {
        Value::Object(object) => match object.downcast_ref::<User>() {
            Some(user) => Ok(user.roles.iter().any(|known| role == *known).into()),
            None => Err(Error::new("no user")),
        },
        _ => Err(Error::new("no user")),
    }
})];

/// The host's state: words by their key, and those that were asked for in vain.
#[derive(Default)]
struct Dictionary {
    words: BTreeMap<&'static str, &'static str>,
    missing: Vec<String>,
}

static FUNCTIONS: &[Function] = &[Function::new("translate", &[Type::String], translate)];

fn translate(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let key = given[0].as_string().unwrap_or_default().to_string();
    let Some(dictionary) = context.host::<Dictionary>() else {
        return Err(Error::new("no dictionary"));
    };
    if let Some(word) = dictionary.words.get(key.as_str()) {
        return Ok((*word).into());
    }
    dictionary.missing.push(key.clone());
    Ok(key.into())
}

const TEMPLATE: &str = r#"{{ translate "hello" }}, {{ .user.Name }}!
{{- if .user.Is "admin" }} ({{ translate "admin" }} of {{ len .user.Roles }} {{ translate "roles" }}){{ end }}
"#;

fn rendered(dictionary: &mut Dictionary) -> Result<String, Error> {
    let mut templates = Templates::new("host", Functions::new(&[FUNCTIONS]));
    templates.parse("greeting", TEMPLATE)?;
    let user = User {
        name: "Ann",
        roles: &["admin", "editor"],
    };
    let data = Map::from([("user", Value::object(user))]);
    let mut environment = System;
    let mut context = templates.context(Limits::default(), dictionary, &mut environment);
    Ok(context.execute("greeting", data)?.to_string())
}

fn main() -> Result<(), Error> {
    let mut dictionary = Dictionary::default();
    dictionary
        .words
        .extend([("hello", "Bonjour"), ("roles", "rôles")]);
    print!("{}", rendered(&mut dictionary)?);
    println!("without a translation: {}", dictionary.missing.join(", "));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_called_and_the_host_learns_what_was_missing() {
        let mut dictionary = Dictionary::default();
        dictionary.words.insert("hello", "Hi");
        assert_eq!(
            rendered(&mut dictionary).expect("renders"),
            "Hi, Ann! (admin of 2 roles)\n"
        );
        assert_eq!(dictionary.missing, ["admin", "roles"]);
    }
}
