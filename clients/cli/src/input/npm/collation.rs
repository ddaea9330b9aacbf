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
