//! Why versions cannot be chosen at all, whatever else is.

use super::{Obstacle, alternatives, count};

/// So many reasons in others' words are told where they differ.
const MOST_REASONS: usize = 3;

/// What bars versions from being chosen. Versions with equal bars are told of together, and what
/// differs between them, such as the Python that each requires, is the details of each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Bar {
    pub(crate) obstacle: Obstacle,
    /// Words that stand behind the names of several versions, and before the details.
    before: String,
    /// Words behind the details.
    after: String,
    /// Whether the details are somebody else's words, which stand in brackets.
    quotes: bool,
}

impl Bar {
    pub(crate) fn new(obstacle: Obstacle, words: impl Into<String>) -> Self {
        Self { obstacle, before: words.into(), after: String::new(), quotes: false }
    }

    /// The bar with words behind the details.
    pub(crate) fn followed_by(self, after: impl Into<String>) -> Self {
        Self { after: after.into(), ..self }
    }

    /// A bar whose details are others' words: reasons that differ make no further bars, of which a
    /// registry could fill any number.
    pub(crate) fn quoting(obstacle: Obstacle, words: impl Into<String>) -> Self {
        Self { quotes: true, ..Self::new(obstacle, words) }
    }

    /// The words for several versions.
    pub(crate) fn text(&self, details: &[String]) -> String {
        match details {
            [] => self.before.clone(),
            details if self.quotes => {
                let told = details.iter().take(MOST_REASONS).map(String::as_str);
                let told = told.collect::<Vec<_>>().join("; ");
                match details.len().saturating_sub(MOST_REASONS) {
                    0 => format!("{} ({told})", self.before),
                    more => format!("{} ({told}; and {})", self.before, count(more, "more reason")),
                }
            }
            details => format!("{} {}{}", self.before, alternatives(details), self.after),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_differ_make_one_bar_and_few_words() {
        let bar = Bar::quoting(Obstacle::Yanked, "are yanked");
        let told = |count: usize| {
            bar.text(&(1..=count).map(|number| format!("reason {number}")).collect::<Vec<_>>())
        };
        assert_eq!(told(0), "are yanked");
        assert_eq!(told(1), "are yanked (reason 1)");
        assert_eq!(told(3), "are yanked (reason 1; reason 2; reason 3)");
        assert_eq!(told(5), "are yanked (reason 1; reason 2; reason 3; and 2 more reasons)");
    }
}
