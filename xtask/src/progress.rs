//! What a person sees meanwhile: a line with a spinner on a terminal, plain lines in a log.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// One piece of work that takes a while.
pub(crate) struct Step {
    what: String,
    bar: Option<ProgressBar>,
    start: Instant,
}

impl Step {
    pub(crate) fn begin(what: impl Into<String>) -> Self {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| spinner(&what));
        if bar.is_none() {
            eprintln!("{what} …");
        }
        Self {
            what,
            bar,
            start: Instant::now(),
        }
    }

    /// What is being done at the moment; only a terminal shows it.
    pub(crate) fn now(&self, detail: String) {
        if let Some(bar) = &self.bar {
            bar.set_message(detail);
        }
    }

    pub(crate) fn done(self) {
        let seconds = self.start.elapsed().as_secs_f32();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        eprintln!("{}: done in {seconds:.1} s", self.what);
    }
}

fn spinner(what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {wide_msg}")
        .expect("the template is a constant that a test renders");
    let bar = ProgressBar::new_spinner()
        .with_style(style)
        .with_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_of_the_spinner_is_understood() {
        spinner("build").finish_and_clear();
    }
}
