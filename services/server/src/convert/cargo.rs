//! A cargo workspace, or one package.

use std::collections::HashMap;

use engine::{
    CargoBuild, CargoEnvironment, CargoKind, CargoLocked, CargoLockedName, CargoMember, CargoPatch,
    CargoProject, CargoRequirement, CargoSource,
};
use proto::v1;

use super::Shape;
use super::faults::{Faults, Path};
use super::project::foreign_if;
use crate::errors::Reason;

/// The editions from which on cargo's resolver is another one, if the manifest does not say.
const RESOLVERS: [(&str, u8); 2] = [("2024", 3), ("2021", 2)];

/// Reads what a project of crates states.
pub(super) fn read(
    project: v1::Project,
    registry_pins: &[(String, String)],
    shape: &mut Shape,
    faults: &mut Faults,
) -> CargoProject {
    let v1::Project {
        name: _,
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
    let all = "a lock holds what all of them need, so that choosing some";
    faults.unsupported_if(!dependency_sets.is_empty(), path.field("dependency_sets"), all);
    for (field, given) in [
        ("constraints", !constraints.is_empty()),
        ("overrides", !overrides.is_empty()),
        ("excludes", !excludes.is_empty()),
        ("registry_pins", !registry_pins.is_empty()),
        ("supplied_metadata", !supplied_metadata.is_empty()),
    ] {
        foreign_if(given, path.field(field), faults);
    }
    shape.environment = "cargo";
    let mut reading = Reading { members: HashMap::new(), faults };
    let members = reading.members(members, path);
    let stated = reading.requirements(requirements, path);
    shape.dependency_sets = stated.iter().map(|(_, set)| set.clone()).collect();
    shape.requirement_places = (0..stated.len()).collect();
    CargoProject {
        members,
        requirements: stated.into_iter().map(|(requirement, _)| requirement).collect(),
        patches: reading.patches(patches, path),
        locked: reading.locked(locked, path),
        environment: reading.environment(environment, path),
    }
}

/// Reads parts that name members.
struct Reading<'a> {
    /// The places of members, by name.
    members: HashMap<String, usize>,
    faults: &'a mut Faults,
}

