//! The revisions of a release: found by their labels, read one by one, and pruned.

use bowline_crds::{CONFIG_HASH_LABEL, HELM_FIELD_MANAGER};
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use kube::{Client, ResourceExt as _};
use serde_json::json;
use thiserror::Error;

use crate::release::codec::{self, CodecError};
use crate::release::record::{Record, Status};

/// Revisions that are kept; the last deployed one always is.
const KEEP: usize = 10;
const SECRET_TYPE: &str = "helm.sh/release.v1";

/// Why a record could not be read or written.
#[derive(Debug, Error)]
pub(crate) enum HistoryError {
    #[error("release record {secret}: {}", crate::apply::refusal(source))]
    Api { secret: String, source: kube::Error },
    #[error("release record {secret}")]
    Codec {
        secret: String,
        #[source]
        source: CodecError,
    },
    #[error("release record {secret} has no key \"release\"")]
    Empty { secret: String },
    #[error("another operation on the release is in progress: {secret} was just written")]
    Locked { secret: String },
}

/// What a record's labels say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) revision: i64,
    pub(crate) status: Status,
    /// From which inputs it was made; empty for what others wrote.
    pub(crate) config_hash: String,
    /// Unix seconds of the last write.
    pub(crate) written: i64,
}

/// All revisions of one release, the newest last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) entries: Vec<Entry>,
}

impl History {
    pub(crate) fn newest(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// The newest revision that was deployed; of several the highest.
    pub(crate) fn deployed(&self) -> Option<&Entry> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.status == Status::Deployed)
    }

    /// The revision that comes next.
    pub(crate) fn next_revision(&self) -> i64 {
        self.newest().map_or(1, |newest| newest.revision + 1)
    }

    /// Whether a revision is an upgrade: one before it worked. Of those before it that are no longer recorded, one did.
    pub(crate) fn is_upgrade(&self, revision: i64) -> bool {
        let worked = |entry: &Entry| matches!(entry.status, Status::Deployed | Status::Superseded);
        let mut before = self
            .entries
            .iter()
            .filter(|entry| entry.revision < revision)
            .peekable();
        match before.peek() {
            Some(_) => before.any(worked),
            None => revision > 1,
        }
    }

    /// Revisions whose objects may be in the cluster: the deployed one, and those tried after it.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Entry> {
        let from = self.deployed().map_or(0, |entry| entry.revision);
        self.entries.iter().filter(move |entry| entry.revision >= from)
    }

    /// Revisions beyond the limit, oldest first; the deployed one is kept.
    fn surplus(&self) -> Vec<i64> {
        let deployed = self.deployed().map(|entry| entry.revision);
        let surplus = self.entries.len().saturating_sub(KEEP);
        let oldest = self.entries.iter().map(|entry| entry.revision);
        oldest
            .filter(|revision| Some(*revision) != deployed)
            .take(surplus)
            .collect()
    }
}

/// The records of one release.
pub(crate) struct Store {
    secrets: Api<Secret>,
    release: String,
    namespace: String,
}

impl Store {
    pub(crate) fn new(client: Client, namespace: &str, release: &str) -> Self {
        Self {
            secrets: Api::namespaced(client, namespace),
            release: release.to_owned(),
            namespace: namespace.to_owned(),
        }
    }

    /// All revisions, by their labels alone.
    pub(crate) async fn history(&self) -> Result<History, HistoryError> {
        let list = ListParams::default().labels(&format!("owner=helm,name={}", self.release));
        let secrets = self.secrets.list_metadata(&list).await;
        let secrets = secrets.map_err(|source| self.api_error("*", source))?;
        let mut entries: Vec<Entry> = secrets
            .iter()
            .filter_map(|secret| entry(secret.labels()))
            .collect();
        entries.sort_by_key(|entry| entry.revision);
        Ok(History { entries })
    }

    /// One revision.
    pub(crate) async fn read(&self, revision: i64) -> Result<Record, HistoryError> {
        let name = self.secret_name(revision);
        let secret = self
            .secrets
            .get(&name)
            .await
            .map_err(|source| self.api_error(&name, source))?;
        let data = secret.data.as_ref().and_then(|data| data.get("release"));
        let data = data.ok_or_else(|| HistoryError::Empty {
            secret: self.path(&name),
        })?;
        codec::decode(&data.0).map_err(|source| HistoryError::Codec {
            secret: self.path(&name),
            source,
        })
    }

