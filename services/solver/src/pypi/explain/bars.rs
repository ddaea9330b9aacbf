//! Why a version cannot be chosen at all, in words.

use ecosystems::pypi::{Environment, File, Implementation, Misfit, Release, Yanked};
use pubgrub::VersionSet;

use super::super::candidates::Verdict;
use super::super::requirements::Origin;
use super::super::rules::{PypiRules, SlotKind, Unavailable, Variant};
use super::super::universe::NameId;
use super::project;
use crate::conflict::{Bar, Node, Obstacle, quoted};

/// The longest part of an owner's words on a withdrawn version that is told.
const LONGEST_REASON: usize = 100;

/// The bar of a version, with its details; none if nothing bars it.
pub(super) fn bar(rules: &PypiRules<'_>, node: Node, version: u32) -> Option<(Bar, Vec<String>)> {
    if let Some(verdict) = rules.verdict(project(node), version)
        && verdict != Verdict::Candidate
    {
        let listing = rules.package(project(node))?.listing.as_ref()?;
        return Some(verdict_bar(rules, verdict, &listing.releases[version as usize]));
    }
    let kind =
        SlotKind::Real(Variant { extra: node.part.map(NameId), ..Variant::plain(project(node)) });
    if !rules.has_read(project(node), version) {
        return None;
    }
    let own = rules.active(kind, version).unwrap_or_default();
    let mut own = own.iter().filter(|active| {
        active.target == project(node) && !matches!(active.origin, Origin::Constraint(_))
    });
    if own.any(|active| !rules.positions(active).contains(&version)) {
        let words = "require another version of themselves";
        return Some((Bar::new(Obstacle::Metadata, words), Vec::new()));
    }
    Some(match rules.unavailable_needs(kind, version)? {
        Unavailable::Python => {
            let needs = rules.package(project(node))?.needs(version)?;
            let python = rules.universe.specifiers(needs.requires_python?);
            python_bar(rules, vec![python.to_string()])
        }
        Unavailable::Url(name) => {
            let words = format!("require `{name}` from a URL, for which no registry answers");
            (Bar::new(Obstacle::Metadata, words), Vec::new())
        }
        Unavailable::Unreadable(reason) => {
            (Bar::quoting(Obstacle::Metadata, "have metadata that cannot be read"), vec![reason])
        }
    })
}

fn verdict_bar(rules: &PypiRules<'_>, verdict: Verdict, release: &Release) -> (Bar, Vec<String>) {
    let Some((obstacle, words)) = plain(verdict) else {
        if verdict == Verdict::Platform {
            return platform_bar(rules, release);
        }
        let required = release.files.iter().filter_map(|file| file.requires_python.as_ref());
        let barring = required.filter(|python| !rules.problem.environment.admits(python));
        return python_bar(rules, barring.map(ToString::to_string).collect());
    };
    if verdict == Verdict::Yanked {
        let bar = Bar::quoting(obstacle, words);
        return (bar, yank_reason(&release.files).into_iter().collect());
    }
    let is_silent = release.files.iter().all(|file| file.uploaded_at.is_none());
    let words = match verdict {
        Verdict::TooNew if is_silent => {
            "do not say when they were published, which a cut-off asks for"
        }
        _ => words,
    };
    (Bar::new(obstacle, words), Vec::new())
}

/// What a verdict says of versions; none where the words depend on the version.
pub(in super::super) fn plain(verdict: Verdict) -> Option<(Obstacle, &'static str)> {
    Some(match verdict {
        Verdict::Candidate | Verdict::SdistOnly => {
            (Obstacle::Build, "have no wheel, only source distributions, which are not admitted")
        }
        Verdict::WheelOnly => {
            (Obstacle::Build, "have no source distribution, and wheels are not admitted")
        }
        Verdict::Prerelease => (Obstacle::Prerelease, "are pre-releases, which are not allowed"),
        Verdict::Quarantined => (Obstacle::Quarantined, "are quarantined by the registry"),
        Verdict::TooNew => (Obstacle::CutOff, "were not published before the cut-off"),
        Verdict::Yanked => (Obstacle::Yanked, "are yanked"),
        Verdict::Hash => (Obstacle::Hash, "have no file with one of the hashes given"),
        Verdict::Python | Verdict::Platform => return None,
    })
}

