//! Options of helm that mean nothing here, and those that cannot be followed.
//!
//! What only speaks of a cluster, of waiting for it or of fetching has no effect on what a chart gives: it is taken,
//! so that commands and scripts written for helm work. What would change the result is refused.

use clap::{Arg, ArgAction, ArgMatches, Command};

/// What an option is given.
#[derive(Clone, Copy)]
enum Takes {
    /// True or false, or nothing for true.
    Switch,
    /// A value.
    Value,
    /// A value after `=`, or nothing.
    Optional,
}
use Takes::{Optional, Switch, Value};

/// Every subcommand has them.
const EVERYWHERE: &[(&str, Takes)] = &[
    ("burst-limit", Value),
    ("color", Value),
    ("colour", Value),
    ("content-cache", Value),
    ("debug", Switch),
    ("kube-apiserver", Value),
    ("kube-as-group", Value),
    ("kube-as-user", Value),
    ("kube-ca-file", Value),
    ("kube-context", Value),
    ("kube-insecure-skip-tls-verify", Switch),
    ("kube-tls-server-name", Value),
    ("kube-token", Value),
    ("kubeconfig", Value),
    ("qps", Value),
    ("registry-config", Value),
    ("repository-cache", Value),
    ("repository-config", Value),
];

/// Of all that may fetch a chart.
const FETCHING: &[(&str, Takes)] = &[
    ("ca-file", Value),
    ("cert-file", Value),
    ("insecure-skip-tls-verify", Switch),
    ("key-file", Value),
    ("keyring", Value),
    ("password", Value),
    ("plain-http", Switch),
    ("username", Value),
];

/// Of what takes a chart by its place, which may be a repository elsewhere.
const LOCATING: &[(&str, Takes)] = &[
    ("devel", Switch),
    ("pass-credentials", Switch),
    ("repo", Value),
    ("verify", Switch),
    ("version", Value),
];

/// Of what would install in another place.
const INSTALLING: &[(&str, Takes)] = &[
    ("atomic", Switch),
    ("create-namespace", Switch),
    ("description", Value),
    ("disable-openapi-validation", Switch),
    ("enable-dns", Switch),
    ("force", Switch),
    ("force-conflicts", Switch),
    ("force-replace", Switch),
    ("hide-notes", Switch),
    ("labels", Value),
    ("post-renderer", Value),
    ("post-renderer-args", Value),
    ("render-subchart-notes", Switch),
    ("replace", Switch),
    ("rollback-on-failure", Switch),
    ("server-side", Switch),
    ("skip-crds", Switch),
    ("take-ownership", Switch),
    ("timeout", Value),
    ("wait", Optional),
    ("wait-for-jobs", Switch),
];

/// Of `package` alone.
const PACKING: &[(&str, Takes)] = &[
    ("dependency-update", Switch),
    ("key", Value),
    ("passphrase-file", Value),
    ("sign", Switch),
];

/// What cannot be done here, and why.
const REFUSED: &[(&str, &str)] = &[
    ("enable-dns", "names are not looked up here"),
    ("post-renderer", "no other program is run here"),
    ("repo", "charts are not fetched here: give a directory or a .tgz"),
    ("sign", "charts are not signed here"),
    ("verify", "signatures are not checked here"),
];

/// Adds all of them, hidden.
pub(super) fn added(command: Command) -> Command {
    let everywhere = options(EVERYWHERE).map(|option| option.global(true));
    command.args(everywhere).mut_subcommands(|subcommand| {
        let groups: &[&[_]] = match subcommand.get_name() {
            "template" | "values" => &[FETCHING, LOCATING, INSTALLING],
            "show" => &[FETCHING, LOCATING],
            "package" => &[FETCHING, PACKING],
            _ => &[],
        };
        let mut subcommand = subcommand;
        for group in groups {
            subcommand = subcommand.args(options(group));
        }
        subcommand
    })
}

fn options(names: &'static [(&'static str, Takes)]) -> impl Iterator<Item = Arg> {
    names.iter().map(|&(name, takes)| {
        let option = Arg::new(name).long(name).hide(true);
        let option = match name {
            "labels" => option.short('l'),
            "dependency-update" => option.short('u'),
            _ => option,
        };
        match takes {
            Switch => option.action(ArgAction::SetTrue),
            Value => option.action(ArgAction::Set),
            Optional => option
                .action(ArgAction::Set)
                .num_args(0..=1)
                .require_equals(true)
                .default_missing_value(""),
        }
    })
}

/// Says what of the given cannot be done.
pub(super) fn check(matches: &ArgMatches) -> Result<(), String> {
    let Some((name, given)) = matches.subcommand() else {
        return Ok(());
    };
    for (option, reason) in REFUSED {
        let is_set = matches!(given.try_get_one::<bool>(option), Ok(Some(true)));
        let text = given.try_get_one::<String>(option).ok().flatten();
        if is_set || text.is_some_and(|text| !text.is_empty()) {
            return Err(format!("--{option}: {reason}"));
        }
    }
    if name == "package" && matches!(given.try_get_one::<bool>("dependency-update"), Ok(Some(true))) {
        return Err("--dependency-update: charts are not fetched here; put them into charts/".to_owned());
    }
    Ok(())
}
