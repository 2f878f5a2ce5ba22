//! Functions on texts.

use std::collections::BTreeMap;
use std::rc::Rc;

use bstr::ByteSlice;

use super::arguments::{Arguments, list, strings, text};
use super::shown::{spaced, string_of, strings_of};
use super::text::words::Wrapping;
use super::text::{case, words};
use crate::format::quoted;
use crate::{Call, Context, Error, Function, Kind, Str, Type, Value};
use crate::{characters, letters};

use Type::{Any, Int, String as Text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("abbrev", &[Int, Text], |context, given| {
        let (width, whole) = (Arguments(given).int(0), Arguments(given).text(1));
        let short = if width < 4 {
            whole.to_vec()
        } else {
            words::abbreviate(whole, 0, size(width))
        };
        text(context, short)
    }),
    Function::new("abbrevboth", &[Int, Int, Text], |context, given| {
        let given = Arguments(given);
        let (left, right, whole) = (given.int(0), given.int(1), given.text(2));
        if right < 4 || left > 0 && right < 7 {
            return Ok(given.value(2).clone());
        }
        text(context, words::abbreviate(whole, size(left), size(right)))
    }),
    Function::new("trunc", &[Int, Text], |context, given| {
        let (count, whole) = (Arguments(given).int(0), Arguments(given).text(1));
        let length = whole.len();
        let count_size = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
        match count {
            0.. if length > count_size => text(context, &whole[..count_size]),
            ..0 if length > count_size => text(context, &whole[length - count_size..]),
            _ => Ok(Arguments(given).value(1).clone()),
        }
    }),
    Function::new("trim", &[Text], |context, given| {
        text(context, Arguments(given).text(0).trim_with(letters::is_space))
    }),
    Function::new("upper", &[Text], |context, given| {
        text(context, letters::map(Arguments(given).text(0), letters::to_upper))
    }),
    Function::new("lower", &[Text], |context, given| {
        text(context, letters::map(Arguments(given).text(0), letters::to_lower))
    }),
    Function::new("title", &[Text], |context, given| {
        text(context, words::title(Arguments(given).text(0)))
    }),
    Function::new("untitle", &[Text], |context, given| {
        text(context, words::untitle(Arguments(given).text(0)))
    }),
    Function::new("swapcase", &[Text], |context, given| {
        text(context, words::swap_case(Arguments(given).text(0)))
    }),
    Function::new("initials", &[Text], |context, given| {
        text(context, words::initials(Arguments(given).text(0)))
    }),
    Function::new("nospace", &[Text], |context, given| {
        text(context, words::without_spaces(Arguments(given).text(0)))
    }),
    Function::new("camelcase", &[Text], |context, given| {
        text(context, case::pascal_case(Arguments(given).text(0)))
    }),
    Function::new("snakecase", &[Text], |context, given| {
        text(context, case::joined_lower_case(Arguments(given).text(0), '_'))
    }),
    Function::new("kebabcase", &[Text], |context, given| {
        text(context, case::joined_lower_case(Arguments(given).text(0), '-'))
    }),
    Function::new("substr", &[Int, Int, Text], substring),
    Function::new("repeat", &[Int, Text], |context, given| {
        let (count, piece) = (Arguments(given).int(0), Arguments(given).text(1));
        let count = repetitions(count)?;
        let length = piece
            .len()
            .checked_mul(count)
            .ok_or_else(|| Error::new("strings: Repeat output length overflow"))?;
        context.allocate(length)?;
        Ok(piece.repeat(count).into())
    }),
    Function::new("trimall", &[Text, Text], TRIM_ALL),
    Function::new("trimAll", &[Text, Text], TRIM_ALL),
    Function::new("trimPrefix", &[Text, Text], |context, given| {
        let (prefix, whole) = (Arguments(given).text(0), Arguments(given).text(1));
        match whole.strip_prefix(prefix) {
            Some(rest) => text(context, rest),
            None => Ok(Arguments(given).value(1).clone()),
        }
    }),
    Function::new("trimSuffix", &[Text, Text], |context, given| {
        let (suffix, whole) = (Arguments(given).text(0), Arguments(given).text(1));
        match whole.strip_suffix(suffix) {
            Some(rest) => text(context, rest),
            None => Ok(Arguments(given).value(1).clone()),
        }
    }),
    Function::new("wrap", &[Int, Text], |context, given| {
        let width = size(Arguments(given).int(0)).max(1);
        text(
            context,
            Wrapping {
                width,
                separator: b"\n",
                break_words: false,
            }
            .wrap(Arguments(given).text(1)),
        )
    }),
    Function::new("wrapWith", &[Int, Text, Text], |context, given| {
        let given = Arguments(given);
        let width = size(given.int(0)).max(1);
        let separator = if given.text(1).is_empty() {
            b"\n"
        } else {
            given.text(1)
        };
        context.allocate((given.text(2).len() / width).saturating_mul(separator.len()))?;
        text(
            context,
            Wrapping {
                width,
                separator,
                break_words: true,
            }
            .wrap(given.text(2)),
        )
    }),
    Function::new("contains", &[Text, Text], |context, given| {
        let (part, whole) = (Arguments(given).text(0), Arguments(given).text(1));
        context.spend(whole.len() as u64 / 64)?;
        Ok(whole.contains_str(part).into())
    }),
    Function::new("hasPrefix", &[Text, Text], |_, given| {
        Ok(Arguments(given)
            .text(1)
            .starts_with(Arguments(given).text(0))
            .into())
    }),
    Function::new("hasSuffix", &[Text, Text], |_, given| {
        Ok(Arguments(given)
            .text(1)
            .ends_with(Arguments(given).text(0))
            .into())
    }),
    Function::new("quote", &[], |context, given| {
        spaced(context, given, |out, text| {
            out.extend_from_slice(quoted(text).as_bytes());
        })
    })
    .variadic(Any),
    Function::new("squote", &[], |context, given| {
        spaced(context, given, |out, text| {
            out.push(b'\'');
            out.extend_from_slice(text);
            out.push(b'\'');
        })
    })
    .variadic(Any),
    Function::new("cat", &[], |context, given| {
        spaced(context, given, Vec::extend_from_slice)
    })
    .variadic(Any),
    Function::new("indent", &[Int, Text], |context, given| {
        indent(context, b"", given)
    }),
    Function::new("nindent", &[Int, Text], |context, given| {
        indent(context, b"\n", given)
    }),
    Function::new("replace", &[Text, Text, Text], |context, given| {
        let given = Arguments(given);
        let (old, new, whole) = (given.text(0), given.text(1), given.text(2));
        let replaced = replace(context, whole, old, new)?;
        Ok(replaced.map_or_else(|| given.value(2).clone(), Into::into))
    }),
    Function::new("plural", &[Text, Text, Int], |_, given| {
        let chosen = usize::from(Arguments(given).int(2) != 1);
        Ok(Arguments(given).value(chosen).clone())
    }),
    Function::new("toString", &[Any], |context, given| match &given[0] {
        Value::String(_) => Ok(given[0].clone()),
        other => text(context, string_of(other)),
    }),
    Function::new("split", &[Text, Text], |context, given| {
        numbered(
            context,
            split(Arguments(given).text(1), Arguments(given).text(0), usize::MAX),
        )
    }),
    Function::new("splitn", &[Text, Int, Text], |context, given| {
        let given = Arguments(given);
        let count = usize::try_from(given.int(1)).unwrap_or(usize::MAX);
        numbered(context, split(given.text(2), given.text(0), count))
    }),
    Function::new("splitList", &[Text, Text], |context, given| {
        strings(
            context,
            split(Arguments(given).text(1), Arguments(given).text(0), usize::MAX),
        )
    }),
    Function::new("toStrings", &[Any], |context, given| match &given[0] {
        Value::Strings(_) => Ok(given[0].clone()),
        other => {
            let pieces = strings_of(context, other)?;
            strings(context, pieces)
        }
    }),
    Function::new("join", &[Text, Any], |context, given| {
        let pieces = strings_of(context, Arguments(given).value(1))?;
        let separator = Arguments(given).text(0);
        context.allocate(pieces.len().saturating_mul(separator.len()))?;
        text(context, pieces.join(separator))
    }),
    Function::new("sortAlpha", &[Any], |context, given| {
        let mut sorted = match given[0].kind() {
            Kind::Slice => strings_of(context, &given[0])?,
            _ => vec![string_of(&given[0])],
        };
        sorted.sort_unstable();
        strings(context, sorted)
    }),
    Function::new("fail", &[Text], |_, given| {
        Err(Error::new(Arguments(given).text(0).to_str_lossy()))
    }),
    Function::new("hello", &[], |_, _| Ok("Hello!".into())),
    Function::new("list", &[], |context, given| list(context, given.to_vec())).variadic(Any),
    Function::new("tuple", &[], |context, given| list(context, given.to_vec())).variadic(Any),
];

