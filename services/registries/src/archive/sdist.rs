//! Reads `PKG-INFO` out of a source distribution.
//!
//! The archive is looked through from end to end and never unpacked: nothing of it is written, run,
//! or followed where it links to. For `demo-1.0.tar.gz` the entry is the plain file
//! `demo-1.0/PKG-INFO`, spelt as archives spell it, and there is one of it.

use std::fmt::Display;
use std::io::{self, Cursor, Read};

use ecosystems::pypi::{DistributionFilename, Name, Version};
use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

/// What is looked for, and how far.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// The name of the archive, which tells its format.
    pub filename: &'a str,
    /// The project.
    pub name: &'a Name,
    /// The version.
    pub version: &'a Version,
    /// The longest `PKG-INFO`, in bytes.
    pub longest: u64,
    /// How much of a tarball is unpacked before it is given up, in bytes.
    pub most_unpacked: u64,
}

/// Reads `PKG-INFO`; `None` if there is none within the limits.
///
/// An archive that is broken, or has several, is an error with its reason.
pub fn read_pkg_info(bytes: &[u8], wanted: &Wanted<'_>) -> Result<Option<Vec<u8>>, String> {
    if wanted.filename.ends_with(".zip") {
        read_zip(bytes, wanted)
    } else {
        read_tarball(bytes, wanted)
    }
}

fn read_tarball(bytes: &[u8], wanted: &Wanted<'_>) -> Result<Option<Vec<u8>>, String> {
    let unpacked = MultiGzDecoder::new(bytes).take(wanted.most_unpacked);
    let mut archive = tar::Archive::new(unpacked);
    let found = only_entry(&mut archive, wanted);
    // Whatever was made of an archive that was cut short, it tells nothing.
    if archive.into_inner().limit() == 0 { Ok(None) } else { found }
}

/// Reads the one entry that is wanted.
fn only_entry<R: Read>(
    archive: &mut tar::Archive<R>,
    wanted: &Wanted<'_>,
) -> Result<Option<Vec<u8>>, String> {
    let broken = |error: &dyn Display| {
        format!("its file `{}` is no readable tarball: {error}", wanted.filename)
    };
    let mut found = None;
    // Raw: a long name, which comes as an entry before its file's, is not gathered in memory. No
    // name that is wanted is long.
    for entry in archive.entries().map_err(|error| broken(&error))?.raw(true) {
        let mut entry = entry.map_err(|error| broken(&error))?;
        if !entry.header().entry_type().is_file() || !is_wanted(&entry.path_bytes(), wanted) {
            continue;
        }
        if found.is_some() {
            return Err(several(wanted));
        }
        found = Some(read_short(&mut entry, wanted.longest).map_err(|error| broken(&error))?);
    }
    Ok(found.flatten())
}

fn read_zip(bytes: &[u8], wanted: &Wanted<'_>) -> Result<Option<Vec<u8>>, String> {
    let broken =
        |error: &dyn Display| format!("its file `{}` is no readable zip: {error}", wanted.filename);
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let entries: Vec<usize> = archive
        .file_names_raw()
        .enumerate()
        .filter_map(|(entry, path)| is_wanted(path, wanted).then_some(entry))
        .collect();
    let entry = match *entries {
        [] => return Ok(None),
        [entry] => entry,
        _ => return Err(several(wanted)),
    };
    let mut file = archive.by_index(entry).map_err(|error| broken(&error))?;
    if !file.is_file() {
        return Ok(None);
    }
    read_short(&mut file, wanted.longest).map_err(|error| broken(&error))
}

/// Reads a text to its end; `None` if that is too far.
fn read_short(reader: &mut dyn Read, longest: u64) -> io::Result<Option<Vec<u8>>> {
    let mut text = Vec::new();
    reader.take(longest + 1).read_to_end(&mut text)?;
    Ok((text.len() as u64 <= longest).then_some(text))
}

/// Whether a path within the archive is `NAME-VERSION/PKG-INFO`.
fn is_wanted(path: &[u8], wanted: &Wanted<'_>) -> bool {
    let Ok(path) = std::str::from_utf8(path) else { return false };
    let path = path.strip_prefix("./").unwrap_or(path);
    let Some(folder) = path.strip_suffix("/PKG-INFO") else { return false };
    // A folder is named as its archive is, and an archive's name is no path.
    let read = DistributionFilename::parse(&format!("{folder}.tar.gz"), wanted.name);
    matches!(read, Ok(DistributionFilename::Sdist { version }) if version == *wanted.version)
}

