//! Layers become snapshots, each over the one below, as containerd's own unpacker makes them.

use std::path::Path;

use anyhow::{Result, ensure};
use tracing::debug;

use super::super::folder::Found;
use super::super::image::{Image, Layer, chain_ids};
use super::super::source::Source;
use super::containerd::{Containerd, Labels, unique};
use super::{direct, measure, torn};

/// Unpacks those layers that have no snapshot yet. `root` is containerd's.
pub(super) async fn unpack(containerd: &Containerd, source: &Source, root: &Path) -> Result<()> {
    let layers = &source.image().layers;
    let chain: Vec<String> = chain_ids(layers).iter().map(ToString::to_string).collect();
    let mut done = 0;
    // The topmost snapshot that is there has all below it.
    for (position, name) in chain.iter().enumerate().rev() {
        if containerd.snapshot(name).await?.is_some() {
            done = position + 1;
            break;
        }
    }
    if let (0, Source::Archive(found), [lowest, ..]) = (done, source, &layers[..])
        && unpack_directly(containerd, found, (lowest, &chain[0])).await?
    {
        done = 1;
    }
    if done == layers.len() {
        return Ok(());
    }
    containerd.write_layers(source, &layers[done..]).await?;
    for (position, layer) in layers.iter().enumerate().skip(done) {
        let parent = position.checked_sub(1).map_or("", |below| chain[below].as_str());
        measure::measure(root, layer).await?;
        unpack_layer(containerd, layer, (parent, &chain[position])).await?;
    }
    Ok(())
}

/// Unpacks the lowest layer without containerd's help. `false` means that it is not plain enough.
async fn unpack_directly(
    containerd: &Containerd,
    found: &Found,
    (layer, chain): (&Layer, &str),
) -> Result<bool> {
    let key = format!("extract-{} {chain}", unique());
    let Some(mounts) = containerd.prepare(&key, "", chain).await? else {
        return Ok(true);
    };
    let unpacked = match direct::folder(&mounts) {
        Ok(folder) => direct::unpack(found, layer, folder).await,
        Err(error) => Err(error.into()),
    };
    match unpacked {
        Ok(()) => {
            let labels = Labels::from([torn::unsynced()]);
            containerd.commit(&key, chain, labels).await.map(|()| true)
        }
        Err(error) => {
            let removed = containerd.remove_snapshot(&key).await;
            if !error.is::<direct::NotPlain>() {
                return Err(error);
            }
            debug!(layer = %layer.blob.digest, error = %format_args!("{error:#}"), "layer left to containerd");
            removed.map(|()| false)
        }
    }
}

/// What is there of an image's snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Snapshots {
    Whole,
    Missing,
    /// Written in an earlier boot and never synced.
    Torn,
}

/// Looks at the topmost snapshot, which has all below it, and at the lowest, which may be ours.
pub(super) async fn inspect(containerd: &Containerd, image: &Image) -> Result<Snapshots> {
    let chain = chain_ids(&image.layers);
    let (Some(lowest), Some(top)) = (chain.first(), chain.last()) else {
        return Ok(Snapshots::Whole);
    };
    let labels = containerd.snapshot(&lowest.to_string()).await?;
    if labels.as_ref().is_some_and(torn::is_torn) {
        return Ok(Snapshots::Torn);
    }
    let whole = labels.is_some() && (lowest == top || containerd.snapshot(&top.to_string()).await?.is_some());
    Ok(if whole {
        Snapshots::Whole
    } else {
        Snapshots::Missing
    })
}

async fn unpack_layer(containerd: &Containerd, layer: &Layer, (parent, chain): (&str, &str)) -> Result<()> {
    let key = format!("extract-{} {chain}", unique());
    let Some(mounts) = containerd.prepare(&key, parent, chain).await? else {
        return Ok(());
    };
    let filled = async {
        let found = containerd.apply(&layer.blob, mounts).await?;
        let expected = layer.diff_id;
        ensure!(
            found == expected,
            "layer {} unpacks to {found}, its config says {expected}",
            layer.blob.digest
        );
        containerd.commit(&key, chain, Labels::new()).await
    };
    if let Err(error) = filled.await {
        containerd.remove_snapshot(&key).await.ok();
        return Err(error);
    }
    // Only now is it certain what the blob unpacks to.
    let label = ("containerd.io/uncompressed".to_owned(), layer.diff_id.to_string());
    containerd.label(layer.blob.digest, Labels::from([label])).await
}
