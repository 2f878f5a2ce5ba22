//! Functions on lists. Those that begin with `must` are the same here: both end the template with their error.

use super::arguments::{Arguments, items, list};
use super::defaults::is_set;
use super::number::to_int;
use crate::{Context, Error, Function, List, Type, Value};

use Type::{Any, Int};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("append", &[Any, Any], append),
    Function::new("push", &[Any, Any], append),
    Function::new("mustAppend", &[Any, Any], append),
    Function::new("mustPush", &[Any, Any], append),
    Function::new("prepend", &[Any, Any], prepend),
    Function::new("mustPrepend", &[Any, Any], prepend),
    Function::new("first", &[Any], first),
    Function::new("mustFirst", &[Any], first),
    Function::new("last", &[Any], last),
    Function::new("mustLast", &[Any], last),
    Function::new("rest", &[Any], rest),
    Function::new("mustRest", &[Any], rest),
    Function::new("initial", &[Any], initial),
    Function::new("mustInitial", &[Any], initial),
    Function::new("reverse", &[Any], reverse),
    Function::new("mustReverse", &[Any], reverse),
    Function::new("uniq", &[Any], unique),
    Function::new("mustUniq", &[Any], unique),
    Function::new("without", &[Any], without).variadic(Any),
    Function::new("mustWithout", &[Any], without).variadic(Any),
    Function::new("has", &[Any, Any], has),
    Function::new("mustHas", &[Any, Any], has),
    Function::new("compact", &[Any], compact),
    Function::new("mustCompact", &[Any], compact),
    Function::new("slice", &[Any], slice).variadic(Any),
    Function::new("mustSlice", &[Any], slice).variadic(Any),
    Function::new("concat", &[], concat).variadic(Any),
    Function::new("chunk", &[Int, Any], chunk),
    Function::new("mustChunk", &[Int, Any], chunk),
];

/// The items of the first argument; without them an error that begins with `refusal`.
fn given_items(context: &mut Context<'_>, value: &Value, refusal: &str) -> Result<Vec<Value>, Error> {
    context.spend(value.length().unwrap_or(0) as u64)?;
    items(value).map_err(|problem| problem.error(refusal, ""))
}

fn append(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let mut items = given_items(context, &given[0], "Cannot push on type ")?;
    items.push(given[1].clone());
    list(context, items)
}

fn prepend(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let mut items = given_items(context, &given[0], "Cannot prepend on type ")?;
    items.insert(0, given[1].clone());
    list(context, items)
}

fn first(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    if let Value::List(items) = &given[0] {
        return Ok(items.first().cloned().unwrap_or_default());
    }
    let items = given_items(context, &given[0], "Cannot find first on type ")?;
    Ok(items.into_iter().next().unwrap_or_default())
}

fn last(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    if let Value::List(items) = &given[0] {
        return Ok(items.last().cloned().unwrap_or_default());
    }
    let mut items = given_items(context, &given[0], "Cannot find last on type ")?;
    Ok(items.pop().unwrap_or_default())
}

fn rest(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let items = given_items(context, &given[0], "Cannot find rest on type ")?;
    if items.is_empty() {
        return Ok(List::default().into());
    }
    list(context, items.into_iter().skip(1).collect())
}

fn initial(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let mut items = given_items(context, &given[0], "Cannot find initial on type ")?;
    if items.pop().is_none() {
        return Ok(List::default().into());
    }
    list(context, items)
}

fn reverse(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let mut items = given_items(context, &given[0], "Cannot find reverse on type ")?;
    items.reverse();
    list(context, items)
}

fn unique(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let items = given_items(context, &given[0], "Cannot find uniq on type ")?;
    let mut kept: Vec<Value> = Vec::with_capacity(items.len());
    for item in items {
        if !is_among(context, &kept, &item)? {
            kept.push(item);
        }
    }
    list(context, kept)
}

fn without(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let items = given_items(context, &given[0], "Cannot find without on type ")?;
    let omitted = Arguments(given).rest(1);
    let mut kept = Vec::with_capacity(items.len());
    for item in items {
        if !is_among(context, omitted, &item)? {
            kept.push(item);
        }
    }
    list(context, kept)
}

fn is_among(context: &mut Context<'_>, items: &[Value], wanted: &Value) -> Result<bool, Error> {
    context.spend(items.len() as u64)?;
    for item in items {
        if context.equal(item, wanted)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn has(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let (needle, haystack) = (&given[0], &given[1]);
    if haystack.is_nil() {
        return Ok(false.into());
    }
    if let Value::List(items) = haystack {
        return Ok(is_among(context, items, needle)?.into());
    }
    let items = given_items(context, haystack, "Cannot find has on type ")?;
    Ok(is_among(context, &items, needle)?.into())
}

fn compact(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let mut items = given_items(context, &given[0], "Cannot compact on type ")?;
    items.retain(is_set);
    list(context, items)
}

fn slice(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let items = given_items(context, &given[0], "list should be type of slice or array but ")?;
    if items.is_empty() {
        return Ok(Value::Nil);
    }
    let index = |index: usize, default: usize| match given.get(index) {
        None => Some(default),
        Some(value) => usize::try_from(to_int(value)).ok(),
    };
    let range = index(1, 0)
        .zip(index(2, items.len()))
        .filter(|(start, end)| start <= end && *end <= items.len());
    let (start, end) = range.ok_or_else(|| Error::new("reflect.Value.Slice: slice index out of bounds"))?;
    match &given[0] {
        Value::Bytes(bytes) => Ok(Value::Bytes(bytes[start..end].into())),
        Value::Strings(strings) => Ok(Value::Strings(strings[start..end].into())),
        _ => list(context, items[start..end].to_vec()),
    }
}

fn concat(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let mut joined = Vec::new();
    for value in given {
        context.spend(value.length().unwrap_or(0) as u64)?;
        joined.extend(items(value).map_err(|problem| problem.error("Cannot concat type ", " as list"))?);
    }
    if joined.is_empty() {
        return Ok(List::default().into());
    }
    list(context, joined)
}

/// The items in lists of one size; the last may be shorter.
fn chunk(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let size = Arguments(given).int(0);
    let items = given_items(context, &given[1], "Cannot chunk type ")?;
    let count = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let too_many = || Error::new("runtime error: makeslice: len out of range");
    let chunks = if size > 0 {
        (count - 1).div_euclid(size) + 1
    } else if count == 1 && size < -1 {
        // Go calculates with sizes below zero as well, and mostly fails.
        1
    } else if count > 1 && size < 0 && count - 1 <= size.saturating_neg() {
        0
    } else {
        return Err(too_many());
    };
    if chunks == 0 {
        return Ok(Vec::<Value>::new().into());
    }
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    list(
        context,
        items.chunks(size).map(|chunk| chunk.to_vec().into()).collect(),
    )
}
