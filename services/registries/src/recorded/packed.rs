//! Documents in as little memory as can be unpacked at once.

use std::io::{self, Read};
use std::path::Path;

/// The longest document that is taken: the largest recorded one has 9 MB.
const LONGEST_DOCUMENT: u64 = 256 << 20;

/// A document, compressed with zstd.
pub(super) struct Packed {
    bytes: Box<[u8]>,
    length: usize,
}

impl Packed {
    /// The document as it was recorded.
    pub(super) fn unpack(&self) -> io::Result<Vec<u8>> {
        zstd::bulk::decompress(&self.bytes, self.length)
    }

    /// Its length when unpacked, in bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }
}

/// Packs documents, one after another, with one compressor.
pub(super) struct Packer {
    compressor: zstd::bulk::Compressor<'static>,
    buffer: Vec<u8>,
}

impl Packer {
    pub(super) fn new() -> io::Result<Self> {
        // Opening must not be felt. Quicker levels take a third more memory, and no less time.
        let compressor = zstd::bulk::Compressor::new(1)?;
        Ok(Self { compressor, buffer: Vec::new() })
    }

    /// Reads the document at `path` of a recording.
    pub(super) fn pack(&mut self, path: &Path, document: &mut impl Read) -> io::Result<Packed> {
        self.buffer.clear();
        let length = document.take(LONGEST_DOCUMENT + 1).read_to_end(&mut self.buffer)?;
        if length as u64 > LONGEST_DOCUMENT {
            let reason = format!("`{}` has more than {LONGEST_DOCUMENT} bytes", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let bytes = self.compressor.compress(&self.buffer)?.into_boxed_slice();
        Ok(Packed { bytes, length })
    }
}