/// A width or an offset; what is below zero is none.
fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

fn repetitions(count: i64) -> Result<usize, Error> {
    usize::try_from(count).map_err(|_| Error::new("strings: negative Repeat count"))
}

fn substring(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let given = Arguments(given);
    let (start, end, whole) = (given.int(0), given.int(1), given.text(2));
    let length = whole.len();
    let index = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    let bad = |bounds: String| Error::new(format!("runtime error: slice bounds out of range {bounds}"));
    if start < 0 {
        return match end {
            ..0 => Err(bad(format!("[:{end}]"))),
            _ if index(end) > length => Err(bad(format!("[:{end}] with length {length}"))),
            _ => text(context, &whole[..index(end)]),
        };
    }
    let end = if end < 0 || index(end) > length {
        length
    } else {
        index(end)
    };
    let start = index(start);
    if start > end {
        return Err(bad(format!("[{start}:{end}]")));
    }
    text(context, &whole[start..end])
}

const TRIM_ALL: Call = |context, given| {
    let (cut, whole) = (Arguments(given).text(0), Arguments(given).text(1));
    context.allocate(cut.len().saturating_mul(size_of::<char>()))?;
    let mut cut: Vec<char> = cut.chars().collect();
    cut.sort_unstable();
    text(
        context,
        whole.trim_with(|character| cut.binary_search(&character).is_ok()),
    )
};

