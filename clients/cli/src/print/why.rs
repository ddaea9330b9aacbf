//! Why a package is in an answer, or why it is not.

use proto::v1::{
    DependencyPath, DependencyPaths, Edge, ExplainResponse, explain_response::Explanation,
};

use crate::{
    print::{
        Exit, Page,
        look::{Look, safe, width},
        outcome,
        took::counted,
    },
    request::Origins,
};

/// Tells an explanation. What it means that there is none to be had is told as a conflict is.
pub fn page(
    response: &ExplainResponse,
    package: &str,
    origins: &Origins,
    (stdout, stderr): (Look, Look),
) -> Page {
    match &response.explanation {
        Some(Explanation::Present(present)) => told(paths(present, package, stdout)),
        Some(Explanation::NotChosen(text)) => told(stdout.wrap("", &safe(text)) + "\n"),
        Some(Explanation::Impossible(conflict)) => Page {
            stdout: String::new(),
            stderr: outcome::conflict(conflict, origins, stderr),
            exit: Exit::Unsolvable,
        },
        None => {
            Page { stdout: String::new(), stderr: outcome::newer(stderr), exit: Exit::NoAnswer }
        }
    }
}

fn told(stdout: String) -> Page {
    Page { stdout, stderr: String::new(), exit: Exit::Solved }
}

/// The ways to a package, each from the project's own requirement to the one that names the package.
fn paths(present: &DependencyPaths, package: &str, look: Look) -> String {
    let count = counted(present.paths.len(), "way");
    let verb = if present.paths.len() == 1 { "leads" } else { "lead" };
    let least = if present.truncated { "at least " } else { "" };
    let package = safe(package);
    let mut lines = vec![look.strong(&format!("{least}{count} {verb} to `{package}`"))];
    lines.extend(present.paths.iter().map(|path| way(path, look)));
    lines.join("\n") + "\n"
}

/// One way, as the requirements on it. A requirement stays on one line, and what a line has no room for
/// stands beneath it, further in.
fn way(path: &DependencyPath, look: Look) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (at, edge) in path.edges.iter().enumerate() {
        let arrow = if at + 1 < path.edges.len() { " →" } else { "" };
        let step = safe(&format!("{}{arrow}", step(edge)));
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(&step) <= look.width => {
                line.push(' ');
                line.push_str(&step);
            }
            Some(_) => lines.push(format!("      {step}")),
            None => lines.push(format!("  {step}")),
        }
    }
    lines.join("\n")
}

/// A requirement, with the member that has it and with what it is for.
fn step(edge: &Edge) -> String {
    let requirement = if edge.requirement.is_empty() { &edge.target } else { &edge.requirement };
    let set = match edge.dependency_set.as_str() {
        "" | "main" => String::new(),
        set => format!(" ({set})"),
    };
    let member = match edge.member.as_str() {
        "" => String::new(),
        member => format!("{member}: "),
    };
    format!("{member}{requirement}{set}")
}

#[cfg(test)]
mod tests;
