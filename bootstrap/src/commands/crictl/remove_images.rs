//! `crictl rmi`: removes images.

use std::collections::HashSet;

use anyhow::{Result, bail};
use clap::Args;
use k8s_cri::v1::{Container, Image, ImageSpec, ListContainersRequest, RemoveImageRequest};

use super::change::each;
use super::client::{Answer as _, Runtime};
use super::images::{self, is_named};
use super::output::lines;

/// Flags of `rmi`.
#[derive(Args, Debug)]
pub(super) struct RemoveImages {
    /// Remove all images
    #[arg(short, long)]
    all: bool,
    /// Remove all images that no container uses
    #[arg(short = 'q', long)]
    prune: bool,
    images: Vec<String>,
}

/// Removes images.
pub(super) async fn run(remove: RemoveImages, mut runtime: Runtime) -> Result<()> {
    let all = images::list(runtime.clone()).await?;
    let chosen = if remove.prune {
        let request = ListContainersRequest::default();
        let containers = runtime
            .containers
            .list_containers(request)
            .await
            .answer("list containers")?;
        unused(all, &containers.containers)
    } else if remove.all {
        all
    } else {
        named(&remove.images, all)?
    };
    each(chosen, |image| {
        let mut runtime = runtime.clone();
        async move {
            let request = RemoveImageRequest {
                image: Some(ImageSpec {
                    image: image.id.clone(),
                    ..ImageSpec::default()
                }),
            };
            let answer = runtime.images.remove_image(request).await;
            answer.answer(format_args!("remove image {}", image.id))?;
            let names = if image.repo_tags.is_empty() {
                vec![image.id]
            } else {
                image.repo_tags
            };
            Ok(lines(names.iter().map(|name| format!("Deleted: {name}"))))
        }
    })
    .await
}

/// Images that no container uses and that are not pinned.
fn unused(images: Vec<Image>, containers: &[Container]) -> Vec<Image> {
    let used: HashSet<&str> = containers
        .iter()
        .flat_map(|container| {
            let named = container.image.as_ref().map(|image| image.image.as_str());
            [
                Some(container.image_ref.as_str()),
                Some(container.image_id.as_str()),
                named,
            ]
        })
        .flatten()
        .collect();
    let is_used = |image: &Image| {
        image.pinned
            || std::iter::once(&image.id)
                .chain(&image.repo_tags)
                .chain(&image.repo_digests)
                .any(|name| used.contains(name.as_str()))
    };
    images.into_iter().filter(|image| !is_used(image)).collect()
}

/// The images with these ids, tags or digests.
fn named(wanted: &[String], images: Vec<Image>) -> Result<Vec<Image>> {
    if wanted.is_empty() {
        bail!("name an image to remove, or give --all or --prune");
    }
    if let Some(missing) = wanted
        .iter()
        .find(|name| !images.iter().any(|image| is_named(image, name)))
    {
        bail!("no such image {missing}: `crictl images` lists them");
    }
    Ok(images
        .into_iter()
        .filter(|image| wanted.iter().any(|name| is_named(image, name)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, tag: &str, pinned: bool) -> Image {
        Image {
            id: format!("sha256:{id}"),
            repo_tags: vec![tag.to_owned()],
            pinned,
            ..Image::default()
        }
    }

    fn images() -> Vec<Image> {
        vec![
            image("aa11", "docker.io/bowline/pause:3.10", true),
            image("bb22", "docker.io/library/busybox:latest", false),
            image("cc33", "quay.io/a/web:1", false),
        ]
    }

    fn ids(images: &[Image]) -> Vec<&str> {
        images.iter().map(|image| image.id.as_str()).collect()
    }

    #[test]
    fn pruning_spares_what_is_pinned_or_used() {
        let container = Container {
            image_ref: "sha256:cc33".into(),
            ..Container::default()
        };
        assert_eq!(ids(&unused(images(), &[container])), ["sha256:bb22"]);
    }

    #[test]
    fn an_image_goes_by_short_names_and_by_the_begin_of_its_id() {
        for name in [
            "busybox",
            "docker.io/library/busybox:latest",
            "bb2",
            "sha256:bb22",
        ] {
            assert_eq!(
                ids(&named(&[name.to_owned()], images()).unwrap()),
                ["sha256:bb22"],
                "{name}"
            );
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_said() {
        let error = named(&["nginx".to_owned()], images()).unwrap_err().to_string();
        assert!(error.contains("no such image nginx"), "{error}");
    }
}
