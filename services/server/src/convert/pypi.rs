//! A project of Python packages.

mod sets;

use std::collections::HashSet;

use ecosystems::pypi::{Environment, Name, Platform, Python, Requirement};
use engine::{EnvironmentTexts, Implementation, PypiProject, RequirementText, SuppliedMetadata};
use proto::v1;

use self::sets::Stated;
use super::Shape;
use super::faults::{Faults, Path};
use super::project::foreign_if;
use crate::errors::Reason;

/// The largest metadata document that a request may supply, in bytes, as the contract has it.
const MAX_METADATA: usize = 256 * 1024;

/// The most characters of a hash that a message repeats.
const MAX_SHOWN_HASH: usize = 24;

/// Reads what a project of Python packages states.
pub(super) fn read(
    project: v1::Project,
    registry_pins: Vec<(String, String)>,
    shape: &mut Shape,
    faults: &mut Faults,
) -> PypiProject {
    let v1::Project {
        name,
        ecosystem: _,
        requirements,
        constraints,
        overrides,
        excludes,
        locked,
        dependency_sets,
        registries: _,
        registry_pins: _,
        supplied_metadata,
        members,
        patches,
        environment,
    } = project;
    let path = Path::ROOT.entry("projects", 0);
    let environment = read_environment(environment, path, faults);
    let stated = read_requirements(requirements, path, faults);
    let selected =
        sets::select(stated, &dependency_sets, &name, understood(&environment).as_ref(), faults);
    shape.environment = "pypi";
    shape.dependency_sets =
        selected.requirements.iter().map(|one| one.dependency_set.clone()).collect();
    shape.requirement_places = selected.places;
    let constraints = bounds("constraints", constraints, faults);
    let overrides = bounds("overrides", overrides, faults);
    refuse_extras(&constraints, path, faults);
    let mut seen = HashSet::new();
    for (index, (package, _)) in registry_pins.iter().enumerate() {
        if Name::parse(package).is_ok_and(|name| !seen.insert(name)) {
            let path = path.entry("registry_pins", index);
            faults.add(Reason::Contradictory, path.field("package"), "is pinned twice");
        }
    }
    foreign_if(!members.is_empty(), path.field("members"), faults);
    foreign_if(!patches.is_empty(), path.field("patches"), faults);
    PypiProject {
        requirements: selected.requirements,
        constraints,
        overrides,
        excludes: read_excludes(excludes, path, faults),
        locked: read_locked(locked, path, faults),
        registry_pins,
        supplied_metadata: read_metadata(supplied_metadata, path, faults),
        environment,
    }
}

fn read_environment(
    wire: Option<v1::project::Environment>,
    path: Path<'_>,
    faults: &mut Faults,
) -> EnvironmentTexts {
    use v1::project::Environment;
    let foreign = "is the environment of another ecosystem than the project's";
    let pypi = match wire {
        Some(Environment::Pypi(pypi)) => pypi,
        Some(Environment::Npm(_)) => {
            faults.add(Reason::Contradictory, path.field("npm"), foreign);
            return EnvironmentTexts::default();
        }
        Some(Environment::Cargo(_)) => {
            faults.add(Reason::Contradictory, path.field("cargo"), foreign);
            return EnvironmentTexts::default();
        }
        None => {
            faults.add(Reason::Missing, path.field("pypi"), "is required");
            return EnvironmentTexts::default();
        }
    };
    read_pypi_environment(pypi, path.field("pypi"), faults)
}

