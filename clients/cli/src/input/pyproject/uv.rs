//! uv's own settings, as far as they change the answer.
//!
//! What the contract has a field for is passed on. What it has none for is refused, unless the
//! command line decides the matter anyway. Groups are chosen on the command line alone, so that
//! `default-groups` has no say. Settings about syncing, building, publishing and
//! universal locks do not change the answer for one environment and are not looked at; nor is
//! `tool.uv.pip`, which is about uv's own commands.

use proto::v1::{PrereleaseMode, Strategy};

use crate::input::node::Node;
use crate::input::{
    Input, InputError, Pin, Problem, Requirement, Selection, Setting, Stated,
    name::{leading, normalize},
};

/// What excuses a setting that is not passed on.
#[derive(Clone, Copy)]
enum Unless {
    /// Nothing does.
    Never,
    /// The registries are named on the command line.
    Registries,
    /// The dependency group `dev` is not chosen.
    NoDevGroup,
    /// None of the dependency groups that it is about is chosen.
    OtherGroups,
}

const CONFIGURED: &str =
    "registries are configured at the service; name them with `--registry NAME`";

/// The settings that change the answer and are not passed on.
const REFUSED: [(&str, &str, Unless); 10] = [
    ("index", CONFIGURED, Unless::Registries),
    ("index-url", CONFIGURED, Unless::Registries),
    ("extra-index-url", CONFIGURED, Unless::Registries),
    ("index-strategy", CONFIGURED, Unless::Registries),
    ("find-links", CONFIGURED, Unless::Registries),
    ("no-index", CONFIGURED, Unless::Registries),
    (
        "dependency-groups",
        "the answer is for the Python that `--python` names; remove the entry of the group",
        Unless::OtherGroups,
    ),
    ("dev-dependencies", "move them to `dependency-groups.dev`", Unless::NoDevGroup),
    (
        "exclude-newer-package",
        "give one cut-off for all packages with `--before` or `--minimum-age`, and remove the key",
        Unless::Never,
    ),
    (
        "dependency-metadata",
        "supply the document with `--metadata FILE`, and remove the entry",
        Unless::Never,
    ),
];

/// Applies `[tool.uv]` to what was read so far.
pub(super) fn apply(
    document: &Node<'_>,
    selection: &Selection<'_>,
    input: &mut Input,
) -> Result<(), InputError> {
    let Some(uv) = document.find(&["tool", "uv"])? else { return Ok(()) };
    for (key, node) in uv.entries()? {
        refuse(key, &node, selection)?;
        match key {
            "sources" => pin_sources(&node, input)?,
            "constraint-dependencies" => input.constraints.extend(requirements(&node)?),
            "override-dependencies" => input.overrides.extend(requirements(&node)?),
            "exclude-dependencies" => input.excludes.extend(node.texts()?),
            "no-build" => input.only_binary.extend(every_project(&node)?),
            "no-build-package" => input.only_binary.extend(node.texts()?),
            "no-binary" => input.no_binary.extend(every_project(&node)?),
            "no-binary-package" => input.no_binary.extend(node.texts()?),
            "prerelease" => input.prereleases = Some(prerelease(&node)?),
            "resolution" => input.strategy = Some(resolution(&node)?),
            "exclude-newer" if !selection.decided.before => input.before = Some(cut_off(&node)?),
            _ => {}
        }
    }
    Ok(())
}

fn refuse(key: &str, node: &Node<'_>, selection: &Selection<'_>) -> Result<(), InputError> {
    let Some((_, advice, unless)) = REFUSED.iter().find(|(name, ..)| *name == key) else {
        return Ok(());
    };
    let is_chosen =
        |name: &str| selection.groups.iter().any(|group| normalize(group) == normalize(name));
    let excused = match unless {
        Unless::Never => false,
        Unless::Registries if key == "index" => selection.decided.registries || are_explicit(node)?,
        Unless::Registries => selection.decided.registries,
        Unless::NoDevGroup => !is_chosen("dev"),
        Unless::OtherGroups => !node.entries()?.iter().any(|(group, _)| is_chosen(group)),
    };
    if excused {
        return Ok(());
    }
    Err(node.key_fault(Problem::KeyRefused { key: node.key.clone(), advice }))
}

