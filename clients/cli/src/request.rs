//! One message from the command line and the files.
//!
//! Beside the request stand its [`Origins`]: for each field, who said it. When the service refuses
//! `projects[0].requirements[3]`, they tell the file and line, or the flag.

use std::{path::Path, time::Duration};

use proto::v1::{
    Ecosystem, HeldPackage, Policy, PrereleaseMode, Project, PypiEnvironment, RegistryPin,
    ResolveRequest, Strategy, SuppliedMetadata, project, requirement,
};

use crate::{
    arguments::{Choice, Resolve},
    environment::{self, Python},
    input::{
        self, Decided, Input, InputError, Pin, Problem, Requirement, Selection, Setting, Stated,
        held::{self, Held},
        metadata::{self, Document},
        name::normalize,
        source::{Anchor, Source},
    },
};

/// A request, and where its parts come from.
#[derive(Debug)]
pub struct Asked {
    /// What is sent.
    pub request: ResolveRequest,
    /// Who said what of it.
    pub origins: Origins,
    /// What the user should know before the answer.
    pub notes: Vec<String>,
}

/// Who said a part of the request.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A text in a file.
    File(Anchor),
    /// A whole file, of which no part is known to be meant.
    Document(String),
    /// A flag of the command line.
    Flag(&'static str),
}

/// The origin of each field, by the paths of the contract's error details.
#[derive(Debug, Default)]
pub struct Origins {
    by_field: Vec<(String, Origin)>,
}

impl Origins {
    /// The origin of a field, or of the nearest field around it that has one.
    ///
    /// The name of a `oneof` may stand in the path or not.
    pub fn find(&self, field: &str) -> Option<&Origin> {
        let mut field = field.replace(".environment.", ".");
        loop {
            if let Some((_, origin)) = self.by_field.iter().find(|(known, _)| *known == field) {
                return Some(origin);
            }
            let end = field.rfind(['.', '['])?;
            field.truncate(end);
        }
    }

    fn note(&mut self, field: impl Into<String>, origin: Origin) {
        self.by_field.push((field.into(), origin));
    }

    fn stated(&mut self, field: impl Into<String>, stated: &Stated) {
        self.note(field, Origin::File(stated.anchor.clone()));
    }
}

/// Reads the files that the command line names, and builds the request.
pub fn build(arguments: &Resolve) -> Result<Asked, InputError> {
    let choice = &arguments.choice;
    let selection = Selection {
        extras: &arguments.sets.extras,
        groups: &arguments.sets.groups,
        all_extras: arguments.sets.all_extras,
        decided: Decided {
            registries: !choice.registries.is_empty(),
            before: choice.before.is_some() || choice.minimum_age.is_some(),
        },
    };
    let mut input = input::read(&arguments.file, &selection)?;
    refuse_foreign(arguments)?;
    choose_forms(choice, &mut input);
    let metadata = choice.metadata.iter().map(|path| metadata::read(path));
    let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
    let python = environment::python(arguments.environment.python.as_deref(), &arguments.file)?;
    let held = choice.held.as_deref().map(held::read).transpose()?.unwrap_or_default();

    let mut origins = Origins::default();
    let notes = notes(&input, &python, &arguments.file);
    let policy = policy(arguments, &input, &mut origins);
    let mut project = project(arguments, input, &python, &mut origins)?;
    project.supplied_metadata = supplied(metadata, &mut origins);
    let request = ResolveRequest {
        projects: vec![project],
        policy: (policy != Policy::default()).then_some(policy),
        held: held_packages(held, &mut origins),
        ..ResolveRequest::default()
    };
    Ok(Asked { request, origins, notes })
}

/// Applies the flags about wheels and source distributions, each as if it stood behind what the files
/// say: the last word on a package counts.
fn choose_forms(choice: &Choice, input: &mut Input) {
    let stated = |flag: &str, text: &String| {
        let source = Source::new(flag.to_owned(), text.clone());
        Stated { text: text.clone(), anchor: Anchor::verbatim(&source, 0, text) }
    };
    for text in &choice.only_binary {
        input.choose_wheels(&stated("--only-binary", text));
    }
    for text in &choice.no_binary {
        input.choose_sdists(&stated("--no-binary", text));
    }
}

/// Puts documents into messages, each with the file that it is.
fn supplied(documents: Vec<Document>, origins: &mut Origins) -> Vec<SuppliedMetadata> {
    let mut messages = Vec::with_capacity(documents.len());
    for (index, document) in documents.into_iter().enumerate() {
        let Document { name, version, text, path, name_anchor, version_anchor } = document;
        let field = format!("projects[0].supplied_metadata[{index}]");
        origins.note(format!("{field}.name"), Origin::File(name_anchor));
        origins.note(format!("{field}.version"), Origin::File(version_anchor));
        origins.note(field, Origin::Document(path));
        messages.push(SuppliedMetadata { name, version, metadata: text.into_bytes() });
    }
    messages
}

