//! The content of a record, in Helm's own JSON.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One revision of a release.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) info: Info,
    pub(crate) chart: Chart,
    /// What people gave, without the chart's defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) config: Option<Value>,
    /// The objects as YAML documents.
    pub(crate) manifest: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hooks: Vec<Hook>,
    pub(crate) version: i64,
    pub(crate) namespace: String,
    /// `ssa`: how the objects were applied.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) apply_method: String,
    /// Ours: what renders this revision again just as it was, where its templates used chance or the clock.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) pin: String,
}

/// When and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Info {
    pub(crate) first_deployed: String,
    pub(crate) last_deployed: String,
    pub(crate) deleted: String,
    pub(crate) description: String,
    pub(crate) status: Status,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) notes: String,
}

/// The chart, slimmed: what it is called, and its default values.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Chart {
    pub(crate) metadata: Value,
    pub(crate) lock: Value,
    pub(crate) templates: Vec<Value>,
    pub(crate) values: Value,
    pub(crate) schema: Value,
    pub(crate) files: Vec<Value>,
}

/// Helm's words for the state of a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Status {
    Deployed,
    Uninstalled,
    Superseded,
    Failed,
    Uninstalling,
    PendingInstall,
    PendingUpgrade,
    PendingRollback,
    #[default]
    #[serde(other)]
    Unknown,
}

impl Status {
    /// Somebody is, or was, at work on it.
    pub(crate) fn is_pending(self) -> bool {
        matches!(
            self,
            Self::PendingInstall | Self::PendingUpgrade | Self::PendingRollback
        )
    }

    /// As in the record's label.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Deployed => "deployed",
            Self::Uninstalled => "uninstalled",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
            Self::Uninstalling => "uninstalling",
            Self::PendingInstall => "pending-install",
            Self::PendingUpgrade => "pending-upgrade",
            Self::PendingRollback => "pending-rollback",
        }
    }

    /// The reverse of [`Status::as_str`].
    pub(crate) fn parse(text: &str) -> Self {
        serde_json::from_value(text.into()).unwrap_or_default()
    }
}

/// A hook, and how its last run went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) path: String,
    pub(crate) manifest: String,
    pub(crate) events: Vec<String>,
    pub(crate) last_run: Run,
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) weight: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) delete_policies: Vec<String>,
}

/// One run of a hook.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Run {
    pub(crate) started_at: String,
    pub(crate) completed_at: String,
    pub(crate) phase: Phase,
    /// Which event it ran for: ours, so that a killed run can be continued.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) event: String,
}

/// How a hook's run ended, if it did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    Running,
    Succeeded,
    Failed,
    #[default]
    #[serde(other)]
    Unknown,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Chart {
    /// What a record keeps of `chart`.
    pub(crate) fn of(chart: &bowline_charts::Chart) -> anyhow::Result<Self> {
        Ok(Self {
            metadata: chart.manifest(),
            values: chart.values()?,
            ..Self::default()
        })
    }

    pub(crate) fn text(&self, field: &str) -> &str {
        self.metadata[field].as_str().unwrap_or_default()
    }
}

impl Hook {
    /// A hook as rendered, not yet run.
    pub(crate) fn of(hook: &bowline_charts::Hook, manifest: String) -> Self {
        Self {
            name: hook.object.name().to_owned(),
            kind: hook.object.kind().to_owned(),
            path: hook.object.source().to_owned(),
            manifest,
            events: hook.events.iter().map(|event| event.name().to_owned()).collect(),
            weight: hook.weight,
            delete_policies: hook.delete_policies.clone(),
            last_run: Run::default(),
        }
    }

    /// Whether its annotation asks for `policy`.
    pub(crate) fn has_policy(&self, policy: &str) -> bool {
        self.delete_policies.iter().any(|its| its == policy)
    }
}

impl Record {
    /// Moves to `status` with Helm's words for it.
    pub(crate) fn set_status(&mut self, status: Status, description: impl Into<String>) {
        self.info.status = status;
        self.info.description = description.into();
    }

    /// Takes over from an earlier attempt at the same revision when it began, and which hooks have run.
    pub(crate) fn continue_from(&mut self, before: &Self) {
        self.info.first_deployed.clone_from(&before.info.first_deployed);
        for hook in &mut self.hooks {
            let same =
                |its: &&Hook| its.kind == hook.kind && its.name == hook.name && its.manifest == hook.manifest;
            if let Some(its) = before.hooks.iter().find(same) {
                hook.last_run = its.last_run.clone();
            }
        }
    }
}

/// Now, as Helm writes it.
pub(crate) fn now() -> String {
    Timestamp::now().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_helms_words_both_ways() {
        for status in [
            Status::Deployed,
            Status::PendingInstall,
            Status::PendingRollback,
            Status::Uninstalling,
        ] {
            assert_eq!(Status::parse(status.as_str()), status);
            assert_eq!(serde_json::to_value(status).unwrap(), status.as_str());
        }
        assert_eq!(Status::parse("brand-new"), Status::Unknown);
    }
}
