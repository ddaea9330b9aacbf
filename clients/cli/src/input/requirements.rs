//! Requirements files, as pip reads them.
//!
//! `-r` reads another file as a part of this one, `-c` reads one for constraints; both are relative
//! to the file that says so. A file may be included several times, though never by itself.
//!
//! Where pip and uv read the same text differently, it is refused: `-r` within a constraints file,
//! and a comment that ends with `\`.

mod lines;
mod options;

use std::path::{Component, Path, PathBuf};

use proto::v1::PrereleaseMode;

use self::{
    lines::LogicalLine,
    options::{GivenOption, Meaning},
};
use crate::input::{
    Input, InputError, Problem, Requirement, Setting, Stated,
    name::refuse_direct,
    source::{Place, Source, masked},
};

/// How deep files may include files.
const MAX_DEPTH: usize = 32;

/// How many files may take part. Without it, few files that include each other twice read forever.
const MAX_FILES: usize = 1000;

/// Reads `path` and all that it includes.
pub fn read(path: &Path) -> Result<Input, InputError> {
    let mut reader = Reader { input: Input::default(), open: Vec::new(), files: 0 };
    reader.file(path, Role::Requirements, None)?;
    Ok(reader.input)
}

/// What the requirements of a file are taken for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Requirements,
    Constraints,
}

/// What was read so far.
struct Reader {
    input: Input,
    /// The files that are being read, the outermost first: as opened, and as compared.
    open: Vec<(String, PathBuf)>,
    files: usize,
}

impl Reader {
    /// Reads one file, which the line at `included_at` asks for.
    fn file(
        &mut self,
        path: &Path,
        role: Role,
        included_at: Option<&Place>,
    ) -> Result<(), InputError> {
        let placed = |problem| InputError { place: included_at.cloned(), problem };
        self.files += 1;
        if self.files > MAX_FILES {
            return Err(placed(Problem::IncludeCount { limit: MAX_FILES }));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(placed(Problem::IncludeDepth { limit: MAX_DEPTH }));
        }
        let identity = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if let Some(first) = self.open.iter().position(|(_, open)| *open == identity) {
            return Err(placed(self.cycle(path, first)));
        }
        let source = Source::read(path).map_err(|error| placed(error.problem))?;
        self.open.push((source.name().to_owned(), identity));
        for line in lines::logical(&source)? {
            self.line(path, role, &line)?;
        }
        self.open.pop();
        Ok(())
    }

    fn line(&mut self, path: &Path, role: Role, line: &LogicalLine) -> Result<(), InputError> {
        let (requirement, given) = options::split(line)?;
        match requirement {
            Some(stated) => self.requirement(role, stated, given),
            None => {
                given.iter().try_for_each(|option| self.option(path, role, option, given.len()))
            }
        }
    }

    /// Takes a requirement with the hashes behind it.
    fn requirement(
        &mut self,
        role: Role,
        stated: Stated,
        given: Vec<GivenOption>,
    ) -> Result<(), InputError> {
        refuse_direct(&stated)
            .map_err(|(column, problem)| InputError::at(stated.anchor.place_of(column), problem))?;
        let mut requirement = Requirement::new(stated, "");
        for option in given {
            if option.meaning != Meaning::Hash {
                let problem = Problem::OptionMisplaced { option: option.word.text };
                return Err(InputError::at(option.word.anchor.place(), problem));
            }
            requirement.hashes.push(option.value);
        }
        match role {
            Role::Requirements => self.input.requirements.push(requirement),
            Role::Constraints => self.input.constraints.push(requirement),
        }
        Ok(())
    }

    /// Does what one option on a line of its own says.
    fn option(
        &mut self,
        path: &Path,
        role: Role,
        option: &GivenOption,
        on_line: usize,
    ) -> Result<(), InputError> {
        let place = option.word.anchor.place();
        match option.meaning {
            Meaning::Requirements | Meaning::Constraints if on_line > 1 => {
                Err(InputError::at(place, Problem::SharedLine { option: option.word.text.clone() }))
            }
            Meaning::Requirements if role == Role::Constraints => {
                Err(InputError::at(place, Problem::RequirementsInConstraints))
            }
            Meaning::Requirements => self.include(path, Role::Requirements, &option.value),
            Meaning::Constraints => self.include(path, Role::Constraints, &option.value),
            Meaning::Hash => {
                let option = option.word.text.clone();
                Err(InputError::at(
                    place,
                    Problem::OptionRefused {
                        option,
                        advice: "it belongs behind a requirement, on the same line",
                    },
                ))
            }
            Meaning::Pre => {
                let anchor = option.word.anchor.clone();
                self.input.prereleases = Some(Setting { value: PrereleaseMode::Allow, anchor });
                Ok(())
            }
            Meaning::OnlyBinary => {
                self.input.choose_wheels(&option.value);
                Ok(())
            }
            Meaning::NoBinary => {
                self.input.choose_sdists(&option.value);
                Ok(())
            }
            Meaning::Refused(advice) => {
                let option = option.word.text.clone();
                Err(InputError::at(place, Problem::OptionRefused { option, advice }))
            }
        }
    }

    fn include(&mut self, from: &Path, role: Role, target: &Stated) -> Result<(), InputError> {
        let place = target.anchor.place();
        if target.text.contains("://") || target.text.starts_with("file:") {
            let address = masked(&target.text);
            return Err(InputError::at(place, Problem::IncludeByAddress { address }));
        }
        let folder = from.parent().unwrap_or(Path::new(""));
        self.file(&tidy(&folder.join(&target.text)), role, Some(&place))
    }

    fn cycle(&self, path: &Path, first: usize) -> Problem {
        let path = path.display().to_string();
        let mut chain: Vec<String> =
            self.open[first..].iter().map(|(name, _)| format!("`{name}`")).collect();
        chain.push(format!("`{path}`"));
        Problem::IncludeCycle { path, chain: chain.join(" → ") }
    }
}

/// Drops `.` parts of a path, so that messages show `base.in` and not `./base.in`.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests;
