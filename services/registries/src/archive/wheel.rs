//! A wheel of which only parts are known.
//!
//! Reading the zip over a [`Sparse`] either succeeds or names the first byte that it missed, so
//! that whoever holds the connection can get it and try again. The zip is parsed anew each time,
//! which costs microseconds beside a round trip.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::rc::Rc;

use bytes::Bytes;
use ecosystems::pypi::Name;
use zip::ZipArchive;

/// The parts of a file that are known. Clones share the bytes.
#[derive(Clone, Debug)]
pub struct Sparse {
    /// By where they start; they do not overlap.
    parts: BTreeMap<u64, Bytes>,
    length: u64,
}

/// Why metadata could not be read.
#[derive(Debug, PartialEq, Eq)]
pub enum Need {
    /// The byte at this position is not known.
    Range(u64),
    /// The wheel is broken, or is none.
    Other(String),
}

impl Sparse {
    /// A file of `length` bytes of which nothing is known.
    pub fn new(length: u64) -> Self {
        Self { parts: BTreeMap::new(), length }
    }

    /// A file that is known whole.
    pub fn whole(bytes: Bytes) -> Self {
        let mut sparse = Self::new(bytes.len() as u64);
        sparse.insert(0, bytes);
        sparse
    }

    /// Makes a part known, which lies within a gap.
    pub fn insert(&mut self, start: u64, bytes: Bytes) {
        self.parts.insert(start, bytes);
    }

    /// How many bytes are known.
    pub fn known(&self) -> u64 {
        self.parts.values().map(|part| part.len() as u64).sum()
    }

    /// The range to ask for next: from `position` on, at least and at most so many bytes, but
    /// never what is known already.
    pub fn gap(&self, position: u64, (least, most): (u64, u64)) -> Range<u64> {
        let before = self.parts.range(..=position).next_back();
        let floor = before.map_or(0, |(start, part)| start + part.len() as u64);
        let ceiling = self.parts.range(position..).next().map_or(self.length, |(start, _)| *start);
        let end = ceiling.min(position.saturating_add(most));
        // A short gap is asked for from further ahead: metadata lies before the table of contents.
        let start = position.min(end.saturating_sub(least)).max(floor);
        start..end
    }

    fn part_at(&self, position: u64) -> Option<&[u8]> {
        let (start, part) = self.parts.range(..=position).next_back()?;
        let offset = usize::try_from(position - start).ok()?;
        part.get(offset..).filter(|rest| !rest.is_empty())
    }
}

/// A reader over what is known, which notes the first byte that was missing.
struct Cursor<'a> {
    sparse: &'a Sparse,
    position: u64,
    missed: Rc<Cell<Option<u64>>>,
}

