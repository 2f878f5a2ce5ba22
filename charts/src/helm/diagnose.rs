//! What is known about an error of a Helm template: the parts of the engine's error, put together with the texts of
//! the templates and with what they saw.

use std::ops::Range;

use gotemplate::{Error, Site, Templates};

use super::engine::Template;
use super::functions;
use crate::diagnosis::{Advice, Diagnosis, Scene, advise, enclosing, mark};
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
    // What the outermost template sees is what those that it calls are given, be they in another chart's files.
    let outermost = sites.first().copied().unwrap_or(innermost);
    let condition = sites.iter().rev().copied();
    let condition = std::iter::once(innermost)
        .chain(condition)
        .find_map(|site| around.condition(site));
    let Advice { mut notes, hint } = around.advice(
        error,
        &Sites {
            innermost,
            outermost,
            condition,
        },
        &place,
    );
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

/// Where an error happened.
struct Sites<'a> {
    innermost: &'a Site,
    outermost: &'a Site,
    /// The condition under which all that is done, with its place.
    condition: Option<String>,
}

impl Surroundings<'_> {
    /// The innermost `if` or `with` around a site.
    fn condition(&self, site: &Site) -> Option<String> {
        let text = self.template(&site.file)?.file.content();
        let before = text
            .split_inclusive(|byte| *byte == b'\n')
            .take(site.line.checked_sub(1)?)
            .map(<[u8]>::len)
            .sum::<usize>();
        let (line, action) = enclosing(text.get(..before + site.column?)?)?;
        Some(format!("`{action}` ({}:{line})", site.file))
    }

    fn place(&self, site: &Site, message: &str) -> Place {
        let text = self.template(&site.file).and_then(|template| {
            let lines = template.file.content().split(|byte| *byte == b'\n');
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

    fn advice(&self, error: &Error, sites: &Sites<'_>, place: &Place) -> Advice {
        let (site, file) = (sites.innermost, sites.outermost);
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
                .map_or(&[][..], |template| template.file.content()),
            prefix: &prefix,
            condition: sites.condition.as_deref(),
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
    let mut places = line.match_indices(word).map(|(start, _)| start);
    // Where it stands twice nobody knows which is meant.
    let start = places.next().filter(|_| places.next().is_none())?;
    Some(start..start + word.len())
}

/// Where the values of the chart of a file lie: `db.cache` for `web/charts/db/charts/cache/templates/x.yaml`.
fn prefix(file: &str) -> String {
    let chart = file.split("/templates/").next().unwrap_or_default();
    let names: Vec<&str> = chart.split("/charts/").skip(1).collect();
    names.join(".")
}
