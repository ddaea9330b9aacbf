//! Which packages a registry may answer for.

use ecosystems::Ecosystem;

use super::RegistryConfig;

impl RegistryConfig {
    /// Whether the registry may answer for the package of this name.
    ///
    /// PyPI's and cargo's registries hold names for one that differ in case and in `-` and `_`
    /// alone, and so do patterns for them. Names of npm are compared as they are written.
    pub fn answers_for(&self, ecosystem: Ecosystem, name: &str) -> bool {
        let Some(patterns) = &self.packages else { return true };
        let fold = match ecosystem {
            Ecosystem::Pypi | Ecosystem::Cargo => folded,
            Ecosystem::Npm => str::to_owned,
        };
        let name = fold(name);
        patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(&fold(beginning)),
            None => name == fold(pattern),
        })
    }
}

/// Folds a text as PEP 503 folds names, so that `Acme.*` means `acme-*`.
fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        if !matches!(letter, '-' | '_' | '.') {
            folded.push(letter.to_ascii_lowercase());
        } else if !folded.ends_with('-') {
            folded.push('-');
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RegistryKind;

    #[test]
    fn patterns_are_names_or_beginnings_of_names() {
        let mut config = RegistryConfig::new("acme", RegistryKind::Recorded);
        assert!(config.answers_for(Ecosystem::Pypi, "flask"));
        config.packages = Some(vec!["Acme_*".to_owned(), "flask".to_owned()]);
        for (name, is_covered) in
            [("acme-web", true), ("flask", true), ("acmeweb", false), ("flask-login", false)]
        {
            assert_eq!(config.answers_for(Ecosystem::Pypi, name), is_covered, "{name}");
            assert_eq!(config.answers_for(Ecosystem::Cargo, name), is_covered, "{name}");
        }
        assert!(config.answers_for(Ecosystem::Cargo, "ACME_web"));
    }

    #[test]
    fn names_of_npm_are_taken_as_they_are() {
        let mut config = RegistryConfig::new("acme", RegistryKind::Recorded);
        config.packages = Some(vec!["@acme/*".to_owned(), "lodash.merge".to_owned()]);
        for (name, is_covered) in [
            ("@acme/web", true),
            ("@acme-web/x", false),
            ("lodash.merge", true),
            ("lodash-merge", false),
        ] {
            assert_eq!(config.answers_for(Ecosystem::Npm, name), is_covered, "{name}");
        }
    }
}
