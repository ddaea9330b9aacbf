//! What the bytes of an archive are to be.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Integrity;

impl Integrity {
    /// Reads the field `integrity` (W3C, "Subresource Integrity").
    pub fn parse(text: &str) -> Self {
        let bytes = |prefix| STANDARD.decode(text.strip_prefix(prefix)?).ok();
        if let Some(Ok(sha512)) = bytes("sha512-").map(TryInto::try_into) {
            return Self::Sha512(sha512);
        }
        if let Some(Ok(sha1)) = bytes("sha1-").map(TryInto::try_into) {
            return Self::Sha1(sha1);
        }
        Self::Other(text.into())
    }

    /// Reads the field `shasum`, which is in hex.
    pub(super) fn of_sha1(hex: &str) -> Option<Self> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let mut sha1 = [0; 20];
        if hex.len() != 2 * sha1.len() {
            return None;
        }
        for (byte, pair) in sha1.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
        }
        Some(Self::Sha1(sha1))
    }
}

/// As the field `integrity` has it.
impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha512(bytes) => write!(f, "sha512-{}", STANDARD.encode(bytes)),
            Self::Sha1(bytes) => write!(f, "sha1-{}", STANDARD.encode(bytes)),
            Self::Other(text) => f.write_str(text),
        }
    }
}
