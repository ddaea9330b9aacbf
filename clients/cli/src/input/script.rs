//! Scripts that state their own dependencies (PEP 723): `# /// script`, lines of TOML behind `# `, and
//! `# ///`.
//!
//! The block is found as the PEP's own expression finds it. Blocks of other types are not looked at.

use std::path::Path;
use std::sync::Arc;

use super::{
    Input, InputError, Problem, Selection, pyproject,
    source::{Place, Source},
};

const CLOSING: &str = "# ///";
const MARGIN: &str = "# ";

/// Reads the script at `path`.
pub fn read(path: &Path, selection: &Selection<'_>) -> Result<Input, InputError> {
    pyproject::read_script(&block(&Source::read(path)?)?, selection)
}

/// The TOML of a script's block, on the lines where it stands in the script.
fn block(source: &Arc<Source>) -> Result<Arc<Source>, InputError> {
    let lines: Vec<(usize, &str)> = source.lines().collect();
    let fault = |line: usize, problem| InputError::at(Place::new(source, lines[line].0), problem);
    let mut found: Option<(usize, usize)> = None;
    let mut line = 0;
    while line < lines.len() {
        let Some(kind) = opened(lines[line].1) else {
            line += 1;
            continue;
        };
        let is_content = |(_, text): &&(usize, &str)| *text == "#" || text.starts_with(MARGIN);
        let comments = lines[line + 1..].iter().take_while(is_content).count();
        // A block may hold its own closing line: the last one counts.
        let inside = &lines[line + 1..line + 1 + comments];
        let Some(length) = inside.iter().rposition(|(_, text)| *text == CLOSING) else {
            if kind == "script" {
                return Err(fault(line, Problem::OpenScriptBlock));
            }
            line += 1;
            continue;
        };
        if kind == "script" && found.replace((line, length)).is_some() {
            return Err(fault(line, Problem::TwoScriptBlocks));
        }
        line += length + 2;
    }
    let Some((opening, length)) = found else {
        return Err(Problem::NoScriptBlock { path: source.name().to_owned() }.into());
    };
    let mut text = "\n".repeat(opening + 1);
    for (_, line) in &lines[opening + 1..opening + 1 + length] {
        text.push_str(line.strip_prefix(MARGIN).unwrap_or_default());
        text.push('\n');
    }
    Ok(Source::within(source.name().to_owned(), text, MARGIN))
}

/// The type of the block that a line opens.
fn opened(line: &str) -> Option<&str> {
    let kind = line.strip_prefix("# /// ")?;
    let is_type = |character: char| character.is_ascii_alphanumeric() || character == '-';
    (!kind.is_empty() && kind.chars().all(is_type)).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use super::*;

    fn told_script(text: &str) -> String {
        told(&format!("-- tool.py\n{text}"), &Selection::default())
    }

    #[test]
    fn a_script_states_its_dependencies_in_a_block() {
        insta::assert_snapshot!(told_script(
            r#"#!/usr/bin/env python
"""What it does."""
# /// other
# not = TOML at all
# ///

# /// script
# requires-python = ">=3.11"
# dependencies = [
#   "requests<3",
#
#   "rich", # for people
# ]
#
# [tool.uv]
# prerelease = "allow"
# exclude-newer = "2025-12-01T00:00:00Z"
# ///
import requests
"#
        ));
    }

    #[test]
    fn what_is_wrong_with_a_block_is_told_with_its_line() {
        let report: Vec<String> = [
            "import os\n",
            "# /// script\n# dependencies = []\nimport os\n# ///\n",
            "# /// script\n# dependencies = []\n# ///\n\n# /// script\n# ///\n",
            "\n# /// script\n# dependencies = [\n#   \"flask\"\n#   \"rich\"\n# ]\n# ///\n",
            "# /// script\n# dependencies = [\"a @ git+https://u:p@git.example/a\"]\n# ///\n",
            "# /// script\n# dependencies = \"flask\"\n# ///\n",
            "# /// script\n# dependancies = [\"flask\"]\n# ///\n",
            "# /// script\n#dependencies = []\n# ///\n",
        ]
        .iter()
        .map(|text| format!("{text}\n{}", told_script(text)))
        .collect();
        insta::assert_snapshot!(report.join("\n----\n"));
    }
}
