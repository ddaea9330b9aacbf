//! The registry that is built into the program.

use crate::{Error, Recorded};

/// The archive: 1,491 PyPI projects as they stood in November 2026.
static ARCHIVE: &[u8] = include_bytes!("../bundled/pypi.tar.zst");

/// Opens the bundled registry: facts only, no files, and a closed world (`bundled/README.md`).
pub fn bundled() -> Result<Recorded, Error> {
    Recorded::from_bytes("pypi", ARCHIVE)
}
