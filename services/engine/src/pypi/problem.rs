//! From texts to a problem.

use ecosystems::Timestamp;
use ecosystems::pypi::{
    Environment, Implementation, Name, Platform, Python, Requirement, RequirementSource,
    Specifiers, parse_version,
};
use solver::pypi::{Policy, Problem, Projects, Root};

use super::order;
use crate::{ALL_PACKAGES, Error, HeldTexts, Invalid, PypiProject, Request, RequirementText};

/// The first minor version of Python 3 with builds without the global lock.
const FREE_THREADED: u64 = 13;

/// Understands a project, or names every text that it cannot understand. Nothing uploaded after
/// `before` exists.
pub(super) fn read(
    project: &PypiProject,
    request: &Request,
    before: Option<Timestamp>,
) -> Result<Problem, Error> {
    let policy = &request.policy;
    let mut invalid = Vec::new();
    let requirements = roots("requirements", &project.requirements, &mut invalid);
    let mut constraints = roots("constraints", &project.constraints, &mut invalid);
    order::bounds(&mut constraints);
    let mut overrides = roots("overrides", &project.overrides, &mut invalid);
    order::bounds(&mut overrides);
    let excludes = project.excludes.iter().enumerate().filter_map(|(place, text)| {
        let name = Name::parse(text).map_err(|error| error.to_string());
        keep(name, || format!("excludes[{place}]"), &mut invalid)
    });
    let excludes = excludes.collect();
    let mut locked = Vec::new();
    for (place, (name, version)) in project.locked.iter().enumerate() {
        let name = Name::parse(name).map_err(|error| error.to_string());
        let name = keep(name, || format!("locked[{place}].name"), &mut invalid);
        let version = parse_version(version).map_err(|error| error.to_string());
        let version = keep(version, || format!("locked[{place}].version"), &mut invalid);
        locked.extend(name.zip(version));
    }
    locked.sort();
    locked.dedup();
    let mut only_wheels = projects("only_binary", &policy.only_binary, &mut invalid);
    let mut only_sdists = projects("no_binary", &policy.no_binary, &mut invalid);
    leave_exceptions(&mut only_wheels, &only_sdists);
    leave_exceptions(&mut only_sdists, &only_wheels);
    let range = |text: &str| Specifiers::parse(text).map(Specifiers::in_one_order);
    let held = HeldTexts::read_all(&request.held, Name::parse, range, &mut invalid);
    let environment = environment(project, &mut invalid);
    match environment {
        Some(environment) if invalid.is_empty() => Ok(Problem {
            environment,
            requirements,
            constraints,
            overrides,
            excludes,
            locked,
            held,
            policy: Policy {
                strategy: policy.strategy,
                prereleases: policy.prereleases,
                prefers_held: false,
                before,
                only_wheels,
                only_sdists,
            },
        }),
        Some(_) | None => Err(Error::Invalid(invalid)),
    }
}

fn roots(list: &str, texts: &[RequirementText], invalid: &mut Vec<Invalid>) -> Vec<Root> {
    let mut roots = Vec::with_capacity(texts.len());
    for (place, written) in texts.iter().enumerate() {
        let field = || format!("{list}[{place}]");
        match Requirement::parse(&written.text) {
            Ok(Requirement { name, source: RequirementSource::Url(url), .. }) => {
                let reason = direct(&name, &url);
                invalid.push(Invalid { field: field(), column: None, reason });
            }
            Ok(requirement) => {
                if let Some(comparison) = requirement.marker.misread_version() {
                    let reason = format!(
                        "`{comparison}` compares a version with a text that is none, letter by \
                         letter: write one version, such as \"3.12\""
                    );
                    invalid.push(Invalid { field: field(), column: None, reason });
                }
                let requirement = requirement.in_one_order();
                roots.push(Root { requirement, hashes: order::hashes(&written.hashes) });
            }
            Err(error) => {
                let (column, reason) = (Some(error.column), error.reason);
                invalid.push(Invalid { field: field(), column, reason });
            }
        }
        for (hash_place, hash) in written.hashes.iter().enumerate() {
            if !hash.split_once(':').is_some_and(|(name, hex)| is_hash(name, hex)) {
                let reason =
                    format!("`{hash}` is not a hash such as `sha256:` with hexadecimal digits");
                let field = format!("{list}[{place}].hashes[{hash_place}]");
                invalid.push(Invalid { field, column: None, reason });
            }
        }
    }
    roots
}

