//! What places are there for, and what they must not become.

use crate::npm::facts::DependencyKind;
use crate::npm::solution::{Place, Purpose};

/// What an edge from one place to another would make of the other that the answer says it is not,
/// as the end of a sentence that begins with the requirement.
pub(super) fn fault(from: &Place, kind: DependencyKind, to: &Place) -> Option<&'static str> {
    let (from, to) = (from.purpose, to.purpose);
    let is_option = matches!(kind, DependencyKind::Optional | DependencyKind::PeerOptional);
    let is_peer = matches!(kind, DependencyKind::Peer | DependencyKind::PeerOptional);
    if to.is_dev && !from.is_dev {
        return Some("is there for development only");
    }
    if to.is_optional && !from.is_optional && !is_option {
        return Some("is there as an option only");
    }
    if !is_wanted(to) && is_wanted(from) && !is_option {
        return Some("is there for development or as an option only");
    }
    if to.is_peer && !from.is_peer && !is_peer {
        return Some("is there as a peer only");
    }
    if to.is_extraneous && !from.is_extraneous && kind != DependencyKind::PeerOptional {
        return Some("is there for nothing that must be there");
    }
    None
}

/// Whether a place must be there where neither development nor options are asked for.
fn is_wanted(purpose: Purpose) -> bool {
    !purpose.is_dev && !purpose.is_optional && !purpose.is_dev_optional
}
