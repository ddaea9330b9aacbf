//! Held files: what the client has already, one `name range` per line.
//!
//! The range is in the ecosystem's own syntax, such as `==3.1.0` or `>=3,<4`, and goes to the
//! service unread. A name may occur on several lines. A `#` that begins a line or follows white space
//! starts a comment.

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

fn package(
    source: &Arc<Source>,
    offset: usize,
    line: &str,
) -> Result<Option<(Stated, Stated)>, InputError> {
    let comment = line
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
    let line = line[..comment.unwrap_or(line.len())].trim_end();
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
}
