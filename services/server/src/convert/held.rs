//! What the client has.

use ecosystems::Ecosystem;
use engine::{HeldTexts, Project};
use proto::v1;

use super::faults::{Faults, Path};
use super::project::{foreign_if, read_ecosystem};
use crate::errors::Reason;

/// Reads the versions that the client holds. What names and ranges mean is the engine's to read.
pub(super) fn read(
    wire: Vec<v1::HeldPackage>,
    project: &Project,
    faults: &mut Faults,
) -> Vec<HeldTexts> {
    let own = match project {
        Project::Pypi(_) => Ecosystem::Pypi,
        Project::Cargo(_) => Ecosystem::Cargo,
        Project::Npm(_) => Ecosystem::Npm,
    };
    let mut held = Vec::with_capacity(wire.len());
    if !faults.list(Path::ROOT.field("held"), &wire) {
        return held;
    }
    for (index, package) in wire.into_iter().enumerate() {
        let v1::HeldPackage { ecosystem, name, ranges } = package;
        let path = Path::ROOT.entry("held", index);
        if ecosystem != v1::Ecosystem::Unspecified as i32
            && let Some(of) = read_ecosystem(ecosystem, path, faults)
        {
            foreign_if(of != own, path.field("ecosystem"), faults);
        }
        faults.required(path.field("name"), &name);
        if ranges.is_empty() {
            faults.add(Reason::Missing, path.field("ranges"), "holds at least one range");
        }
        faults.texts("ranges", &ranges, path);
        held.push(HeldTexts { name, ranges });
    }
    held
}
