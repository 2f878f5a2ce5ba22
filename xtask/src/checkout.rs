//! Where things lie: the checkout, the cache beside it and the target directory.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The paths that building needs; nobody else joins them.
#[derive(Debug, Clone)]
pub(crate) struct Checkout {
    root: PathBuf,
    cache: PathBuf,
    target: PathBuf,
}

impl Checkout {
    /// The checkout that this program was built from, or else the one that we stand in.
    pub(crate) fn find() -> Result<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(manifest) => PathBuf::from(manifest),
            None => env::current_dir().context("find the current directory")?,
        };
        let root = start
            .ancestors()
            .find(|directory| directory.join("components/components.yaml").is_file())
            .with_context(|| format!("{} is in no checkout of Bowline", start.display()))?
            .to_path_buf();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
        Ok(Self {
            cache: cache_directory()?,
            target,
            root,
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's output.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    pub(crate) fn cargo_lock(&self) -> PathBuf {
        self.root.join("Cargo.lock")
    }

    pub(crate) fn bill(&self) -> PathBuf {
        self.root.join("components/components.yaml")
    }

    /// The Go module of one component.
    pub(crate) fn component(&self, name: &str) -> PathBuf {
        self.root.join("components").join(name)
    }

    pub(crate) fn bundled_charts(&self) -> PathBuf {
        self.root.join("charts/bundled")
    }

    /// The units for systemd.
    pub(crate) fn units(&self) -> PathBuf {
        self.root.join("bootstrap/systemd")
    }

    pub(crate) fn sample_chart(&self, name: &str) -> PathBuf {
        self.root.join("charts/samples").join(name)
    }

    /// The Go module of what the chart benchmark measures beside ours.
    pub(crate) fn chart_peer(&self) -> PathBuf {
        self.root.join("xtask/src/bench/charts/peer")
    }

    /// The collection of public charts: beside the checkout, or where `BOWLINE_SHARED` says.
    pub(crate) fn chart_corpus(&self) -> PathBuf {
        let shared = env::var_os("BOWLINE_SHARED").map_or_else(|| self.root.join("../shared"), PathBuf::from);
        shared.join("charts-corpus/corpus.tar.zst")
    }

    /// Built programs of one component.
    pub(crate) fn cached_component(&self, name: &str, key: &str) -> PathBuf {
        self.cache.join("components").join(name).join(key)
    }

    /// What Go downloads and compiles while components are built.
    pub(crate) fn go_caches(&self) -> PathBuf {
        self.cache.join("go")
    }

    /// Builds of one of our own programs, by digest.
    pub(crate) fn cached_crate(&self, program: &str) -> PathBuf {
        self.cache.join("crates").join(program)
    }

    /// Unpacked files of Debian packages.
    pub(crate) fn cached_packages(&self, name: &str, key: &str) -> PathBuf {
        self.cache.join("debian").join(name).join(key)
    }

    /// Written image archives.
    pub(crate) fn cached_image(&self, name: &str, key: &str) -> PathBuf {
        self.cache.join("images").join(name).join(key)
    }

    /// Compressed programs, as image layers hold them.
    pub(crate) fn cached_frames(&self) -> PathBuf {
        self.cache.join("frames")
    }

    /// Every directory whose entries are named by their content, and may be forgotten.
    pub(crate) fn caches(&self) -> Result<Vec<PathBuf>> {
        let mut found = vec![self.cached_frames()];
        for kind in ["components", "crates", "debian"] {
            let Ok(entries) = fs_err::read_dir(self.cache.join(kind)) else {
                continue;
            };
            for entry in entries {
                found.push(entry?.path());
            }
        }
        Ok(found)
    }

    /// The root of all that is cached.
    pub(crate) fn cache(&self) -> &Path {
        &self.cache
    }

    /// Whether anything was ever built here.
    pub(crate) fn has_components(&self) -> bool {
        self.cache.join("components").is_dir()
    }

    /// Where artifacts go unless told otherwise.
    pub(crate) fn dist(&self) -> PathBuf {
        self.target.join("dist")
    }

    /// Waits until no other build uses the cache; the lock ends with the returned file.
    pub(crate) fn lock(&self) -> Result<fs_err::File> {
        fs_err::create_dir_all(&self.cache)?;
        let file = fs_err::File::create(self.cache.join("lock"))?;
        if file.file().try_lock().is_err() {
            eprintln!("another build uses {}, waiting for it", self.cache.display());
            file.file()
                .lock()
                .with_context(|| format!("lock {}", self.cache.display()))?;
        }
        Ok(file)
    }
}

fn cache_directory() -> Result<PathBuf> {
    if let Some(own) = env::var_os("BOWLINE_CACHE_DIR") {
        return absolute(own.into(), "BOWLINE_CACHE_DIR");
    }
    if let Some(shared) = env::var_os("XDG_CACHE_HOME") {
        return Ok(absolute(shared.into(), "XDG_CACHE_HOME")?.join("bowline"));
    }
    let home =
        env::home_dir().context("find a cache directory: set BOWLINE_CACHE_DIR, as HOME is not set")?;
    Ok(home.join(".cache/bowline"))
}

fn absolute(path: PathBuf, variable: &str) -> Result<PathBuf> {
    if !path.is_absolute() {
        bail!("{variable}={}: expected an absolute path", path.display());
    }
    Ok(path)
}
