//! The templates of public charts, all of which Go's parser takes but for three. Asked for by name: `BOWLINE_CORPUS` is
//! the unpacked collection.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use gotemplate::{Function, Functions, Templates, Type, Value, sprig};

const fn named(name: &'static str) -> Function {
    Function::new(name, &[], |_, _| Ok(Value::Nil)).variadic(Type::Any)
}

/// What Helm adds: only the names matter for parsing.
static HELM: &[Function] = &[
    named("include"),
    named("tpl"),
    named("required"),
    named("lookup"),
    named("fail"),
    named("toYaml"),
    named("toYamlPretty"),
    named("mustToYaml"),
    named("fromYaml"),
    named("fromYamlArray"),
    named("toToml"),
    named("mustToToml"),
    named("fromToml"),
    named("toJson"),
    named("mustToJson"),
    named("fromJson"),
    named("fromJsonArray"),
];

fn templates(directory: &Path, texts: &mut BTreeSet<Vec<u8>>) {
    for entry in fs_err::read_dir(directory).expect("the collection can be read") {
        let path = entry.expect("the collection can be read").path();
        if path.is_dir() {
            templates(&path, texts);
        } else if path.components().any(|part| part.as_os_str() == "templates") {
            texts.insert(fs_err::read(&path).expect("the collection can be read"));
        }
    }
}

#[test]
#[ignore = "reads 40,000 files"]
fn all_but_three_templates_of_public_charts_parse() {
    let corpus =
        PathBuf::from(std::env::var_os("BOWLINE_CORPUS").expect("BOWLINE_CORPUS names the collection"));
    let mut texts = BTreeSet::new();
    templates(&corpus.join("charts"), &mut texts);
    let tables: Vec<_> = sprig::FUNCTIONS.iter().copied().chain([HELM]).collect();
    let functions = Functions::new(&tables);
    let refused: Vec<_> = texts
        .iter()
        .filter_map(|text| Templates::new("t", functions.clone()).parse("t", text).err())
        .map(|error| error.to_string())
        .collect();
    assert!(
        refused.len() <= 3,
        "{} of {} refused:\n{}",
        refused.len(),
        texts.len(),
        refused.join("\n")
    );
    println!("{} texts, refused: {refused:?}", texts.len());
}
