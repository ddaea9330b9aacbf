//! Reads the documents of a recorded registry from a folder or an archive.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ecosystems::Ecosystem;
use ecosystems::{cargo, npm};

use super::packed::{Packed, Packer};
use super::shelf::Named;

/// The ecosystems that recordings hold.
const RECORDED: [Ecosystem; 3] = [Ecosystem::Pypi, Ecosystem::Npm, Ecosystem::Cargo];

/// The documents of each ecosystem, by name.
#[derive(Default)]
pub(super) struct Documents {
    pub(super) pypi: Named<Packed>,
    pub(super) npm: Named<Packed>,
    pub(super) cargo: Named<Packed>,
}

/// Reads the documents below `root`: all, or those of one ecosystem.
pub(super) fn read_folder(root: &Path, only: Option<Ecosystem>) -> io::Result<Documents> {
    let mut documents = Documents::default();
    let mut packer = Packer::new()?;
    let wanted = RECORDED.into_iter().filter(|ecosystem| is_wanted(*ecosystem, only));
    let mut folders: Vec<PathBuf> =
        wanted.map(|ecosystem| root.join(ecosystem.name())).filter(|path| path.is_dir()).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if let Some((ecosystem, name)) = path.strip_prefix(root).ok().and_then(place) {
                let packed = packer.pack(&path, &mut File::open(&path)?)?;
                documents.insert(ecosystem, &name, packed);
            }
        }
    }
    Ok(documents)
}

/// Reads the documents of a `.tar.zst`: all, or those of one ecosystem.
pub(super) fn read_archive(archive: impl Read, only: Option<Ecosystem>) -> io::Result<Documents> {
    let mut documents = Documents::default();
    let mut packer = Packer::new()?;
    let mut tar = tar::Archive::new(zstd::Decoder::new(archive)?);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let path = path.strip_prefix(".").unwrap_or(&path);
        if entry.header().entry_type().is_file()
            && let Some((ecosystem, name)) = place(path)
            && is_wanted(ecosystem, only)
        {
            let packed = packer.pack(path, &mut entry)?;
            documents.insert(ecosystem, &name, packed);
        }
    }
    Ok(documents)
}

impl Documents {
    fn insert(&mut self, ecosystem: Ecosystem, name: &str, packed: Packed) {
        let shelf = match ecosystem {
            Ecosystem::Pypi => &mut self.pypi,
            Ecosystem::Cargo => &mut self.cargo,
            Ecosystem::Npm => &mut self.npm,
        };
        shelf.insert(name.into(), packed);
    }
}

fn is_wanted(ecosystem: Ecosystem, only: Option<Ecosystem>) -> bool {
    only.is_none_or(|only| only == ecosystem)
}

/// What the file at `path` below the root is about.
fn place(path: &Path) -> Option<(Ecosystem, String)> {
    let (folder, file) = path.to_str()?.split_once('/')?;
    match folder {
        "pypi" => {
            let name = file.strip_suffix(".json")?;
            (!name.is_empty() && !name.contains('/')).then(|| (Ecosystem::Pypi, name.to_owned()))
        }
        "npm" => {
            let name = file.strip_suffix(".json")?.replace("%2F", "/").replace("%2f", "/");
            npm::Name::parse(&name).is_ok().then_some((Ecosystem::Npm, name))
        }
        "cargo" => {
            let name = file.rsplit('/').next()?;
            let is_at_its_place = file == super::INDEX_CONFIG
                || cargo::Name::parse(name).is_ok_and(|name| name.index_path() == file);
            is_at_its_place.then(|| (Ecosystem::Cargo, name.to_owned()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lie_at_the_places_of_their_ecosystems() {
        let place = |path: &str| place(Path::new(path)).map(|(_, name)| name);
        for (path, name) in [
            ("pypi/flask.json", "flask"),
            ("npm/react.json", "react"),
            ("npm/@types%2fnode.json", "@types/node"),
            ("npm/@types%2Fnode.json", "@types/node"),
            ("cargo/se/rd/serde", "serde"),
            ("cargo/1/a", "a"),
            ("cargo/config.json", "config.json"),
        ] {
            assert_eq!(place(path).as_deref(), Some(name), "{path}");
        }
        for path in [
            "pypi/.json",
            "pypi/a/b.json",
            "npm/.x.json",
            "cargo/serde",
            "cargo/se/rd/Serde",
            "cargo/.lock",
            "x",
        ] {
            assert_eq!(place(path), None, "{path}");
        }
    }
}
