//! Dependency groups (PEP 735): lists that may include each other.

use crate::input::node::Node;
use crate::input::{InputError, Problem, Requirement, Stated, name::normalize};

/// The groups of a file, under their normalised names.
pub(super) struct Groups<'a> {
    path: String,
    groups: Vec<(String, Node<'a>)>,
}

impl<'a> Groups<'a> {
    /// Reads the names. The contents wait until they are asked for.
    pub(super) fn new(path: String, document: &Node<'a>) -> Result<Self, InputError> {
        let mut groups: Vec<(String, Node<'a>)> = Vec::new();
        let entries = match document.find(&["dependency-groups"])? {
            Some(table) => table.entries()?,
            None => Vec::new(),
        };
        for (name, node) in entries {
            let normal = normalize(name);
            if let Some((_, other)) = groups.iter().find(|(known, _)| *known == normal) {
                let other = other.name().to_owned();
                return Err(node.key_fault(Problem::TwiceNamed { name: name.to_owned(), other }));
            }
            groups.push((normal, node));
        }
        Ok(Self { path, groups })
    }

    /// The requirements of one group, those of included groups in their place.
    pub(super) fn requirements(&self, name: &str) -> Result<Vec<Requirement>, InputError> {
        let node = self.find(name).ok_or_else(|| self.unknown(name))?;
        let set = format!("group:{}", normalize(name));
        let mut found = Vec::new();
        self.collect(node, &mut vec![normalize(name)], &mut found)?;
        Ok(found.into_iter().map(|stated| Requirement::new(stated, &set)).collect())
    }

    /// Walks through one group. `open` holds the groups on the way here, the outermost first.
    fn collect(
        &self,
        group: &Node<'_>,
        open: &mut Vec<String>,
        found: &mut Vec<Stated>,
    ) -> Result<(), InputError> {
        for item in group.items()? {
            if !item.is_table() {
                found.push(item.text()?);
                continue;
            }
            let included = included(&item)?;
            let normal = normalize(&included.text);
            let at = |problem| InputError::at(included.anchor.place(), problem);
            if let Some(first) = open.iter().position(|name| *name == normal) {
                let chain: Vec<_> =
                    open[first..].iter().chain([&normal]).map(|name| format!("`{name}`")).collect();
                return Err(at(Problem::GroupCycle { name: normal, chain: chain.join(" → ") }));
            }
            let node = self.find(&normal).ok_or_else(|| at(self.unknown(&included.text)))?;
            open.push(normal);
            self.collect(node, open, found)?;
            open.pop();
        }
        Ok(())
    }

    fn find(&self, name: &str) -> Option<&Node<'a>> {
        let normal = normalize(name);
        self.groups.iter().find(|(known, _)| *known == normal).map(|(_, node)| node)
    }

    fn unknown(&self, name: &str) -> Problem {
        let known: Vec<_> =
            self.groups.iter().map(|(_, node)| format!("`{}`", node.name())).collect();
        Problem::NoGroup { name: name.to_owned(), path: self.path.clone(), known: known.join(", ") }
    }
}

/// The name of the group that an entry such as `{include-group = "test"}` includes.
fn included(item: &Node<'_>) -> Result<Stated, InputError> {
    let mut name = None;
    for (key, node) in item.entries()? {
        if key != "include-group" {
            let advice = "an entry of a group is a requirement or `{include-group = \"…\"}`";
            return Err(node.key_fault(Problem::KeyRefused { key: node.key.clone(), advice }));
        }
        name = Some(node.text()?);
    }
    let advice = "write `{include-group = \"…\"}`";
    name.ok_or_else(|| item.fault(Problem::KeyRefused { key: "{}".to_owned(), advice }))
}
