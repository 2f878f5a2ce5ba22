//! The differences that are meant to be, each by name with its reason.

use super::generator::Case;

/// A difference that stays.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// Why it stays.
    pub(crate) reason: &'static str,
    shows: fn(&Sides<'_>) -> bool,
}

/// The texts of a case and both outcomes.
struct Sides<'s> {
    texts: &'s str,
    ours: &'s str,
    theirs: &'s str,
    /// Whether the data has a time.
    has_time: bool,
}

impl Sides<'_> {
    fn both_say(&self, words: &str) -> bool {
        self.ours.contains(words) && self.theirs.contains(words)
    }
}

pub(crate) const KNOWN: &[Known] = &[
    Known {
        name: "complex numbers",
        reason: "refused when they are parsed: no function takes one, and no chart has one",
        shows: |sides| {
            sides.ours.contains("complex numbers are not supported")
                || ["complex128", "0i)"]
                    .iter()
                    .any(|word| sides.theirs.contains(word))
        },
    },
    Known {
        name: "slices beyond the length",
        reason: "an error also where spare capacity would let Go show what lies there: lists have no capacity",
        shows: |sides| sides.ours.contains("slice index out of bounds"),
    },
    Known {
        name: "until",
        reason: "gives []interface {} rather than []int, which errors and %T show: one type of list",
        shows: |sides| sides.texts.contains("until") && sides.theirs.contains("int"),
    },
    Known {
        name: "chunk",
        reason: "gives []interface {} rather than [][]interface {}: one type of list",
        shows: |sides| sides.theirs.contains("[][]interface {}"),
    },
    Known {
        name: "times beyond the year 9999",
        reason: "an error: the range of the calendar used",
        shows: |sides| sides.ours.contains("error calling Add"),
    },
    Known {
        name: "loops over named integers",
        reason: "refused, where Go counts in that type: an object is one value of its type and makes no others",
        shows: |sides| sides.ours.contains("range can't iterate over") && sides.texts.contains(".when."),
    },
    Known {
        name: "patterns that are not UTF-8",
        reason: "refused as that, also where Go finds another fault further in front",
        shows: |sides| sides.ours.contains("invalid UTF-8") && sides.theirs.contains("error parsing regexp"),
    },
    Known {
        name: "nil []string",
        reason: "what regexSplit and regexFindAll give for nothing equals nil in Go: only lists of anything can be nil",
        shows: |sides| sides.texts.contains("regexSplit") || sides.texts.contains("regexFindAll"),
    },
    Known {
        name: "fields of type interface {}",
        reason: "an error about a field of theirs names the type of the value: objects do not tell their fields' types",
        shows: |sides| sides.texts.contains("Any") && sides.both_say("can't evaluate field"),
    },
    Known {
        name: "the inside of time.Time",
        reason: "not printed by verbs that are not for texts: Go prints an address there",
        shows: |sides| {
            // Of a printed text these leave its length, or other letters.
            let is_changed = ["len", "split", "enc"]
                .iter()
                .any(|word| sides.texts.contains(word));
            let is_whole = !sides.texts.contains(".when") || is_changed;
            let is_hidden = sides.texts.contains("printf") && sides.has_time && is_whole;
            let ours = sides.ours.to_ascii_lowercase().replace("%3f", "?");
            ours.contains("?time.time?") || is_hidden
        },
    },
    Known {
        name: "variables of arguments that are not evaluated",
        reason: "one declared in parentheses behind the argument that decides an `and` or `or` is nothing, not an error",
        shows: |sides| sides.theirs.contains("undefined variable") && sides.texts.contains(":="),
    },
];

/// The difference that the case shows, of those that are known.
pub(crate) fn difference(case: &Case, ours: &str, theirs: &str) -> Option<&'static Known> {
    let decoded = |outcome: &str| {
        let bytes = hex::decode(outcome.get(1..).unwrap_or_default()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let files = case.files.iter();
    let texts: String = files.map(|(_, text)| String::from_utf8_lossy(text)).collect();
    let sides = Sides {
        texts: &texts,
        ours: &decoded(ours),
        theirs: &decoded(theirs),
        has_time: case.data.as_map().is_some_and(|data| data.contains_key("when")),
    };
    KNOWN.iter().find(|known| (known.shows)(&sides))
}
