//! Compressed bodies, each made once, as the networks before public registries keep them.

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::Mutex;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::lock;

/// A way to compress a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Brotli,
}

/// A body as it is sent.
#[derive(Clone, Debug)]
pub(super) struct Encoded {
    pub(super) bytes: Bytes,
    /// The validator of this form of the document.
    pub(super) tag: String,
}

/// All bodies that were asked for so far, by what they were made for.
#[derive(Default)]
pub(super) struct Encodings(Mutex<HashMap<(String, Encoding), Encoded>>);

impl Encoding {
    /// The first of `offered` that the client takes.
    pub(super) fn negotiate(accepted: &str, offered: &[Self]) -> Self {
        let accepts = |encoding: &&Self| {
            encoding.name().is_some_and(|name| {
                accepted.split(',').any(|one| one.split(';').next().unwrap_or(one).trim() == name)
            })
        };
        offered.iter().find(accepts).copied().unwrap_or(Self::Identity)
    }

    /// What `Content-Encoding` calls it.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Compresses a body. The levels are those that networks use for what they compress themselves.
    fn apply(self, body: Vec<u8>) -> Bytes {
        match self {
            Self::Identity => body.into(),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
                let written = encoder.write_all(&body).and_then(|()| encoder.finish());
                // Writing to memory does not fail.
                written.unwrap_or_default().into()
            }
            Self::Brotli => {
                let mut packed = Vec::new();
                let params = brotli::enc::BrotliEncoderParams { quality: 4, ..Default::default() };
                // Likewise.
                let _ = brotli::BrotliCompress(&mut &body[..], &mut packed, &params);
                packed.into()
            }
        }
    }
}

impl Encodings {
    /// The body that is kept for `key`, made from `document` if there is none yet.
    pub(super) fn get(
        &self,
        key: String,
        encoding: Encoding,
        document: impl FnOnce() -> Option<Vec<u8>>,
    ) -> Option<Encoded> {
        let key = (key, encoding);
        if let Some(kept) = lock(&self.0).get(&key) {
            return Some(kept.clone());
        }
        // Two who ask at once both make it: nobody waits for the other.
        let bytes = encoding.apply(document()?);
        let tag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
        let made = Encoded { bytes, tag };
        lock(&self.0).insert(key, made.clone());
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_offer_that_is_accepted_is_taken() {
        let both = [Encoding::Brotli, Encoding::Gzip];
        let cases = [
            ("gzip, deflate, br", &both[..], Encoding::Brotli),
            ("gzip;q=0.5", &both, Encoding::Gzip),
            ("br", &both[1..], Encoding::Identity),
            ("", &both, Encoding::Identity),
            ("gzipped", &both, Encoding::Identity),
        ];
        for (accepted, offered, taken) in cases {
            assert_eq!(Encoding::negotiate(accepted, offered), taken, "{accepted}");
        }
    }
}
