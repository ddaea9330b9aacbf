//! Overrides, from a list to the tree that they are in a `package.json`.

use ecosystems::npm::Name;
use solver::npm::{Override, OverrideValue};

use crate::NpmOverride;

/// What stands for the package around it.
const ITSELF: &str = ".";

/// Puts overrides together by the packages that they hold beneath.
///
/// # Errors
///
/// With the place in the list and the reason, if a key is none, or a package is overridden twice.
pub(super) fn tree(list: &[NpmOverride]) -> Result<Vec<Override>, Vec<(usize, String)>> {
    let mut tree = Vec::new();
    let mut faults = Vec::new();
    for (place, one) in list.iter().enumerate() {
        if let Err(reason) = insert(&mut tree, &one.beneath, &one.name, &one.spec) {
            faults.push((place, reason));
        }
    }
    if faults.is_empty() { Ok(tree) } else { Err(faults) }
}

fn insert(
    level: &mut Vec<Override>,
    beneath: &[String],
    key: &str,
    spec: &str,
) -> Result<(), String> {
    let Some((outermost, inner)) = beneath.split_first() else {
        return put(level, key, spec);
    };
    check(outermost)?;
    let place = level.iter().position(|one| one.key == *outermost).unwrap_or_else(|| {
        let value = OverrideValue::Within(Vec::new());
        level.push(Override { key: outermost.clone(), value });
        level.len() - 1
    });
    match &mut level[place].value {
        OverrideValue::Within(within) => insert_within(within, inner, key, spec),
        value @ OverrideValue::Spec(_) => {
            let itself = Override { key: ITSELF.to_owned(), value: value.clone() };
            let mut within = vec![itself];
            insert_within(&mut within, inner, key, spec)?;
            *value = OverrideValue::Within(within);
            Ok(())
        }
    }
}

fn insert_within(
    within: &mut Vec<Override>,
    beneath: &[String],
    key: &str,
    spec: &str,
) -> Result<(), String> {
    if beneath.is_empty() && key == ITSELF {
        if within.iter().any(|one| one.key == ITSELF) {
            return Err("is overridden twice".to_owned());
        }
        let value = OverrideValue::Spec(spec.to_owned());
        within.push(Override { key: key.to_owned(), value });
        return Ok(());
    }
    insert(within, beneath, key, spec)
}

fn put(level: &mut Vec<Override>, key: &str, spec: &str) -> Result<(), String> {
    check(key)?;
    let spec = OverrideValue::Spec(spec.to_owned());
    let Some(known) = level.iter_mut().find(|one| one.key == key) else {
        level.push(Override { key: key.to_owned(), value: spec });
        return Ok(());
    };
    match &mut known.value {
        OverrideValue::Within(within) if !within.iter().any(|one| one.key == ITSELF) => {
            within.push(Override { key: ITSELF.to_owned(), value: spec });
            Ok(())
        }
        _ => Err(format!("`{key}` is overridden twice")),
    }
}

/// Whether a key names a package, perhaps with a range.
fn check(key: &str) -> Result<(), String> {
    if key == ITSELF {
        return Err("`.` means the package around it, and there is none".to_owned());
    }
    let behind_scope = usize::from(key.starts_with('@'));
    let end = key[behind_scope..].find('@').map_or(key.len(), |at| behind_scope + at);
    Name::parse(&key[..end]).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(list: &[(&[&str], &str, &str)]) -> Result<String, Vec<(usize, String)>> {
        let list: Vec<NpmOverride> = list
            .iter()
            .map(|(beneath, name, spec)| NpmOverride {
                beneath: beneath.iter().map(ToString::to_string).collect(),
                name: (*name).to_owned(),
                spec: (*spec).to_owned(),
            })
            .collect();
        tree(&list).map(|tree| spelled(&tree))
    }

    fn spelled(level: &[Override]) -> String {
        let one = |one: &Override| match &one.value {
            OverrideValue::Spec(spec) => format!("{}={spec}", one.key),
            OverrideValue::Within(within) => format!("{}{{{}}}", one.key, spelled(within)),
        };
        level.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_list_becomes_the_tree_that_it_was() {
        assert_eq!(of(&[]), Ok(String::new()));
        assert_eq!(
            of(&[
                (&[], "web", "2"),
                (&["a@^1"], ".", "1.5.0"),
                (&["a@^1"], "@s/b@2", "$b"),
                (&["a@^1", "c"], "d", "4"),
                (&["web"], "e", "5"),
            ]),
            Ok("web{.=2 e=5} a@^1{.=1.5.0 @s/b@2=$b c{d=4}}".to_owned())
        );
        // Said the other way round.
        assert_eq!(of(&[(&["a"], "b", "1"), (&[], "a", "2")]), Ok("a{b=1 .=2}".to_owned()));
    }

    #[test]
    fn what_is_said_twice_or_names_nothing_is_refused() {
        let places = |list: &[(&[&str], &str, &str)]| -> Vec<usize> {
            of(list).err().into_iter().flatten().map(|(place, _)| place).collect()
        };
        assert_eq!(places(&[(&[], "a", "1"), (&[], "a", "2")]), [1]);
        assert_eq!(places(&[(&["a"], ".", "1"), (&["a"], ".", "2")]), [1]);
        assert_eq!(places(&[(&["a"], ".", "1"), (&[], "a", "2")]), [1]);
        assert_eq!(places(&[(&[], ".", "1"), (&[], " a", "1"), (&["."], "b", "1")]), [0, 1, 2]);
    }
}
