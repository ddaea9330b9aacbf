//! A solution for people: what to install, from where, and what it took.

use proto::v1::{
    Edge, MemberPick, Package, ProjectAnswer, RegistryGroup, Solution, Statistics, package::Details,
};

use crate::print::{
    look::{Look, safe, width},
    took,
};

/// Whether the request said what the client holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// It did: what is not held is new.
    Known,
    /// It did, and asked that it be kept, even where there is something newer.
    Preferred,
    /// It did not.
    Unknown,
}

/// How a solution is told.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Whether packages are marked as held or new.
    pub held: Held,
    /// The look of stdout.
    pub look: Look,
}

/// Tells one solved project.
pub fn text(
    answer: &ProjectAnswer,
    solution: &Solution,
    statistics: Option<&Statistics>,
    manner: Manner,
) -> String {
    let look = manner.look;
    let mut lines = Vec::new();
    let columns = Columns::of(solution, manner.held);
    if solution.members.len() > 1 {
        lines.push(look.strong("members"));
        lines.extend(
            solution.members.iter().map(|member| member_row(member, solution, &columns, look)),
        );
        lines.push(String::new());
    }
    for group in &solution.groups {
        lines.push(heading(group, look));
        lines.extend(group.packages.iter().map(|package| row(package, solution, &columns, manner)));
        lines.push(String::new());
    }
    lines.extend(answer.warnings.iter().map(|warning| told_warning(&warning.text, look)));
    let packages: Vec<&Package> =
        solution.groups.iter().flat_map(|group| &group.packages).collect();
    lines.extend(took::behind(&packages, manner.held).map(|line| look.wrap("", &line)));
    let summary = took::summary(&packages, manner.held, statistics);
    lines.extend(summary.into_iter().map(|line| look.wrap("", &safe(&line))));
    lines.join("\n") + "\n"
}

/// One warning, with its label.
pub fn told_warning(text: &str, look: Look) -> String {
    look.wrap(&look.alert("warning: "), &safe(text))
}

/// The widths of the columns, over all groups.
struct Columns {
    name: usize,
    version: usize,
    choice: usize,
    mark: usize,
}

impl Columns {
    fn of(solution: &Solution, held: Held) -> Self {
        let mut columns = Self { name: 0, version: 0, choice: 0, mark: 0 };
        for member in solution.members.iter().filter(|_| solution.members.len() > 1) {
            columns.name = columns.name.max(width(&safe(&member.name)));
            columns.version = columns.version.max(width(&safe(&member.version)));
        }
        for package in solution.groups.iter().flat_map(|group| &group.packages) {
            columns.name = columns.name.max(width(&name(package)));
            columns.version = columns.version.max(width(&safe(&package.version)));
            columns.choice = columns.choice.max(choice(package).len());
            columns.mark = columns.mark.max(mark(package, held).len());
        }
        columns
    }
}

/// A registry, and where clients reach it.
pub fn heading(group: &RegistryGroup, look: Look) -> String {
    let registry = look.strong(&safe(&group.registry));
    match group.public_url.as_str() {
        "" => registry,
        url => format!("{registry} {}", look.faint(&safe(url))),
    }
}

fn row(package: &Package, solution: &Solution, columns: &Columns, manner: Manner) -> String {
    let look = manner.look;
    let name = pad(&name(package), columns.name);
    let version = pad(&safe(&package.version), columns.version);
    let mark = mark(package, manner.held);
    let painted = match (package.yanked, package.held) {
        (true, _) => look.alert(&mark),
        (false, true) => look.faint(&mark),
        (false, false) => look.fresh(&mark),
    };
    let choice = choice(package);
    let choice = look.faint(&choice) + &gap(&choice, columns.choice);
    let gap = gap(&mark, columns.mark);
    let told: Vec<_> = [place(package), via(package, solution)].into_iter().flatten().collect();
    let told = look.faint(&safe(&told.join(", ")));
    let row = format!("  {name}  {version}  {choice}{painted}{gap}{told}");
    row.trim_end().to_owned()
}