impl Reading<'_> {
    fn members(&mut self, wire: Vec<v1::Member>, path: Path<'_>) -> Vec<CargoMember> {
        if !self.faults.list(path.field("members"), &wire) {
            return Vec::new();
        }
        let mut members = Vec::with_capacity(wire.len());
        for (index, member) in wire.into_iter().enumerate() {
            let v1::Member {
                name,
                version,
                features,
                links,
                rust_version,
                path: folder,
                outside_workspace,
                proc_macro,
                bundle_dependencies,
            } = member;
            let path = path.entry("members", index);
            self.faults.required(path.field("name"), &name);
            for (field, text) in
                [("version", &version), ("links", &links), ("rust_version", &rust_version)]
            {
                self.faults.text(path.field(field), text);
            }
            foreign_if(!folder.is_empty(), path.field("path"), self.faults);
            let bundle = path.field("bundle_dependencies");
            foreign_if(!bundle_dependencies.is_empty(), bundle, self.faults);
            if self.members.insert(name.clone(), index).is_some() {
                let description = format!("`{name}` is the name of two members");
                self.faults.add(Reason::Contradictory, path.field("name"), description);
            }
            let features = self.features(features, path);
            members.push(CargoMember {
                name,
                version,
                features,
                links,
                rust_version,
                outside_workspace,
                proc_macro,
            });
        }
        members
    }

    fn features(
        &mut self,
        wire: Vec<v1::CargoFeature>,
        path: Path<'_>,
    ) -> Vec<(String, Vec<String>)> {
        if !self.faults.list(path.field("features"), &wire) {
            return Vec::new();
        }
        let mut features = Vec::with_capacity(wire.len());
        for (index, feature) in wire.into_iter().enumerate() {
            let v1::CargoFeature { name, enables } = feature;
            let path = path.entry("features", index);
            self.faults.required(path.field("name"), &name);
            self.faults.texts("enables", &enables, path);
            features.push((name, enables));
        }
        features
    }

    /// Reads requirements, each with its dependency set as the caller is told of it.
    fn requirements(
        &mut self,
        wire: Vec<v1::Requirement>,
        path: Path<'_>,
    ) -> Vec<(CargoRequirement, String)> {
        if !self.faults.list(path.field("requirements"), &wire) {
            return Vec::new();
        }
        let read = wire.into_iter().enumerate();
        read.map(|(index, one)| self.requirement(one, path.entry("requirements", index))).collect()
    }

    fn requirement(&mut self, wire: v1::Requirement, path: Path<'_>) -> (CargoRequirement, String) {
        let v1::Requirement { form, dependency_set, hashes, member } = wire;
        foreign_if(!hashes.is_empty(), path.field("hashes"), self.faults);
        let kind = match dependency_set.as_str() {
            "" | "main" => CargoKind::Normal,
            "dev" => CargoKind::Dev,
            "build" => CargoKind::Build,
            _ => {
                let description = "is none of `main`, `dev` and `build`";
                self.faults.add(Reason::Malformed, path.field("dependency_set"), description);
                CargoKind::Normal
            }
        };
        let set = if kind == CargoKind::Normal { String::new() } else { dependency_set };
        let member = self.owner(&member, path.field("member"));
        let requirement = self.form(form, path);
        (CargoRequirement { member, kind, ..requirement }, set)
    }

    fn form(&mut self, form: Option<v1::requirement::Form>, path: Path<'_>) -> CargoRequirement {
        use v1::requirement::Form;
        match form {
            Some(Form::Text(text)) => {
                self.faults.required(path.field("text"), &text);
                let (name, requirement) = text.split_once('@').unwrap_or((&text, ""));
                let (name, requirement) = (name.to_owned(), requirement.to_owned());
                CargoRequirement { name, requirement, ..CargoRequirement::default() }
            }
            Some(Form::Cargo(cargo)) => self.parts(cargo, path.field("cargo")),
            Some(Form::Npm(_)) => {
                foreign_if(true, path.field("npm"), self.faults);
                CargoRequirement::default()
            }
            None => {
                self.faults.add(Reason::Missing, path.field("cargo"), "is required");
                CargoRequirement::default()
            }
        }
    }

    fn parts(&mut self, wire: v1::CargoRequirement, path: Path<'_>) -> CargoRequirement {
        let v1::CargoRequirement {
            name,
            alias,
            requirement,
            features,
            default_features,
            optional,
            target,
            registry,
            path_member,
        } = wire;
        self.faults.required(path.field("name"), &name);
        for (field, text) in [("alias", &alias), ("requirement", &requirement), ("target", &target)]
        {
            self.faults.text(path.field(field), text);
        }
        self.faults.texts("features", &features, path);
        CargoRequirement {
            name,
            alias,
            requirement,
            features,
            without_default_features: default_features == Some(false),
            optional,
            target,
            source: self.source(registry, &path_member, path),
            ..CargoRequirement::default()
        }
    }

    fn source(&mut self, registry: String, member: &str, path: Path<'_>) -> CargoSource {
        self.faults.text(path.field("registry"), &registry);
        if member.is_empty() {
            return CargoSource::Registry(registry);
        }
        if !registry.is_empty() {
            let description = "names a registry beside the member that the crate is";
            self.faults.add(Reason::Contradictory, path.field("registry"), description);
        }
        CargoSource::Member(self.member(member, path.field("path_member")))
    }

    /// The member that a requirement belongs to: the project itself where it has no members.
    fn owner(&mut self, name: &str, path: Path<'_>) -> usize {
        if name.is_empty() && self.members.is_empty() {
            return 0;
        }
        if name.is_empty() {
            self.faults.add(Reason::Missing, path, "is required, since the project has members");
            return 0;
        }
        self.member(name, path)
    }

    fn member(&mut self, name: &str, path: Path<'_>) -> usize {
        self.faults.text(path, name);
        let found = self.members.get(name).copied();
        if found.is_none() {
            let description = format!("`{name}` is not the name of a member");
            self.faults.add(Reason::Contradictory, path, description);
        }
        found.unwrap_or(0)
    }

    fn patches(&mut self, wire: Vec<v1::CargoPatch>, path: Path<'_>) -> Vec<CargoPatch> {
        use v1::cargo_patch::Origin;
        if !self.faults.list(path.field("patches"), &wire) {
            return Vec::new();
        }
        let mut patches = Vec::with_capacity(wire.len());
        for (index, patch) in wire.into_iter().enumerate() {
            let v1::CargoPatch { patched_registry, name, requirement, origin } = patch;
            let path = path.entry("patches", index);
            self.faults.required(path.field("name"), &name);
            self.faults.text(path.field("patched_registry"), &patched_registry);
            self.faults.text(path.field("requirement"), &requirement);
            let source = match origin {
                Some(Origin::Registry(registry)) => {
                    self.faults.text(path.field("registry"), &registry);
                    CargoSource::Registry(registry)
                }
                Some(Origin::Member(member)) => {
                    CargoSource::Member(self.member(&member, path.field("member")))
                }
                None => {
                    self.faults.add(Reason::Missing, path.field("registry"), "is required");
                    CargoSource::default()
                }
            };
            patches.push(CargoPatch { patched: patched_registry, name, requirement, source });
        }
        patches
    }

    fn locked(&mut self, wire: Vec<v1::LockedPackage>, path: Path<'_>) -> Vec<CargoLocked> {
        if !self.faults.list(path.field("locked"), &wire) {
            return Vec::new();
        }
        let mut locked = Vec::with_capacity(wire.len());
        for (index, package) in wire.into_iter().enumerate() {
            let v1::LockedPackage { name, version, registry, dependencies, location, link } =
                package;
            let path = path.entry("locked", index);
            foreign_if(!location.is_empty(), path.field("location"), self.faults);
            foreign_if(!link.is_empty(), path.field("link"), self.faults);
            let package = self.locked_name((name, version, registry), path);
            let mut targets = Vec::with_capacity(dependencies.len());
            if self.faults.list(path.field("dependencies"), &dependencies) {
                for (index, dependency) in dependencies.into_iter().enumerate() {
                    let v1::LockedDependency { name, version, registry } = dependency;
                    let path = path.entry("dependencies", index);
                    targets.push(self.locked_name((name, version, registry), path));
                }
            }
            locked.push(CargoLocked { package, dependencies: targets });
        }
        locked
    }

    fn locked_name(
        &mut self,
        (name, version, registry): (String, String, String),
        path: Path<'_>,
    ) -> CargoLockedName {
        self.faults.required(path.field("name"), &name);
        self.faults.required(path.field("version"), &version);
        self.faults.text(path.field("registry"), &registry);
        CargoLockedName { name, version, registry }
    }

    fn environment(
        &mut self,
        wire: Option<v1::project::Environment>,
        path: Path<'_>,
    ) -> CargoEnvironment {
        use v1::project::Environment;
        let cargo = match wire {
            None => v1::CargoEnvironment::default(),
            Some(Environment::Cargo(cargo)) => cargo,
            Some(Environment::Pypi(_)) => {
                foreign_if(true, path.field("pypi"), self.faults);
                v1::CargoEnvironment::default()
            }
            Some(Environment::Npm(_)) => {
                foreign_if(true, path.field("npm"), self.faults);
                v1::CargoEnvironment::default()
            }
        };
        let path = path.field("cargo");
        let v1::CargoEnvironment { target, rust_version, resolver, edition, build } = cargo;
        self.faults.text(path.field("target"), &target);
        self.faults.text(path.field("rust_version"), &rust_version);
        if target.is_empty() && build.is_some() {
            let description = "says what is built, which only a `target` asks for: name one";
            self.faults.add(Reason::Contradictory, path.field("build"), description);
        }
        CargoEnvironment {
            target,
            rust_version,
            resolver: self.resolver(resolver, &edition, path),
            build: self.build(build.unwrap_or_default(), path.field("build")),
        }
    }

    fn resolver(&mut self, wire: i32, edition: &str, path: Path<'_>) -> u8 {
        if !matches!(edition, "" | "2015" | "2018" | "2021" | "2024") {
            let description = format!("`{edition}` is none of 2015, 2018, 2021 and 2024");
            self.faults.add(Reason::Malformed, path.field("edition"), description);
        }
        match v1::CargoResolver::try_from(wire) {
            Ok(v1::CargoResolver::Unspecified) => {
                let implied = RESOLVERS.iter().find(|(from, _)| edition >= *from);
                implied.map_or(1, |(_, resolver)| *resolver)
            }
            Ok(v1::CargoResolver::V1) => 1,
            Ok(v1::CargoResolver::V2) => 2,
            Ok(v1::CargoResolver::V3) => 3,
            Err(_) => {
                let what = format!("the value {wire}");
                self.faults.unsupported_if(true, path.field("resolver"), &what);
                1
            }
        }
    }

    fn build(&mut self, wire: v1::CargoBuild, path: Path<'_>) -> CargoBuild {
        let v1::CargoBuild { members, features, all_features, no_default_features, dev, host } =
            wire;
        self.faults.texts("features", &features, path);
        self.faults.text(path.field("host"), &host);
        let mut places = Vec::with_capacity(members.len());
        if self.faults.list(path.field("members"), &members) {
            for (index, member) in members.iter().enumerate() {
                places.push(self.member(member, path.entry("members", index)));
            }
        }
        CargoBuild { members: places, features, all_features, no_default_features, dev, host }
    }
}
