//! `cargo xtask up`: from a checkout to a working cluster.

use std::path::PathBuf;

use anyhow::Result;
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::machines_folder;

use crate::checkout::Checkout;
use crate::cluster::{Home, addons, board, host, light, sample};
use crate::commands::bundle;
use crate::preflight;

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Make this machine itself the node, instead of a light machine on it.
    #[arg(long)]
    host: bool,
    /// Take the artifacts from this directory instead of making them.
    #[arg(long, value_name = "DIR")]
    dist: Option<PathBuf>,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    // Better said before an hour of building than after it.
    let folder = if options.host {
        host::check()?;
        host::DATA_DIR.into()
    } else {
        machines_folder()
    };
    let checked = preflight::check(&Checkout::find()?, Some(&folder))?;
    eprintln!("this machine is fit: {checked}");
    let distribution = Distribution::open(match &options.dist {
        Some(folder) => folder.clone(),
        None => bundle::make()?,
    })?;
    let home = if options.host {
        host::bring_up(&distribution)?;
        Home::Host
    } else {
        Home::Light(light::bring_up(&distribution)?)
    };
    board::follow(&home)?;
    addons::wait(&home, "kube-system", "bundled charts")?;
    sample::install(&home)?;
    addons::wait(&home, sample::NAMESPACE, "sample chart")?;
    println!("{}", how_to_go_on(&home)?);
    Ok(())
}

fn how_to_go_on(home: &Home) -> Result<String> {
    let kubeconfig = home.kubeconfig_for_this_machine()?;
    Ok(format!(
        "\nThe cluster is ready.\n\
         \x20 cargo xtask kubectl get pods --all-namespaces\n\
         \x20 cargo xtask bowline status\n\
         \x20 curl http://{}/    the sample chart, through the ingress\n\
         \x20 cargo xtask down    takes it all away\n\
         The kubeconfig for other programs is {}.",
        home.address(),
        kubeconfig.display()
    ))
}
