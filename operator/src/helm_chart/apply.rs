//! The cluster is changed: the record first, then hooks and objects, then what is no longer in the chart goes.

use std::sync::Arc;

use bowline_charts::Pin;
use bowline_crds::{HELM_CHART_FINALIZER, HELM_FIELD_MANAGER, HelmChart, WRANGLER_FINALIZER};
use jiff::Timestamp;
use kube::ResourceExt as _;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use super::build::Planned;
use super::fetch::Fetched;
use super::objects::{check_ownership, create_namespace, identities, without_kept};
use super::step::{Action, Step};
use super::validate::Release;
use super::{Charts, Error};
use crate::apply::{Manner, apply_all};
use crate::identity::Identity;
use crate::readiness::{Health, check_all};
use crate::release::history::Store;
use crate::release::hooks::Runner;
use crate::release::record::now;
use crate::release::{Record, Status};
use crate::remove::remove_all;

/// A release as it is now.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Applied {
    pub(crate) revision: i64,
    /// Name and version of the chart, if it was rendered this time.
    pub(crate) chart: Option<(String, String)>,
    pub(crate) health: Health,
    /// Whether anything was written.
    pub(crate) changed: bool,
}

impl Applied {
    pub(crate) fn is_ready(&self) -> bool {
        self.health == Health::Current
    }
}

