//! `overrides`: what takes the place of requirements, wherever they are or beneath some packages.

use crate::input::{
    InputError, Stated,
    json::Json,
    npm::{
        Fault, Override,
        manifest::Manifest,
        spec::{self, Target},
    },
};

/// Reads the overrides of the root.
pub(super) fn read(root: &Manifest) -> Result<Vec<Override>, InputError> {
    let mut overrides = Vec::new();
    if let Some(node) = root.json.get("overrides").filter(|node| node.is_truthy()) {
        within(node, &[], &mut overrides)?;
    }
    Ok(overrides)
}

/// Reads the overrides that hold beneath some packages.
fn within(
    node: &Json,
    beneath: &[String],
    overrides: &mut Vec<Override>,
) -> Result<(), InputError> {
    for (name, node) in node.entries()? {
        if node.is_object() {
            let inner = [beneath, std::slice::from_ref(name)].concat();
            // A range in a key narrows the package itself, unless something else is said of it.
            if let (Some(range), None) = (range(name), node.get(".")) {
                let spec = Stated { text: range.to_owned(), anchor: node.key_anchor() };
                overrides.push(stated(".", spec, &inner, node));
            }
            within(node, &inner, overrides)?;
            continue;
        }
        let spec = node.text()?;
        if !spec.text.starts_with('$') && spec::target(&spec.text) != Target::Registry {
            let fault = Fault::Override { name: name.clone(), spec: spec.text };
            return Err(node.fault(fault.into()));
        }
        overrides.push(stated(name, spec, beneath, node));
    }
    Ok(())
}

fn stated(name: &str, spec: Stated, beneath: &[String], node: &Json) -> Override {
    let (name, beneath, anchor) = (name.to_owned(), beneath.to_vec(), node.key_anchor());
    Override { name, spec, beneath, anchor }
}

/// The range behind a name, if there is one.
fn range(key: &str) -> Option<&str> {
    let (at, _) = key.match_indices('@').find(|(at, _)| *at > 0)?;
    Some(&key[at + 1..]).filter(|range| !range.is_empty())
}
