//! Layers become snapshots, each over the one below, as containerd's own unpacker makes them.

use anyhow::{Result, ensure};

use super::super::image::{Image, Layer, chain_ids};
use super::containerd::{Containerd, Labels, unique};

/// Unpacks those layers that have no snapshot yet. Their blobs have to be in the content store.
pub(super) async fn unpack(containerd: &Containerd, image: &Image) -> Result<()> {
    let chain: Vec<String> = chain_ids(&image.layers).iter().map(ToString::to_string).collect();
    let mut present = 0;
    // The topmost snapshot that is there has all below it.
    for (position, name) in chain.iter().enumerate().rev() {
        if containerd.has_snapshot(name).await? {
            present = position + 1;
            break;
        }
    }
    for (position, layer) in image.layers.iter().enumerate().skip(present) {
        let parent = position.checked_sub(1).map_or("", |below| chain[below].as_str());
        unpack_layer(containerd, layer, (parent, &chain[position])).await?;
    }
    Ok(())
}

/// Whether the image's topmost snapshot is there.
pub(super) async fn is_unpacked(containerd: &Containerd, image: &Image) -> Result<bool> {
    match chain_ids(&image.layers).last() {
        Some(top) => containerd.has_snapshot(&top.to_string()).await,
        None => Ok(true),
    }
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
        containerd.commit(&key, chain).await
    };
    if let Err(error) = filled.await {
        containerd.remove_snapshot(&key).await.ok();
        return Err(error);
    }
    // Only now is it certain what the blob unpacks to.
    let label = ("containerd.io/uncompressed".to_owned(), layer.diff_id.to_string());
    containerd.label(layer.blob.digest, Labels::from([label])).await
}
