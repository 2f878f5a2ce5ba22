//! Deleting objects: in Helm's order of uninstalling, waiting until they are gone.

use std::time::Duration;

use bowline_charts::kind_order::uninstall_rank;
use futures::future::try_join_all;
use kube::api::DeleteParams;
use thiserror::Error;
use tokio::time::{Instant, sleep};

use crate::apply::refusal;
use crate::context::Context;
use crate::identity::Identity;
use crate::kinds::KindError;

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why an object is still there.
#[derive(Debug, Error)]
pub(crate) enum RemoveError {
    #[error("{object}: {}", refusal(source))]
    Refused { object: Identity, source: kube::Error },
    #[error("{object} is still there after {} s; its finalizers: {finalizers}", waited.as_secs())]
    Remains {
        object: Identity,
        waited: Duration,
        finalizers: String,
    },
    #[error(transparent)]
    Kind(KindError),
}

/// Deletes all objects, each kind after those before it, and waits until they are gone.
pub(crate) async fn remove_all(
    context: &Context,
    objects: &[Identity],
    timeout: Duration,
) -> Result<(), RemoveError> {
    let until = Instant::now() + timeout;
    let mut sorted: Vec<&Identity> = objects.iter().collect();
    sorted.sort_by(|a, b| uninstall_rank(&a.kind).cmp(&uninstall_rank(&b.kind)));
    for wave in sorted.chunk_by(|a, b| uninstall_rank(&a.kind) == uninstall_rank(&b.kind)) {
        try_join_all(wave.iter().map(|object| remove(context, object, until))).await?;
    }
    Ok(())
}

/// Deletes one object and waits until it is gone; one that is not there is gone already.
pub(crate) async fn remove(context: &Context, object: &Identity, until: Instant) -> Result<(), RemoveError> {
    let refused = |source| RemoveError::Refused {
        object: object.clone(),
        source,
    };
    let kind = match context.kinds.resolve(&object.api_version, &object.kind).await {
        Ok(kind) => kind,
        // No kind, no objects.
        Err(KindError::NoMatch { .. }) => return Ok(()),
        Err(error) => return Err(RemoveError::Kind(error)),
    };
    let api = kind.api(context.client.clone(), object.namespace.as_deref());
    let begun = Instant::now();
    let permit = context.requests.acquire().await;
    let deleted = api.delete(&object.name, &DeleteParams::background()).await;
    drop(permit);
    match deleted {
        Ok(_) => {}
        Err(kube::Error::Api(status)) if status.code == 404 => return Ok(()),
        Err(source) => return Err(refused(source)),
    }
    let mut pause = FIRST_PAUSE;
    while let Some(live) = api.get_metadata_opt(&object.name).await.map_err(refused)? {
        if Instant::now() > until {
            let finalizers = live.metadata.finalizers.unwrap_or_default().join(", ");
            let (object, waited) = (object.clone(), begun.elapsed());
            return Err(RemoveError::Remains {
                object,
                waited,
                finalizers,
            });
        }
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    Ok(())
}
