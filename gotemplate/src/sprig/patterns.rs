//! Functions with regular expressions. Those that begin with `must` refuse with other words.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use bstr::ByteSlice;

use super::arguments::{Arguments, strings, text};
use super::regex::{ParseError, Pattern, Regex, quote_meta};
use crate::format::quote;
use crate::{Context, Error, Function, Type, Value};

use Type::{Int, String as Text};

pub(super) static FUNCTIONS: &[Function] = &[
    Function::new("regexMatch", &[Text, Text], |context, given| {
        match compiled(context, given) {
            Ok(Ok(regex)) => Ok(regex.is_match(Arguments(given).text(1)).into()),
            Ok(Err(_)) => Ok(false.into()),
            Err(limit) => Err(limit),
        }
    }),
    Function::new("mustRegexMatch", &[Text, Text], |context, given| {
        must(context, given, IS_MATCH)
    }),
    Function::new("regexFind", &[Text, Text], |context, given| {
        plain(context, given, find)
    }),
    Function::new("mustRegexFind", &[Text, Text], |context, given| {
        must(context, given, find)
    }),
    Function::new("regexFindAll", &[Text, Text, Int], |context, given| {
        plain(context, given, find_all)
    }),
    Function::new("mustRegexFindAll", &[Text, Text, Int], |context, given| {
        must(context, given, find_all)
    }),
    Function::new("regexReplaceAll", &[Text, Text, Text], |context, given| {
        plain(context, given, replace_all)
    }),
    Function::new("mustRegexReplaceAll", &[Text, Text, Text], |context, given| {
        must(context, given, replace_all)
    }),
    Function::new("regexReplaceAllLiteral", &[Text, Text, Text], |context, given| {
        plain(context, given, replace_all_literally)
    }),
    Function::new(
        "mustRegexReplaceAllLiteral",
        &[Text, Text, Text],
        |context, given| must(context, given, replace_all_literally),
    ),
    Function::new("regexSplit", &[Text, Text, Int], |context, given| {
        plain(context, given, split)
    }),
    Function::new("mustRegexSplit", &[Text, Text, Int], |context, given| {
        must(context, given, split)
    }),
    Function::new("regexQuoteMeta", &[Text], |context, given| {
        text(context, quote_meta(Arguments(given).text(0)))
    }),
];

/// Patterns compiled before: templates use few, and often.
#[derive(Default)]
struct Cache {
    patterns: HashMap<Vec<u8>, Rc<Regex>>,
    memory: usize,
}

thread_local! {
    static CACHE: RefCell<Cache> = RefCell::default();
}

impl Cache {
    const LARGEST: usize = 64 << 20;

    fn insert(&mut self, pattern: &[u8], regex: &Rc<Regex>) {
        self.memory += regex.memory();
        if self.memory > Self::LARGEST {
            self.patterns.clear();
            self.memory = regex.memory();
        }
        self.patterns.insert(pattern.to_vec(), Rc::clone(regex));
    }
}

/// The pattern that is the first argument, and the fuel for holding it against the second.
fn compiled(context: &mut Context<'_>, given: &[Value]) -> Result<Result<Rc<Regex>, ParseError>, Error> {
    let (pattern, subject) = (Arguments(given).text(0), Arguments(given).text(1));
    let known = CACHE.with_borrow(|cache| cache.patterns.get(pattern).cloned());
    let regex = if let Some(regex) = known {
        regex
    } else {
        context.spend(Pattern::work_to_parse(pattern))?;
        let parsed = match Pattern::parse(pattern) {
            Ok(parsed) => parsed,
            Err(problem) => return Ok(Err(problem)),
        };
        context.spend(parsed.work_to_compile())?;
        let regex = match parsed.compile() {
            Ok(regex) => Rc::new(regex),
            Err(problem) => return Ok(Err(problem)),
        };
        context.allocate(regex.memory())?;
        CACHE.with_borrow_mut(|cache| cache.insert(pattern, &regex));
        regex
    };
    context.spend((subject.len() as u64).saturating_mul(regex.work_per_byte()))?;
    Ok(Ok(regex))
}