/// What stands between a text of a column and the next column. A column that nothing stands in takes no
/// room.
fn gap(text: &str, widest: usize) -> String {
    match widest {
        0 => String::new(),
        widest => " ".repeat(widest - text.len() + 2),
    }
}

/// How many versions are acceptable, where there is a choice.
fn choice(package: &Package) -> String {
    match package.acceptable_versions.len() {
        0 | 1 => String::new(),
        count => format!("1 of {count}"),
    }
}

/// The package that another lies beneath, where npm has put it deeper than at the top.
fn place(package: &Package) -> Option<String> {
    let Some(Details::Npm(npm)) = &package.details else { return None };
    let (around, _) = npm.location.rsplit_once("/node_modules/")?;
    let around = around.rsplit_once("node_modules/").map_or(around, |(_, name)| name);
    Some(format!("beneath {around}"))
}

/// A package of the project's own, and who among the others needs it.
fn member_row(member: &MemberPick, solution: &Solution, columns: &Columns, look: Look) -> String {
    let name = pad(&safe(&member.name), columns.name);
    let version = pad(&safe(&member.version), columns.version);
    let edges = told_edges(&member.slot, solution);
    let via = if edges.is_empty() { String::new() } else { format!("via {edges}") };
    format!("  {name}  {version}  {}", look.faint(&safe(&via))).trim_end().to_owned()
}

/// The name, with the extras that are active, or with the alias that it is installed under.
fn name(package: &Package) -> String {
    match &package.details {
        Some(Details::Pypi(pypi)) if !pypi.extras.is_empty() => {
            safe(&format!("{}[{}]", package.name, pypi.extras.join(",")))
        }
        Some(Details::Npm(npm)) if !npm.alias.is_empty() => {
            safe(&format!("{} as {}", package.name, npm.alias))
        }
        _ => safe(&package.name),
    }
}

/// What there is to notice about a package.
fn mark(package: &Package, held: Held) -> String {
    let possession = match (held, package.held) {
        (Held::Known | Held::Preferred, true) => "held",
        (Held::Known | Held::Preferred, false) => "new",
        (Held::Unknown, _) => "",
    };
    let host = match &package.details {
        Some(Details::Cargo(cargo)) if cargo.for_host && !cargo.for_target => "host",
        _ => "",
    };
    let yanked = if package.yanked { "yanked" } else { "" };
    let marks: Vec<_> =
        [possession, host, yanked].into_iter().filter(|mark| !mark.is_empty()).collect();
    marks.join(", ")
}

/// The project's own requirements on a package.
fn via(package: &Package, solution: &Solution) -> Option<String> {
    if !package.direct {
        return None;
    }
    let told = told_edges(&package.slot, solution);
    let told = if told.is_empty() { "the project".to_owned() } else { told };
    Some(format!("via {told}"))
}

/// The project's own requirements on a slot, each once. Where there are several members, with theirs.
fn told_edges(slot: &str, solution: &Solution) -> String {
    let mut told: Vec<String> = Vec::new();
    for edge in solution.root_edges.iter().filter(|edge| edge.target == slot) {
        let member = match edge.member.as_str() {
            member if solution.members.len() > 1 && !member.is_empty() => format!("{member}: "),
            _ => String::new(),
        };
        let line = format!("{member}{}{}", edge.requirement, conditions(edge));
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told.join(", ")
}

/// What a requirement is for, and on which platform. Where there are no members, as in PyPI, a
/// requirement says the latter itself.
fn conditions(edge: &Edge) -> String {
    let set = match edge.dependency_set.as_str() {
        "" | "main" => "",
        set => set,
    };
    let platform = if edge.member.is_empty() { "" } else { &edge.marker };
    let both: Vec<_> = [set, platform].into_iter().filter(|part| !part.is_empty()).collect();
    if both.is_empty() { String::new() } else { format!(" ({})", both.join(", ")) }
}

fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}
