//! The order of JavaScript's `localeCompare(…, 'en')`, in which npm sorts.

use std::{cmp::Ordering, sync::OnceLock};

use icu_collator::{
    Collator, CollatorBorrowed,
    options::{CollatorOptions, Strength},
};

/// Compares two texts as npm does.
pub(crate) fn locale_compare(left: &str, right: &str) -> Ordering {
    static ENGLISH: OnceLock<Option<CollatorBorrowed<'static>>> = OnceLock::new();
    let english = ENGLISH.get_or_init(|| {
        let mut options = CollatorOptions::default();
        options.strength = Some(Strength::Tertiary);
        // English sorts as the root of all languages does.
        Collator::try_new(Default::default(), options).ok()
    });
    match english {
        Some(collator) => collator.compare(left, right),
        None => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_sorted_as_node_sorts_them() {
        let sorted = [
            "",
            "~",
            "$",
            "1",
            "10",
            "9",
            "e",
            "é",
            "f",
            "node_modules/@c/a",
            "node_modules/a",
            "node_modules/A",
            "node_modules/a_b",
            "node_modules/a-b",
            "node_modules/a.b",
            "node_modules/a/node_modules/b",
            "node_modules/ab",
            "node_modules/B",
            "packages/ä",
            "packages/z",
            "ss",
            "ß",
            "st",
            "ж",
        ];
        for (at, left) in sorted.iter().enumerate() {
            for (other, right) in sorted.iter().enumerate() {
                assert_eq!(locale_compare(left, right), at.cmp(&other), "{left} {right}");
            }
        }
    }
}
