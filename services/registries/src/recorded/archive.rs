//! Reads the documents of a recorded registry from a folder or an archive.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::project::Project;

/// The longest document that is taken: the largest recorded one has 9 MB.
const LONGEST_DOCUMENT: u64 = 256 << 20;

type Projects = HashMap<Box<str>, Arc<Project>>;

/// Reads `pypi/*.json` below `root`.
pub(super) fn read_folder(root: &Path) -> io::Result<Projects> {
    let mut packer = Packer::new()?;
    let folder = root.join("pypi");
    if !folder.is_dir() {
        return Ok(Projects::new());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(name) = project_name(file_name) {
            packer.add(name, &mut std::fs::File::open(&path)?)?;
        }
    }
    Ok(packer.projects)
}

/// Reads `pypi/*.json` of a `.tar.zst`.
pub(super) fn read_archive(archive: impl Read) -> io::Result<Projects> {
    let mut packer = Packer::new()?;
    let mut tar = tar::Archive::new(zstd::Decoder::new(archive)?);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let path = path.strip_prefix(".").unwrap_or(&path);
        let file_name = path.strip_prefix("pypi").ok().and_then(Path::to_str).unwrap_or_default();
        if entry.header().entry_type().is_file()
            && let Some(name) = project_name(file_name)
        {
            packer.add(name, &mut entry)?;
        }
    }
    Ok(packer.projects)
}

/// The project that a file of the folder `pypi` is about.
fn project_name(file_name: &str) -> Option<&str> {
    let name = file_name.strip_suffix(".json")?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// Packs documents, one after another, with one compressor.
struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    buffer: Vec<u8>,
    projects: Projects,
}

impl Packer {
    fn new() -> io::Result<Self> {
        // The quickest level: opening must not be felt, and JSON of this kind shrinks to a fifth.
        let compressor = zstd::bulk::Compressor::new(-1)?;
        Ok(Self { compressor, buffer: Vec::new(), projects: Projects::new() })
    }

    fn add(&mut self, name: &str, document: &mut impl Read) -> io::Result<()> {
        self.buffer.clear();
        let length = document.take(LONGEST_DOCUMENT + 1).read_to_end(&mut self.buffer)?;
        if length as u64 > LONGEST_DOCUMENT {
            let reason = format!("`pypi/{name}.json` has more than {LONGEST_DOCUMENT} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let packed = self.compressor.compress(&self.buffer)?.into_boxed_slice();
        self.projects.insert(name.into(), Arc::new(Project::new(packed, length)));
        Ok(())
    }
}
