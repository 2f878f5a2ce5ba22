//! The schemas for schemas, one for each draft: a chart's schema is held against its own before values are held
//! against it, as Helm does.

mod sound;

use std::sync::OnceLock;

use serde_json::Value;

use super::check;
use super::compile::Schema;
use super::document::Document;

/// A draft's documents, the one that is asked first, and what they ask for. Both are made once, when first needed.
struct Draft {
    text: &'static str,
    documents: OnceLock<Vec<Value>>,
    checks: OnceLock<Result<Schema<'static>, String>>,
}

impl Draft {
    const fn new(text: &'static str) -> Self {
        Self {
            text,
            documents: OnceLock::new(),
            checks: OnceLock::new(),
        }
    }

    /// The address of the document that is asked, and its checks.
    fn checks(&'static self) -> Result<(&'static str, &'static Schema<'static>), String> {
        let Some((root, others)) = self.documents().split_first() else {
            return Err("a draft without documents".to_owned());
        };
        let compile = || Schema::new(&Document::new(root, others)?.asserting_formats());
        let checks = self.checks.get_or_init(compile).as_ref().map_err(Clone::clone)?;
        let url = root["$id"].as_str().or(root["id"].as_str()).unwrap_or_default();
        Ok((url.trim_end_matches('#'), checks))
    }

    fn documents(&'static self) -> &'static [Value] {
        self.documents
            .get_or_init(|| match serde_json::from_str(self.text) {
                Ok(Value::Array(documents)) => documents,
                Ok(document) => vec![document],
                // The texts are ours; a test reads them all.
                Err(_) => vec![Value::Bool(true)],
            })
    }
}

static DRAFT_04: Draft = Draft::new(include_str!("draft-04.json"));
static DRAFT_06: Draft = Draft::new(include_str!("draft-06.json"));
static DRAFT_07: Draft = Draft::new(include_str!("draft-07.json"));
static DRAFT_2019: Draft = Draft::new(include_str!("2019-09.json"));
static DRAFT_2020: Draft = Draft::new(include_str!("2020-12.json"));

/// Each draft by its number.
static DRAFTS: [(u16, &Draft); 5] = [
    (4, &DRAFT_04),
    (6, &DRAFT_06),
    (7, &DRAFT_07),
    (2019, &DRAFT_2019),
    (2020, &DRAFT_2020),
];

/// Holds a schema against the schema for schemas of its draft.
pub(super) fn check(schema: &Value, draft: u16) -> Result<(), String> {
    if sound::is_sound(schema, draft) {
        return Ok(());
    }
    check_closely(schema, draft)
}

fn check_closely(schema: &Value, draft: u16) -> Result<(), String> {
    let known = DRAFTS.iter().find(|(number, _)| *number == draft);
    let draft = known.map_or(&DRAFT_2020, |(_, draft)| draft);
    let (url, checks) = draft.checks()?;
    check::check(checks, schema).map_err(|fault| {
        format!(
            "\"file:///values.schema.json#\" is not valid against metaschema: jsonschema validation failed with \
             '{url}#'\n{fault}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_draft_is_a_schema_by_its_own_standard() {
        for (draft, text) in DRAFTS {
            assert!(text.documents().iter().all(Value::is_object));
            for document in text.documents() {
                assert_eq!(check_closely(document, draft), Ok(()), "{draft}");
            }
            assert!(check(&serde_json::json!({"type": 5}), draft).is_err(), "{draft}");
            assert!(
                check(&serde_json::json!({"properties": {"a": {"pattern": "("}}}), draft).is_err(),
                "{draft}"
            );
        }
    }
}
