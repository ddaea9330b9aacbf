//! The registry that is built into the program.

use ecosystems::Ecosystem;

use crate::Recorded;

/// 1,491 PyPI projects as they stood in November 2026.
pub(crate) static PYPI: &[u8] = include_bytes!("../bundled/pypi.tar.zst");

/// 715 packages of npm as they stood in November 2026.
pub(crate) static NPM: &[u8] = include_bytes!("../bundled/npm.tar.zst");

/// The index files of 1,761 crates as they stood in November 2026.
pub(crate) static CARGO: &[u8] = include_bytes!("../bundled/cargo.tar.zst");

/// The ecosystems that it has packages of.
pub(crate) const BUNDLED: [Ecosystem; 3] = [Ecosystem::Pypi, Ecosystem::Npm, Ecosystem::Cargo];

/// The bundled registry: facts only, no files, and a closed world (`bundled/README.md`).
pub fn bundled() -> Recorded {
    Recorded::bundled("pypi")
}