fn read_pypi_environment(
    wire: v1::PypiEnvironment,
    path: Path<'_>,
    faults: &mut Faults,
) -> EnvironmentTexts {
    let v1::PypiEnvironment {
        python_version,
        platform,
        implementation_name,
        allow_sdists,
        free_threaded,
        universal,
    } = wire;
    faults.unsupported_if(universal, path.field("universal"), "one answer for all environments");
    faults.required(path.field("python_version"), &python_version);
    if !universal || !platform.is_empty() {
        faults.required(path.field("platform"), &platform);
    }
    let implementation = match (implementation_name.as_str(), free_threaded) {
        ("" | "cpython", false) => Implementation::CPython,
        ("" | "cpython", true) => Implementation::FreeThreaded,
        ("pypy", false) => Implementation::PyPy,
        ("pypy", true) => {
            let description = "only `cpython` has builds without the global lock";
            faults.add(Reason::Contradictory, path.field("free_threaded"), description);
            Implementation::PyPy
        }
        _ => {
            let path = path.field("implementation_name");
            faults.unsupported_if(true, path, "implementations other than `cpython` and `pypy`");
            Implementation::CPython
        }
    };
    EnvironmentTexts { python_version, platform, allow_sdists, implementation }
}

/// The environment, if its texts can be read. What cannot be, the engine tells.
fn understood(texts: &EnvironmentTexts) -> Option<Environment> {
    let python = Python::parse(&texts.python_version).ok()?;
    let platform = Platform::parse(&texts.platform).ok()?;
    Some(Environment::of(texts.implementation, python, platform, texts.allow_sdists))
}

fn read_requirements(
    wire: Vec<v1::Requirement>,
    path: Path<'_>,
    faults: &mut Faults,
) -> Vec<Stated> {
    if !faults.list(path.field("requirements"), &wire) {
        return Vec::new();
    }
    let mut stated = Vec::with_capacity(wire.len());
    for (place, requirement) in wire.into_iter().enumerate() {
        let path = path.entry("requirements", place);
        let (mut requirement, set) = read_requirement(requirement, path, faults);
        match sets::normalised(&set) {
            Ok(set) => {
                requirement.dependency_set = set;
                stated.push(Stated { place, requirement });
            }
            Err(reason) => faults.add(Reason::Malformed, path.field("dependency_set"), reason),
        }
    }
    stated
}

/// Reads constraints or overrides: requirements that belong to no set.
fn bounds(
    field: &'static str,
    wire: Vec<v1::Requirement>,
    faults: &mut Faults,
) -> Vec<RequirementText> {
    let path = Path::ROOT.entry("projects", 0);
    if !faults.list(path.field(field), &wire) {
        return Vec::new();
    }
    let mut bounds = Vec::with_capacity(wire.len());
    for (index, requirement) in wire.into_iter().enumerate() {
        let path = path.entry(field, index);
        let (requirement, set) = read_requirement(requirement, path, faults);
        if !set.is_empty() {
            let description = "has no meaning here: leave it empty";
            faults.add(Reason::Contradictory, path.field("dependency_set"), description);
        }
        bounds.push(requirement);
    }
    bounds
}

/// Reads one requirement, and the name of its dependency set as written.
fn read_requirement(
    wire: v1::Requirement,
    path: Path<'_>,
    faults: &mut Faults,
) -> (RequirementText, String) {
    use v1::requirement::Form;
    let v1::Requirement { form, dependency_set, hashes, member } = wire;
    foreign_if(!member.is_empty(), path.field("member"), faults);
    let foreign = "is the form of another ecosystem than the project's";
    let text = match form {
        Some(Form::Text(text)) => text,
        Some(Form::Npm(_)) => {
            faults.add(Reason::Contradictory, path.field("npm"), foreign);
            return (RequirementText::default(), String::new());
        }
        Some(Form::Cargo(_)) => {
            faults.add(Reason::Contradictory, path.field("cargo"), foreign);
            return (RequirementText::default(), String::new());
        }
        None => String::new(),
    };
    faults.required(path.field("text"), &text);
    faults.text(path.field("dependency_set"), &dependency_set);
    if faults.list(path.field("hashes"), &hashes) {
        for (index, hash) in hashes.iter().enumerate() {
            if let Err(reason) = check_hash(hash) {
                faults.add(Reason::Malformed, path.entry("hashes", index), reason);
            }
        }
    }
    (RequirementText { text, hashes, dependency_set: String::new() }, dependency_set)
}

