//! What an administrator without Bowline would have at hand: the same programs, charts and image archives, out of the
//! very artifacts that Bowline starts from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use bowline_tests::archive::ImageLayout;
use bowline_tests::distribution::Distribution;
use bowline_tests::machine::Machine;
use bowline_tests::node::place;

/// Where all of it lies on a machine.
pub(crate) const HOME: &str = "/opt/bench";
/// Images whose programs run as they are on a machine without images.
const BARE: [&str; 4] = [
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
];
/// Images that only Bowline has a use for.
const OWN: [&str; 2] = ["runtime", "operator"];

/// Everything unpacked, in a folder of the host.
#[derive(Debug)]
pub(crate) struct Kit {
    programs: Vec<PathBuf>,
    archives: Vec<PathBuf>,
    /// Manifests of the bundled charts.
    pub(crate) charts: Vec<String>,
}

impl Kit {
    /// Unpacks what is needed of `distribution` into `folder`, in place of what was there.
    pub(crate) fn unpack(distribution: &Distribution, folder: &Path) -> Result<Self> {
        if folder.exists() {
            fs_err::remove_dir_all(folder)?;
        }
        let files = folder.join("files");
        for image in BARE.into_iter().chain(["runtime"]) {
            let archive = distribution.archive(image);
            let layout = ImageLayout::unpack(&archive, &folder.join(image))?;
            for image in layout.images()? {
                layout.unpack_files(&image, &files)?;
            }
        }
        let mut programs = listed(&files.join("bin"))?;
        programs.extend(BARE.map(|program| files.join("usr/local/bin").join(program)));
        programs.push(distribution.tool("kubeadm")?);
        let charts = listed(&files.join("charts"))?;
        let charts = charts.iter().map(|chart| Ok(fs_err::read_to_string(chart)?));
        let own = OWN.map(|image| distribution.archive(image));
        let mut archives = distribution.archives()?;
        archives.retain(|archive| !own.contains(archive));
        Ok(Self {
            programs,
            archives,
            charts: charts.collect::<Result<_>>()?,
        })
    }

    /// Puts the programs, and if wanted the archives, on a machine that is off.
    pub(crate) fn install(&self, machine: &Machine, with_archives: bool) -> Result<()> {
        ensure!(!machine.is_running(), "machine {} runs already", machine.name());
        let home = machine.volume(Path::new(HOME));
        put(&self.programs, &home.join("bin"))?;
        let archives = if with_archives { &self.archives[..] } else { &[] };
        put(archives, &home.join("images"))
    }
}

fn put(files: &[PathBuf], folder: &Path) -> Result<()> {
    fs_err::create_dir_all(folder)?;
    for file in files {
        place(file, &folder.join(file.file_name().context("a file has a name")?))?;
    }
    Ok(())
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut found = fs_err::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    found.sort();
    Ok(found)
}
