//! The raw figures, as they go into `boot.json`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Subject {
    /// A: `bowline server` with the bundle's archives.
    Bowline,
    /// B: `kubeadm init` after importing the same archives.
    Kubeadm,
    /// C: the same programs started bare, all at once, certificates ready, no images.
    Bare,
}

impl Subject {
    pub(crate) const ALL: [Self; 3] = [Self::Bowline, Self::Kubeadm, Self::Bare];

    /// What it is called in the targets.
    pub(crate) fn letter(self) -> &'static str {
        &self.title()[..1]
    }

    /// What people call it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Bowline => "A  bowline server",
            Self::Kubeadm => "B  kubeadm init",
            Self::Bare => "C  bare programs",
        }
    }

    /// Its machine.
    pub(crate) fn machine(self) -> &'static str {
        match self {
            Self::Bowline => "bench-bowline",
            Self::Kubeadm => "bench-kubeadm",
            Self::Bare => "bench-bare",
        }
    }
}

/// One stage of a start.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) begin_ms: u64,
    pub(crate) end_ms: u64,
}

/// One cold start. Times run from the start of the first program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Run {
    pub(crate) subject: Subject,
    pub(crate) api_server_ms: u64,
    pub(crate) node_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) addons_ms: Option<u64>,
    pub(crate) stages: Vec<Stage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) restart: Option<Restart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) power_cut: Option<Restart>,
    /// Bytes of memory at rest, by program.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) memory: BTreeMap<String, Memory>,
}

impl Run {
    /// Nothing measured yet.
    pub(crate) fn of(subject: Subject) -> Self {
        Self {
            subject,
            api_server_ms: 0,
            node_ms: 0,
            addons_ms: None,
            stages: Vec::new(),
            restart: None,
            power_cut: None,
            memory: BTreeMap::new(),
        }
    }
}

/// A start with everything in place already.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Restart {
    /// Until the kubelet reports the node Ready again.
    pub(crate) node_ms: u64,
    /// Pods whose containers went on as they were.
    pub(crate) survivors: Vec<String>,
    /// Pods in all.
    pub(crate) pods: usize,
}

/// What a process holds in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// Pages of its own and shared ones.
    pub(crate) resident: u64,
    /// Shared pages counted by share.
    pub(crate) proportional: u64,
}

/// All that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Figures {
    /// Of `bowline`.
    pub(crate) binary_bytes: u64,
    pub(crate) runs: Vec<Run>,
}

impl Figures {
    /// The runs of one subject.
    pub(crate) fn of(&self, subject: Subject) -> impl Iterator<Item = &Run> {
        self.runs.iter().filter(move |run| run.subject == subject)
    }

    /// The median of what the runs of a subject say; of an even number, the lower of the two in the middle.
    pub(crate) fn median(&self, subject: Subject, what: impl Fn(&Run) -> Option<u64>) -> Option<u64> {
        let mut values: Vec<u64> = self.of(subject).filter_map(what).collect();
        values.sort_unstable();
        values.get(values.len().checked_sub(1)? / 2).copied()
    }

    /// The run of a subject that stands for all: the one with the median time to a Ready node.
    pub(crate) fn typical(&self, subject: Subject) -> Option<&Run> {
        self.median_run(subject, |run| Some(run.node_ms))
    }

    /// The run of a subject that says what the median says.
    pub(crate) fn median_run(&self, subject: Subject, what: impl Fn(&Run) -> Option<u64>) -> Option<&Run> {
        let median = self.median(subject, &what)?;
        self.of(subject).find(|run| what(run) == Some(median))
    }
}

/// A time as the figures give it.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn run(subject: Subject, node_ms: u64) -> Run {
        Run {
            subject,
            api_server_ms: node_ms - 100,
            node_ms,
            addons_ms: (subject != Subject::Bare).then_some(node_ms * 2),
            stages: vec![Stage {
                name: "content".into(),
                begin_ms: 0,
                end_ms: node_ms / 2,
            }],
            ..Run::of(subject)
        }
    }

    #[test]
    fn one_slow_run_does_not_move_the_median() {
        let figures = Figures {
            binary_bytes: 1,
            runs: [5000, 90_000, 4000].map(|ms| run(Subject::Bare, ms)).to_vec(),
        };
        let node = |run: &Run| Some(run.node_ms);
        assert_eq!(figures.median(Subject::Bare, node), Some(5000));
        assert_eq!(figures.typical(Subject::Bare).unwrap().node_ms, 5000);
        assert_eq!(figures.median(Subject::Bowline, node), None);
        assert_eq!(figures.median(Subject::Bare, |run| run.addons_ms), None);
    }
}