/// The packages that come from one registry only: those that the files pin, unless a flag does.
fn pins(flags: &[(String, String)], pins: Vec<Pin>, origins: &mut Origins) -> Vec<RegistryPin> {
    let mut messages: Vec<RegistryPin> = Vec::new();
    let named =
        |package: &str| flags.iter().any(|(flagged, _)| normalize(flagged) == normalize(package));
    for pin in pins.into_iter().filter(|pin| !named(&pin.package)) {
        origins.stated(format!("projects[0].registry_pins[{}]", messages.len()), &pin.registry);
        messages.push(RegistryPin { package: pin.package, registry: pin.registry.text });
    }
    for (package, registry) in flags {
        let field = format!("projects[0].registry_pins[{}]", messages.len());
        origins.note(field, Origin::Flag("--registry-for"));
        let (package, registry) = (package.clone(), registry.clone());
        messages.push(RegistryPin { package, registry });
    }
    messages
}

/// Flags of other ecosystems are refused, as everything else that would have no effect.
fn refuse_foreign(arguments: &Resolve) -> Result<(), Problem> {
    let environment = &arguments.environment;
    let foreign = [
        ("--target", environment.target.is_some(), "a `Cargo.toml`"),
        ("--node", environment.node.is_some(), "a `package.json`"),
        ("--rust-version", environment.rust_version.is_some(), "a `Cargo.toml`"),
    ];
    match foreign.into_iter().find(|(_, given, _)| *given) {
        Some((flag, _, needs)) => {
            Err(Problem::NotForFile { flag, path: arguments.file.display().to_string(), needs })
        }
        None => Ok(()),
    }
}

/// Says which Python was taken for a project that names its own, since ranges are not compared here.
fn notes(input: &Input, python: &Python, path: &Path) -> Vec<String> {
    match (&input.requires_python, python) {
        (Some(stated), Python::Default) => vec![format!(
            "`{}` asks for Python `{}`, and the answer is for {}; choose with `--python`",
            path.display(),
            stated.text,
            environment::DEFAULT_PYTHON,
        )],
        _ => Vec::new(),
    }
}

fn project(
    arguments: &Resolve,
    input: Input,
    python: &Python,
    origins: &mut Origins,
) -> Result<Project, InputError> {
    let machine = &arguments.environment;
    let platform = match &machine.platform {
        Some(platform) => platform.clone(),
        None if machine.universal => String::new(),
        None => environment::platform()?.to_owned(),
    };
    let python_origin = match python {
        Python::File(stated) => Origin::File(stated.anchor.clone()),
        Python::Flag(_) | Python::Default => Origin::Flag("--python"),
    };
    for field in ["python_version", "implementation_name", "free_threaded"] {
        origins.note(format!("projects[0].pypi.{field}"), python_origin.clone());
    }
    origins.note("projects[0].pypi.universal", Origin::Flag("--universal"));
    origins.note("projects[0].pypi.platform", Origin::Flag("--platform"));
    origins.note("projects[0].pypi.allow_sdists", Origin::Flag("--sdist"));
    origins.note("projects[0].registries", Origin::Flag("--registry"));
    let interpreter = python.interpreter();
    let environment = PypiEnvironment {
        python_version: interpreter.version.to_owned(),
        platform,
        implementation_name: interpreter.implementation.to_owned(),
        free_threaded: interpreter.free_threaded,
        allow_sdists: machine.sdist,
        universal: machine.universal,
    };
    for (index, stated) in input.excludes.iter().enumerate() {
        origins.stated(format!("projects[0].excludes[{index}]"), stated);
    }
    Ok(Project {
        name: input.name,
        ecosystem: Ecosystem::Pypi.into(),
        requirements: requirements("requirements", input.requirements, origins),
        constraints: requirements("constraints", input.constraints, origins),
        overrides: requirements("overrides", input.overrides, origins),
        excludes: input.excludes.into_iter().map(|stated| stated.text).collect(),
        dependency_sets: input.dependency_sets,
        registries: arguments.choice.registries.clone(),
        registry_pins: pins(&arguments.choice.pins, input.pins, origins),
        environment: Some(project::Environment::Pypi(environment)),
        ..Project::default()
    })
}

/// Turns one list of requirements into messages, and notes where each of them stood.
fn requirements(
    list: &str,
    requirements: Vec<Requirement>,
    origins: &mut Origins,
) -> Vec<proto::v1::Requirement> {
    let mut messages = Vec::with_capacity(requirements.len());
    for (index, requirement) in requirements.into_iter().enumerate() {
        let field = format!("projects[0].{list}[{index}]");
        origins.stated(&field, &requirement.stated);
        for (number, hash) in requirement.hashes.iter().enumerate() {
            origins.stated(format!("{field}.hashes[{number}]"), hash);
        }
        messages.push(proto::v1::Requirement {
            form: Some(requirement::Form::Text(requirement.stated.text)),
            dependency_set: requirement.dependency_set,
            hashes: requirement.hashes.into_iter().map(|stated| stated.text).collect(),
            ..proto::v1::Requirement::default()
        });
    }
    messages
}

