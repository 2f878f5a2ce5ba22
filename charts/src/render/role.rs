//! What a file under `templates/` is, by its name.

/// The language of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Jinja,
    Helm,
}

/// What a file under `templates/` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) language: Language,
    /// Partials (`_…`) give nothing by themselves.
    pub(crate) is_partial: bool,
    pub(crate) is_notes: bool,
}

impl Role {
    pub(crate) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        let (stem, language) = match name.strip_suffix(".j2") {
            Some(stem) => (stem, Language::Jinja),
            None => (name, Language::Helm),
        };
        Self {
            language,
            is_partial: name.starts_with('_'),
            is_notes: stem.ends_with("NOTES.txt"),
        }
    }
}
