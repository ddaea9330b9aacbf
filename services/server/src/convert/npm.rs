//! A project of npm's, with its folders.

use std::collections::HashMap;

use engine::{
    NpmEnvironment, NpmKind, NpmLocked, NpmMember, NpmOverride, NpmProject, NpmRequirement,
};
use proto::v1;

use super::Shape;
use super::faults::{Faults, Path};
use super::project::foreign_if;
use crate::errors::Reason;

/// Reads what a project of npm's states.
pub(super) fn read(
    project: v1::Project,
    registry_pins: Vec<(String, String)>,
    shape: &mut Shape,
    faults: &mut Faults,
) -> NpmProject {
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
        ("excludes", !excludes.is_empty()),
        ("supplied_metadata", !supplied_metadata.is_empty()),
        ("patches", !patches.is_empty()),
    ] {
        foreign_if(given, path.field(field), faults);
    }
    shape.environment = "npm";
    let mut reading = Reading { members: HashMap::new(), faults };
    let members = reading.members(members, path);
    let stated = reading.requirements(requirements, path);
    shape.dependency_sets = stated.iter().map(|one| one.set.clone()).collect();
    shape.requirement_places = (0..stated.len()).collect();
    shape.text_forms = stated.iter().map(|one| one.is_text).collect();
    NpmProject {
        members,
        requirements: stated.into_iter().map(|one| one.requirement).collect(),
        overrides: reading.overrides(overrides, path),
        locked: reading.locked(locked, path),
        registry_pins,
        environment: reading.environment(environment, path),
    }
}

/// A requirement, and how the caller wrote it.
struct Stated {
    requirement: NpmRequirement,
    /// Its dependency set as the caller is told of it.
    set: String,
    is_text: bool,
}

/// Reads parts that name members.
struct Reading<'a> {
    /// The places of members, by name.
    members: HashMap<String, usize>,
    faults: &'a mut Faults,
}

