//! `pyproject.toml`: the project's dependencies, its extras and its dependency groups.
//!
//! `project.dependencies` is always read, `project.optional-dependencies` and `dependency-groups`
//! as far as they are chosen. Extras that are not chosen travel along, unsolved, when a requirement
//! names the project itself: `app[test]` in the project `app` means its own extra.
//!
//! `project.requires-python` is kept for a note and never compared: the answer is for the Python that
//! the command line names.

mod groups;
mod uv;

use std::path::Path;
use std::sync::Arc;

use self::groups::Groups;
use crate::input::{
    Input, InputError, Problem, Requirement, Selection,
    name::{leading, normalize, refuse_direct},
    node::{self, Node},
    source::{Place, Source},
};

/// Reads the file at `path`.
pub fn read(path: &Path, selection: &Selection<'_>) -> Result<Input, InputError> {
    let source = Source::read(path)?;
    let value = node::parse(&source)
        .map_err(|(start, problem)| InputError::at(Place::new(&source, start), problem))?;
    let document = Node::document(&source, &value);
    let mut input = Input::default();
    let extras = match document.find(&["project"])? {
        Some(project) => Some(read_project(&project, source.name(), selection, &mut input)?),
        None if selection.groups.is_empty() || asks_for_extras(selection) => {
            return Err(Problem::NoProject { path: source.name().to_owned() }.into());
        }
        None => None,
    };
    let groups = Groups::new(source.name().to_owned(), &document)?;
    for name in distinct(selection.groups) {
        input.requirements.extend(groups.requirements(name)?);
    }
    if let Some(extras) = extras
        && input.requirements.iter().any(|requirement| is_about(requirement, &input.name))
    {
        extras.send_along(&mut input)?;
    }
    uv::apply(&document, selection, &mut input)?;
    refuse_direct_references(&input)?;
    Ok(input)
}

/// Reads the TOML in a script's block (PEP 723).
pub(super) fn read_script(
    source: &Arc<Source>,
    selection: &Selection<'_>,
) -> Result<Input, InputError> {
    let value = node::parse(source)
        .map_err(|(start, problem)| InputError::at(Place::new(source, start), problem))?;
    let document = Node::document(source, &value);
    let mut input = Input::default();
    for (key, node) in document.entries()? {
        match key {
            "dependencies" => {
                let stated = node.texts()?.into_iter();
                input.requirements.extend(stated.map(|stated| Requirement::new(stated, "")));
            }
            "requires-python" => input.requires_python = Some(node.text()?),
            "tool" => {}
            _ => {
                let advice = "a script states `dependencies`, `requires-python` and `[tool]`";
                return Err(node.key_fault(Problem::KeyRefused { key: node.key.clone(), advice }));
            }
        }
    }
    uv::apply(&document, selection, &mut input)?;
    refuse_direct_references(&input)?;
    Ok(input)
}

fn refuse_direct_references(input: &Input) -> Result<(), InputError> {
    for requirement in input.requirements.iter().chain(&input.constraints).chain(&input.overrides) {
        refuse_direct(&requirement.stated).map_err(|(column, problem)| {
            InputError::at(requirement.stated.anchor.place_of(column), problem)
        })?;
    }
    Ok(())
}

/// Reads `[project]`, and hands back its extras with those that are chosen.
fn read_project<'a>(
    project: &Node<'a>,
    path: &'a str,
    selection: &Selection<'_>,
    input: &mut Input,
) -> Result<Extras<'a>, InputError> {
    refuse_dynamic(project, selection)?;
    if let Some(name) = project.find(&["name"])? {
        input.name = name.text()?.text;
    }
    if let Some(requires_python) = project.find(&["requires-python"])? {
        input.requires_python = Some(requires_python.text()?);
    }
    if let Some(dependencies) = project.find(&["dependencies"])? {
        let main = dependencies.texts()?.into_iter().map(|stated| Requirement::new(stated, ""));
        input.requirements.extend(main);
    }
    let mut extras = Extras::new(path, project)?;
    extras.choose(selection)?;
    for index in &extras.chosen {
        input.requirements.extend(extras.requirements(*index)?);
    }
    Ok(extras)
}

