//! The one order of what has none.
//!
//! An answer tells of some parts of a project by their places. Where callers may list those in any
//! order and still ask the same, an answer counts in an order of its own, and whoever hands it on
//! puts each caller's places in. All else that has no order is sorted where it is read.

use crate::{Project, cargo, npm, pypi};

/// Where the parts of a project that has been put in order stood in its lists before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Of its requirements.
    pub requirements: Vec<usize>,
    /// Of its constraints, where of equal ones only the first is left.
    pub constraints: Vec<usize>,
    /// Of its patches.
    pub patches: Vec<usize>,
}

impl Project {
    /// Puts in one order what an answer tells of by places.
    ///
    /// * The requirements of crates: member by member, and within one as cargo meets them in a
    ///   manifest; and their patches.
    /// * npm's requirements: member by member, list by list. Within a list their order is meaning.
    /// * The constraints of Python's packages. The order of the requirements is meaning.
    ///
    /// `first_registry` is the declared name of the first of the request's registries, which may be
    /// left out as well. Answers to a project that is not in order tell of the places that its parts
    /// would have; errors always tell of those that they have.
    pub fn put_in_order(&mut self, first_registry: Option<&str>) -> Places {
        match self {
            Self::Pypi(project) => {
                let constraints = pypi::order::constraints(&project.constraints);
                project.constraints = picked(&project.constraints, &constraints);
                let requirements = (0..project.requirements.len()).collect();
                Places { requirements, constraints, patches: Vec::new() }
            }
            Self::Cargo(project) => {
                let cargo::order::Order { members: _, requirements, patches } =
                    cargo::order::Order::of(project, first_registry.unwrap_or_default());
                project.requirements = picked(&project.requirements, &requirements);
                project.patches = picked(&project.patches, &patches);
                Places { requirements, constraints: Vec::new(), patches }
            }
            Self::Npm(project) => {
                let requirements = npm::order::requirements(project);
                project.requirements = picked(&project.requirements, &requirements);
                Places { requirements, ..Places::default() }
            }
        }
    }
}

/// What a list has at some places, in their order.
pub fn picked<T: Clone>(list: &[T], places: &[usize]) -> Vec<T> {
    places.iter().filter_map(|place| list.get(*place).cloned()).collect()
}
