//! A toy ecosystem: the bare search without names, markers or files.
//!
//! Versions are whole numbers and requirements are spans of them, as in `a 0..2`. The toy decides
//! projects in the order in which they are numbered, newest version first, and puts off what stands
//! in the way of others after two conflicts, so that decisions are taken back in small instances.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use solver::Versions;
use solver::search::{self, Needs, Rules, Slot};

/// The slot of what is asked.
pub const ROOT: Slot = Slot(0);

/// So many conflicts put a project off.
const MANY: u32 = 2;

/// A world of numbered projects. Project `n` is slot `n + 1`.
#[derive(Clone, PartialEq, Eq)]
pub struct Toy {
    /// What is asked.
    pub root: Vec<Need>,
    /// Of each project its versions, each with what it needs; `None` for one that is withdrawn.
    pub projects: Vec<Vec<Option<Vec<Need>>>>,
}

/// A project, and which of its versions would do.
#[derive(Clone, PartialEq, Eq)]
pub struct Need {
    /// The project's number.
    pub project: usize,
    /// The versions that would do.
    pub versions: Range<u32>,
}

/// A toy in front of the search: counts conflicts, and knows as much as it is told.
pub struct ToyRules<'a> {
    toy: &'a Toy,
    /// The projects whose versions are known, and the versions of which it is known what they need.
    known: Option<&'a [(usize, Option<u32>)]>,
    culprits: RefCell<BTreeMap<Slot, u32>>,
    affected: RefCell<BTreeMap<Slot, u32>>,
    put_off: RefCell<Vec<Slot>>,
}

/// The slot of a project.
pub fn slot(project: usize) -> Slot {
    Slot(u32::try_from(project + 1).unwrap_or_else(|_| panic!("toys are small")))
}

impl Toy {
    /// Whether versions can be chosen that need nothing but one another. Tries all of them.
    pub fn is_satisfiable(&self) -> bool {
        let mut picks = vec![None; self.projects.len()];
        self.any_completion(&self.root, &mut picks)
    }

    /// Whether a choice of versions meets every need.
    pub fn is_met_by(&self, picks: &BTreeMap<usize, u32>) -> bool {
        let meets = |needs: &[Need]| {
            needs.iter().all(|need| {
                picks.get(&need.project).is_some_and(|version| need.versions.contains(version))
            })
        };
        let mut all = picks.iter();
        meets(&self.root)
            && all.all(|(project, version)| self.needs(*project, *version).is_some_and(meets))
    }

    fn needs(&self, project: usize, version: u32) -> Option<&[Need]> {
        self.projects.get(project)?.get(version as usize)?.as_deref()
    }

    fn any_completion(&self, needs: &[Need], picks: &mut Vec<Option<u32>>) -> bool {
        let Some((need, rest)) = needs.split_first() else { return true };
        match picks.get(need.project) {
            None => false,
            Some(Some(version)) => {
                need.versions.contains(version) && self.any_completion(rest, picks)
            }
            Some(None) => need.versions.clone().any(|version| {
                let Some(further) = self.needs(need.project, version) else { return false };
                let all: Vec<Need> = rest.iter().chain(further).cloned().collect();
                picks[need.project] = Some(version);
                let found = self.any_completion(&all, picks);
                picks[need.project] = None;
                found
            }),
        }
    }
}

impl<'a> ToyRules<'a> {
    /// A toy of which everything is known.
    pub fn new(toy: &'a Toy) -> Self {
        Self {
            toy,
            known: None,
            culprits: RefCell::default(),
            affected: RefCell::default(),
            put_off: RefCell::default(),
        }
    }

    /// A toy of which these projects' versions, and these versions' needs, are known.
    pub fn knowing(toy: &'a Toy, known: &'a [(usize, Option<u32>)]) -> Self {
        Self { known: Some(known), ..Self::new(toy) }
    }

    fn project(slot: Slot) -> Option<usize> {
        slot.0.checked_sub(1).map(|project| project as usize)
    }

    fn knows(&self, project: usize, version: Option<u32>) -> bool {
        self.known.is_none_or(|known| known.contains(&(project, version)))
    }

    fn length(&self, slot: Slot) -> u32 {
        let versions = Self::project(slot).and_then(|project| self.toy.projects.get(project));
        let length = versions.map_or(1, Vec::len);
        u32::try_from(length).unwrap_or_else(|_| panic!("toys are small"))
    }
}

fn count(counts: &RefCell<BTreeMap<Slot, u32>>, slot: Slot) -> u32 {
    let mut counts = counts.borrow_mut();
    let count = counts.entry(slot).or_insert(0);
    *count += 1;
    *count
}

fn known_needs(needs: &[Need]) -> Needs {
    let needs = needs.iter();
    let versions = |need: &Need| Versions::from_runs(std::slice::from_ref(&need.versions));
    let needs = needs.map(|need| search::Need {
        slot: slot(need.project),
        versions: versions(need),
        base: None,
    });
    Needs::Known(needs.collect())
}

impl Rules for ToyRules<'_> {
    type Priority = (bool, bool, Reverse<u32>);
    type Gap = (usize, Option<u32>);

    fn is_listed(&self, slot: Slot) -> bool {
        Self::project(slot).is_none_or(|project| self.knows(project, None))
    }

    fn priority(&self, slot: Slot) -> Self::Priority {
        let often = |counts: &RefCell<BTreeMap<Slot, u32>>| {
            counts.borrow().get(&slot).is_some_and(|count| *count >= MANY)
        };
        (often(&self.affected), often(&self.culprits), Reverse(slot.0))
    }

    fn note_conflict(&self, _: Slot, others: &mut dyn Iterator<Item = Slot>, deciding: Slot) {
        count(&self.affected, deciding);
        for other in others {
            if count(&self.culprits, other) == MANY {
                self.put_off.borrow_mut().push(other);
            }
        }
    }

    fn put_off(&self) -> Vec<Slot> {
        self.put_off.take()
    }

    fn choose(&self, slot: Slot, range: &Versions) -> Option<u32> {
        range.descending(self.length(slot)).next()
    }

    fn alike(&self, _slot: Slot, version: u32) -> Versions {
        Versions::from_runs(std::slice::from_ref(&(version..version + 1)))
    }

    fn needs(&self, slot: Slot, version: u32) -> Needs {
        let Some(project) = Self::project(slot) else { return known_needs(&self.toy.root) };
        if !self.knows(project, Some(version)) {
            return Needs::Unknown;
        }
        match self.toy.needs(project, version) {
            Some(needs) => known_needs(needs),
            None => Needs::Unavailable,
        }
    }

    fn gap(&self, slot: Slot, version: Option<u32>) -> Self::Gap {
        match Self::project(slot) {
            Some(project) => (project, version),
            None => panic!("the root is always known"),
        }
    }
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{} {:?}", self.project, self.versions)
    }
}

impl fmt::Debug for Toy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "root needs {:?}", self.root)?;
        for (project, versions) in self.projects.iter().enumerate() {
            for (version, needs) in versions.iter().enumerate() {
                match needs {
                    Some(needs) => writeln!(f, "p{project} {version} needs {needs:?}")?,
                    None => writeln!(f, "p{project} {version} is withdrawn")?,
                }
            }
        }
        Ok(())
    }
}
