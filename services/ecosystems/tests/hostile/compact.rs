//! What holds of the compact forms of documents.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Facts are the same when they are read from their compact form, and are written as they were.
pub(super) fn has_compact_form<T: Serialize + DeserializeOwned + Debug>(facts: &T) {
    let written = postcard::to_allocvec(facts).expect("facts can be written");
    let read: T = postcard::from_bytes(&written).expect("what is written can be read");
    assert_eq!(format!("{read:?}"), format!("{facts:?}"));
    let again = postcard::to_allocvec(&read).expect("facts can be written");
    assert!(again == written, "equal facts have equal bytes: {facts:?}");
}
