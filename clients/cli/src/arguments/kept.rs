//! The commands about an answer that was kept in a file. They ask nobody.

use std::path::PathBuf;

use clap::Args;

use super::Format;

const VERIFY_EXAMPLES: &str = "\
EXAMPLES
  An answer that was kept:
      qm resolve requirements.in --format json > answer.json
      qm verify answer.json

WHAT IS CHECKED
  That every pick of one acceptable version per package is what the answer claims it to be: each
  edge of each acceptable version leads to a package of the answer, and every acceptable version of
  that package is among those that the answer lists as admitted by the edge. Texts are compared,
  and nothing else: whether a list of admitted versions is true to its range, registries alone know.

EXIT STATUS
  0  the answer holds        2  the file is no answer, or one without what a check needs
  1  it does not";

/// `qm verify`.
#[derive(Args, Debug)]
#[command(after_long_help = VERIFY_EXAMPLES, after_help = "`qm verify --help` tells what is checked.")]
pub struct Verify {
    /// The answer, as `qm resolve --format json` prints it; `-` for stdin.
    #[arg(value_name = "ANSWER")]
    pub answer: PathBuf,
}

const PICK_EXAMPLES: &str = "\
EXAMPLES
  What to keep and what to download where these are there already (lines such as `flask 3.1.0`):
      qm pick answer.json --held installed.txt

  The versions that this comes to, as lines `name version` for programs:
      qm pick answer.json --held installed.txt --format pins

HOW IT CHOOSES
  For each package, the best of its acceptable versions that is held, else the chosen one. What
  these do not need is left out. Versions are held that the file names, and those that the answer
  itself says are, since the service was told of them.

EXIT STATUS
  0  picked        2  a file is faulty, or is no answer to pick from";

/// `qm pick`.
#[derive(Args, Debug)]
#[command(after_long_help = PICK_EXAMPLES, after_help = "`qm pick --help` has examples.")]
pub struct Pick {
    /// The answer, as `qm resolve --format json` prints it; `-` for stdin.
    #[arg(value_name = "ANSWER")]
    pub answer: PathBuf,

    /// What is there already: a file with lines `name version`, such as `flask 3.1.0`.
    #[arg(long, value_name = "FILE")]
    pub held: Option<PathBuf>,

    /// What to print: `text` for people, `pins` as lines `name version`, `json` for programs.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}
