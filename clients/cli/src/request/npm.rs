//! A project of npm's.

use std::path::Path;

use proto::v1::{
    self, Ecosystem, NpmEnvironment, NpmInstallStrategy, NpmRequirement, Project, project,
    requirement,
};

use crate::{
    arguments::{Question, Tree},
    environment::{self, Runtime},
    input::{
        Existing, Input, InputError, Setting,
        npm::{
            self, Dependency, Member, Override,
            config::{Config, CutOff},
        },
    },
    request::{self, Asked, Locking, Origin, Origins, policy, registries},
};

/// Reads the files, and builds the request.
pub(super) fn build(arguments: &Question) -> Result<Asked, InputError> {
    let choice = &arguments.choice;
    let existing = if choice.upgrade { Existing::Ignored } else { Existing::Kept };
    let read = npm::read(&arguments.file, existing)?;
    let mut origins = Origins::default();
    let decided = choice.before.is_some() || choice.minimum_age.is_some();
    let cut_off = read.config.cut_off.as_ref().filter(|_| !decided);
    let before = match cut_off {
        Some(CutOff::Before(setting)) => Some(setting.clone()),
        _ => None,
    };
    let input = Input { before, ..Input::default() };
    let mut policy = policy::policy(choice, &input, &mut origins);
    if let Some(CutOff::Age(days)) = cut_off {
        policy.minimum_age = Some(policy::days(days.value));
        origins.note("policy.minimum_age", Origin::File(days.anchor.clone()));
    }
    let mut notes = read.notes.clone();
    notes.extend(scopes(&read.config, &choice.pins));
    let folder = arguments.file.parent().unwrap_or(Path::new(""));
    let (runtime, told) = environment::node(&arguments.environment, folder);
    notes.extend(told);
    let project = project(arguments, &read, runtime, &mut origins);
    let asked = request::ask(choice, project, policy, origins)?;
    Ok(Asked { notes, locking: Locking::Npm(Box::new(read)), ..asked })
}

/// Says which scopes have a registry by `.npmrc` whose name at the service nobody has told.
fn scopes(config: &Config, pins: &[(String, String)]) -> Vec<String> {
    let is_pinned =
        |scope: &str| pins.iter().any(|(package, _)| package.split('/').next() == Some(scope));
    let unknown = config.scopes.iter().filter(|scope| !is_pinned(&scope.text));
    let told = unknown.map(|scope| {
        let (name, place) = (&scope.text, scope.anchor.place().file_and_line());
        format!(
            "`{name}` has a registry of its own ({place}), and the service's registries are asked; name one with `--registry-for {name}/=NAME`"
        )
    });
    told.collect()
}

fn project(
    arguments: &Question,
    read: &npm::Project,
    runtime: Runtime,
    origins: &mut Origins,
) -> Project {
    let environment = environment(arguments, &read.config, runtime, origins);
    let requirements = read.dependencies.iter().enumerate();
    let overrides = read.overrides.iter().enumerate();
    let locked = read.lock.iter().flat_map(|lock| &lock.packages).enumerate();
    if let Some(lock) = &read.lock {
        origins.note("projects[0].locked", Origin::Document(lock.source.name().to_owned()));
    }
    let mut project = Project {
        ecosystem: Ecosystem::Npm.into(),
        members: read
            .members
            .iter()
            .enumerate()
            .map(|(index, message)| member(index, message, origins))
            .collect(),
        requirements: requirements
            .map(|(index, dependency)| requirement(index, dependency, origins))
            .collect(),
        overrides: overrides.map(|(index, rule)| overriding(index, rule, origins)).collect(),
        locked: locked
            .map(|(index, (package, anchor))| {
                let field = format!("projects[0].locked[{index}]");
                origins.note(field, Origin::File(anchor.clone()));
                package.clone()
            })
            .collect(),
        environment: Some(project::Environment::Npm(environment)),
        ..Project::default()
    };
    registries::choose(&mut project, &arguments.choice, Vec::new(), origins);
    project
}

