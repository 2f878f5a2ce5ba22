//! Snapshots that a power cut may have torn: containerd's records survive it, files that were never synced may not.
//!
//! A snapshot that was written here carries the machine's boot as a label until its files were synced. In a later
//! boot that label means that its files cannot be trusted, so they are written once more, in the same place:
//! containers may stand on it. Snapshots that containerd wrote are as safe as it makes them.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::super::disk;
use super::super::folder::Found;
use super::super::image::{Image, chain_ids};
use super::containerd::{Containerd, Labels, unique};
use super::direct;

const UNSYNCED: &str = "bowline.dev/unsynced";

/// The label of a snapshot whose files were written just now.
pub(super) fn unsynced() -> (String, String) {
    (UNSYNCED.to_owned(), disk::boot())
}

/// Whether the machine went down since, before the files were synced.
pub(super) fn is_torn(labels: &Labels) -> bool {
    labels.get(UNSYNCED).is_some_and(|boot| *boot != disk::boot())
}

/// Writes the files of the image's lowest snapshot once more.
pub(super) async fn repair(containerd: &Containerd, found: &Found) -> Result<()> {
    let (Some(layer), Some(chain)) = (
        found.image.layers.first(),
        chain_ids(&found.image.layers).first().copied(),
    ) else {
        return Ok(());
    };
    let (key, chain) = (format!("repair-{}", unique()), chain.to_string());
    let mounts = containerd.view(&key, &chain).await?;
    let rewritten = async {
        let folder = direct::folder(&mounts)?;
        empty(folder)?;
        direct::unpack(found, layer, folder).await?;
        containerd.label_snapshot(&chain, unsynced()).await
    };
    let rewritten = rewritten.await;
    containerd.remove_snapshot(&key).await?;
    rewritten.context("write an image again that a power cut may have torn")
}

/// Syncs the disk below `root`, then takes the label from the images' snapshots.
pub(super) async fn sync(containerd: &Containerd, root: &Path, images: &[Image]) -> Result<()> {
    let mut unsynced = Vec::new();
    for image in images {
        let Some(lowest) = chain_ids(&image.layers).first().map(ToString::to_string) else {
            continue;
        };
        let labels = containerd.snapshot(&lowest).await?.unwrap_or_default();
        if labels.contains_key(UNSYNCED) && !is_torn(&labels) {
            unsynced.push(lowest);
        }
    }
    if unsynced.is_empty() {
        return Ok(());
    }
    let root = fs_err::File::open(root)?.into_file();
    let synced = tokio::task::spawn_blocking(move || nix::unistd::syncfs(root)).await;
    synced.context("sync snapshots")?.context("sync snapshots")?;
    for snapshot in unsynced {
        // An empty label is none.
        containerd
            .label_snapshot(&snapshot, (UNSYNCED.to_owned(), String::new()))
            .await?;
    }
    Ok(())
}

fn empty(folder: &Path) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs_err::remove_dir_all(entry.path())?;
        } else {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_label_of_another_boot_means_torn() {
        let labelled = |boot: &str| Labels::from([(UNSYNCED.to_owned(), boot.to_owned())]);
        assert!(is_torn(&labelled("another")));
        assert!(!is_torn(&labelled(&disk::boot())));
        assert!(!is_torn(&Labels::new()));
    }
}
