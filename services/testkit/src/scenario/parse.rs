//! Reading the text of a scenario.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ecosystems::Timestamp;
use ecosystems::pypi::{Environment, Name, Platform, Python, Requirement, Specifiers, Version};
use solver::pypi::{Policy, Prereleases, Problem, Root};
use solver::{Held, Strategy};

use super::world::{Known, Project, Release, World};
use super::{Expected, Scenario};

/// Why the text is no scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// The file.
    pub place: PathBuf,
    /// The line, counted from 1; 0 for the file as a whole.
    pub line: usize,
    /// What is wrong there.
    pub reason: String,
}

impl std::fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}: {}", self.place.display(), self.line, self.reason)
    }
}

impl std::error::Error for ScenarioError {}

/// What is wrong in a line, before it is known in which.
type Read<T> = Result<T, String>;

/// A line with its number.
type Line<'a> = (usize, &'a str);

/// A section: the words behind `--`, and the lines below.
struct Section<'a> {
    line: usize,
    title: &'a str,
    lines: Vec<Line<'a>>,
}

pub(super) fn scenario(text: &str, place: &Path) -> Result<Scenario, ScenarioError> {
    let at =
        |line: usize| move |reason: String| ScenarioError { place: place.to_owned(), line, reason };
    let (title, sections) = sections(text);
    let mut world = None;
    let mut problem = None;
    let mut expected = None;
    for section in &sections {
        let (kind, rest) = section.title.split_once(' ').unwrap_or((section.title, ""));
        match kind {
            "Universe" => world = Some(read_world(section).map_err(|(line, why)| at(line)(why))?),
            "Problem" => {
                let read = read_problem(rest, section).map_err(|(line, why)| at(line)(why))?;
                problem = Some(read);
            }
            _ => {
                let read = read_expected(section, expected.take()).map_err(at(section.line))?;
                expected = Some(read);
            }
        }
    }
    let missing = |what: &str| at(0)(format!("there is no `-- {what}`"));
    if title.is_empty() {
        return Err(at(1)("a scenario begins with its idea, in a sentence".to_owned()));
    }
    Ok(Scenario {
        title,
        world: world.ok_or_else(|| missing("Universe"))?,
        problem: problem.ok_or_else(|| missing("Problem"))?,
        expected: expected.ok_or_else(|| missing("Exact"))?,
    })
}

fn sections(text: &str) -> (String, Vec<Section<'_>>) {
    let mut title: Vec<&str> = Vec::new();
    let mut sections: Vec<Section<'_>> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some(title) = line.strip_prefix("-- ") {
            sections.push(Section { line: number, title: title.trim(), lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            if !line.trim().is_empty() {
                section.lines.push((number, line.trim_end()));
            }
        } else {
            title.push(line.trim());
        }
    }
    (title.join(" ").trim().to_owned(), sections)
}

fn read_world(section: &Section<'_>) -> Result<World, (usize, String)> {
    let mut world = World::default();
    for (number, line) in &section.lines {
        read_world_line(line, &mut world).map_err(|reason| (*number, reason))?;
    }
    Ok(world)
}

fn read_world_line(line: &str, world: &mut World) -> Read<()> {
    let indent = line.len() - line.trim_start().len();
    let mut statements = line.trim().split("  ").map(str::trim).filter(|part| !part.is_empty());
    let first = statements.next().unwrap_or_default();
    if indent == 0 {
        let mut project = Project::new(name(first)?);
        for statement in statements {
            match statement {
                "quarantined" => project.is_quarantined = true,
                _ => return Err(format!("`{statement}` says nothing of a project")),
            }
        }
        if world.project(&project.name).is_some() {
            return Err(format!("`{}` is there twice", project.name));
        }
        world.projects.push(project);
        return Ok(());
    }
    let project = world.projects.last_mut().ok_or("a version without a project")?;
    if indent == 4 {
        project.releases.push(Release::new(version(first)?));
    }
    let release = project.releases.last_mut().ok_or("a statement without a version")?;
    if indent > 4 {
        read_statement(first, release)?;
    }
    statements.try_for_each(|statement| read_statement(statement, release))
}

fn read_statement(statement: &str, release: &mut Release) -> Read<()> {
    let (verb, rest) = statement.split_once(' ').unwrap_or((statement, ""));
    match (verb, rest.trim()) {
        ("requires", rest) => match rest.strip_prefix("python ") {
            Some(python) => release.requires_python = Some(python.trim().to_owned()),
            None => release.requires.extend(requirements(rest)),
        },
        ("extras", rest) => {
            let extras: Read<Vec<Name>> = rest.split(',').map(|text| name(text.trim())).collect();
            release.extras.extend(extras?);
        }
        ("yanked", "") => release.is_yanked = true,
        ("sdist", "only") => release.is_sdist_only = true,
        ("wheel", tags) if !tags.is_empty() => release.wheels.push(tags.to_owned()),
        ("uploaded", at) => {
            Timestamp::parse(at).map_err(|error| error.to_string())?;
            release.uploaded = Some(at.to_owned());
        }
        ("hash", hash) if hash.contains(':') => release.hashes.push(hash.to_owned()),
        ("unreadable", reason) => release.metadata = Known::Unreadable(reason.to_owned()),
        ("unknown", "") => release.metadata = Known::Unknown,
        _ => return Err(format!("`{statement}` says nothing of a version")),
    }
    Ok(())
}

