//! What the `define`s of a text have given so far.

use std::collections::HashMap;

use super::tree::Body;
use crate::Str;

/// A tree before its source is complete.
pub(super) struct Template {
    pub(super) body: Body,
    pub(super) slots: usize,
    pub(super) is_empty: bool,
}

/// Templates in the order of their names' first definitions.
#[derive(Default)]
pub(super) struct Definitions {
    templates: Vec<(Str, Template)>,
    /// Where among them a name stands.
    places: HashMap<Str, usize>,
}

impl Definitions {
    /// Whether the name may get this template: it has no other one, but for those that are empty.
    pub(super) fn allow(&self, name: &[u8], template: &Template) -> bool {
        let other = self.places.get(name).map(|&place| &self.templates[place].1);
        template.is_empty || other.is_none_or(|other| other.is_empty)
    }

    /// Gives a name its template, which takes the place of an empty one only.
    pub(super) fn add(&mut self, name: Str, template: Template) {
        match self.places.get(&name) {
            Some(&place) if self.templates[place].1.is_empty => self.templates[place].1 = template,
            Some(_) => {}
            None => {
                self.places.insert(name.clone(), self.templates.len());
                self.templates.push((name, template));
            }
        }
    }
}

impl IntoIterator for Definitions {
    type Item = (Str, Template);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.templates.into_iter()
    }
}
