//! The boot benchmark: three ways from nothing to a Ready node, each on an equal light machine, taken in turns. The
//! benchmark of [`charts`] is by itself.
//!
//! In: artifacts. Out: [`figures`], from which [`verdict`] and [`timeline`] make what people read. The subjects are
//! [`bowline`], [`kubeadm`] and [`bare`]; the latter two stand on machines that an [`administrator`] has prepared out
//! of a [`kit`]. All are timed from outside by one [`watch`].

mod addons;
mod administrator;
mod api;
mod bare;
mod bowline;
pub(crate) mod charts;
mod cluster;
mod figures;
mod kit;
mod kubeadm;
mod memory;
mod script;
mod target;
mod timeline;
mod verdict;
mod watch;

use std::path::Path;

use anyhow::{Context, Result};
use bowline_tests::distribution::Distribution;

pub(crate) use figures::{Figures, Subject};
use kit::Kit;

use crate::bill::Bill;
use crate::progress::Step;

/// Measures each of `subjects` in turn, `rounds` times; `folder` takes what is unpacked for it.
pub(crate) fn measure(
    distribution: &Distribution,
    bill: &Bill,
    (subjects, rounds): (&[Subject], usize),
    folder: &Path,
) -> Result<Figures> {
    let step = Step::begin("unpack the artifacts");
    let kit = Kit::unpack(distribution, &folder.join("kit"))?;
    step.done();
    let mut runs = Vec::new();
    for round in 1..=rounds {
        for subject in subjects {
            let step = Step::begin(format!("run {round} of {rounds}: {}", subject.title()));
            let run = match subject {
                Subject::Bowline => bowline::run(&kit, distribution, round == rounds),
                Subject::Kubeadm => kubeadm::run(&kit, bill),
                Subject::Bare => bare::run(&kit, bill),
            };
            runs.push(run.with_context(|| format!("run {round} of {}", subject.title()))?);
            step.done();
        }
    }
    Ok(Figures {
        binary_bytes: fs_err::metadata(distribution.bowline())?.len(),
        runs,
    })
}

/// Writes the raw figures and the picture to `folder`, and prints the rest.
pub(crate) fn tell(figures: &Figures, folder: &Path) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    let (json, svg) = (folder.join("boot.json"), folder.join("boot.svg"));
    fs_err::write(
        &json,
        serde_json::to_vec_pretty(figures).context("write the figures")?,
    )?;
    fs_err::write(&svg, timeline::draw(figures))?;
    println!("{}", verdict::report(figures));
    println!("time line: {}\nraw figures: {}", svg.display(), json.display());
    Ok(())
}
