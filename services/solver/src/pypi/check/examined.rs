//! What a version is and asks, whatever is chosen elsewhere.

use std::rc::Rc;

use ecosystems::pypi::{Name, Specifiers};
use rustc_hash::FxHashMap;

use super::super::Edge;
use super::required::Required;
use super::{By, Checker};

/// Versions asked of one slot.
pub(super) struct Asked<'a> {
    pub(super) slot: usize,
    pub(super) specifiers: &'a Specifiers,
    /// Of each position whether it would do, as far as it was worked out.
    pub(super) known: Vec<Option<bool>>,
}

/// What a version is and asks, whatever is chosen elsewhere.
#[derive(Default)]
pub(super) struct Examined<'a> {
    /// What is wrong with it, as ends of sentences that begin with it.
    pub(super) faults: Vec<String>,
    /// What it asks of the other slots, as places in the list of what is asked.
    pub(super) asks: Vec<usize>,
    /// What its edges have to state.
    pub(super) stated: Vec<Stated<'a>>,
}

/// One requirement as an edge states it.
#[derive(PartialEq, Eq)]
pub(super) struct Stated<'a> {
    pub(super) target: &'a Name,
    pub(super) extras: Vec<&'a Name>,
    pub(super) range: Rc<str>,
    pub(super) marker: Rc<str>,
}

impl Stated<'_> {
    /// Whether an edge states it.
    pub(super) fn is(&self, edge: &Edge) -> bool {
        edge.target == *self.target
            && edge.range == *self.range
            && edge.marker == *self.marker
            && edge.root.is_none()
            && edge.extras.iter().eq(self.extras.iter().copied())
    }
}

impl<'a> Checker<'a> {
    /// Whether a version is one of those that are asked for.
    pub(super) fn is_met(&mut self, ask: usize, position: u32) -> bool {
        let Asked { slot, specifiers, known } = &mut self.asked[ask];
        let place = position as usize;
        let Some(release) = self.solution.picks[*slot].listing.releases.get(place) else {
            return false;
        };
        *known[place].get_or_insert_with(|| specifiers.contains(&release.version))
    }

    /// What a version is and asks.
    pub(super) fn examine(&mut self, slot: usize, position: u32) -> Rc<Examined<'a>> {
        if let Some(examined) = self.examined.get(&(slot, position)) {
            return Rc::clone(examined);
        }
        let mut examined = Examined::default();
        examined.faults.extend(self.masks[slot].fault(position));
        examined.faults.extend(self.fault_of_metadata(slot, position));
        for required in self.required_by(slot, position) {
            self.examine_requirement(Some((slot, position)), &required, &mut examined);
        }
        let examined = Rc::new(examined);
        self.examined.insert((slot, position), Rc::clone(&examined));
        examined
    }

    /// What its metadata says against a version, its requirements aside.
    fn fault_of_metadata(&self, slot: usize, position: u32) -> Option<String> {
        let (universe, pick) = (self.universe, &self.solution.picks[slot]);
        if universe.published(&pick.name, position).is_none() {
            return Some("has needs that are not known".to_owned());
        }
        if universe.unreadable(&pick.name, position).is_some() {
            return Some("has needs that cannot be read".to_owned());
        }
        let requires_python = universe.requires_python(&pick.name, position);
        if requires_python.is_some_and(|python| !self.problem.environment.admits(python)) {
            return Some("is for other versions of Python".to_owned());
        }
        let offers = |position: u32, extra: &Name| {
            universe.declared_extras(&pick.name, position).any(|declared| declared == extra)
                || universe
                    .published(&pick.name, position)
                    .is_some_and(|mut all| all.any(|one| one.marker().names_extra(extra)))
        };
        let mut extras = pick.extras.iter();
        let lost = extras.find(|extra| offers(pick.position, extra) && !offers(position, extra));
        lost.map(|extra| format!("does not offer the extra `{extra}`"))
    }

    /// Adds one requirement: what its edge states, and what it asks, or what is wrong with it.
    pub(super) fn examine_requirement(
        &mut self,
        by: By,
        required: &Required<'a>,
        examined: &mut Examined<'a>,
    ) {
        let Some(specifiers) = required.specifiers else {
            examined.faults.push(format!("requires `{}` from a URL", required.target));
            return;
        };
        let slot = self.slots.get(required.target).copied();
        let is_own = slot.is_some() && slot == by.map(|(slot, _)| slot);
        if !required.is_constraint {
            let stated = Stated {
                target: required.target,
                extras: if is_own { Vec::new() } else { required.extras.clone() },
                range: Rc::clone(text(&mut self.ranges, specifiers)),
                marker: Rc::clone(text(&mut self.markers, required.marker)),
            };
            if !examined.stated.contains(&stated) {
                examined.stated.push(stated);
            }
        }
        match (slot, by) {
            (None, _) => examined.faults.push(format!(
                "requires `{}{specifiers}`, which the solution does not have",
                required.target
            )),
            (Some(slot), Some((_, position))) if is_own => {
                let release = self.solution.picks[slot].listing.releases.get(position as usize);
                if release.is_none_or(|release| !specifiers.contains(&release.version)) {
                    examined.faults.push("requires another version of itself".to_owned());
                }
            }
            (Some(slot), _) => {
                let on = &self.solution.picks[slot].extras;
                for extra in required.extras.iter().filter(|extra| !on.contains(extra)) {
                    let target = required.target;
                    examined.faults.push(format!("requires `{target}[{extra}]`, which is not on"));
                }
                let ask = self.ask(slot, specifiers);
                if !examined.asks.contains(&ask) {
                    examined.asks.push(ask);
                }
            }
        }
    }

    fn ask(&mut self, slot: usize, specifiers: &'a Specifiers) -> usize {
        let versions = self.solution.picks[slot].listing.releases.len();
        let asked = &mut self.asked;
        *self.numbers.entry((slot, std::ptr::from_ref(specifiers))).or_insert_with(|| {
            asked.push(Asked { slot, specifiers, known: vec![None; versions] });
            asked.len() - 1
        })
    }
}

fn text<'t, T: ToString>(texts: &'t mut FxHashMap<*const T, Rc<str>>, value: &T) -> &'t Rc<str> {
    texts.entry(std::ptr::from_ref(value)).or_insert_with(|| value.to_string().into())
}
