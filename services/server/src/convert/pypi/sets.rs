//! Which requirements are solved: those of the chosen dependency sets.
//!
//! In the project `app`, choosing `extra:all` with the requirements `extra:all app[test]` and
//! `extra:test pytest` solves `pytest`: a requirement of the project on itself is a reference to its
//! own extras, and never a package to install. One under a marker counts where the marker holds.

use std::collections::{BTreeMap, BTreeSet};

use ecosystems::pypi::{Environment, Marker, MarkerContext, Name, Requirement, RequirementSource};
use engine::RequirementText;

use crate::convert::faults::{Faults, Path};
use crate::errors::Reason;

/// A requirement of the project, with its dependency set [normalised].
#[derive(Clone, Debug)]
pub(super) struct Stated {
    /// Its place in the request's list.
    pub(super) place: usize,
    /// The requirement.
    pub(super) requirement: RequirementText,
}

/// The requirements that are solved.
#[derive(Debug, Default)]
pub(super) struct Selected {
    /// The requirements, in the request's order.
    pub(super) requirements: Vec<RequirementText>,
    /// The place of each of them in the request's list.
    pub(super) places: Vec<usize>,
}

/// A requirement of the project on itself.
struct Reference {
    /// The set that it stands in.
    from: String,
    /// The sets that it refers to.
    to: Vec<String>,
}

/// The name of a dependency set in its one spelling: empty for `main`, names as PEP 503 has them.
pub(super) fn normalised(set: &str) -> Result<String, String> {
    if matches!(set, "" | "main") {
        return Ok(String::new());
    }
    let (kind, name) = set.split_once(':').unwrap_or((set, ""));
    if !matches!(kind, "extra" | "group") {
        return Err("is none of `main`, `extra:NAME` and `group:NAME`".to_owned());
    }
    let name = Name::parse(name).map_err(|error| error.to_string())?;
    Ok(format!("{kind}:{name}"))
}

/// Leaves the requirements of the `chosen` sets, or of all sets if none are chosen.
///
/// Without an environment, since the request's cannot be read and is refused, no marker is evaluated.
pub(super) fn select(
    stated: Vec<Stated>,
    chosen: &[String],
    project: &str,
    environment: Option<&Environment>,
    faults: &mut Faults,
) -> Selected {
    let known: BTreeSet<String> =
        stated.iter().map(|one| one.requirement.dependency_set.clone()).collect();
    let chosen = read_chosen(chosen, &known, faults);
    let mut references = Vec::new();
    let mut others = Vec::with_capacity(stated.len());
    let project = Name::parse(project).ok();
    for one in stated {
        match project.as_ref().and_then(|project| reference(&one, project, faults)) {
            Some((reference, marker)) => {
                let holds = |environment| marker.holds(MarkerContext { environment, extras: &[] });
                if environment.is_none_or(holds) {
                    references.push(reference);
                }
            }
            None => others.push(one),
        }
    }
    let solved = match chosen {
        Some(chosen) => reached(chosen, &references),
        None => known,
    };
    let mut selected = Selected::default();
    for Stated { place, requirement } in others {
        if solved.contains(&requirement.dependency_set) {
            selected.requirements.push(requirement);
            selected.places.push(place);
        }
    }
    selected
}

/// Reads the chosen sets; `None` means all.
fn read_chosen(
    chosen: &[String],
    known: &BTreeSet<String>,
    faults: &mut Faults,
) -> Option<BTreeSet<String>> {
    let path = Path::ROOT.entry("projects", 0);
    if chosen.is_empty() || !faults.list(path.field("dependency_sets"), chosen) {
        return None;
    }
    let mut sets = BTreeSet::new();
    for (index, set) in chosen.iter().enumerate() {
        let path = path.entry("dependency_sets", index);
        faults.text(path, set);
        match normalised(set) {
            Ok(set) if known.contains(&set) => {
                sets.insert(set);
            }
            Ok(_) => faults.add(Reason::Contradictory, path, "no requirement is of this set"),
            Err(reason) => faults.add(Reason::Malformed, path, reason),
        }
    }
    Some(sets)
}