fn several(wanted: &Wanted<'_>) -> String {
    format!("its file `{}` has several files PKG-INFO", wanted.filename)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use tar::{EntryType, Header};

    use super::*;

    const TEXT: &[u8] = b"Metadata-Version: 2.2\nName: demo\nVersion: 1.0\n\n";

    fn tarball(entries: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let gz = GzEncoder::new(Vec::new(), Compression::default());
        let mut builder = tar::Builder::new(gz);
        for (path, kind, bytes) in entries {
            let mut header = Header::new_ustar();
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            let name = &mut header.as_mut_bytes()[..path.len()];
            name.copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, *bytes).expect("memory takes all");
        }
        let gz = builder.into_inner().expect("memory takes all");
        gz.finish().expect("memory takes all")
    }

    fn read(filename: &str, bytes: &[u8]) -> Result<Option<Vec<u8>>, String> {
        let name = Name::parse("demo").expect("the name is well formed");
        let version = "1.0".parse().expect("the version is well formed");
        let (longest, most_unpacked) = (1024, 1 << 20);
        let (name, version) = (&name, &version);
        read_pkg_info(bytes, &Wanted { filename, name, version, longest, most_unpacked })
    }

    fn read_entries(entries: &[(&str, EntryType, &[u8])]) -> Result<Option<Vec<u8>>, String> {
        read("demo-1.0.tar.gz", &tarball(entries))
    }

    #[test]
    fn the_plain_file_at_the_top_is_read_and_no_other() {
        let regular = EntryType::Regular;
        let usual = [
            ("demo-1.0/src/PKG-INFO", regular, &b"x"[..]),
            ("./Demo-1.0.0/PKG-INFO", regular, TEXT),
            ("demo-1.0/demo.egg-info/PKG-INFO", regular, b"x"),
        ];
        assert_eq!(read_entries(&usual), Ok(Some(TEXT.to_vec())));
        for path in [
            "PKG-INFO",
            "/demo-1.0/PKG-INFO",
            "../demo-1.0/PKG-INFO",
            "demo-1.0/../PKG-INFO",
            "demo-2.0/PKG-INFO",
            "other-1.0/PKG-INFO",
            "demo-1.0//PKG-INFO",
            "x/demo-1.0/PKG-INFO",
        ] {
            assert_eq!(read_entries(&[(path, regular, TEXT)]), Ok(None), "{path}");
        }
        for kind in [EntryType::Symlink, EntryType::Link, EntryType::Directory, EntryType::Fifo] {
            assert_eq!(read_entries(&[("demo-1.0/PKG-INFO", kind, b"")]), Ok(None), "{kind:?}");
        }
        let twice = [("demo-1.0/PKG-INFO", regular, TEXT), ("demo-1.0/PKG-INFO", regular, TEXT)];
        assert!(read_entries(&twice).is_err_and(|reason| reason.contains("several")));
    }

    #[test]
    fn bombs_tell_nothing() {
        let regular = EntryType::Regular;
        let zeros = vec![0; 2 << 20];
        let before = [("demo-1.0/x", regular, &*zeros), ("demo-1.0/PKG-INFO", regular, TEXT)];
        assert_eq!(read_entries(&before), Ok(None));
        let behind = [("demo-1.0/PKG-INFO", regular, TEXT), ("demo-1.0/x", regular, &*zeros)];
        assert_eq!(read_entries(&behind), Ok(None));
        let itself = [("demo-1.0/PKG-INFO", regular, &zeros[..2000])];
        assert_eq!(read_entries(&itself), Ok(None));
        let name = [("././@LongLink", EntryType::GNULongName, &*zeros)];
        assert_eq!(read_entries(&name), Ok(None));
    }

    #[test]
    fn a_zip_is_read_in_the_same_way() {
        let options = zip::write::SimpleFileOptions::default();
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        writer.start_file("demo-1.0/PKG-INFO", options).expect("memory takes all");
        writer.write_all(TEXT).expect("memory takes all");
        let bytes = writer.finish().expect("memory takes all").into_inner();
        assert_eq!(read("demo-1.0.zip", &bytes), Ok(Some(TEXT.to_vec())));
        assert!(read("demo-1.0.tar.gz", &bytes).is_err());
        assert!(read("demo-1.0.zip", &bytes[..20]).is_err());
    }
}
