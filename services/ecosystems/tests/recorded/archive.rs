//! Recorded registries, which are not part of the project: `QUARTERMASTER_SHARED` names the folder
//! that holds `registry/`, by default `../shared` beside the workspace.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

/// The files of an archive such as `npm.tar.zst`, by their names without folders; none, and a line
/// that says so, where there is no such archive.
pub(crate) fn recorded(archive: &str) -> Option<BTreeMap<String, Vec<u8>>> {
    let shared = std::env::var_os("QUARTERMASTER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("registry").join(archive);
    let Ok(archive) = std::fs::File::open(&path) else {
        println!("nothing to read: there is no `{}`", path.display());
        return None;
    };
    let mut tar = tar::Archive::new(zstd::Decoder::new(archive).expect("an archive"));
    let mut files = BTreeMap::new();
    for entry in tar.entries().expect("an archive") {
        let mut entry = entry.expect("a file of the archive");
        if entry.header().entry_type().is_file() {
            let path = entry.path().expect("a path").into_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).expect("a file of the archive");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.insert(name, bytes);
        }
    }
    Some(files)
}