/// Splits at `;`. What holds a quote is the marker of the requirement before it.
fn requirements(text: &str) -> Vec<String> {
    let mut requirements: Vec<String> = Vec::new();
    for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        match requirements.last_mut().filter(|_| part.contains(['"', '\''])) {
            Some(last) => {
                last.push_str("; ");
                last.push_str(part);
            }
            None => requirements.push(part.to_owned()),
        }
    }
    requirements
}

fn read_problem(settings: &str, section: &Section<'_>) -> Result<Problem, (usize, String)> {
    let mut problem = read_settings(settings).map_err(|reason| (section.line, reason))?;
    for (number, line) in &section.lines {
        read_problem_line(line.trim(), &mut problem).map_err(|reason| (*number, reason))?;
    }
    Ok(problem)
}

fn read_settings(settings: &str) -> Read<Problem> {
    let mut settings = settings.split(',').map(str::trim);
    if settings.next() != Some("pypi") {
        return Err("a problem names its ecosystem first: `pypi`".to_owned());
    }
    let (mut python, mut platform, mut sdists) = ("3.12", "linux", false);
    let mut policy = Policy::default();
    for setting in settings {
        let (key, value) = setting.split_once(' ').unwrap_or((setting, ""));
        match (key, value.trim()) {
            ("python", value) => python = value,
            ("platform", value) => platform = value,
            ("sdists", "") => sdists = true,
            ("before", value) => {
                policy.before = Some(Timestamp::parse(value).map_err(|error| error.to_string())?);
            }
            ("strategy", "highest") => policy.strategy = Strategy::Highest,
            ("strategy", "lowest") => policy.strategy = Strategy::Lowest,
            ("strategy", "lowest-direct") => policy.strategy = Strategy::LowestDirect,
            ("prereleases", "disallow") => policy.prereleases = Prereleases::Disallow,
            ("prereleases", "if-necessary") => policy.prereleases = Prereleases::IfNecessary,
            ("prereleases", "explicit") => policy.prereleases = Prereleases::Explicit,
            ("prereleases", "allow") => policy.prereleases = Prereleases::Allow,
            ("held", "preferred") => policy.prefers_held = true,
            _ => return Err(format!("`{setting}` is no setting of a problem")),
        }
    }
    let python = Python::parse(python).map_err(|error| error.to_string())?;
    let platform = Platform::parse(platform).map_err(|error| error.to_string())?;
    Ok(Problem {
        environment: Environment::new(python, platform, sdists),
        requirements: Vec::new(),
        constraints: Vec::new(),
        overrides: Vec::new(),
        excludes: BTreeSet::new(),
        locked: Vec::new(),
        held: Held::default(),
        policy,
    })
}

fn read_problem_line(line: &str, problem: &mut Problem) -> Read<()> {
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match verb {
        "constraint" => problem.constraints.push(root(rest)?),
        "override" => problem.overrides.push(root(rest)?),
        "exclude" => {
            problem.excludes.insert(name(rest.trim())?);
        }
        "locked" => {
            let (locked, at) = rest.trim().split_once(' ').ok_or("write `locked NAME VERSION`")?;
            problem.locked.push((name(locked)?, version(at.trim())?));
        }
        "held" => {
            let (held, range) = rest.trim().split_once(' ').ok_or("write `held NAME RANGE`")?;
            let range = Specifiers::parse(range.trim()).map_err(|error| error.to_string())?;
            problem.held.insert(name(held)?, range);
        }
        _ => problem.requirements.push(root(line)?),
    }
    Ok(())
}

fn root(text: &str) -> Read<Root> {
    let mut parts = text.trim().split("  ").map(str::trim).filter(|part| !part.is_empty());
    let requirement = parts.next().unwrap_or_default();
    let requirement = Requirement::parse(requirement).map_err(|error| error.to_string())?;
    let hash = |part: &str| match part.strip_prefix("hash ") {
        Some(hash) => Ok(hash.trim().to_owned()),
        None => Err(format!("`{part}` says nothing of a requirement")),
    };
    Ok(Root { requirement, hashes: parts.map(hash).collect::<Read<_>>()? })
}

fn read_expected(section: &Section<'_>, before: Option<Expected>) -> Read<Expected> {
    let lines = section.lines.iter().map(|(_, line)| line.trim().to_owned());
    let mut lines: Vec<String> = lines.collect();
    match (section.title, before) {
        ("Exact", None) => {
            lines.sort();
            Ok(Expected::Exact { picks: lines, unknown_extras: None })
        }
        ("Unknown extras", Some(Expected::Exact { picks, unknown_extras: None })) => {
            lines.sort();
            Ok(Expected::Exact { picks, unknown_extras: Some(lines) })
        }
        ("Conflict", None) if lines == ["?"] => Ok(Expected::Conflict(Vec::new())),
        ("Conflict", None) if !lines.is_empty() => Ok(Expected::Conflict(lines)),
        ("Missing", None) => {
            lines.sort();
            Ok(Expected::Missing(lines))
        }
        (title, _) => Err(format!("`-- {title}` has no place here, or nothing below it")),
    }
}

fn name(text: &str) -> Read<Name> {
    Name::parse(text).map_err(|error| error.to_string())
}

fn version(text: &str) -> Read<Version> {
    text.parse().map_err(|error| format!("`{text}` is not a version: {error}"))
}