fn python_bar(rules: &PypiRules<'_>, mut required: Vec<String>) -> (Bar, Vec<String>) {
    required.sort_unstable();
    required.dedup();
    let required = required.iter().map(|python| quoted(format!("Python{python}")));
    let after = format!(", but your Python is {}", rules.problem.environment.python());
    let bar = Bar::new(Obstacle::Runtime, "require").followed_by(after);
    (bar, required.collect())
}

/// Tells which tags are in the way: of the wheel that comes nearest to running.
fn platform_bar(rules: &PypiRules<'_>, release: &Release) -> (Bar, Vec<String>) {
    let environment = &rules.problem.environment;
    let misfits = || release.files.iter().filter_map(|file| environment.misfit(file));
    let nearest = misfits().map(|(misfit, _)| misfit).max().unwrap_or(Misfit::Platform);
    let here = match nearest {
        Misfit::Python => interpreter_text(environment),
        Misfit::Abi => format!("the ABI of {}", interpreter_text(environment)),
        Misfit::Platform => environment.platform().to_string(),
    };
    let mut tags: Vec<String> = Vec::new();
    for (_, misfits) in misfits().filter(|(misfit, _)| *misfit == nearest) {
        for tag in misfits.split('.') {
            if !tags.iter().any(|known| known == tag) {
                tags.push(tag.to_owned());
            }
        }
    }
    let before = format!("have no wheel for {here}, only for");
    (Bar::new(Obstacle::Platform, before), tags)
}

/// The interpreter, with the tag that wheels for it have.
fn interpreter_text(environment: &Environment) -> String {
    let minor = environment.python().minor();
    match environment.implementation() {
        Implementation::CPython => format!("CPython 3.{minor} (cp3{minor})"),
        Implementation::FreeThreaded => {
            format!("CPython 3.{minor} without the global lock (cp3{minor}t)")
        }
        Implementation::PyPy => format!("PyPy 3.{minor} (pp3{minor})"),
    }
}

/// The owner's reason, on one line and cut, where one is given.
fn yank_reason(files: &[File]) -> Option<String> {
    let reason = files.iter().find_map(|file| match &file.yanked {
        Yanked::Yes(reason) if !reason.trim().is_empty() => Some(reason),
        Yanked::Yes(_) | Yanked::No => None,
    });
    let words: Vec<&str> = reason?.split_whitespace().collect();
    Some(words.join(" ").chars().take(LONGEST_REASON).collect())
}

#[cfg(test)]
mod tests {
    use ecosystems::pypi::{Listing, Name, Platform, ProjectStatus, Python, RawFile};

    use super::*;

    #[test]
    fn the_interpreter_is_named_as_its_wheels_name_it() {
        let told = |implementation| {
            let python = Python::parse("3.14").expect("a version of Python");
            let platform = Platform::parse("linux").expect("a platform");
            interpreter_text(&Environment::of(implementation, python, platform, false))
        };
        assert_eq!(told(Implementation::CPython), "CPython 3.14 (cp314)");
        assert_eq!(
            told(Implementation::FreeThreaded),
            "CPython 3.14 without the global lock (cp314t)"
        );
        assert_eq!(told(Implementation::PyPy), "PyPy 3.14 (pp314)");
    }

    #[test]
    fn the_owners_reason_is_told_on_one_line_and_cut() {
        let told = |reason: &str| {
            let filename = "web-1.0-py3-none-any.whl".to_owned();
            let yanked = Yanked::Yes(reason.into());
            let file = RawFile { filename, yanked, ..RawFile::default() };
            let name = Name::parse("web").expect("a name");
            let listing = Listing::from_files(name, vec![file], ProjectStatus::Active);
            yank_reason(&listing.releases[0].files)
        };
        assert_eq!(told(" "), None);
        assert_eq!(told("breaks\n on  Windows").as_deref(), Some("breaks on Windows"));
        assert_eq!(told(&"x".repeat(1000)).map(|reason| reason.len()), Some(LONGEST_REASON));
    }
}