/// The reference that a requirement is, if it is one, and when it counts. Its name alone is looked at first, so that
/// other requirements are not read twice.
fn reference(stated: &Stated, project: &Name, faults: &mut Faults) -> Option<(Reference, Marker)> {
    let text = &stated.requirement.text;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let start = text.trim_start();
    let name = &start[..start.find(|c| !is_name(c)).unwrap_or(start.len())];
    if Name::parse(name).ok().as_ref() != Some(project) {
        return None;
    }
    let path = Path::ROOT.entry("projects", 0);
    let path = path.entry("requirements", stated.place);
    // What cannot be read, the engine tells, as for every other requirement.
    let read = Requirement::parse(text).ok()?;
    let plain = match &read.source {
        RequirementSource::Registry(specifiers) => specifiers.is_empty(),
        RequirementSource::Url(_) => false,
    };
    if !plain {
        let extras: Vec<String> = read.extras.iter().map(ToString::to_string).collect();
        let instead = match extras.as_slice() {
            [] => "remove it".to_owned(),
            extras => format!("write `{project}[{}]`", extras.join(",")),
        };
        let description =
            format!("a version or an address for `{project}`, the project itself ({instead})");
        faults.unsupported_if(true, path, &description);
    }
    let from = stated.requirement.dependency_set.clone();
    let to = read.extras.iter().map(|extra| format!("extra:{extra}")).collect();
    Some((Reference { from, to }, read.marker))
}

/// The sets that the chosen ones lead to.
fn reached(mut solved: BTreeSet<String>, references: &[Reference]) -> BTreeSet<String> {
    let mut by_set: BTreeMap<&str, Vec<&Reference>> = BTreeMap::new();
    for reference in references {
        by_set.entry(&reference.from).or_default().push(reference);
    }
    let mut waiting: Vec<String> = solved.iter().cloned().collect();
    while let Some(set) = waiting.pop() {
        for reference in by_set.get(set.as_str()).into_iter().flatten() {
            let new = reference.to.iter().filter(|to| solved.insert((*to).clone()));
            waiting.extend(new.cloned());
        }
    }
    solved
}

#[cfg(test)]
mod tests {
    use ecosystems::pypi::{Platform, Python};

    use super::*;

    /// Python 3.12 on Linux.
    fn linux() -> Environment {
        let python = Python::parse("3.12").expect("a version");
        Environment::new(python, Platform::parse("linux").expect("a platform"), false)
    }

    /// Selects from lines of a set and a requirement, and returns the requirements left, or the
    /// first fault.
    fn select_from(lines: &[(&str, &str)], chosen: &[&str]) -> Result<Vec<String>, String> {
        let mut faults = Faults::default();
        let stated = lines.iter().enumerate().map(|(place, (set, text))| Stated {
            place,
            requirement: RequirementText {
                text: (*text).to_owned(),
                hashes: Vec::new(),
                dependency_set: normalised(set).expect("the set is well formed"),
            },
        });
        let chosen: Vec<String> = chosen.iter().map(|&set| set.to_owned()).collect();
        let selected = select(stated.collect(), &chosen, "My.App", Some(&linux()), &mut faults);
        match faults.finish() {
            Ok(()) => Ok(selected.requirements.into_iter().map(|one| one.text).collect()),
            Err(refusal) => Err(format!(
                "{} {}",
                refusal.violations[0].reason.name(),
                refusal.violations[0].field
            )),
        }
    }

    const LINES: [(&str, &str); 6] = [
        ("", "flask"),
        ("extra:all", "my-app[Test, docs]"),
        ("extra:test", "pytest"),
        ("extra:docs", "sphinx"),
        ("group:lint", "ruff"),
        ("extra:odd", "my_app[docs]; python_version < '3'"),
    ];

    #[test]
    fn without_a_choice_all_sets_are_solved_and_references_are_no_packages() {
        let left = select_from(&LINES, &[]);
        assert_eq!(left, Ok(["flask", "pytest", "sphinx", "ruff"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn a_choice_follows_references_and_keeps_the_order() {
        let left = select_from(&LINES, &["extra:ALL", "main"]);
        assert_eq!(left, Ok(["flask", "pytest", "sphinx"].map(str::to_owned).to_vec()));
        assert_eq!(select_from(&LINES, &["group:lint"]), Ok(vec!["ruff".to_owned()]));
    }

    #[test]
    fn a_set_that_no_requirement_has_is_refused() {
        let refused = select_from(&LINES, &["extra:none"]);
        assert_eq!(refused, Err("CONTRADICTORY projects[0].dependency_sets[0]".to_owned()));
        let refused = select_from(&LINES, &["dev"]);
        assert_eq!(refused, Err("MALFORMED projects[0].dependency_sets[0]".to_owned()));
    }

    #[test]
    fn a_reference_under_a_marker_counts_where_the_marker_holds() {
        let lines = [
            ("extra:all", "my-app[new]; python_version >= '3.12'"),
            ("extra:all", "my-app[old]; python_version < '3.12'"),
            ("extra:new", "attrs"),
            ("extra:old", "six"),
        ];
        assert_eq!(select_from(&lines, &["extra:all"]), Ok(vec!["attrs".to_owned()]));
    }

    #[test]
    fn references_in_a_circle_end() {
        let lines = [("extra:a", "my-app[b]"), ("extra:b", "my-app[a]"), ("extra:b", "six")];
        assert_eq!(select_from(&lines, &["extra:a"]), Ok(vec!["six".to_owned()]));
    }
}