impl Read for Cursor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.sparse.length || buffer.is_empty() {
            return Ok(0);
        }
        let Some(known) = self.sparse.part_at(self.position) else {
            self.missed.set(self.missed.get().or(Some(self.position)));
            return Err(io::Error::other("this part of the wheel is not known yet"));
        };
        let count = known.len().min(buffer.len());
        buffer[..count].copy_from_slice(&known[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Cursor<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.sparse.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// Reads `METADATA` of the project `name` from a wheel.
pub fn read_metadata(sparse: &Sparse, name: &Name, limit: u64) -> Result<Vec<u8>, Need> {
    let missed = Rc::new(Cell::new(None));
    let cursor = Cursor { sparse, position: 0, missed: Rc::clone(&missed) };
    let read = read_entry(cursor, name, limit);
    // What was missing explains every other complaint.
    match missed.get() {
        Some(position) => Err(Need::Range(position)),
        None => read.map_err(Need::Other),
    }
}

fn read_entry(cursor: Cursor<'_>, name: &Name, limit: u64) -> Result<Vec<u8>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("its wheel is no readable zip: {error}");
    let mut archive = ZipArchive::new(cursor).map_err(|error| broken(&error))?;
    let entries: Vec<usize> = archive
        .file_names_raw()
        .enumerate()
        .filter_map(|(entry, path)| is_metadata_of(path, name).then_some(entry))
        .collect();
    let [entry] = &*entries else {
        return Err(format!("its wheel has {} files METADATA of `{name}`", entries.len()));
    };
    let file = archive.by_index(*entry).map_err(|error| broken(&error))?;
    let mut text = Vec::new();
    file.take(limit + 1).read_to_end(&mut text).map_err(|error| broken(&error))?;
    if text.len() as u64 > limit {
        return Err(format!("its METADATA has more than {limit} bytes"));
    }
    Ok(text)
}

/// Whether a path within a wheel is `NAME-VERSION.dist-info/METADATA`.
fn is_metadata_of(path: &[u8], name: &Name) -> bool {
    let Ok(path) = std::str::from_utf8(path) else { return false };
    path.strip_suffix(".dist-info/METADATA")
        .and_then(|folder| folder.split_once('-'))
        .and_then(|(project, _)| Name::parse(project).ok())
        .is_some_and(|project| project == *name)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    const TEXT: &[u8] = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n\n";

    fn demo() -> Name {
        Name::parse("demo").expect("the name is well formed")
    }

    fn wheel(entries: &[(&str, &[u8])]) -> Bytes {
        let mut writer = ZipWriter::new(io::Cursor::new(Vec::new()));
        for (path, bytes) in entries {
            writer.start_file(*path, SimpleFileOptions::default()).expect("memory takes all");
            writer.write_all(bytes).expect("memory takes all");
        }
        writer.finish().expect("memory takes all").into_inner().into()
    }

    /// Reads with the last `first` bytes known, and counts the ranges that were asked for then.
    fn read_by_gaps(bytes: &Bytes, first: usize, step: (u64, u64)) -> (Vec<u8>, usize) {
        let mut sparse = Sparse::new(bytes.len() as u64);
        let start = bytes.len() - first;
        sparse.insert(start as u64, bytes.slice(start..));
        for ranges in 0.. {
            match read_metadata(&sparse, &demo(), 1 << 20) {
                Ok(text) => return (text, ranges),
                Err(Need::Other(reason)) => panic!("{reason}"),
                Err(Need::Range(position)) => {
                    let gap = sparse.gap(position, step);
                    assert!(gap.contains(&position), "{gap:?} {position}");
                    let index = |at: u64| usize::try_from(at).expect("the wheel is in memory");
                    let part = bytes.slice(index(gap.start)..index(gap.end));
                    sparse.insert(gap.start, part);
                }
            }
        }
        unreachable!("the loop ends with the text")
    }

    #[test]
    fn metadata_is_found_however_little_is_known_at_first() {
        let filler: Vec<u8> =
            (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let bytes = wheel(&[
            ("demo/filler.bin", &filler),
            ("demo-1.0.dist-info/METADATA", TEXT),
            ("demo-1.0.dist-info/RECORD", b""),
        ]);
        assert_eq!(read_by_gaps(&bytes, 4096, (1024, 4096)), (TEXT.to_vec(), 0));
        let (text, ranges) = read_by_gaps(&bytes, 30, (1024, 4096));
        assert_eq!((text.as_slice(), ranges), (TEXT, 1));
        assert_eq!(read_by_gaps(&bytes, 1, (1, 7)).0, TEXT);
    }

    #[test]
    fn a_wheel_of_another_project_has_no_metadata_of_this_one() {
        let bytes = wheel(&[("other-1.0.dist-info/METADATA", TEXT)]);
        let read = read_metadata(&Sparse::whole(bytes), &demo(), 1 << 20);
        assert!(matches!(read, Err(Need::Other(_))));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let bytes = wheel(&[("demo-1.0.dist-info/METADATA", &vec![b'x'; 1 << 20])]);
        let read = read_metadata(&Sparse::whole(bytes), &demo(), 1024);
        assert_eq!(read, Err(Need::Other("its METADATA has more than 1024 bytes".to_owned())));
    }

    #[test]
    fn hostile_bytes_are_refused_without_a_panic() {
        let bytes = wheel(&[("demo-1.0.dist-info/METADATA", TEXT)]);
        for position in 0..bytes.len() {
            for value in [0x00, 0x7f, 0xff] {
                let mut broken = bytes.to_vec();
                broken[position] = value;
                let _ = read_metadata(&Sparse::whole(broken.into()), &demo(), 1 << 20);
            }
            let _ = read_metadata(&Sparse::whole(bytes.slice(..position)), &demo(), 1 << 20);
        }
    }
}
