//! Where suites lie, and what came of one.
#![expect(clippy::disallowed_methods, reason = "suites are files, and their place is a setting")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

/// Reads a suite of Python's; none where there are no suites.
pub(crate) fn read<T: DeserializeOwned>(file: &str) -> Option<Vec<T>> {
    let shared = std::env::var_os("QUARTERMASTER_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let path = shared.join("conformance/pypi").join(file);
    let Ok(text) = std::fs::read(&path) else {
        println!("nothing to judge: there is no `{}`", path.display());
        return None;
    };
    let cases = serde_json::from_slice(&text);
    Some(cases.unwrap_or_else(|error| panic!("`{}`: {error}", path.display())))
}

/// What came of the cases of one suite.
pub(crate) struct Results {
    suite: &'static str,
    cases: BTreeMap<String, Result<(), String>>,
}

impl Results {
    pub(crate) fn new(suite: &'static str) -> Self {
        Self { suite, cases: BTreeMap::new() }
    }

    pub(crate) fn len(&self) -> usize {
        self.cases.len()
    }

    /// Adds a case: met, or how it was not.
    pub(crate) fn add(&mut self, id: &str, result: Result<(), String>) {
        let known = self.cases.insert(id.to_owned(), result);
        assert!(known.is_none(), "{} has two cases {id}", self.suite);
    }

    /// Prints how many cases are met, and panics unless those that are not are exactly the ones
    /// known: each by its name, with the reason.
    pub(crate) fn settle(&self, known_different: &[(&str, &str)]) {
        let met = self.cases.values().filter(|result| result.is_ok()).count();
        println!(
            "{}: {met} of {} met, {} known to differ",
            self.suite,
            self.cases.len(),
            known_different.len()
        );
        let mut faults = Vec::new();
        for (id, result) in &self.cases {
            let is_known = known_different.iter().any(|(known, _)| known == id);
            match result {
                Ok(()) if is_known => faults.push(format!("{id}: is met now; strike it out")),
                Err(difference) if !is_known => faults.push(format!("{id}: {difference}")),
                Ok(()) | Err(_) => {}
            }
        }
        for (id, _) in known_different.iter().filter(|(id, _)| !self.cases.contains_key(*id)) {
            faults.push(format!("{id}: the suite has no such case"));
        }
        assert!(faults.is_empty(), "{}:\n{}", self.suite, faults.join("\n"));
    }
}
