//! A workspace of cargo's.

use proto::v1::{
    self, CargoBuild, CargoEnvironment, CargoFeature, CargoPatch, CargoRequirement, Ecosystem,
    Project, cargo_patch, project, requirement,
};

use crate::{
    arguments::Question,
    environment,
    input::{
        self, Input, InputError,
        cargo::{self, Dependency, Existing, Member, Patch, PatchOrigin, Workspace, lock::Lock},
    },
    request::{self, Asked, Locking, Origin, Origins, policy::policy, registries},
};

/// Reads the manifests, and builds the request.
pub(super) fn build(arguments: &Question) -> Result<Asked, InputError> {
    let choice = &arguments.choice;
    let existing = if choice.upgrade { Existing::Ignored } else { Existing::Kept };
    let workspace = cargo::read(&arguments.file, existing)?;
    let mut origins = Origins::default();
    let policy = policy(choice, &Input::default(), &mut origins);
    let notes = workspace.notes.clone();
    let locking = Locking::Cargo(workspace.lock.clone());
    let project = project(arguments, workspace, &mut origins);
    let asked = request::ask(choice, project, policy, origins)?;
    Ok(Asked { notes, locking, ..asked })
}

fn project(arguments: &Question, workspace: Workspace, origins: &mut Origins) -> Project {
    let environment = environment(arguments, &workspace, origins);
    let mut project = Project {
        ecosystem: Ecosystem::Cargo.into(),
        members: workspace
            .members
            .into_iter()
            .enumerate()
            .map(|(index, message)| member(index, message, origins))
            .collect(),
        requirements: workspace
            .dependencies
            .into_iter()
            .enumerate()
            .map(|(index, dependency)| requirement(index, dependency, origins))
            .collect(),
        patches: workspace
            .patches
            .into_iter()
            .enumerate()
            .map(|(index, message)| patch(index, message, origins))
            .collect(),
        locked: workspace.lock.map(|lock| locked(lock, origins)).unwrap_or_default(),
        environment: Some(project::Environment::Cargo(environment)),
        ..Project::default()
    };
    registries::choose(&mut project, &arguments.choice, Vec::new(), origins);
    project
}

fn environment(
    arguments: &Question,
    workspace: &Workspace,
    origins: &mut Origins,
) -> CargoEnvironment {
    let machine = &arguments.environment;
    let chosen = &arguments.build;
    let field = "projects[0].cargo";
    for (name, flag) in [
        ("target", "--target"),
        ("rust_version", "--rust-version"),
        ("build.members", "--package"),
        ("build.features", "--features"),
        ("build.all_features", "--all-features"),
        ("build.no_default_features", "--no-default-features"),
        ("build.dev", "--dev"),
        ("build.host", "--host"),
    ] {
        origins.note(format!("{field}.{name}"), Origin::Flag(flag));
    }
    if let Some(resolver) = &workspace.resolver {
        origins.note(format!("{field}.resolver"), Origin::File(resolver.anchor.clone()));
    }
    if let Some(edition) = &workspace.edition {
        origins.stated(format!("{field}.edition"), edition);
    }
    let compiler = environment::compiler(machine, workspace);
    let build = CargoBuild {
        members: chosen.packages.clone(),
        features: names(&chosen.features),
        all_features: chosen.all_features,
        no_default_features: chosen.no_default_features,
        dev: chosen.dev,
        host: compiler.host,
    };
    CargoEnvironment {
        target: machine.target.clone().unwrap_or_default(),
        rust_version: compiler.rust_version,
        resolver: workspace
            .resolver
            .as_ref()
            .map(|setting| setting.value)
            .unwrap_or_default()
            .into(),
        edition: workspace.edition.as_ref().map(|stated| stated.text.clone()).unwrap_or_default(),
        build: (build != CargoBuild::default()).then_some(build),
    }
}

/// The names in values with commas or blanks between them, as cargo has them.
fn names(values: &[String]) -> Vec<String> {
    let names = values.iter().flat_map(|value| value.split([',', ' ']));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn member(index: usize, member: Member, origins: &mut Origins) -> v1::Member {
    let field = format!("projects[0].members[{index}]");
    origins.stated(&field, &member.name);
    let mut text = |name: &str, stated: Option<input::Stated>| match stated {
        Some(stated) => {
            origins.stated(format!("{field}.{name}"), &stated);
            stated.text
        }
        None => String::new(),
    };
    let version = text("version", member.version);
    let links = text("links", member.links);
    let rust_version = text("rust_version", member.rust_version);
    let mut features = Vec::with_capacity(member.features.len());
    for (number, (name, enables)) in member.features.into_iter().enumerate() {
        let field = format!("{field}.features[{number}]");
        origins.stated(&field, &name);
        for (at, entry) in enables.iter().enumerate() {
            origins.stated(format!("{field}.enables[{at}]"), entry);
        }
        let enables = enables.into_iter().map(|entry| entry.text).collect();
        features.push(CargoFeature { name: name.text, enables });
    }
    let name = member.name.text;
    v1::Member {
        name,
        version,
        features,
        links,
        rust_version,
        outside_workspace: member.outside,
        proc_macro: member.proc_macro,
        ..v1::Member::default()
    }
}

fn requirement(index: usize, dependency: Dependency, origins: &mut Origins) -> v1::Requirement {
    let field = format!("projects[0].requirements[{index}]");
    origins.note(&field, Origin::File(dependency.anchor));
    let field = format!("{field}.cargo");
    for (at, feature) in dependency.features.iter().enumerate() {
        origins.stated(format!("{field}.features[{at}]"), feature);
    }
    let mut text = |name: &str, stated: Option<input::Stated>| match stated {
        Some(stated) => {
            origins.stated(format!("{field}.{name}"), &stated);
            stated.text
        }
        None => String::new(),
    };
    let form = CargoRequirement {
        name: dependency.name,
        alias: dependency.alias,
        requirement: text("requirement", dependency.requirement),
        features: dependency.features.into_iter().map(|feature| feature.text).collect(),
        default_features: dependency.default_features,
        optional: dependency.optional,
        target: text("target", dependency.target),
        registry: text("registry", dependency.registry),
        path_member: dependency.path_member,
    };
    v1::Requirement {
        form: Some(requirement::Form::Cargo(form)),
        dependency_set: dependency.dependency_set.to_owned(),
        member: dependency.member,
        ..v1::Requirement::default()
    }
}

fn patch(index: usize, patch: Patch, origins: &mut Origins) -> CargoPatch {
    let field = format!("projects[0].patches[{index}]");
    origins.note(&field, Origin::File(patch.anchor));
    if let Some(requirement) = &patch.requirement {
        origins.stated(format!("{field}.requirement"), requirement);
    }
    let origin = match patch.origin {
        PatchOrigin::Member(member) => cargo_patch::Origin::Member(member),
        PatchOrigin::Registry(Some(registry)) => {
            origins.stated(format!("{field}.registry"), &registry);
            cargo_patch::Origin::Registry(registry.text)
        }
        PatchOrigin::Registry(None) => cargo_patch::Origin::Registry(String::new()),
    };
    CargoPatch {
        patched_registry: patch.patched_registry,
        name: patch.name,
        requirement: patch.requirement.map(|stated| stated.text).unwrap_or_default(),
        origin: Some(origin),
    }
}

fn locked(lock: Lock, origins: &mut Origins) -> Vec<v1::LockedPackage> {
    let packages = lock.packages.into_iter().enumerate();
    let packages = packages.map(|(index, (package, anchor))| {
        origins.note(format!("projects[0].locked[{index}]"), Origin::File(anchor));
        package
    });
    packages.collect()
}
