//! Reads the metadata inside a source distribution.
//!
//! It is fetched whole, for a compressed tarball has no table of contents, and only read: what is in
//! it is neither unpacked nor run.

use ecosystems::pypi::File;
use http::StatusCode;

use super::metadata::{Found, LONGEST_METADATA, Search};
use super::wheel::{ask, found};
use crate::Error;
use crate::archive::sdist::{Wanted, read_pkg_info};

/// How much of a tarball is unpacked in search of its metadata, in bytes.
const MOST_UNPACKED: u64 = 512 << 20;

/// What stands for a `PKG-INFO` that is not there: one that promises nothing.
const NOTHING_TOLD: &[u8] = b"Metadata-Version: 1.0\nName: unknown\n";

/// Reads the metadata of the source distribution `file`; `None` if the registry does not have it.
pub(super) async fn read(search: &Search<'_>, file: &File) -> Result<Option<Found>, Error> {
    let answer = ask(search, &search.url(file)?, None).await?;
    match answer.status {
        _ if answer.is_absent() => return Ok(None),
        StatusCode::OK => {}
        status => {
            let reason = format!("its source distribution is answered with {status}");
            return Err(search.unusable(reason));
        }
    }
    let (filename, name, version) =
        (file.filename.clone(), search.listing.name.clone(), search.version.clone());
    let read = move |archive: bytes::Bytes| {
        let wanted = Wanted {
            filename: &filename,
            name: &name,
            version: &version,
            longest: LONGEST_METADATA,
            most_unpacked: MOST_UNPACKED,
        };
        read_pkg_info(&archive, &wanted)
    };
    let text = search.inside(file, &answer.body, read).await?;
    Ok(Some(found(text.unwrap_or_else(|| NOTHING_TOLD.to_vec()), &answer)))
}