/// Why a requirement from elsewhere than a registry is refused, and what to do instead. The URL itself
/// is not repeated: it may hold a secret.
fn direct(name: &Name, url: &str) -> String {
    let scheme = url.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let (origin, advice) = match scheme.split('+').next().unwrap_or_default() {
        "git" | "hg" | "svn" | "bzr" => (
            "a version control system",
            "require a released version, or publish that revision to a registry",
        ),
        "http" | "https" | "ftp" => (
            "an archive at a URL",
            "require a version that a registry has, or publish the archive to one",
        ),
        _ => {
            ("a local path", "resolve that project's own requirements, or publish it to a registry")
        }
    };
    format!("`{name}` is required from {origin}, for which no registry answers: {advice}")
}

/// Reads a list of projects whose files of one form alone may be chosen.
fn projects(list: &str, texts: &[String], invalid: &mut Vec<Invalid>) -> Projects {
    let mut projects = Projects::default();
    for (place, text) in texts.iter().enumerate() {
        if text == ALL_PACKAGES {
            projects.all = true;
            continue;
        }
        let name = Name::parse(text).map_err(|error| error.to_string());
        projects.names.extend(keep(name, || format!("policy.{list}[{place}]"), invalid));
    }
    projects
}

/// Leaves out the names that `:all:` says already: all but those that are in the opposite list too.
fn leave_exceptions(projects: &mut Projects, opposite: &Projects) {
    if projects.all {
        projects.names.retain(|name| opposite.names.contains(name));
    }
}

fn is_hash(name: &str, hex: &str) -> bool {
    !name.is_empty() && !hex.is_empty() && hex.bytes().all(|digit| digit.is_ascii_hexdigit())
}

fn environment(project: &PypiProject, invalid: &mut Vec<Invalid>) -> Option<Environment> {
    let texts = &project.environment;
    let python = Python::parse(&texts.python_version).map_err(|error| error.to_string());
    let python = keep(python, || "environment.python_version".to_owned(), invalid);
    let platform = Platform::parse(&texts.platform).map_err(|error| error.to_string());
    let platform = keep(platform, || "environment.platform".to_owned(), invalid);
    let (python, platform) = python.zip(platform)?;
    if texts.implementation == Implementation::FreeThreaded && python.minor() < FREE_THREADED {
        let reason = format!(
            "there is no build of Python {python} without the global lock: they begin with \
             3.{FREE_THREADED}"
        );
        let field = "environment.free_threaded".to_owned();
        invalid.push(Invalid { field, column: None, reason });
    }
    Some(Environment::of(texts.implementation, python, platform, texts.allow_sdists))
}

fn keep<T>(
    result: Result<T, String>,
    field: impl FnOnce() -> String,
    invalid: &mut Vec<Invalid>,
) -> Option<T> {
    result.map_err(|reason| invalid.push(Invalid { field: field(), column: None, reason })).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(project: &PypiProject) -> Vec<String> {
        let Err(Error::Invalid(invalid)) = read(project, &Request::default(), None) else {
            panic!("the request is malformed");
        };
        invalid.into_iter().map(|one| format!("{}: {}", one.field, one.reason)).collect()
    }

    #[test]
    fn what_no_registry_has_is_told_by_its_kind_and_without_its_address() {
        let text = |text: &str| RequirementText { text: text.to_owned(), ..Default::default() };
        let urls = ["https://u:p@host.example/x.zip", "git+ssh://git@host.example/x", "file:///x"];
        let request = PypiProject {
            requirements: urls.iter().map(|url| text(&format!("x @ {url}"))).collect(),
            constraints: vec![text("x @ git+https://u:p@host.example/x")],
            environment: crate::EnvironmentTexts {
                python_version: "3.12".to_owned(),
                platform: "linux".to_owned(),
                implementation: Implementation::FreeThreaded,
                ..Default::default()
            },
            ..PypiProject::default()
        };
        insta::assert_snapshot!(refused(&request).join("\n"));
    }

    #[test]
    fn every_text_that_cannot_be_understood_is_named() {
        let text =
            |text: &str| RequirementText { text: text.to_owned(), ..RequirementText::default() };
        let request = PypiProject {
            requirements: vec![
                text("flask"),
                text("flask>=3.1,2"),
                text("x @ https://host.example/x.zip"),
                text("y; sys_platform == 'linux' and python_version >= '3.x'"),
            ],
            excludes: vec!["-".to_owned()],
            locked: vec![("flask".to_owned(), "latest".to_owned())],
            ..PypiProject::default()
        };
        let Err(Error::Invalid(invalid)) = read(&request, &Request::default(), None) else {
            panic!("the request is malformed");
        };
        let fields: Vec<(&str, Option<usize>)> =
            invalid.iter().map(|invalid| (invalid.field.as_str(), invalid.column)).collect();
        assert_eq!(
            fields,
            [
                ("requirements[1]", Some(12)),
                ("requirements[2]", None),
                ("requirements[3]", None),
                ("excludes[0]", None),
                ("locked[0].version", None),
                ("environment.python_version", None),
                ("environment.platform", None),
            ]
        );
    }
}
