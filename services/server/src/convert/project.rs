//! One project: its ecosystem, its registries, and what is common to all ecosystems.

use std::mem;

use ecosystems::Ecosystem;
use engine::Request;
use proto::v1;

use super::faults::{Faults, Path};
use super::{Declared, Shape, cargo, npm, pypi};
use crate::errors::Reason;

/// Reads the one project of a request.
pub(super) fn read(
    wire: Vec<v1::Project>,
    declared: &Declared,
    (request, shape): (&mut Request, &mut Shape),
    faults: &mut Faults,
) {
    let mut projects = wire.into_iter();
    let Some(mut project) = projects.next() else {
        faults.add(Reason::Missing, Path::ROOT.field("projects"), "holds at least one project");
        return;
    };
    let several = projects.next().is_some();
    faults.unsupported_if(several, Path::ROOT.entry("projects", 1), "more than one project");

    let path = Path::ROOT.entry("projects", 0);
    faults.text(path.field("name"), &project.name);
    shape.project.clone_from(&project.name);
    let Some(ecosystem) = read_ecosystem(project.ecosystem, path, faults) else { return };
    let registries = mem::take(&mut project.registries);
    request.registries = read_registries(registries, (declared, ecosystem), path, faults);
    let pins = mem::take(&mut project.registry_pins);
    let pins = read_pins(pins, (declared, ecosystem), path, faults);
    request.project = match ecosystem {
        Ecosystem::Pypi => engine::Project::Pypi(pypi::read(project, pins, shape, faults)),
        Ecosystem::Cargo => engine::Project::Cargo(cargo::read(project, &pins, shape, faults)),
        Ecosystem::Npm => engine::Project::Npm(npm::read(project, pins, shape, faults)),
    };
    let declared = declared.of(ecosystem);
    let first = request.registries.first().or(declared.first());
    shape.put_in_order(request.project.put_in_order(first.map(String::as_str)));
}

pub(super) fn read_ecosystem(wire: i32, path: Path<'_>, faults: &mut Faults) -> Option<Ecosystem> {
    let path = path.field("ecosystem");
    match v1::Ecosystem::try_from(wire) {
        Ok(v1::Ecosystem::Pypi) => Some(Ecosystem::Pypi),
        Ok(v1::Ecosystem::Npm) => Some(Ecosystem::Npm),
        Ok(v1::Ecosystem::Cargo) => Some(Ecosystem::Cargo),
        Ok(v1::Ecosystem::Unspecified) => {
            faults.add(Reason::Missing, path, "is required");
            None
        }
        Err(_) => {
            faults.unsupported_if(true, path, &format!("the value {wire}"));
            None
        }
    }
}

/// Refuses what only another ecosystem has.
pub(super) fn foreign_if(given: bool, path: Path<'_>, faults: &mut Faults) {
    if given {
        faults.add(Reason::Contradictory, path, "is of another ecosystem than the project's");
    }
}

fn read_registries(
    wire: Vec<String>,
    (declared, ecosystem): (&Declared, Ecosystem),
    path: Path<'_>,
    faults: &mut Faults,
) -> Vec<String> {
    if faults.list(path.field("registries"), &wire) {
        for (index, registry) in wire.iter().enumerate() {
            let path = path.entry("registries", index);
            if let Some(reason) = declared.lacks(registry, ecosystem) {
                faults.add(Reason::UnknownRegistry, path, reason);
            } else if wire[..index].contains(registry) {
                faults.add(Reason::Contradictory, path, format!("`{registry}` is named twice"));
            }
        }
    }
    wire
}

fn read_pins(
    wire: Vec<v1::RegistryPin>,
    (declared, ecosystem): (&Declared, Ecosystem),
    path: Path<'_>,
    faults: &mut Faults,
) -> Vec<(String, String)> {
    let mut pins = Vec::with_capacity(wire.len());
    if !faults.list(path.field("registry_pins"), &wire) {
        return pins;
    }
    for (index, pin) in wire.into_iter().enumerate() {
        let v1::RegistryPin { package, registry } = pin;
        let path = path.entry("registry_pins", index);
        faults.required(path.field("package"), &package);
        if let Some(reason) = declared.lacks(&registry, ecosystem) {
            faults.add(Reason::UnknownRegistry, path.field("registry"), reason);
        }
        pins.push((package, registry));
    }
    pins
}
