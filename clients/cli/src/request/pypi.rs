//! A project of PyPI's.

use std::path::Path;

use proto::v1::{Ecosystem, Project, PypiEnvironment, SuppliedMetadata, project, requirement};

use crate::{
    arguments::{Choice, Question},
    environment::{self, Python},
    input::{
        self, Decided, Form, Input, InputError, Requirement, Selection, Stated,
        metadata::{self, Document},
        source::{Anchor, Source},
    },
    request::{self, Asked, Origin, Origins, policy::policy, registries},
};

/// Reads the files, and builds the request.
pub(super) fn build(arguments: &Question, form: Form) -> Result<Asked, InputError> {
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
    let mut input = input::read(&arguments.file, form, &selection)?;
    choose_forms(choice, &mut input);
    let metadata = choice.metadata.iter().map(|path| metadata::read(path));
    let metadata = metadata.collect::<Result<Vec<_>, _>>()?;
    let python = environment::python(arguments.environment.python.as_deref(), &arguments.file)?;

    let mut origins = Origins::default();
    let notes = notes(&input, &python, &arguments.file);
    let policy = policy(choice, &input, &mut origins);
    let mut project = project(arguments, input, &python, &mut origins)?;
    project.supplied_metadata = supplied(metadata, &mut origins);
    let asked = request::ask(choice, project, policy, origins)?;
    Ok(Asked { notes, ..asked })
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
    arguments: &Question,
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
    let mut project = Project {
        name: input.name,
        ecosystem: Ecosystem::Pypi.into(),
        requirements: requirements("requirements", input.requirements, origins),
        constraints: requirements("constraints", input.constraints, origins),
        overrides: requirements("overrides", input.overrides, origins),
        excludes: input.excludes.into_iter().map(|stated| stated.text).collect(),
        dependency_sets: input.dependency_sets,
        environment: Some(project::Environment::Pypi(environment)),
        ..Project::default()
    };
    registries::choose(&mut project, &arguments.choice, input.pins, origins);
    Ok(project)
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