/// Holds a hash against the algorithms of pip's `--hash`.
fn check_hash(hash: &str) -> Result<(), String> {
    let shown = || match hash.char_indices().nth(MAX_SHOWN_HASH) {
        Some((end, _)) => format!("`{}…`", &hash[..end]),
        None => format!("`{hash}`"),
    };
    let Some((algorithm, digits)) = hash.split_once(':') else {
        return Err(format!(
            "{} is not an algorithm, a colon and hex digits: write it as `sha256:…`",
            shown()
        ));
    };
    let length = match algorithm {
        "md5" => 32,
        "sha1" => 40,
        "sha224" => 56,
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => {
            return Err(format!(
                "{} has an unknown algorithm: use `sha256`, or another SHA-2, `sha1` or `md5`",
                shown()
            ));
        }
    };
    if digits.len() != length || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(format!(
            "{} does not have the {length} hex digits of {algorithm}: copy the whole hash",
            shown()
        ));
    }
    Ok(())
}

/// Constraints ask for nothing, thus not for extras. What is no requirement at all, the engine tells.
fn refuse_extras(constraints: &[RequirementText], path: Path<'_>, faults: &mut Faults) {
    for (index, constraint) in constraints.iter().enumerate() {
        let read = Requirement::parse(&constraint.text).ok();
        if let Some(Requirement { name, .. }) = read.filter(|read| !read.extras.is_empty()) {
            let path = path.entry("constraints", index);
            let description = format!(
                "`{name}` has extras, and a constraint asks for nothing: remove them here, and \
                 require them where they are needed"
            );
            faults.add(Reason::Contradictory, path, description);
        }
    }
}

fn read_excludes(wire: Vec<String>, path: Path<'_>, faults: &mut Faults) -> Vec<String> {
    if faults.list(path.field("excludes"), &wire) {
        for (index, name) in wire.iter().enumerate() {
            let path = path.entry("excludes", index);
            faults.text(path, name);
            if let Err(error) = Name::parse(name) {
                faults.add(Reason::Malformed, path, error.to_string());
            }
        }
    }
    wire
}

fn read_locked(
    wire: Vec<v1::LockedPackage>,
    path: Path<'_>,
    faults: &mut Faults,
) -> Vec<(String, String)> {
    let mut locked = Vec::with_capacity(wire.len());
    let mut seen = HashSet::new();
    if !faults.list(path.field("locked"), &wire) {
        return locked;
    }
    for (index, package) in wire.into_iter().enumerate() {
        let v1::LockedPackage { name, version, registry, dependencies, location, link } = package;
        let path = path.entry("locked", index);
        foreign_if(!registry.is_empty(), path.field("registry"), faults);
        foreign_if(!dependencies.is_empty(), path.field("dependencies"), faults);
        foreign_if(!location.is_empty(), path.field("location"), faults);
        foreign_if(!link.is_empty(), path.field("link"), faults);
        faults.required(path.field("name"), &name);
        faults.required(path.field("version"), &version);
        if Name::parse(&name).is_ok_and(|name| !seen.insert(name)) {
            let description = "is locked twice; a Python package has one version";
            faults.add(Reason::Contradictory, path.field("name"), description);
        }
        locked.push((name, version));
    }
    locked
}

fn read_metadata(
    wire: Vec<v1::SuppliedMetadata>,
    path: Path<'_>,
    faults: &mut Faults,
) -> Vec<SuppliedMetadata> {
    if !faults.list(path.field("supplied_metadata"), &wire) {
        return Vec::new();
    }
    let read = wire.into_iter().enumerate().map(|(index, supplied)| {
        let v1::SuppliedMetadata { name, version, metadata } = supplied;
        let path = path.entry("supplied_metadata", index);
        faults.required(path.field("name"), &name);
        faults.required(path.field("version"), &version);
        if metadata.is_empty() {
            faults.add(Reason::Missing, path.field("metadata"), "is required");
        } else if metadata.len() > MAX_METADATA {
            let description = format!("has {} bytes; {MAX_METADATA} is the most", metadata.len());
            faults.add(Reason::LimitExceeded, path.field("metadata"), description);
        }
        SuppliedMetadata { name, version, document: metadata }
    });
    read.collect()
}
