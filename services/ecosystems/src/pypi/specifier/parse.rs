//! Reading specifiers: strictly from users, leniently from registries.

use super::super::scanner::Scanner;
use super::super::version::parse_bare_version;
use super::{Operand, Operator, Specifier, SpecifierError, Specifiers};
use crate::Warning;

/// Longest first, so that `===` is not read as `==`.
const OPERATORS: [(&str, Operator); 8] = [
    ("===", Operator::Arbitrary),
    ("==", Operator::Equal),
    ("~=", Operator::Compatible),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessEqual),
    (">=", Operator::GreaterEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

impl Specifiers {
    /// Reads specifiers as the standard has them: what users write.
    pub fn parse(text: &str) -> Result<Self, SpecifierError> {
        let mut scanner = Scanner::new(text);
        scanner.skip_whitespace();
        let specifiers = Self::scan(&mut scanner)?;
        scanner.skip_whitespace();
        if scanner.is_at_end() {
            Ok(specifiers)
        } else {
            Err(unexpected(&scanner, "expected `,` or the end"))
        }
    }

    /// Reads specifiers as published, with a warning for each thing that the standard does not
    /// allow: `>=3.5.*`, stray or missing commas, quotes, `!=~5.0`.
    pub fn parse_lenient(text: &str) -> Result<(Self, Vec<Warning>), SpecifierError> {
        let strict = match Self::parse(text) {
            Ok(specifiers) => return Ok((specifiers, Vec::new())),
            Err(error) => error,
        };
        let mended = mend(text);
        let specifiers = Self::parse(&mended).map_err(|_| strict)?;
        let warning = Warning::new(format!("`{text}` was read as `{specifiers}`"));
        Ok((specifiers, vec![warning]))
    }

    /// Reads as many specifiers as follow. A comma may end the list, as in the reference tool.
    pub(in crate::pypi) fn scan(scanner: &mut Scanner<'_>) -> Result<Self, SpecifierError> {
        let mut specifiers = Self::default();
        loop {
            scanner.skip_spaces();
            if specifiers.0.is_empty() && !starts_operator(scanner) && scanner.peek() != Some(',') {
                return Ok(specifiers);
            }
            if starts_operator(scanner) {
                specifiers.0.push(scan_one(scanner)?);
            } else if scanner.peek() != Some(',') && !ends_list(scanner) {
                return Err(unexpected(scanner, "expected an operator such as `>=`"));
            }
            scanner.skip_spaces();
            if !scanner.eat(",") {
                return Ok(specifiers);
            }
        }
    }
}

fn starts_operator(scanner: &Scanner<'_>) -> bool {
    scanner.peek().is_some_and(|next| matches!(next, '=' | '~' | '!' | '<' | '>'))
}

fn ends_list(scanner: &Scanner<'_>) -> bool {
    scanner.peek().is_none_or(|next| matches!(next, ')' | ';'))
}

fn scan_one(scanner: &mut Scanner<'_>) -> Result<Specifier, SpecifierError> {
    let column = scanner.column();
    let Some((_, operator)) = OPERATORS.into_iter().find(|(text, _)| scanner.eat(text)) else {
        return Err(unexpected(scanner, "expected an operator such as `>=`"));
    };
    scanner.skip_whitespace();
    let version_column = scanner.column();
    if operator == Operator::Arbitrary {
        let text =
            scanner.take_while(|next| !next.is_whitespace() && !matches!(next, ';' | ')' | ','));
        if text.is_empty() {
            return Err(unexpected(scanner, "expected a text behind `===`"));
        }
        return Ok(Specifier { operator, operand: Operand::Text(text.to_lowercase().into()) });
    }
    let text = scanner.take_while(|next| {
        next.is_ascii_alphanumeric() || matches!(next, '.' | '!' | '+' | '-' | '_' | '*')
    });
    if text.is_empty() {
        return Err(unexpected(scanner, &format!("expected a version behind `{operator}`")));
    }
    let (operator, number) = match (operator, text.strip_suffix(".*")) {
        (Operator::Equal, Some(number)) => (Operator::EqualPrefix, number),
        (Operator::NotEqual, Some(number)) => (Operator::NotEqualPrefix, number),
        (_, Some(_)) => {
            return Err(SpecifierError {
                column: version_column,
                reason: format!("`.*` stands behind `==` and `!=` only, not behind `{operator}`"),
            });
        }
        (_, None) => (operator, text),
    };
    let version = parse_bare_version(number)
        .map_err(|error| SpecifierError { column: version_column, reason: error.to_string() })?;
    Specifier::new(operator, version).map_err(|error| SpecifierError { column, ..error })
}

fn unexpected(scanner: &Scanner<'_>, wanted: &str) -> SpecifierError {
    let found = match scanner.peek() {
        Some(next) => format!("found `{next}`"),
        None => "found the end".to_owned(),
    };
    SpecifierError { column: scanner.column(), reason: format!("{wanted}, {found}") }
}

/// Rewrites what is published against the standard into what was meant.
fn mend(text: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    for character in text.chars() {
        let opens = matches!(character, '<' | '>' | '=' | '!' | '~');
        let last = pieces.last_mut();
        match (character, last) {
            ('"' | '\'' | ',', None) => {}
            ('"' | '\'', Some(_)) => {}
            (',', Some(_)) => pieces.push(String::new()),
            // An operator behind a version begins a specifier whose comma is missing.
            (_, Some(piece))
                if opens
                    && piece
                        .ends_with(|c: char| c.is_ascii_alphanumeric() || c == '*' || c == ' ')
                    && piece.contains(char::is_alphanumeric) =>
            {
                pieces.push(character.to_string());
            }
            (_, Some(piece)) => piece.push(character),
            (_, None) => pieces.push(character.to_string()),
        }
    }
    let pieces: Vec<String> = pieces
        .iter()
        .map(|piece| mend_piece(piece.trim()))
        .filter(|piece| !piece.is_empty() && piece != "*")
        .collect();
    pieces.join(",")
}

fn mend_piece(piece: &str) -> String {
    let compact: String = piece.split_whitespace().collect();
    if let Some(version) = compact.strip_prefix("!=~") {
        return format!("!={version}.*");
    }
    if compact == ">dev" || compact == ">=dev" {
        return ">=0.0.dev0".to_owned();
    }
    let ordered = [">=", "<=", ">", "<"].iter().any(|operator| compact.starts_with(operator));
    match compact.strip_suffix(".*") {
        Some(number) if ordered => number.to_owned(),
        // `~=2.*` means any 2.
        Some(number) if compact.starts_with("~=") => number.replacen("~=", "==", 1) + ".*",
        Some(_) | None => compact.replace("=>", ">=").replace("=<", "<="),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_column() {
        for (text, column) in
            [(">=1.0, 2.0", 8), ("~=1", 1), (">=", 3), (">=1.0.*", 3), ("==1.0 <2", 7)]
        {
            let error = Specifiers::parse(text).expect_err(text);
            assert_eq!(error.column, column, "{text}: {error}");
        }
    }

    #[test]
    fn what_registries_publish_is_read_as_it_was_meant() {
        for (text, meant) in [
            (">=3.5.*", ">=3.5"),
            (">=3.6,", ">=3.6"),
            (",>=3.6", ">=3.6"),
            (">=2.7,!=3.0.*,!=3.1.*,", ">=2.7,!=3.0.*,!=3.1.*"),
            (">=1.0<2.0", ">=1.0,<2.0"),
            (">=1.0 <2.0", ">=1.0,<2.0"),
            ("'>=3.6'", ">=3.6"),
            (">=\"3.6\"", ">=3.6"),
            ("!=~5.0", "!=5.0.*"),
            (">=3.6,*", ">=3.6"),
            ("=>3.6", ">=3.6"),
        ] {
            let (specifiers, _) = Specifiers::parse_lenient(text).expect(text);
            assert_eq!(specifiers.to_string(), meant, "{text}");
        }
        assert!(Specifiers::parse_lenient("latest").is_err());
    }
}
