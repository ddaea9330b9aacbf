//! Where the recorded documents come from.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use registries::{Recorded, RegistryKind};

/// The recorded documents of the three ecosystems. Clones share them.
#[derive(Clone)]
pub struct Data(Arc<Vec<Recorded>>);

impl Data {
    /// The recording that is built into the program.
    pub fn bundled() -> Self {
        Self(Arc::new(vec![registries::bundled()]))
    }

    /// Reads a recording from a folder with `pypi.tar.zst`, `npm.tar.zst` and `cargo.tar.zst` in it, or
    /// some of them.
    ///
    /// # Errors
    ///
    /// When there is none of them, or one cannot be read.
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        let mut parts = Vec::new();
        for name in ["pypi", "npm", "cargo"] {
            let path = folder.join(format!("{name}.tar.zst"));
            if path.is_file() {
                let part = Recorded::open(name, &path, None);
                parts.push(part.with_context(|| format!("`{}` is no recording", path.display()))?);
            }
        }
        let advice = "name a folder with `pypi.tar.zst`, `npm.tar.zst` or `cargo.tar.zst` in it";
        ensure!(!parts.is_empty(), "there is no recording in `{}`: {advice}", folder.display());
        Ok(Self(Arc::new(parts)))
    }

    /// A project of PyPI, in the form of the recording.
    pub(super) fn pypi(&self, name: &str) -> Option<Vec<u8>> {
        self.document(RegistryKind::PypiSimple, name)
    }

    /// A package's document of npm.
    pub(super) fn npm(&self, name: &str) -> Option<Vec<u8>> {
        self.document(RegistryKind::Npm, name)
    }

    /// A file of cargo's index, by its path below the index's root.
    pub(super) fn cargo(&self, path: &str) -> Option<Vec<u8>> {
        let name = path.rsplit('/').next()?;
        let is_its_place = index_path(name)? == path;
        is_its_place.then(|| self.document(RegistryKind::CargoSparse, name)).flatten()
    }

    fn document(&self, kind: RegistryKind, name: &str) -> Option<Vec<u8>> {
        let ecosystem = kind.ecosystem()?;
        let part = self.0.iter().find(|part| part.holds(ecosystem))?;
        part.document(ecosystem, name)
    }
}

/// Where a crate's file lies in an index (cargo reference, "Index files").
fn index_path(name: &str) -> Option<String> {
    let name = name.is_ascii().then(|| name.to_ascii_lowercase())?;
    Some(match name.len() {
        0 => return None,
        short @ 1..=2 => format!("{short}/{name}"),
        3 => format!("3/{}/{name}", &name[..1]),
        _ => format!("{}/{}/{name}", &name[..2], &name[2..4]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_lie_where_cargo_looks_for_them() {
        let cases = [
            ("a", Some("1/a")),
            ("cc", Some("2/cc")),
            ("syn", Some("3/s/syn")),
            ("Serde", Some("se/rd/serde")),
            ("", None),
            ("größe", None),
        ];
        for (name, path) in cases {
            assert_eq!(index_path(name).as_deref(), path, "{name}");
        }
        let data = Data::bundled();
        assert!(data.cargo("se/rd/serde").is_some());
        assert!(data.cargo("serde").is_none());
    }

    #[test]
    fn a_folder_without_a_recording_is_refused() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        assert!(
            Data::open(folder.path()).is_err_and(|error| error.to_string().contains("npm.tar"))
        );
    }
}
