//! Why nothing meets all requirements: facts, what follows from them, and the words for it.

mod bar;
mod core;
mod narrate;
mod proof;
mod told;
mod words;

use std::fmt;

pub(crate) use self::bar::Bar;
pub(crate) use self::core::{Core, Node, Requirement};
pub(crate) use self::narrate::{narrate, singular};
pub(crate) use self::proof::prove;
pub(crate) use self::told::Told;
pub(crate) use self::words::{alternatives, count, join, quoted, versions};

/// A proof that no choice of versions meets all requirements.
///
/// Every fact is one of the universe or of the problem; every sentence follows from the facts and
/// the earlier sentences that it names. The last one says that the problem has no solution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conflict {
    /// The proof, a step at a time.
    pub sentences: Vec<Sentence>,
    /// What it rests on.
    pub facts: Vec<Fact>,
    /// The user's requirements that take part, by their places in the problem's list; of cargo in those
    /// of all members, one after the other.
    pub requirements: Vec<usize>,
}

/// One step of a proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence with its final stop, names and requirements in backticks.
    pub text: String,
    /// Places of the earlier sentences that it follows from.
    pub premises: Vec<usize>,
    /// Places of the facts that it follows from.
    pub facts: Vec<usize>,
}

/// Something that is so, whatever is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// Versions of a package require something.
    Requirement {
        /// Who requires; `None` for the user.
        package: Option<String>,
        /// In which versions, in words.
        versions: String,
        /// The requirement as stated.
        requirement: String,
        /// What is required.
        target: String,
        /// Which versions of it; empty for any.
        range: String,
        /// For the user's own, the place in the problem's list.
        origin: UserText,
    },
    /// No registry has the package.
    Missing {
        /// The package.
        package: String,
    },
    /// No version that is published lies in the range.
    NoVersion {
        /// The package.
        package: String,
        /// The range.
        range: String,
    },
    /// Versions that cannot be chosen.
    Unavailable {
        /// The package.
        package: String,
        /// The versions, in words.
        versions: String,
        /// Why.
        reason: Obstacle,
        /// Why, in words that end a sentence.
        text: String,
    },
}

/// Which of the user's texts a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserText {
    /// None.
    None,
    /// A requirement, by its place. Of cargo those of all members count, in the order of the members.
    Requirement(usize),
    /// A constraint, by its place.
    Constraint(usize),
}

/// Why a version cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// It is for another version of the interpreter.
    Runtime,
    /// None of its files runs on the platform.
    Platform,
    /// It would have to be built.
    Build,
    /// It is withdrawn.
    Yanked,
    /// It was published after the cut-off.
    CutOff,
    /// It is a pre-release, and none are wanted.
    Prerelease,
    /// No file has a hash that the user gave.
    Hash,
    /// What it needs cannot be read, or cannot be had from a registry.
    Metadata,
    /// The project is quarantined.
    Quarantined,
    /// It lacks a feature that is asked for.
    Feature,
    /// It links a native library that something else links.
    Links,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, sentence) in self.sentences.iter().enumerate() {
            if place > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&sentence.text)?;
        }
        Ok(())
    }
}
