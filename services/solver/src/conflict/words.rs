//! Phrases.

/// `text` in backticks.
pub(crate) fn quoted(text: impl std::fmt::Display) -> String {
    format!("`{text}`")
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn join(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `a`, `a or b`, `a, b or c`, `a, b, c or 2 more`.
pub(crate) fn alternatives(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first, second, third, _, ..] => {
            format!("{first}, {second}, {third} or {} more", items.len() - 3)
        }
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// `1 version`, `12 versions`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Versions of a package, ascending: each by name if they are few, else the first and the last.
pub(crate) fn versions(package: &str, listed: &[String]) -> String {
    match listed {
        [] => format!("no version of `{package}`"),
        [first, .., last] if listed.len() > 3 => {
            format!("{} of `{package}` from {first} to {last}", count(listed.len(), "version"))
        }
        few => format!("`{package}` {}", join(few)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_alternatives_are_named_and_many_are_counted() {
        let items: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        let texts: Vec<String> = (0..=5).map(|length| alternatives(&items[..length])).collect();
        assert_eq!(
            texts,
            ["", "a", "a or b", "a, b or c", "a, b, c or 1 more", "a, b, c or 2 more"]
        );
    }

    #[test]
    fn few_versions_are_named_and_many_are_counted() {
        let listed: Vec<String> = ["1.0", "1.1", "2.0", "3.0"].map(str::to_owned).into();
        assert_eq!(versions("web", &listed[..1]), "`web` 1.0");
        assert_eq!(versions("web", &listed[..3]), "`web` 1.0, 1.1 and 2.0");
        assert_eq!(versions("web", &listed), "4 versions of `web` from 1.0 to 3.0");
    }
}