/// The optional dependencies of a project, under their normalised names.
struct Extras<'a> {
    path: &'a str,
    extras: Vec<(String, Node<'a>)>,
    /// The indexes of those that the command line chooses, in its order.
    chosen: Vec<usize>,
}

impl<'a> Extras<'a> {
    fn new(path: &'a str, project: &Node<'a>) -> Result<Self, InputError> {
        let entries = match project.find(&["optional-dependencies"])? {
            Some(table) => table.entries()?,
            None => Vec::new(),
        };
        let mut extras: Vec<(String, Node<'a>)> = Vec::new();
        for (name, node) in entries {
            let normal = normalize(name);
            if let Some((_, other)) = extras.iter().find(|(known, _)| *known == normal) {
                let other = other.name().to_owned();
                return Err(node.key_fault(Problem::TwiceNamed { name: name.to_owned(), other }));
            }
            extras.push((normal, node));
        }
        Ok(Self { path, extras, chosen: Vec::new() })
    }

    fn choose(&mut self, selection: &Selection<'_>) -> Result<(), InputError> {
        if selection.all_extras {
            self.chosen = (0..self.extras.len()).collect();
            return Ok(());
        }
        for name in distinct(selection.extras) {
            let normal = normalize(name);
            let found = self.extras.iter().position(|(known, _)| *known == normal);
            self.chosen.push(found.ok_or_else(|| self.unknown(name))?);
        }
        Ok(())
    }

    fn requirements(&self, index: usize) -> Result<Vec<Requirement>, InputError> {
        let (name, node) = &self.extras[index];
        let set = format!("extra:{name}");
        Ok(node.texts()?.into_iter().map(|stated| Requirement::new(stated, &set)).collect())
    }

    /// Adds the extras that were not chosen, so that requirements on the project itself can reach
    /// them, and names the sets that are to be solved: those that occur before.
    fn send_along(&self, input: &mut Input) -> Result<(), InputError> {
        let mut solved: Vec<String> = Vec::new();
        for requirement in &input.requirements {
            let set = match requirement.dependency_set.as_str() {
                "" => "main",
                named => named,
            };
            if !solved.iter().any(|known| known == set) {
                solved.push(set.to_owned());
            }
        }
        let before = input.requirements.len();
        for index in (0..self.extras.len()).filter(|index| !self.chosen.contains(index)) {
            input.requirements.extend(self.requirements(index)?);
        }
        if input.requirements.len() > before {
            input.dependency_sets = solved;
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> Problem {
        let known: Vec<_> =
            self.extras.iter().map(|(_, node)| format!("`{}`", node.name())).collect();
        Problem::NoExtra {
            name: name.to_owned(),
            path: self.path.to_owned(),
            known: known.join(", "),
        }
    }
}

/// Dependencies that only a build could tell are refused, as far as they are asked for.
fn refuse_dynamic(project: &Node<'_>, selection: &Selection<'_>) -> Result<(), InputError> {
    let Some(dynamic) = project.find(&["dynamic"])? else { return Ok(()) };
    for item in dynamic.items()? {
        let key = match item.text()?.text.as_str() {
            "dependencies" => "project.dependencies",
            "optional-dependencies" if asks_for_extras(selection) => {
                "project.optional-dependencies"
            }
            _ => continue,
        };
        return Err(item.fault(Problem::Dynamic { key }));
    }
    Ok(())
}

fn asks_for_extras(selection: &Selection<'_>) -> bool {
    selection.all_extras || !selection.extras.is_empty()
}

/// Whether a requirement is on the project itself.
fn is_about(requirement: &Requirement, project: &str) -> bool {
    !project.is_empty() && normalize(leading(&requirement.stated.text)) == normalize(project)
}

/// The names without those that were given before in another spelling.
fn distinct(names: &[String]) -> impl Iterator<Item = &str> {
    names
        .iter()
        .enumerate()
        .filter(|(index, name)| {
            !names[..*index].iter().any(|earlier| normalize(earlier) == normalize(name))
        })
        .map(|(_, name)| name.as_str())
}

#[cfg(test)]
mod tests;