    /// Writes a new revision. That it is new is the lock: a second writer is told so.
    pub(crate) async fn create(&self, record: &Record, config_hash: &str) -> Result<(), HistoryError> {
        let secret = self.secret(record, config_hash, "createdAt")?;
        let parameters = PostParams {
            field_manager: Some(HELM_FIELD_MANAGER.into()),
            ..PostParams::default()
        };
        match self.secrets.create(&parameters, &secret).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_already_exists() => Err(HistoryError::Locked {
                secret: self.path(&secret.name_any()),
            }),
            Err(source) => Err(self.api_error(&secret.name_any(), source)),
        }
    }

    /// Writes a revision that exists.
    pub(crate) async fn update(&self, record: &Record, config_hash: &str) -> Result<(), HistoryError> {
        let secret = self.secret(record, config_hash, "modifiedAt")?;
        let name = secret.name_any();
        let patch = Patch::Merge(json!({"metadata": {"labels": secret.labels()}, "data": secret.data}));
        let parameters = PatchParams {
            field_manager: Some(HELM_FIELD_MANAGER.into()),
            ..PatchParams::default()
        };
        let patched = self.secrets.patch(&name, &parameters, &patch).await;
        patched.map(drop).map_err(|source| self.api_error(&name, source))
    }

    /// Moves a revision to another status.
    pub(crate) async fn set_status(
        &self,
        entry: &Entry,
        status: Status,
        description: &str,
    ) -> Result<(), HistoryError> {
        let mut record = self.read(entry.revision).await?;
        record.set_status(status, description);
        self.update(&record, &entry.config_hash).await
    }

    /// Deletes what is beyond the limit.
    pub(crate) async fn prune(&self, history: &History) -> Result<(), HistoryError> {
        for revision in history.surplus() {
            self.delete(revision).await?;
        }
        Ok(())
    }

    /// Deletes one revision.
    pub(crate) async fn delete(&self, revision: i64) -> Result<(), HistoryError> {
        let name = self.secret_name(revision);
        match self.secrets.delete(&name, &DeleteParams::default()).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
            Err(source) => Err(self.api_error(&name, source)),
        }
    }

    fn secret(&self, record: &Record, config_hash: &str, time_label: &str) -> Result<Secret, HistoryError> {
        let name = self.secret_name(record.version);
        let path = self.path(&name);
        let data = codec::encode(record).map_err(|source| HistoryError::Codec { secret: path, source })?;
        let mut secret = Secret {
            type_: Some(SECRET_TYPE.into()),
            ..Secret::default()
        };
        secret.metadata.name = Some(name);
        secret.metadata.namespace = Some(self.namespace.clone());
        secret.data = Some([("release".to_owned(), ByteString(data))].into());
        let labels = [
            ("name", self.release.clone()),
            ("owner", "helm".to_owned()),
            ("status", record.info.status.as_str().to_owned()),
            ("version", record.version.to_string()),
            (time_label, Timestamp::now().as_second().to_string()),
            (CONFIG_HASH_LABEL, config_hash.to_owned()),
        ];
        let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
        secret.metadata.labels = Some(labels.map(|(key, value)| (key.to_owned(), value)).collect());
        Ok(secret)
    }

    fn secret_name(&self, revision: i64) -> String {
        format!("sh.helm.release.v1.{}.v{revision}", self.release)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.namespace)
    }

    fn api_error(&self, name: &str, source: kube::Error) -> HistoryError {
        HistoryError::Api {
            secret: self.path(name),
            source,
        }
    }
}

fn entry(labels: &std::collections::BTreeMap<String, String>) -> Option<Entry> {
    let text = |key: &str| labels.get(key).map(String::as_str);
    let time = |key: &str| text(key).and_then(|time| time.parse().ok()).unwrap_or(0);
    Some(Entry {
        revision: text("version")?.parse().ok()?,
        status: Status::parse(text("status")?),
        config_hash: text(CONFIG_HASH_LABEL).unwrap_or_default().to_owned(),
        written: std::cmp::max(time("createdAt"), time("modifiedAt")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(statuses: &[Status]) -> History {
        let entry = |(index, status): (usize, &Status)| Entry {
            revision: i64::try_from(index).unwrap() + 1,
            status: *status,
            config_hash: String::new(),
            written: 0,
        };
        History {
            entries: statuses.iter().enumerate().map(entry).collect(),
        }
    }

    #[test]
    fn the_deployed_revision_is_kept_beyond_the_limit() {
        let mut statuses = vec![Status::Failed; 12];
        statuses[0] = Status::Deployed;
        assert_eq!(history(&statuses).surplus(), [2, 3]);
    }

    #[test]
    fn objects_may_come_from_the_deployed_revision_and_from_what_was_tried_after_it() {
        use Status::{Deployed, Failed, PendingUpgrade, Superseded};
        let live = |statuses: &[Status]| -> Vec<i64> {
            history(statuses).live().map(|entry| entry.revision).collect()
        };
        assert_eq!(live(&[Superseded, Deployed, Failed, PendingUpgrade]), [2, 3, 4]);
        assert_eq!(live(&[Failed, Failed]), [1, 2]);
        assert!(live(&[]).is_empty());
    }

    #[test]
    fn a_record_of_another_writer_has_no_hash() {
        let labels = [("version", "7"), ("status", "deployed"), ("createdAt", "5")];
        let labels = labels
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let entry = entry(&labels).unwrap();
        assert_eq!(
            (entry.revision, entry.config_hash.as_str(), entry.written),
            (7, "", 5)
        );
    }
}
