//! Held files: what the client has already, one `name range` per line.
//!
//! The range is in the ecosystem's own syntax, such as `==3.1.0` or `>=3,<4`, and goes to the
//! service unread. A name may occur on several lines. A `#` that begins a line or follows white space
//! starts a comment.
//!
//! Whoever picks from an answer without the service compares texts, so that the file says there exactly
//! which versions it means: `flask 3.1.0`, or `flask ==3.1.0`.

use std::{path::Path, sync::Arc};

use crate::input::{
    InputError, Problem, Stated,
    source::{Anchor, Place, Source},
};

/// One package of which the client holds versions.
#[derive(Clone, Debug)]
pub struct Held {
    /// The name.
    pub name: Stated,
    /// The held versions, as ranges. At least one.
    pub ranges: Vec<Stated>,
}

/// Reads the file at `path`. Packages keep the order in which the file names them first.
pub fn read(path: &Path) -> Result<Vec<Held>, InputError> {
    let source = Source::read(path)?;
    let mut all: Vec<Held> = Vec::new();
    for (offset, line) in source.lines() {
        let Some((name, range)) = package(&source, offset, line)? else { continue };
        match all.iter_mut().find(|held| held.name.text == name.text) {
            Some(held) => held.ranges.push(range),
            None => all.push(Held { name, ranges: vec![range] }),
        }
    }
    Ok(all)
}

/// One version of one package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The package's name.
    pub name: String,
    /// The version.
    pub version: String,
}

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spelling {
    /// Three numbers and what may follow them. Where one is missing, npm and cargo read a range.
    Three,
    /// Any word.
    Word,
}

/// Reads the file at `path`, each line of which names one version.
pub fn read_versions(path: &Path, spelling: Spelling) -> Result<Vec<Version>, InputError> {
    let source = Source::read(path)?;
    let mut versions = Vec::new();
    for (offset, line) in source.lines() {
        let content = without_comment(line);
        let text = content.trim_start();
        if text.is_empty() {
            continue;
        }
        match version(text, spelling) {
            Some(version) => versions.push(version),
            None => {
                let place = Place::new(&source, offset + content.len() - text.len());
                return Err(InputError::at(place, Problem::HeldRange { line: text.to_owned() }));
            }
        }
    }
    Ok(versions)
}

/// Reads `name version`, with or without equals signs between them.
fn version(line: &str, spelling: Spelling) -> Option<Version> {
    let end = line.find(|character: char| character.is_whitespace() || character == '=')?;
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start();
    let signs = rest.len() - rest.trim_start_matches('=').len();
    let version = rest[signs..].trim_start();
    let is_word = !version.is_empty()
        && version.chars().all(|character| {
            character.is_alphanumeric() || matches!(character, '.' | '-' | '+' | '_' | '!')
        });
    let is_one = is_word && (spelling == Spelling::Word || has_three_numbers(version));
    let is_name = !name.is_empty()
        && name.chars().all(|character| {
            character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | '@' | '/')
        });
    (is_name && is_one && signs <= 3)
        .then(|| Version { name: name.to_owned(), version: version.to_owned() })
}

fn has_three_numbers(version: &str) -> bool {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let mut numbers = core.split('.');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    numbers.clone().count() == 3 && numbers.all(is_number)
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    let comment = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
    line[..comment.unwrap_or(line.len())].trim_end()
}

fn package(
    source: &Arc<Source>,
    offset: usize,
    line: &str,
) -> Result<Option<(Stated, Stated)>, InputError> {
    let line = without_comment(line);
    let name = line.trim_start();
    if name.is_empty() {
        return Ok(None);
    }
    let start = line.len() - name.len();
    let Some(end) = name.find(char::is_whitespace) else {
        let place = Place::new(source, offset + start);
        return Err(InputError::at(place, Problem::HeldWithoutRange { name: name.to_owned() }));
    };
    let range = name[end..].trim_start();
    let stated = |at: usize, text: &str| Stated {
        text: text.to_owned(),
        anchor: Anchor::verbatim(source, offset + at, text),
    };
    Ok(Some((stated(start, &name[..end]), stated(line.len() - range.len(), range))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_ranges() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held.txt");
        std::fs::write(
            &path,
            "# have\nflask ==3.1.0 # here\n\n jinja2\t>=3, <4\nflask ==3.0.0\r\n",
        )
        .unwrap();
        let all = read(&path).unwrap();
        let told: Vec<_> = all
            .iter()
            .map(|held| {
                let ranges: Vec<_> = held.ranges.iter().map(|range| range.text.as_str()).collect();
                (held.name.text.as_str(), ranges)
            })
            .collect();
        assert_eq!(told, [("flask", vec!["==3.1.0", "==3.0.0"]), ("jinja2", vec![">=3, <4"])]);
        assert!(all[1].ranges[0].anchor.place_of(4).to_string().ends_with("held.txt:4:12"));
    }

    #[test]
    fn a_name_alone_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held.txt");
        std::fs::write(&path, "\n flask\n").unwrap();
        let error = read(&path).unwrap_err();
        assert_eq!(error.to_string(), "`flask` stands without its versions");
        assert!(error.place.unwrap().to_string().ends_with("held.txt:2:2"));
    }

    #[test]
    fn a_line_names_one_version() {
        for (line, spelling, told) in [
            ("flask 3.1.0", Spelling::Word, Some(("flask", "3.1.0"))),
            ("Flask ==3.1.0", Spelling::Word, Some(("Flask", "3.1.0"))),
            ("flask==1!3.1.post1+local", Spelling::Word, Some(("flask", "1!3.1.post1+local"))),
            ("flask === 3.1", Spelling::Word, Some(("flask", "3.1"))),
            ("syn =2.0.1-rc.1+meta", Spelling::Three, Some(("syn", "2.0.1-rc.1+meta"))),
            ("@types/node\t20.1.0", Spelling::Three, Some(("@types/node", "20.1.0"))),
            ("flask >=3", Spelling::Word, None),
            ("flask ==3.*", Spelling::Word, None),
            ("flask ==3,!=3.1", Spelling::Word, None),
            ("flask ==3 ==4", Spelling::Word, None),
            ("flask>=3", Spelling::Word, None),
            ("flask==", Spelling::Word, None),
            ("==3", Spelling::Word, None),
            ("flask", Spelling::Word, None),
            // A range in cargo, and in npm.
            ("syn =2.0", Spelling::Three, None),
            ("syn 2", Spelling::Three, None),
            ("syn 2.0.x", Spelling::Three, None),
            ("syn ^2.0.1", Spelling::Three, None),
            ("syn latest", Spelling::Three, None),
        ] {
            let read = version(line, spelling);
            let read = read.as_ref().map(|read| (read.name.as_str(), read.version.as_str()));
            assert_eq!(read, told, "{line}");
        }
    }

    #[test]
    fn a_range_among_versions_is_refused_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("held.txt");
        std::fs::write(&path, "# have\nflask 3.1.0 # here\n\n  jinja2 >=3 # or newer\n").unwrap();
        let error = read_versions(&path, Spelling::Word).unwrap_err();
        assert_eq!(error.to_string(), "`jinja2 >=3` does not name one version");
        assert!(error.place.unwrap().to_string().ends_with("held.txt:4:3"));
    }
}
