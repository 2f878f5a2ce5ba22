//! Functions on versions, and what a template can ask of one.

use std::cmp::Ordering;

use bstr::ByteSlice;

use super::arguments::Arguments;
use super::semver::{Constraint, Version};
use crate::{Error, Function, Kind, Object, Str, Type, Value};

use Type::String as Text;

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("semver", &[Text], |_, given| {
        let version =
            Version::parse(Arguments(given).text(0)).map_err(|problem| Error::new(problem.to_string()))?;
        Ok(Value::object(Parsed {
            version,
            pointer: true,
        }))
    }),
    Function::new("semverCompare", &[Text, Text], |context, given| {
        context.spend(16)?;
        let constraint =
            Constraint::parse(Arguments(given).text(0)).map_err(|problem| Error::new(problem.to_string()))?;
        let version =
            Version::parse(Arguments(given).text(1)).map_err(|problem| Error::new(problem.to_string()))?;
        Ok(constraint.allows(&version).into())
    }),
];

const POINTER: &str = "*semver.Version";

/// A version in a template: a pointer where it was read, a plain value where a method made it.
struct Parsed {
    version: Version,
    pointer: bool,
}

impl Object for Parsed {
    fn type_name(&self) -> &str {
        if self.pointer { POINTER } else { "semver.Version" }
    }

    fn kind(&self) -> Kind {
        if self.pointer { Kind::Pointer } else { Kind::Struct }
    }

    fn field(&self, _: &[u8]) -> Option<Value> {
        None
    }

    fn methods(&self) -> &'static [Function] {
        METHODS
    }

    fn text(&self) -> Option<Str> {
        Some(self.version.to_string().into())
    }

    fn equal(&self, other: &dyn Object) -> bool {
        let other = other.downcast_ref::<Self>();
        other.is_some_and(|other| self.version == other.version && self.pointer == other.pointer)
    }
}

static METHODS: &[Function] = &[
    Function::new("Major", &[], |_, given| Ok(of(given)?.major.into())),
    Function::new("Minor", &[], |_, given| Ok(of(given)?.minor.into())),
    Function::new("Patch", &[], |_, given| Ok(of(given)?.patch.into())),
    Function::new("Prerelease", &[], |_, given| {
        Ok(of(given)?.prerelease.as_str().into())
    }),
    Function::new("Metadata", &[], |_, given| {
        Ok(of(given)?.metadata.as_str().into())
    }),
    Function::new("Original", &[], |_, given| {
        Ok(of(given)?.original.as_str().into())
    }),
    Function::new("String", &[], |_, given| Ok(of(given)?.to_string().into())),
    Function::new("IncMajor", &[], |_, given| {
        increased(of(given)?.next_major(), "major")
    }),
    Function::new("IncMinor", &[], |_, given| {
        increased(of(given)?.next_minor(), "minor")
    }),
    Function::new("IncPatch", &[], |_, given| {
        increased(of(given)?.next_patch(), "patch")
    }),
    Function::new("SetPrerelease", &[Text], |_, given| {
        let prerelease = Arguments(given).text(1).to_str_lossy();
        let version = of(given)?
            .with_prerelease(&prerelease)
            .map_err(|problem| Error::new(problem.to_string()))?;
        Ok(Value::object(Parsed {
            version,
            pointer: false,
        }))
    }),
    Function::new("SetMetadata", &[Text], |_, given| {
        let metadata = Arguments(given).text(1).to_str_lossy();
        let version = of(given)?
            .with_metadata(&metadata)
            .map_err(|problem| Error::new(problem.to_string()))?;
        Ok(Value::object(Parsed {
            version,
            pointer: false,
        }))
    }),
    Function::new("Compare", &[Type::Named(POINTER)], |_, given| {
        Ok(Value::Int(order(given)? as i64))
    }),
    Function::new("Equal", &[Type::Named(POINTER)], |_, given| {
        Ok((order(given)? == Ordering::Equal).into())
    }),
    Function::new("LessThan", &[Type::Named(POINTER)], |_, given| {
        Ok((order(given)? == Ordering::Less).into())
    }),
    Function::new("LessThanEqual", &[Type::Named(POINTER)], |_, given| {
        Ok((order(given)? != Ordering::Greater).into())
    }),
    Function::new("GreaterThan", &[Type::Named(POINTER)], |_, given| {
        Ok((order(given)? == Ordering::Greater).into())
    }),
    Function::new("GreaterThanEqual", &[Type::Named(POINTER)], |_, given| {
        Ok((order(given)? != Ordering::Less).into())
    }),
];

/// The version that a method was called on.
fn of(given: &[Value]) -> Result<&Version, Error> {
    nth(given, 0)
}

fn nth(given: &[Value], index: usize) -> Result<&Version, Error> {
    let parsed = match given.get(index) {
        Some(Value::Object(object)) => object.downcast_ref::<Parsed>(),
        _ => None,
    };
    parsed
        .map(|parsed| &parsed.version)
        .ok_or_else(super::arguments::nil_dereference)
}

fn order(given: &[Value]) -> Result<Ordering, Error> {
    Ok(of(given)?.precedence(nth(given, 1)?))
}

fn increased(version: Option<Version>, part: &str) -> Result<Value, Error> {
    let version =
        version.ok_or_else(|| Error::new(format!("{part} version increment would overflow uint64")))?;
    Ok(Value::object(Parsed {
        version,
        pointer: false,
    }))
}