fn environment(
    arguments: &Question,
    config: &Config,
    runtime: Runtime,
    origins: &mut Origins,
) -> NpmEnvironment {
    let machine = &arguments.environment;
    let tree = &arguments.tree;
    for (name, flag) in [
        ("node_version", "--node"),
        ("npm_version", "--npm"),
        ("os", "--os"),
        ("cpu", "--cpu"),
        ("libc", "--libc"),
        ("no_adjustment", "--as-npm"),
    ] {
        origins.note(format!("projects[0].npm.{name}"), Origin::Flag(flag));
    }
    let Tree { legacy_peer_deps, strict_peer_deps, prefer_dedupe, install_strategy, as_npm } = tree;
    let strategy: Option<NpmInstallStrategy> = install_strategy.map(Into::into);
    let mut settled = Settled { origins };
    NpmEnvironment {
        node_version: runtime.node,
        npm_version: runtime.npm,
        os: machine.os.clone().unwrap_or_default(),
        cpu: machine.cpu.clone().unwrap_or_default(),
        libc: machine.libc.clone().unwrap_or_default(),
        legacy_peer_deps: settled.by(
            ("legacy_peer_deps", "--legacy-peer-deps"),
            *legacy_peer_deps,
            &config.legacy_peer_deps,
        ),
        strict_peer_deps: settled.by(
            ("strict_peer_deps", "--strict-peer-deps"),
            *strict_peer_deps,
            &config.strict_peer_deps,
        ),
        prefer_dedupe: settled.by(
            ("prefer_dedupe", "--prefer-dedupe"),
            *prefer_dedupe,
            &config.prefer_dedupe,
        ),
        install_strategy: settled
            .by(("install_strategy", "--install-strategy"), strategy, &config.install_strategy)
            .into(),
        no_adjustment: *as_npm,
    }
}

/// Settles what a flag and the settings say, and notes whose word it is.
struct Settled<'a> {
    origins: &'a mut Origins,
}

impl Settled<'_> {
    fn by<T: Copy + Default>(
        &mut self,
        (field, name): (&str, &'static str),
        flag: Option<T>,
        setting: &Option<Setting<T>>,
    ) -> T {
        policy::decide(flag, setting, (&format!("projects[0].npm.{field}"), name), self.origins)
    }
}

fn member(index: usize, member: &Member, origins: &mut Origins) -> v1::Member {
    let field = format!("projects[0].members[{index}]");
    origins.note(&field, Origin::File(member.anchor.clone()));
    if let Some(version) = &member.version {
        origins.stated(format!("{field}.version"), version);
    }
    v1::Member {
        name: member.name.clone(),
        version: member.version.as_ref().map(|version| version.text.clone()).unwrap_or_default(),
        path: member.path.clone(),
        outside_workspace: member.outside,
        bundle_dependencies: member.bundled().map(str::to_owned).collect(),
        ..v1::Member::default()
    }
}

fn requirement(index: usize, dependency: &Dependency, origins: &mut Origins) -> v1::Requirement {
    let field = format!("projects[0].requirements[{index}]");
    origins.note(&field, Origin::File(dependency.anchor.clone()));
    origins.stated(format!("{field}.npm.spec"), &dependency.spec);
    let form = NpmRequirement {
        name: dependency.name.clone(),
        spec: dependency.spec.text.clone(),
        optional: dependency.optional,
        ..NpmRequirement::default()
    };
    v1::Requirement {
        form: Some(requirement::Form::Npm(form)),
        dependency_set: dependency.dependency_set.to_owned(),
        member: dependency.member.clone(),
        ..v1::Requirement::default()
    }
}

fn overriding(index: usize, rule: &Override, origins: &mut Origins) -> v1::Requirement {
    let field = format!("projects[0].overrides[{index}]");
    origins.note(&field, Origin::File(rule.anchor.clone()));
    origins.stated(format!("{field}.npm.spec"), &rule.spec);
    let form = NpmRequirement {
        name: rule.name.clone(),
        spec: rule.spec.text.clone(),
        beneath: rule.beneath.clone(),
        ..NpmRequirement::default()
    };
    v1::Requirement { form: Some(requirement::Form::Npm(form)), ..v1::Requirement::default() }
}