/// A source changes the answer if a requirement that is solved names its package. One that names an
/// index alone pins the package to the registry of that name.
fn pin_sources(node: &Node<'_>, input: &mut Input) -> Result<(), InputError> {
    for (name, source) in node.entries()? {
        let normal = normalize(name);
        let mut stated =
            input.requirements.iter().chain(&input.constraints).chain(&input.overrides);
        if !stated.any(|requirement| normalize(leading(&requirement.stated.text)) == normal) {
            continue;
        }
        match index_of(&source)? {
            Some(registry) => input.pins.push(Pin { package: name.to_owned(), registry }),
            None => {
                let advice = "packages come from registries only, by `{ index = \"NAME\" }` or \
                              `--registry-for`; remove the entry, or the requirement";
                let key = source.key.clone();
                return Err(source.key_fault(Problem::KeyRefused { key, advice }));
            }
        }
    }
    Ok(())
}

/// The index of a source that says nothing else.
fn index_of(source: &Node<'_>) -> Result<Option<Stated>, InputError> {
    if !source.is_table() {
        return Ok(None);
    }
    match source.entries()?.as_slice() {
        [("index", index)] => Ok(Some(index.text()?)),
        _ => Ok(None),
    }
}

/// Whether all of `[[tool.uv.index]]` are asked only for packages whose sources name them: those
/// registries are found by their names.
fn are_explicit(node: &Node<'_>) -> Result<bool, InputError> {
    for index in node.items()? {
        let explicit = if index.is_table() { index.find(&["explicit"])? } else { None };
        if !explicit.map_or(Ok(false), |explicit| explicit.switch())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn requirements(node: &Node<'_>) -> Result<Vec<Requirement>, InputError> {
    Ok(node.texts()?.into_iter().map(|stated| Requirement::new(stated, "")).collect())
}

/// A switch for all projects.
fn every_project(node: &Node<'_>) -> Result<Option<Stated>, InputError> {
    let all = Stated { text: ":all:".to_owned(), anchor: node.anchor() };
    Ok(node.switch()?.then_some(all))
}

fn prerelease(node: &Node<'_>) -> Result<Setting<PrereleaseMode>, InputError> {
    let stated = node.text()?;
    let value = match stated.text.as_str() {
        "disallow" => PrereleaseMode::Disallow,
        "allow" => PrereleaseMode::Allow,
        "if-necessary" => PrereleaseMode::IfNecessary,
        "explicit" => PrereleaseMode::Explicit,
        "if-necessary-or-explicit" => PrereleaseMode::Unspecified,
        _ => return Err(wrong(node, stated, "choose with `--prereleases`, and remove the key")),
    };
    Ok(Setting { value, anchor: stated.anchor })
}

fn resolution(node: &Node<'_>) -> Result<Setting<Strategy>, InputError> {
    let stated = node.text()?;
    let value = match stated.text.as_str() {
        "highest" => Strategy::Highest,
        "lowest" => Strategy::Lowest,
        "lowest-direct" => Strategy::LowestDirect,
        _ => return Err(wrong(node, stated, "choose with `--strategy`, and remove the key")),
    };
    Ok(Setting { value, anchor: stated.anchor })
}

fn cut_off(node: &Node<'_>) -> Result<Setting<jiff::Timestamp>, InputError> {
    let stated = node.text()?;
    match stated.text.parse() {
        Ok(value) => Ok(Setting { value, anchor: stated.anchor }),
        Err(_) => Err(wrong(
            node,
            stated,
            "give an instant with `--before`, such as `--before 2025-12-01T00:00:00Z`, or an age with \
             `--minimum-age`, such as `--minimum-age 7d`",
        )),
    }
}

fn wrong(node: &Node<'_>, stated: Stated, advice: &'static str) -> InputError {
    node.fault(Problem::WrongValue { key: node.key.clone(), value: stated.text, advice })
}