fn indent(context: &mut Context<'_>, before: &[u8], given: &[Value]) -> Result<Value, Error> {
    let (spaces, whole) = (Arguments(given).int(0), Arguments(given).text(1));
    let spaces = repetitions(spaces)?;
    let lines = 1 + whole
        .iter()
        .map(|&byte| usize::from(byte == b'\n'))
        .sum::<usize>();
    let length = before
        .len()
        .saturating_add(whole.len())
        .saturating_add(lines.saturating_mul(spaces));
    context.allocate(length)?;
    let mut indented = Vec::with_capacity(length);
    indented.extend_from_slice(before);
    let mut rest = whole;
    loop {
        indented.resize(indented.len() + spaces, b' ');
        let line = rest.find_byte(b'\n').map_or(rest.len(), |end| end + 1);
        indented.extend_from_slice(&rest[..line]);
        if !rest[..line].ends_with(b"\n") {
            return Ok(indented.into());
        }
        rest = &rest[line..];
    }
}

/// The text with every `old` replaced, or none if there is none.
fn replace(
    context: &mut Context<'_>,
    whole: &[u8],
    old: &[u8],
    new: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    context.spend(whole.len() as u64 / 64)?;
    if old.is_empty() {
        let pieces = split(whole, b"", usize::MAX);
        context.allocate(
            whole
                .len()
                .saturating_add((pieces.len() + 1).saturating_mul(new.len())),
        )?;
        let mut output = new.to_vec();
        for piece in pieces {
            output.extend_from_slice(piece);
            output.extend_from_slice(new);
        }
        return Ok(Some(output));
    }
    let count = whole.find_iter(old).count();
    if count == 0 {
        return Ok(None);
    }
    context.allocate((whole.len() - count * old.len()).saturating_add(count.saturating_mul(new.len())))?;
    Ok(Some(whole.replace(old, new)))
}

/// The pieces between separators, at most so many; without a separator each character is a piece.
fn split<'t>(whole: &'t [u8], separator: &[u8], count: usize) -> Vec<&'t [u8]> {
    if count == 0 {
        return Vec::new();
    }
    if !separator.is_empty() {
        return whole.splitn_str(count, separator).collect();
    }
    let mut pieces = Vec::new();
    let mut left = whole;
    for (_, width) in characters::of(whole) {
        if pieces.len() + 1 == count {
            break;
        }
        let (piece, rest) = left.split_at(width);
        pieces.push(piece);
        left = rest;
    }
    if !left.is_empty() {
        pieces.push(left);
    }
    pieces
}

/// Pieces under the names `_0`, `_1`, …
fn numbered(context: &mut Context<'_>, pieces: Vec<&[u8]>) -> Result<Value, Error> {
    super::arguments::reserve(context, pieces.len() * 4)?;
    let entries = pieces
        .into_iter()
        .enumerate()
        .map(|(index, piece)| (Str::from(format!("_{index}")), Str::new(piece)));
    Ok(Value::StringMap(Rc::new(entries.collect::<BTreeMap<_, _>>())))
}
