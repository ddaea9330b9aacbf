//! What the client holds already.

use proto::v1::{Ecosystem, HeldPackage};

use crate::{input::held::Held, request::Origins};

/// Turns held packages into messages, and notes where each of them stood.
pub(super) fn packages(
    held: Vec<Held>,
    ecosystem: Ecosystem,
    origins: &mut Origins,
) -> Vec<HeldPackage> {
    let mut packages = Vec::with_capacity(held.len());
    for (index, package) in held.into_iter().enumerate() {
        origins.stated(format!("held[{index}]"), &package.name);
        for (number, range) in package.ranges.iter().enumerate() {
            origins.stated(format!("held[{index}].ranges[{number}]"), range);
        }
        packages.push(HeldPackage {
            ecosystem: ecosystem.into(),
            name: package.name.text,
            ranges: package.ranges.into_iter().map(|range| range.text).collect(),
        });
    }
    packages
}
