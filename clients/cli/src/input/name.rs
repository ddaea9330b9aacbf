//! Names at the head of requirement texts.
//!
//! No rule about versions is known here. A name is looked for to tell three things that are the
//! client's to tell: a requirement on the project itself, one that a `[tool.uv.sources]` entry
//! redirects, and one that is no package of a registry at all.

use crate::input::{Problem, Stated};

/// The one spelling of a name, as PEP 503 has it: lower case, runs of `-`, `_` and `.` as one `-`.
pub fn normalize(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            other => normal.extend(other.to_lowercase()),
        }
    }
    normal
}

/// The name that a requirement begins with, as written. Empty if it begins with none.
pub fn leading(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(|character: char| !is_name(character)).unwrap_or(text.len());
    &text[..end]
}

/// Where a package is to come from, if not from a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// An archive at an address.
    Archive,
    /// A revision in a version control system.
    Revision,
    /// A file or folder of this machine.
    Local,
}

impl Origin {
    /// Tells where an address leads.
    fn of(address: &str) -> Self {
        let scheme = address.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let systems = ["git", "hg", "svn", "bzr"];
        let system = scheme.split('+').next().unwrap_or_default();
        if systems.contains(&system) {
            Self::Revision
        } else if scheme == "file" || !address.contains("://") {
            Self::Local
        } else {
            Self::Archive
        }
    }

    /// The kind of place, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Archive => "an archive at an address",
            Self::Revision => "a revision in a version control system",
            Self::Local => "a file or folder of this machine",
        }
    }

    /// What to do instead.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Archive => {
                "require a version, such as `name==1.2`, and publish the archive to a registry of the service"
            }
            Self::Revision => {
                "require a released version; or build that revision, and publish it to a registry of the service"
            }
            Self::Local => {
                "resolve its own `pyproject.toml`; or publish it to a registry of the service, and require a version"
            }
        }
    }
}

/// Refuses what no registry can answer: addresses, files and folders.
///
/// What else may be wrong with a requirement is for the service to say.
pub fn refuse_direct(stated: &Stated) -> Result<(), (usize, Problem)> {
    let text = stated.text.as_str();
    let name = leading(text);
    let rest = text[name.len()..].trim_start();
    let after_extras = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, after)| after.trim_start()),
        None => rest,
    };
    if let Some(address) = after_extras.strip_prefix('@') {
        let column = text[..text.len() - after_extras.len()].chars().count() + 1;
        let origin = Origin::of(address.trim_start());
        return Err((column, Problem::DirectReference { name: name.to_owned(), origin }));
    }
    let word = text.split([' ', '\t', ';']).next().unwrap_or_default();
    if word.contains("://") || word.starts_with("file:") {
        return Err((1, Problem::Address { origin: Origin::of(word) }));
    }
    let archive = [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|end| word.ends_with(end));
    if archive || word.starts_with(['.', '/', '\\', '~']) || word.contains(['/', '\\']) {
        return Err((1, Problem::LocalPath { path: word.to_owned() }));
    }
    Ok(())
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::source::{Anchor, Source};

    #[test]
    fn names_have_one_spelling() {
        for (written, normal) in
            [("Flask", "flask"), ("a.-_b", "a-b"), ("Zope.Interface", "zope-interface")]
        {
            assert_eq!(normalize(written), normal);
        }
        assert_eq!(leading("Flask[async]>=3"), "Flask");
        assert_eq!(leading("[x]"), "");
    }

    #[test]
    fn only_what_no_registry_has_is_refused() {
        let source = Source::new("a.in".into(), String::new());
        let refused = |text: &str| {
            let stated = Stated { text: text.into(), anchor: Anchor::start(&source, 0) };
            refuse_direct(&stated).err().map(|(column, problem)| format!("{column}: {problem}"))
        };
        for accepted in
            ["flask", "flask[a,b]>=3,<4", "flask ; extra == 'x@y/z'", "flask(>=1)", "é", "a!=1.*"]
        {
            assert_eq!(refused(accepted), None, "{accepted}");
        }
        let report: String = [
            "flask @ https://files.example/flask.whl",
            "flask[a, b]@git+https://git.example/flask",
            "flask @ file:///srv/flask",
            "flask @ ../flask",
            "git+ssh://git@git.example/flask.git#egg=flask",
            "file:../flask",
            "https://files.example/a.whl",
            "./downloads/a",
            "../a",
            "C:\\a",
            "folder/a",
            ".",
            "a-1.0-py3-none-any.whl ; python_version < '3'",
        ]
        .iter()
        .map(|text| format!("{text}\n  {}\n", refused(text).unwrap_or_else(|| "accepted".into())))
        .collect();
        insta::assert_snapshot!(report);
    }
}