/// One release on its way from what it was to what it shall be.
pub(crate) struct Attempt<'a> {
    pub(super) charts: &'a Charts,
    pub(super) fetched: &'a Fetched,
    pub(super) release: &'a Release<'a>,
    pub(super) step: Step,
    pub(super) store: Store,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(
        charts: &'a Charts,
        fetched: &'a Fetched,
        release: &'a Release<'a>,
        step: Step,
    ) -> Self {
        let store = Store::new(charts.context.client.clone(), release.namespace, release.name);
        Self {
            charts,
            fetched,
            release,
            step,
            store,
        }
    }

    /// The release, if nothing has to be written: no input has changed and no object is missing.
    pub(crate) async fn unchanged(&self) -> Result<Option<Applied>, Error> {
        if self.step.action != Action::Keep {
            return Ok(None);
        }
        let known = self.charts.index().applied.get(&self.fetched.key).cloned();
        let objects = match known {
            Some((hash, objects)) if hash == self.release.hash => objects,
            _ => {
                let record = self.store.read(self.step.revision).await?;
                self.remember(identities(&record, &self.charts.context).await?)
            }
        };
        let health = self.check(&objects).await?;
        if matches!(health, Health::Missing(_)) {
            return Ok(None);
        }
        Ok(Some(Applied {
            revision: self.step.revision,
            chart: None,
            health,
            changed: false,
        }))
    }

    /// What the render takes chance and the clock from. A revision that is rendered once more, to go on with it or to
    /// put something back, must come out as it did: a password that changed would lock people out.
    pub(crate) async fn pin(&self) -> Result<Pin, Error> {
        if matches!(self.step.action, Action::Keep | Action::Continue) {
            let record = self.store.read(self.step.revision).await?;
            if let Ok(pin) = record.pin.parse() {
                return Ok(pin);
            }
        }
        Pin::random(Timestamp::now()).map_err(|error| Error::stalled("RenderFailed", error))
    }

    /// Puts our finalizer on the HelmChart, and takes K3s' off.
    pub(crate) async fn hold(&self) -> Result<(), Error> {
        let before = self.fetched.chart.finalizers();
        let others = before
            .iter()
            .map(String::as_str)
            .filter(|name| *name != WRANGLER_FINALIZER);
        let mut after: Vec<&str> = others.collect();
        if !after.contains(&HELM_CHART_FINALIZER) {
            after.push(HELM_CHART_FINALIZER);
        }
        if before == after {
            return Ok(());
        }
        let key = &self.fetched.key;
        let api: Api<HelmChart> = Api::namespaced(self.charts.context.client.clone(), &key.namespace);
        // With the version, so that a finalizer that somebody adds meanwhile is not lost.
        let version = &self.fetched.chart.metadata.resource_version;
        let patch = json!({"metadata": {"finalizers": after, "resourceVersion": version}});
        let patched = api
            .patch_metadata(&key.name, &PatchParams::default(), &Patch::Merge(patch))
            .await;
        patched
            .map(drop)
            .map_err(Error::api(format!("HelmChart {}/{}", key.namespace, key.name)))
    }

    /// Applies a planned release, whatever state the last attempt left behind.
    pub(crate) async fn apply(&self, planned: Planned) -> Result<Applied, Error> {
        let context = &self.charts.context;
        let Planned {
            mut record,
            objects,
            definitions,
        } = planned;
        if self.release.create_namespace {
            create_namespace(context, self.release.namespace).await?;
        }
        let manner = self.manner();
        apply_all(
            context,
            Manner {
                force: true,
                ..manner
            },
            &definitions,
        )
        .await?;
        let former = self.former_objects(&mut record).await?;
        let wanted = identities(&record, context).await?;
        if self.step.action == Action::Keep {
            apply_all(context, manner, &objects).await?;
        } else {
            if !self.release.take_ownership {
                check_ownership(self.release, &wanted, &former, context).await?;
            }
            self.begin(&mut record).await?;
            let surplus = former
                .into_iter()
                .filter(|object| !wanted.contains(object))
                .collect();
            match self.change(&mut record, &objects, surplus).await {
                Ok(()) => self.finish(&mut record).await?,
                Err(error) => return Err(self.fail(&mut record, error).await?),
            }
        }
        let objects = self.remember(wanted);
        Ok(Applied {
            revision: self.step.revision,
            chart: Some((
                record.chart.text("name").to_owned(),
                record.chart.text("version").to_owned(),
            )),
            health: self.check(&objects).await?,
            changed: true,
        })
    }

    pub(super) fn manner(&self) -> Manner<'a> {
        Manner {
            manager: HELM_FIELD_MANAGER,
            force: self.release.force_conflicts,
            namespace: self.release.namespace,
        }
    }

    async fn check(&self, objects: &[Identity]) -> Result<Health, Error> {
        let health = check_all(&self.charts.context, objects).await;
        health.map_err(Error::api("read the release's objects"))
    }

    fn remember(&self, objects: Vec<Identity>) -> Arc<Vec<Identity>> {
        let objects = Arc::new(objects);
        let entry = (self.release.hash.clone(), Arc::clone(&objects));
        self.charts
            .index()
            .applied
            .insert(self.fetched.key.clone(), entry);
        objects
    }

    /// What earlier revisions may have left in the cluster. A record that is continued passes its hooks' runs on.
    async fn former_objects(&self, record: &mut Record) -> Result<Vec<Identity>, Error> {
        let mut former = Vec::new();
        for entry in self.fetched.history.live() {
            let before = self.store.read(entry.revision).await?;
            if entry.revision == record.version {
                record.continue_from(&before);
            } else {
                record.info.first_deployed.clone_from(&before.info.first_deployed);
            }
            former.extend(identities(&before, &self.charts.context).await?);
        }
        former.sort();
        former.dedup();
        Ok(former)
    }

    /// Writes the record before the first object, so that a killed operator knows what it was about to do.
    async fn begin(&self, record: &mut Record) -> Result<(), Error> {
        record.info.last_deployed = now();
        if record.info.first_deployed.is_empty() {
            record.info.first_deployed.clone_from(&record.info.last_deployed);
        }
        if self.step.is_upgrade {
            record.set_status(Status::PendingUpgrade, "Preparing upgrade");
        } else {
            record.set_status(Status::PendingInstall, "Initial install underway");
        }
        if self.step.action == Action::Continue {
            return Ok(self.store.update(record, &self.release.hash).await?);
        }
        let newest = self.fetched.history.newest();
        if let Some(newest) = newest.filter(|newest| newest.status.is_pending()) {
            let description = "Given up: the inputs changed before it was done";
            self.store.set_status(newest, Status::Failed, description).await?;
        }
        Ok(self.store.create(record, &self.release.hash).await?)
    }

    /// Hooks, objects, and away with what is too many.
    async fn change(
        &self,
        record: &mut Record,
        objects: &[Value],
        surplus: Vec<Identity>,
    ) -> Result<(), Error> {
        let context = &self.charts.context;
        let operation = self.step.operation();
        let hooks = Runner {
            context,
            store: &self.store,
            config_hash: &self.release.hash,
            timeout: self.release.timeout,
        };
        hooks.run(record, &format!("pre-{operation}")).await?;
        apply_all(context, self.manner(), objects).await?;
        // Only now that everything new is there: a failed upgrade takes nothing away.
        let surplus = without_kept(context, surplus).await?;
        remove_all(context, &surplus, self.release.timeout).await?;
        hooks.run(record, &format!("post-{operation}")).await?;
        Ok(())
    }

    /// Moves the record to deployed and the one before it to superseded.
    async fn finish(&self, record: &mut Record) -> Result<(), Error> {
        let operation = if self.step.is_upgrade {
            "Upgrade"
        } else {
            "Install"
        };
        record.set_status(Status::Deployed, format!("{operation} complete"));
        self.store.update(record, &self.release.hash).await?;
        for entry in &self.fetched.history.entries {
            if entry.status == Status::Deployed && entry.revision != self.step.revision {
                self.store
                    .set_status(entry, Status::Superseded, "Superseded")
                    .await?;
            }
        }
        if self.step.action == Action::Begin && self.step.revision > 1 {
            self.store.prune(&self.store.history().await?).await?;
        }
        Ok(())
    }

    /// Moves the record to failed, in Helm's words, and gives the error back.
    async fn fail(&self, record: &mut Record, error: Error) -> Result<Error, Error> {
        let operation = if self.step.is_upgrade {
            "Upgrade"
        } else {
            "Release"
        };
        let why = crate::report::chain_of(&error);
        let description = format!("{operation} {:?} failed: {why}", self.release.name);
        record.set_status(Status::Failed, description);
        self.store.update(record, &self.release.hash).await?;
        Ok(error)
    }
}
