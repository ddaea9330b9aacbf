//! What holds of the readers of archives, settings and stored rows, whatever bytes come in: no panic, bounded results, and the
//! laws of each. One function per kind, which panics where a law is broken; the fuzzers in `fuzz/`
//! include this file too.

use std::io::Write as _;

use bytes::Bytes;
use ecosystems::cargo;
use ecosystems::pypi::Name;
use flate2::Compression;
use flate2::write::GzEncoder;
use registries::archive::sdist::{Wanted, read_pkg_info};
use registries::archive::wheel::{Need, Sparse, read_metadata};
use registries::{CargoConfig, rewritten_row};

/// The longest document that is read.
const LIMIT: u64 = 4096;

/// A wheel of `demo`, read whole and by ranges. The first byte says how much of its end is known at
/// first, and how much comes with each range.
pub(crate) fn wheel_tail(bytes: &[u8]) {
    let Some((shape, wheel)) = bytes.split_first() else { return };
    let wheel = Bytes::copy_from_slice(wheel);
    let name = Name::parse("demo").expect("the name is well formed");
    let whole = read_metadata(&Sparse::whole(wheel.clone()), &name, LIMIT);
    if let Ok(text) = &whole {
        assert!(text.len() as u64 <= LIMIT);
    }
    assert!(!matches!(whole, Err(Need::Range(_))), "nothing is missing of a whole: {whole:?}");

    let first = usize::from(shape & 15) * wheel.len() / 15;
    let least = 1_u64 << (shape >> 4);
    let mut sparse = Sparse::new(wheel.len() as u64);
    sparse.insert((wheel.len() - first) as u64, wheel.slice(wheel.len() - first..));
    let by_ranges = loop {
        match read_metadata(&sparse, &name, LIMIT) {
            Err(Need::Range(position)) => {
                let gap = sparse.gap(position, (least, 2 * least));
                assert!(gap.contains(&position) && gap.end <= wheel.len() as u64, "{gap:?}");
                let place = |at| usize::try_from(at).expect("the wheel is in memory");
                sparse.insert(gap.start, wheel.slice(place(gap.start)..place(gap.end)));
                assert!(sparse.known() <= wheel.len() as u64, "no byte is asked for twice");
            }
            read => break read,
        }
    };
    // What is broken may be noticed elsewhere, depending on how much comes at a time.
    assert_eq!(by_ranges.ok(), whole.ok());
}

/// A source distribution of `demo` 1.0. The first byte says whether it is a zip, a compressed
/// tarball, or a tarball that is yet to be compressed.
pub(crate) fn sdist(bytes: &[u8]) {
    let Some((shape, archive)) = bytes.split_first() else { return };
    let name = Name::parse("demo").expect("the name is well formed");
    let version = "1.0".parse().expect("the version is well formed");
    let filename = if shape % 3 == 0 { "demo-1.0.zip" } else { "demo-1.0.tar.gz" };
    let packed = if shape % 3 == 2 { compressed(archive) } else { archive.to_vec() };
    let (name, version) = (&name, &version);
    let wanted = Wanted { filename, name, version, longest: LIMIT, most_unpacked: 1 << 20 };
    let Ok(Some(text)) = read_pkg_info(&packed, &wanted) else { return };
    assert!(text.len() as u64 <= LIMIT);
    if shape % 3 == 2 && !text.is_empty() {
        let is_inside = archive.windows(text.len()).any(|window| window == text);
        assert!(is_inside, "a tarball holds what is read out of it");
    }
}

/// What an index of cargo says of itself, and the URLs that follow from it.
pub(crate) fn index_config(bytes: &[u8]) {
    let Ok(config) = CargoConfig::parse(bytes) else { return };
    for name in ["a", "ab", "Abc", "Serde_json"] {
        let name = cargo::Name::parse(name).expect("the name is well formed");
        let version = "1.0.0-a+b".parse().expect("the version is well formed");
        let without = config.download_url(&name, &version, None);
        let with = config.download_url(&name, &version, Some("abcd"));
        if config.download.contains("{sha256-checksum}") {
            assert_eq!(without, None, "{config:?}");
        } else {
            assert_eq!(without, with, "{config:?}");
        }
        let Some(url) = with else { continue };
        assert!(url.starts_with("http://") || url.starts_with("https://"), "{url}");
        if !config.download.contains('{') && !config.download.contains(['?', '#']) {
            assert!(url.ends_with(&format!("/{name}/1.0.0-a+b/download")), "{url}");
        }
    }
}

/// A row of a store: what can be read of it is written so that it says the same.
pub(crate) fn stored_row(bytes: &[u8]) {
    let Some(written) = rewritten_row(bytes) else { return };
    assert_eq!(rewritten_row(&written).as_ref(), Some(&written), "{bytes:?}");
}

/// Packs without making smaller, which is fast.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::none());
    packer.write_all(bytes).expect("memory takes all");
    packer.finish().expect("memory takes all")
}
