//! `crictl images`: what the runtime holds.

use anyhow::Result;
use clap::Args;
use k8s_cri::v1::{Image, ListImagesRequest};
use serde_json::json;

use super::client::{Answer as _, Runtime};
use super::output::{Format, lines, print, serialize};
use super::protojson::to_json;
use super::table::{render, short_id};
use super::units;

/// Flags of `images`.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of crictl")]
pub(super) struct Images {
    /// Show digests too
    #[arg(long)]
    digests: bool,
    /// Do not shorten ids
    #[arg(long)]
    no_trunc: bool,
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Show whether garbage collection spares the image
    #[arg(long)]
    pinned: bool,
    /// Show only ids
    #[arg(short, long)]
    quiet: bool,
    /// Show only this image
    repository: Option<String>,
}

/// Prints the images that were asked for.
pub(super) async fn run(images: Images, runtime: Runtime) -> Result<()> {
    let mut found = list(runtime).await?;
    if let Some(name) = &images.repository {
        // containerd gives all, whatever it is asked for.
        found.retain(|image| is_named(image, name) || is_of_repository(image, name));
    }
    if images.quiet {
        return print(&lines(found.iter().map(|image| &image.id)));
    }
    if images.output != Format::Table {
        return print(&serialize(
            &json!({ "images": to_json(&found, &[])? }),
            images.output,
        )?);
    }
    print(&table(&images, &found))
}

/// All images, by name.
pub(super) async fn list(mut runtime: Runtime) -> Result<Vec<Image>> {
    let answer = runtime
        .images
        .list_images(ListImagesRequest::default())
        .await
        .answer("list images")?;
    let mut found = answer.images;
    found.sort_by(|a, b| (&a.repo_tags, &a.repo_digests, &a.id).cmp(&(&b.repo_tags, &b.repo_digests, &b.id)));
    Ok(found)
}

/// Whether a person means this image: by its tag or digest, with or without Docker's registry, or the begin of its id.
pub(super) fn is_named(image: &Image, name: &str) -> bool {
    let id = image.id.strip_prefix("sha256:").unwrap_or(&image.id);
    let mut references = image.repo_tags.iter().chain(&image.repo_digests);
    id.starts_with(name.strip_prefix("sha256:").unwrap_or(name))
        || references.any(|reference| {
            in_full(name)
                .iter()
                .any(|full| reference == full || *reference == format!("{full}:latest"))
        })
}

fn is_of_repository(image: &Image, name: &str) -> bool {
    let mut repositories = image.repo_tags.iter().map(|tag| split_tag(tag).0);
    repositories.any(|repository| in_full(name).iter().any(|full| full == repository))
}

/// What a name may stand for.
fn in_full(name: &str) -> [String; 3] {
    [
        name.to_owned(),
        format!("docker.io/{name}"),
        format!("docker.io/library/{name}"),
    ]
}

fn table(images: &Images, found: &[Image]) -> String {
    let mut header = vec!["IMAGE", "TAG", "IMAGE ID", "SIZE"];
    if images.digests {
        header.insert(2, "DIGEST");
    }
    if images.pinned {
        header.push("PINNED");
    }
    let rows: Vec<Vec<String>> = found.iter().flat_map(|image| rows(images, image)).collect();
    render(&header, &rows)
}

/// One row a tag.
fn rows(images: &Images, image: &Image) -> Vec<Vec<String>> {
    let shorten = |id: &str| {
        if images.no_trunc {
            id.to_owned()
        } else {
            short_id(id)
        }
    };
    let (repository, digest) = match image.repo_digests.first().and_then(|found| found.split_once('@')) {
        Some((repository, digest)) => (repository, shorten(digest)),
        None => ("<none>", "<none>".to_owned()),
    };
    let mut tags: Vec<(&str, &str)> = image.repo_tags.iter().map(|tag| split_tag(tag)).collect();
    if tags.is_empty() {
        tags.push((repository, "<none>"));
    }
    tags.into_iter()
        .map(|(repository, tag)| {
            let mut row = vec![repository.to_owned(), tag.to_owned()];
            row.extend(images.digests.then(|| digest.clone()));
            row.extend([shorten(&image.id), units::size(image.size)]);
            row.extend(images.pinned.then(|| image.pinned.to_string()));
            row
        })
        .collect()
}

fn split_tag(reference: &str) -> (&str, &str) {
    match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, tag),
        _ => (reference, "<none>"),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        images: Images,
    }

    fn parse(line: &str) -> Images {
        Line::try_parse_from(std::iter::once("images").chain(line.split_whitespace()))
            .unwrap()
            .images
    }

    fn found() -> Vec<Image> {
        vec![
            Image {
                id: "sha256:aabbccddeeff00112233".into(),
                repo_tags: vec![
                    "docker.io/bowline/pause:3.10".into(),
                    "localhost:5000/pause:3.10".into(),
                ],
                repo_digests: vec!["docker.io/bowline/pause@sha256:99887766554433221100".into()],
                size: 320_368,
                pinned: true,
                ..Image::default()
            },
            Image {
                id: "sha256:11".into(),
                repo_digests: vec!["docker.io/bowline/old@sha256:22".into()],
                size: 87_536_726,
                ..Image::default()
            },
        ]
    }

    #[test]
    fn an_image_goes_by_its_repository_too() {
        let matching = |name: &str| -> Vec<String> {
            let images = found().into_iter();
            let named = images.filter(|image| is_named(image, name) || is_of_repository(image, name));
            named.map(|image| image.id).collect()
        };
        for name in [
            "bowline/pause",
            "localhost:5000/pause",
            "bowline/pause:3.10",
            "aabb",
        ] {
            assert_eq!(matching(name), ["sha256:aabbccddeeff00112233"], "{name}");
        }
        assert!(matching("bowline/pause:3").is_empty());
        assert!(matching("pause").is_empty());
    }

    #[test]
    fn each_tag_is_a_row() {
        insta::assert_snapshot!(table(&parse(""), &found()), @r"
        IMAGE                     TAG                 IMAGE ID            SIZE
        docker.io/bowline/pause   3.10                aabbccddeeff0       320kB
        localhost:5000/pause      3.10                aabbccddeeff0       320kB
        docker.io/bowline/old     <none>              11                  87.5MB
        ");
    }

    #[test]
    fn digests_and_pins_are_columns_when_asked_for() {
        insta::assert_snapshot!(table(&parse("--digests --pinned"), &found()[..1]), @r"
        IMAGE                     TAG                 DIGEST              IMAGE ID            SIZE                PINNED
        docker.io/bowline/pause   3.10                9988776655443       aabbccddeeff0       320kB               true
        localhost:5000/pause      3.10                9988776655443       aabbccddeeff0       320kB               true
        ");
    }

    #[test]
    fn the_port_of_a_registry_is_no_tag() {
        assert_eq!(
            split_tag("localhost:5000/pause"),
            ("localhost:5000/pause", "<none>")
        );
    }
}