/// What the command line says counts before what the files say.
fn policy(arguments: &Resolve, input: &Input, origins: &mut Origins) -> Policy {
    let choice = &arguments.choice;
    let strategy: Strategy =
        decide(choice.strategy, &input.strategy, ("policy.strategy", "--strategy"), origins);
    let prereleases: PrereleaseMode = decide(
        choice.prereleases,
        &input.prereleases,
        ("policy.prereleases", "--prereleases"),
        origins,
    );
    let file_before = input.before.as_ref();
    match (choice.before, file_before) {
        (None, Some(setting)) => {
            origins.note("policy.before", Origin::File(setting.anchor.clone()));
        }
        _ => origins.note("policy.before", Origin::Flag("--before")),
    }
    origins.note("policy.minimum_age", Origin::Flag("--minimum-age"));
    let before = choice.before.or_else(|| file_before.map(|setting| setting.value));
    Policy {
        strategy: strategy.into(),
        prereleases: prereleases.into(),
        before: before.map(timestamp),
        minimum_age: choice.minimum_age.map(length),
        only_binary: names(
            ("policy.only_binary", "--only-binary"),
            (&input.only_binary, &choice.only_binary),
            origins,
        ),
        no_binary: names(
            ("policy.no_binary", "--no-binary"),
            (&input.no_binary, &choice.no_binary),
            origins,
        ),
        ..Policy::default()
    }
}

/// Takes the flag's value, else the file's, else the default, and notes whose it is.
fn decide<F: Into<T>, T: Copy + Default>(
    flag: Option<F>,
    setting: &Option<Setting<T>>,
    (field, name): (&str, &'static str),
    origins: &mut Origins,
) -> T {
    match (flag, setting) {
        (None, Some(setting)) => {
            origins.note(field, Origin::File(setting.anchor.clone()));
            setting.value
        }
        (flag, _) => {
            origins.note(field, Origin::Flag(name));
            flag.map_or_else(T::default, Into::into)
        }
    }
}

/// Notes for each name of a list who said it, and for the list who said its first.
fn names(
    (field, flag): (&str, &'static str),
    (names, flagged): (&[Stated], &[String]),
    origins: &mut Origins,
) -> Vec<String> {
    for (index, name) in names.iter().enumerate() {
        let by_flag =
            flagged.iter().flat_map(|text| text.split(',')).any(|text| text.trim() == name.text);
        let origin = if by_flag { Origin::Flag(flag) } else { Origin::File(name.anchor.clone()) };
        if index == 0 {
            origins.note(field, origin.clone());
        }
        origins.note(format!("{field}[{index}]"), origin);
    }
    names.iter().map(|name| name.text.clone()).collect()
}

fn held_packages(held: Vec<Held>, origins: &mut Origins) -> Vec<HeldPackage> {
    let mut packages = Vec::with_capacity(held.len());
    for (index, package) in held.into_iter().enumerate() {
        origins.stated(format!("held[{index}]"), &package.name);
        for (number, range) in package.ranges.iter().enumerate() {
            origins.stated(format!("held[{index}].ranges[{number}]"), range);
        }
        packages.push(HeldPackage {
            ecosystem: Ecosystem::Pypi.into(),
            name: package.name.text,
            ranges: package.ranges.into_iter().map(|range| range.text).collect(),
        });
    }
    packages
}

/// An age as the contract has it. The command line takes none that would not fit.
fn length(age: Duration) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(age.as_secs()).unwrap_or(i64::MAX),
        nanos: age.subsec_nanos().cast_signed(),
    }
}

fn timestamp(instant: jiff::Timestamp) -> prost_types::Timestamp {
    // An instant before 1970 has a negative nanosecond part here, and never has one on the wire.
    let nanos = instant.subsec_nanosecond();
    let borrow = i64::from(nanos < 0);
    prost_types::Timestamp {
        seconds: instant.as_second() - borrow,
        nanos: if nanos < 0 { nanos + 1_000_000_000 } else { nanos },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_finds_the_nearest_origin_around_it() {
        let mut origins = Origins::default();
        origins.note("projects[0].pypi.platform", Origin::Flag("--platform"));
        origins.note("projects[0].registries", Origin::Flag("--registry"));
        for (field, flag) in [
            ("projects[0].pypi.platform", Some("--platform")),
            ("projects[0].environment.pypi.platform", Some("--platform")),
            ("projects[0].registries[1]", Some("--registry")),
            ("projects[0].registry_pins[1]", None),
            ("", None),
        ] {
            let found = origins.find(field).map(|origin| match origin {
                Origin::Flag(flag) => *flag,
                Origin::File(_) | Origin::Document(_) => "a file",
            });
            assert_eq!(found, flag, "{field}");
        }
    }

    #[test]
    fn instants_before_1970_have_positive_nanoseconds() {
        let instant: jiff::Timestamp = "1969-12-31T23:59:59.75Z".parse().unwrap();
        assert_eq!(timestamp(instant), prost_types::Timestamp { seconds: -1, nanos: 750_000_000 });
    }
}
