//! The bill of materials of what is shipped: programs, what is in each of them, and the Debian packages in images.

mod document;
mod part;

use anyhow::{Context, Result};

use super::Ingredients;
use crate::bill::{Bill, Set};
use crate::checkout::Checkout;
use crate::components::{libraries, read_modules, rust};
use crate::image;
use document::Contents;
use part::Part;

/// The document's text.
pub(crate) fn render(checkout: &Checkout, bill: &Bill, ingredients: &Ingredients) -> Result<String> {
    let contents = collect(checkout, bill, ingredients)?;
    let document = document::document(&bill.version, &contents, &image::created(ingredients.epoch));
    let mut text = serde_json::to_string_pretty(&document).context("write the SBOM")?;
    text.push('\n');
    Ok(text)
}

fn collect(checkout: &Checkout, bill: &Bill, ingredients: &Ingredients) -> Result<Contents> {
    let mut contents = Contents::default();
    for (program, package) in &bill.crates {
        contents.programs.insert(program.clone(), bill.version.clone());
        let crates =
            rust::contents(checkout, package).with_context(|| format!("list the crates of {program}"))?;
        contents.holds(program, crates.iter().map(Part::rust));
        contents.holds(
            program,
            libraries::find(&rust::LIBRARIES)?.iter().map(Part::library),
        );
    }
    for image in bill.images.iter().filter(|image| image.set == Set::Bundle) {
        for name in image.files.values() {
            // Our own have been listed, whether an image carries them or not.
            let Some(component) = bill.component_of(name) else {
                continue;
            };
            contents.programs.insert(name.clone(), component.version.clone());
            let modules = read_modules(&ingredients.program(name)?.path)?;
            contents.holds(name, modules.iter().map(Part::module));
            contents.holds(name, libraries::find(&component.links)?.iter().map(Part::library));
        }
        let layers = ingredients
            .layers
            .iter()
            .filter(|layer| image.layers.contains(&layer.name));
        for package in layers.flat_map(|layer| &layer.packages) {
            contents.parts.entry(Part::debian(package)).or_default();
        }
    }
    Ok(contents)
}
