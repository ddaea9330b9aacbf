//! How text looks: its colours and its width.

use console::{Style, Term};

/// What the place that is printed to can show.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether it shows colours.
    pub colours: bool,
    /// Its width in columns.
    pub width: usize,
}

/// The width where there is no terminal, and the most that is used of a wide one: longer lines are
/// hard to read.
const WIDEST: usize = 100;

/// The least width that sentences are wrapped to.
const NARROWEST: usize = 20;

impl Look {
    /// Without colours, in lines of a hundred columns: for files and pipes.
    pub const PLAIN: Self = Self { colours: false, width: WIDEST };

    /// The look of stdout.
    pub fn of_stdout() -> Self {
        Self::of(&Term::stdout(), console::colors_enabled())
    }

    /// The look of stderr.
    pub fn of_stderr() -> Self {
        Self::of(&Term::stderr(), console::colors_enabled_stderr())
    }

    fn of(terminal: &Term, colours: bool) -> Self {
        match terminal.size_checked() {
            Some((_, columns)) => {
                let width = usize::from(columns).clamp(NARROWEST, WIDEST);
                Self { colours, width }
            }
            None => Self::PLAIN,
        }
    }

    /// A heading.
    pub fn strong(self, text: &str) -> String {
        self.paint(text, &Style::new().bold())
    }

    /// Something of less weight.
    pub fn faint(self, text: &str) -> String {
        self.paint(text, &Style::new().dim())
    }

    /// Something that is new.
    pub fn fresh(self, text: &str) -> String {
        self.paint(text, &Style::new().green())
    }

    /// Something to look at.
    pub fn alert(self, text: &str) -> String {
        self.paint(text, &Style::new().yellow())
    }

    /// The label of a hint.
    pub fn label(self, text: &str) -> String {
        self.paint(text, &Style::new().cyan())
    }

    fn paint(self, text: &str, style: &Style) -> String {
        style.apply_to(text).force_styling(self.colours).to_string()
    }

    /// Wraps a sentence. `first` stands before its first line, blanks of the same width before the
    /// others. What stands in backticks stays on one line.
    pub fn wrap(self, first: &str, text: &str) -> String {
        let indent = console::measure_text_width(first);
        let room = self.width.saturating_sub(indent).max(NARROWEST);
        let mut lines: Vec<String> = Vec::new();
        for word in words(text) {
            match lines.last_mut() {
                Some(line) if width(line) + 1 + width(word) <= room => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(word.to_owned()),
            }
        }
        let gap = format!("\n{}", " ".repeat(indent));
        format!("{first}{}", lines.join(&gap))
    }
}

/// The words of a text; a pair of backticks and all between them are one.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |character: char| {
        quoted ^= character == '`';
        character.is_whitespace() && !quoted
    })
    .filter(|word| !word.is_empty())
}

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    console::measure_text_width(text)
}

/// A text of someone else, without characters that move the cursor or change the colour.
pub fn safe(text: &str) -> String {
    text.replace(|character: char| character.is_control(), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_wrapped_beneath_their_beginning() {
        let look = Look { colours: false, width: 30 };
        let text = "Because flask >=3.1 depends on werkzeug >=3.1, it cannot be used.";
        insta::assert_snapshot!(look.wrap("1. ", text));
        let command = "name the registries with `--registry NAME` instead";
        insta::assert_snapshot!("backticks", look.wrap("hint: ", command));
        assert_eq!(look.wrap("", ""), "");
        assert_eq!(
            look.wrap("- ", "averyveryveryveryverylongword"),
            "- averyveryveryveryverylongword"
        );
    }

    #[test]
    fn colours_can_be_off() {
        assert_eq!(Look::PLAIN.strong("a"), "a");
        assert_ne!(Look { colours: true, width: 80 }.strong("a"), "a");
    }

    #[test]
    fn texts_from_elsewhere_cannot_steer_the_terminal() {
        assert_eq!(safe("a\u{1b}[2Jb\nc"), "a [2Jb c");
    }
}