/// The fuel for each search. Most end far before the end of the text, and what looks for an end is quick.
fn meter<'c>(context: &'c mut Context<'_>, regex: &Regex) -> impl FnMut(usize) -> Result<(), Error> + 'c {
    let work = regex.work_per_byte();
    move |bytes| context.spend((bytes as u64).saturating_mul(work) / 1024)
}

/// What is done with a compiled pattern.
type Act = fn(&mut Context<'_>, &Regex, &[Value]) -> Result<Value, Error>;

/// Acts, or says what is wrong with the pattern.
fn must(context: &mut Context<'_>, given: &[Value], act: Act) -> Result<Value, Error> {
    let regex = compiled(context, given)?.map_err(|problem| Error::new(problem.to_string()))?;
    act(context, &regex, given)
}

/// The same in the words of a panic.
fn plain(context: &mut Context<'_>, given: &[Value], act: Act) -> Result<Value, Error> {
    let regex = compiled(context, given)?.map_err(|problem| {
        let pattern = Arguments(given).text(0);
        let shown = quote::back_quoted(pattern).unwrap_or_else(|| quote::quoted(pattern).into_bytes());
        let shown = shown.to_str_lossy();
        Error::new(format!("regexp: Compile({shown}): {problem}"))
    })?;
    act(context, &regex, given)
}

const IS_MATCH: Act = |_, regex, given| Ok(regex.is_match(Arguments(given).text(1)).into());

fn find(context: &mut Context<'_>, regex: &Regex, given: &[Value]) -> Result<Value, Error> {
    text(context, regex.find(Arguments(given).text(1)).unwrap_or_default())
}

/// A count below zero means all.
fn count(number: i64) -> Option<usize> {
    usize::try_from(number).ok()
}

fn find_all(context: &mut Context<'_>, regex: &Regex, given: &[Value]) -> Result<Value, Error> {
    let whole = Arguments(given).text(1);
    let most = count(Arguments(given).int(2)).unwrap_or(usize::MAX);
    let found = regex.find_all(whole, most, &mut meter(context, regex))?;
    strings(context, found.into_iter().map(|range| &whole[range]))
}

fn split(context: &mut Context<'_>, regex: &Regex, given: &[Value]) -> Result<Value, Error> {
    let most = count(Arguments(given).int(2));
    let pieces = regex.split(Arguments(given).text(1), most, &mut meter(context, regex))?;
    strings(context, pieces.unwrap_or_default())
}

/// A replacement may be long and may be asked for often: what that makes is told before it is made.
fn reserve(context: &mut Context<'_>, regex: &Regex, given: &[Value]) -> Result<(), Error> {
    let (whole, replacement) = (Arguments(given).text(1), Arguments(given).text(2));
    if replacement.len() > 256 {
        let matches = regex.find_all(whole, usize::MAX, &mut meter(context, regex))?;
        context.allocate(matches.len().saturating_mul(replacement.len()))?;
    }
    Ok(())
}

fn replace_all(context: &mut Context<'_>, regex: &Regex, given: &[Value]) -> Result<Value, Error> {
    let (whole, replacement) = (Arguments(given).text(1), Arguments(given).text(2));
    reserve(context, regex, given)?;
    // Each reference may bring in the whole text.
    let references = replacement.find_iter("$").count();
    if references > 16 {
        context.allocate(references.saturating_mul(whole.len()))?;
    }
    let replaced = regex.replace_all(whole, replacement, &mut meter(context, regex))?;
    text(context, replaced)
}

fn replace_all_literally(context: &mut Context<'_>, regex: &Regex, given: &[Value]) -> Result<Value, Error> {
    let (whole, replacement) = (Arguments(given).text(1), Arguments(given).text(2));
    reserve(context, regex, given)?;
    let replaced = regex.replace_all_literally(whole, replacement, &mut meter(context, regex))?;
    text(context, replaced)
}
