//! Addresses without what must not be shown.

/// As much of a text as is shown.
const LONGEST_SHOWN: usize = 256;

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// A text without its passwords and tokens: what stands before the `@` of an address goes away, and
/// so does what stands behind its `?`.
pub(super) fn shown(text: &str) -> Box<str> {
    let mut shown = String::new();
    let start = text.find("://").map_or(0, |at| at + 3);
    let (protocol, address) = text.split_at(start);
    shown.push_str(protocol);
    let (address, fragment) = match address.split_once('#') {
        Some((address, fragment)) => (address, Some(fragment)),
        None => (address, None),
    };
    let (address, has_query) = match address.split_once('?') {
        Some((address, _)) => (address, true),
        None => (address, false),
    };
    // `git@host` tells nothing; `user:password@host` and `token@host` do.
    match address.rsplit_once('@') {
        Some((user, host)) if !user.is_empty() && user != "git" && !user.ends_with("/git") => {
            shown.push_str(HIDDEN);
            shown.push('@');
            shown.push_str(host);
        }
        _ => shown.push_str(address),
    }
    if has_query {
        shown.push('?');
        shown.push_str(HIDDEN);
    }
    if let Some(fragment) = fragment {
        shown.push('#');
        shown.push_str(fragment);
    }
    shown.chars().take(LONGEST_SHOWN).collect::<String>().into()
}