impl Reading<'_> {
    fn members(&mut self, wire: Vec<v1::Member>, path: Path<'_>) -> Vec<NpmMember> {
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
            if folder.is_empty() {
                self.faults.text(path.field("name"), &name);
            } else {
                self.faults.required(path.field("name"), &name);
            }
            self.faults.text(path.field("version"), &version);
            self.faults.text(path.field("path"), &folder);
            for (field, given) in [
                ("features", !features.is_empty()),
                ("links", !links.is_empty()),
                ("rust_version", !rust_version.is_empty()),
                ("proc_macro", proc_macro),
            ] {
                foreign_if(given, path.field(field), self.faults);
            }
            if outside_workspace && folder.is_empty() {
                let description = "cannot be said of the root, which has no `path`";
                self.faults.add(
                    Reason::Contradictory,
                    path.field("outside_workspace"),
                    description,
                );
            }
            if self.members.insert(name.clone(), index).is_some() {
                let description = format!("`{name}` is the name of two members");
                self.faults.add(Reason::Contradictory, path.field("name"), description);
            }
            self.faults.texts("bundle_dependencies", &bundle_dependencies, path);
            let bundled = bundle_dependencies;
            members.push(NpmMember { name, version, path: folder, outside_workspace, bundled });
        }
        members
    }

    fn requirements(&mut self, wire: Vec<v1::Requirement>, path: Path<'_>) -> Vec<Stated> {
        if !self.faults.list(path.field("requirements"), &wire) {
            return Vec::new();
        }
        let read = wire.into_iter().enumerate();
        read.map(|(index, one)| self.requirement(one, path.entry("requirements", index))).collect()
    }

    fn requirement(&mut self, wire: v1::Requirement, path: Path<'_>) -> Stated {
        let v1::Requirement { form, dependency_set, hashes, member } = wire;
        foreign_if(!hashes.is_empty(), path.field("hashes"), self.faults);
        let Form { name, spec, beneath, optional, is_text } = self.form(form, path);
        foreign_if(!beneath.is_empty(), path.field("npm").field("beneath"), self.faults);
        let kind = match dependency_set.as_str() {
            "" | "main" => NpmKind::Normal,
            "dev" => NpmKind::Dev,
            "optional" => NpmKind::Optional,
            "peer" if optional => NpmKind::PeerOptional,
            "peer" => NpmKind::Peer,
            _ => {
                let description = "is none of `main`, `dev`, `optional` and `peer`";
                self.faults.add(Reason::Malformed, path.field("dependency_set"), description);
                NpmKind::Normal
            }
        };
        if optional && kind != NpmKind::PeerOptional {
            let description = "is for peers: an optional dependency is of the set `optional`";
            let path = path.field("npm");
            self.faults.add(Reason::Contradictory, path.field("optional"), description);
        }
        let set = if kind == NpmKind::Normal { String::new() } else { dependency_set };
        let member = self.owner(&member, path.field("member"));
        Stated { requirement: NpmRequirement { member, name, spec, kind }, set, is_text }
    }

    fn form(&mut self, form: Option<v1::requirement::Form>, path: Path<'_>) -> Form {
        use v1::requirement::Form as Wire;
        match form {
            Some(Wire::Text(text)) => {
                self.faults.required(path.field("text"), &text);
                // The first character may be the `@` of a scope.
                let at = text.char_indices().skip(1).find(|(_, c)| *c == '@').map(|(at, _)| at);
                let (name, spec) = match at {
                    Some(at) => (text[..at].to_owned(), text[at + 1..].to_owned()),
                    None => (text, String::new()),
                };
                Form { name, spec, is_text: true, ..Form::default() }
            }
            Some(Wire::Npm(npm)) => {
                let v1::NpmRequirement { name, spec, beneath, optional } = npm;
                let path = path.field("npm");
                self.faults.required(path.field("name"), &name);
                self.faults.text(path.field("spec"), &spec);
                self.faults.texts("beneath", &beneath, path);
                Form { name, spec, beneath, optional, is_text: false }
            }
            Some(Wire::Cargo(_)) => {
                foreign_if(true, path.field("cargo"), self.faults);
                Form::default()
            }
            None => {
                self.faults.add(Reason::Missing, path.field("npm"), "is required");
                Form::default()
            }
        }
    }

    /// The member that a requirement belongs to; the root needs no name.
    fn owner(&mut self, name: &str, path: Path<'_>) -> Option<usize> {
        if name.is_empty() {
            return None;
        }
        self.faults.text(path, name);
        let found = self.members.get(name).copied();
        if found.is_none() {
            let description = format!("`{name}` is not the name of a member");
            self.faults.add(Reason::Contradictory, path, description);
        }
        found
    }

    fn overrides(&mut self, wire: Vec<v1::Requirement>, path: Path<'_>) -> Vec<NpmOverride> {
        if !self.faults.list(path.field("overrides"), &wire) {
            return Vec::new();
        }
        let mut overrides = Vec::with_capacity(wire.len());
        for (index, one) in wire.into_iter().enumerate() {
            let v1::Requirement { form, dependency_set, hashes, member } = one;
            let path = path.entry("overrides", index);
            foreign_if(!hashes.is_empty(), path.field("hashes"), self.faults);
            let meaningless = "has no meaning here: leave it empty";
            for (field, given) in
                [("dependency_set", !dependency_set.is_empty()), ("member", !member.is_empty())]
            {
                if given {
                    self.faults.add(Reason::Contradictory, path.field(field), meaningless);
                }
            }
            let Form { name, spec, beneath, optional, is_text: _ } = self.form(form, path);
            if optional {
                let path = path.field("npm");
                self.faults.add(Reason::Contradictory, path.field("optional"), meaningless);
            }
            overrides.push(NpmOverride { beneath, name, spec });
        }
        overrides
    }

    fn locked(&mut self, wire: Vec<v1::LockedPackage>, path: Path<'_>) -> Vec<NpmLocked> {
        if !self.faults.list(path.field("locked"), &wire) {
            return Vec::new();
        }
        let mut locked = Vec::with_capacity(wire.len());
        for (index, package) in wire.into_iter().enumerate() {
            let v1::LockedPackage { name, version, registry, dependencies, location, link } =
                package;
            let path = path.entry("locked", index);
            foreign_if(!registry.is_empty(), path.field("registry"), self.faults);
            foreign_if(!dependencies.is_empty(), path.field("dependencies"), self.faults);
            for (field, text) in [("name", &name), ("version", &version)] {
                if link.is_empty() {
                    self.faults.required(path.field(field), text);
                } else if !text.is_empty() {
                    let description = "is said of a link, which has none: leave it empty";
                    self.faults.add(Reason::Contradictory, path.field(field), description);
                }
            }
            self.faults.required(path.field("location"), &location);
            self.faults.text(path.field("link"), &link);
            locked.push(NpmLocked { name, version, location, link });
        }
        locked
    }

    fn environment(
        &mut self,
        wire: Option<v1::project::Environment>,
        path: Path<'_>,
    ) -> NpmEnvironment {
        use v1::project::Environment;
        let npm = match wire {
            None => v1::NpmEnvironment::default(),
            Some(Environment::Npm(npm)) => npm,
            Some(Environment::Pypi(_)) => {
                foreign_if(true, path.field("pypi"), self.faults);
                v1::NpmEnvironment::default()
            }
            Some(Environment::Cargo(_)) => {
                foreign_if(true, path.field("cargo"), self.faults);
                v1::NpmEnvironment::default()
            }
        };
        let path = path.field("npm");
        let v1::NpmEnvironment {
            node_version,
            os,
            cpu,
            libc,
            npm_version,
            legacy_peer_deps,
            strict_peer_deps,
            prefer_dedupe,
            install_strategy,
            no_adjustment,
        } = npm;
        for (field, text) in [
            ("node_version", &node_version),
            ("npm_version", &npm_version),
            ("os", &os),
            ("cpu", &cpu),
            ("libc", &libc),
        ] {
            self.faults.text(path.field(field), text);
        }
        if !matches!(libc.as_str(), "" | "glibc" | "musl") {
            let description = "is neither `glibc` nor `musl`";
            self.faults.add(Reason::Malformed, path.field("libc"), description);
        }
        NpmEnvironment {
            node_version,
            npm_version,
            os,
            cpu,
            libc,
            legacy_peer_deps,
            strict_peer_deps,
            prefer_dedupe,
            nested: self.is_nested(install_strategy, path),
            adjusts: !no_adjustment,
        }
    }

    fn is_nested(&mut self, wire: i32, path: Path<'_>) -> bool {
        match v1::NpmInstallStrategy::try_from(wire) {
            Ok(v1::NpmInstallStrategy::Unspecified | v1::NpmInstallStrategy::Hoisted) => false,
            Ok(v1::NpmInstallStrategy::Nested) => true,
            Ok(v1::NpmInstallStrategy::Shallow | v1::NpmInstallStrategy::Linked) | Err(_) => {
                let what = "strategies other than HOISTED and NESTED";
                self.faults.unsupported_if(true, path.field("install_strategy"), what);
                false
            }
        }
    }
}

/// A requirement's form, taken apart.
#[derive(Default)]
struct Form {
    name: String,
    spec: String,
    beneath: Vec<String>,
    optional: bool,
    is_text: bool,
}
