//! What is known about an error of a Helm template: the parts of the engine's error, put together with the texts of
//! the templates and with what they saw.

use std::ops::Range;

use gotemplate::{Error, Site, Templates};

use super::engine::Template;
use super::functions;
use crate::diagnosis::{Advice, Diagnosis, Scene, advise, mark};
use crate::render::{Place, Render};

/// What an error is held against.
pub(super) struct Surroundings<'a> {
    pub(super) templates: &'a [Template<'a>],
    pub(super) set: &'a Templates,
    pub(super) with: &'a Render,
}

/// The diagnosis of an error that has a place.
pub(super) fn diagnose(error: &Error, around: &Surroundings<'_>) -> Option<Box<Diagnosis>> {
    let mut sites: Vec<&Site> = error.chain().filter_map(Error::site).collect();
    sites.dedup();
    let innermost = sites.pop()?;
    let message = error.chain().last()?.message();
    let place = around.place(innermost, message);
    // What `tpl` was given is no file; what it sees is that of the file around it.
    let file = sites
        .iter()
        .copied()
        .chain([innermost])
        .rfind(|site| site.file != functions::SET);
    let Advice { mut notes, hint } = around.advice(error, (innermost, file.unwrap_or(innermost)), &place);
    if innermost.file == functions::SET {
        notes.insert(0, format!("{} is a text that was given to tpl", innermost.file));
    }
    Some(Box::new(Diagnosis {
        place,
        calls: sites.iter().rev().map(|site| around.place(site, "")).collect(),
        notes,
        hint,
        ..Diagnosis::default()
    }))
}

impl Surroundings<'_> {
    fn place(&self, site: &Site, message: &str) -> Place {
        let text = self.template(&site.file).and_then(|template| {
            let lines = template.text.split(|byte| *byte == b'\n');
            let line = lines.into_iter().nth(site.line.checked_sub(1)?)?;
            Some(String::from_utf8_lossy(line).trim_end_matches('\r').to_owned())
        });
        let mark = text.as_deref().and_then(|line| match site.column {
            Some(column) => mark(line, column, site.at.as_deref().unwrap_or_default()),
            None => word(line, message),
        });
        Place {
            file: site.file.clone(),
            line: Some(site.line),
            text,
            mark,
        }
    }

    fn template(&self, file: &str) -> Option<&Template<'_>> {
        self.templates.iter().find(|template| template.path == file)
    }

    /// What to tell of an error at a site, in a file.
    fn advice(&self, error: &Error, (site, file): (&Site, &Site), place: &Place) -> Advice {
        let text = place.text.as_deref().unwrap_or_default();
        let start = place.mark.as_ref().map_or(0, |mark| mark.start);
        let prefix = prefix(&file.file);
        let mut templates = self.set.names();
        // Files have names as well, but nobody includes them.
        templates.retain(|name| !name.to_text().contains("/templates/"));
        advise(&Scene {
            message: error.chain().last().map_or("", Error::message),
            expression: site.at.as_deref().unwrap_or_default(),
            before: text.get(..start).unwrap_or_default(),
            text: self
                .template(&site.file)
                .map_or(&[][..], |template| template.text),
            prefix: &prefix,
            found: error.chain().filter_map(Error::found).last(),
            root: self.template(&file.file).map(|template| &template.data),
            functions: self
                .set
                .functions()
                .iter()
                .map(|function| function.name)
                .collect(),
            templates: &templates,
            hides_values: self.with.given.has_secrets(),
        })
    }
}

/// The word in quotes that a message speaks of, where it stands in the line.
fn word(line: &str, message: &str) -> Option<Range<usize>> {
    let word = message.split('"').nth(1).filter(|word| !word.is_empty())?;
    let start = line.find(word)?;
    Some(start..start + word.len())
}

/// Where the values of the chart of a file lie: `db.cache` for `web/charts/db/charts/cache/templates/x.yaml`.
fn prefix(file: &str) -> String {
    let chart = file.split("/templates/").next().unwrap_or_default();
    let names: Vec<&str> = chart.split("/charts/").skip(1).collect();
    names.join(".")
}
