//! What a release publishes of its needs, as whoever reads a universe by itself sees it.

use ecosystems::pypi::{Marker, Name, Specifiers};

use super::Universe;
use super::universe::{Need, Needs};

/// One requirement of a release, as published.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    universe: &'a Universe,
    need: &'a Need,
}

impl<'a> Published<'a> {
    /// The project required.
    pub fn target(self) -> &'a Name {
        self.universe.name(self.need.target)
    }

    /// The extras required of it.
    pub fn extras(self) -> impl Iterator<Item = &'a Name> {
        let universe = self.universe;
        self.need.extras.iter().map(move |extra| universe.name(*extra))
    }

    /// The versions that would do; none for a requirement by URL. Equal ones are one value.
    pub fn specifiers(self) -> Option<&'a Specifiers> {
        self.need.specifiers.map(|specifiers| self.universe.specifiers(specifiers))
    }

    /// When the requirement counts. Equal ones are one value.
    pub fn marker(self) -> &'a Marker {
        self.universe.marker(self.need.marker)
    }
}

impl Universe {
    /// What the release of `name` at `position` requires, in the order of its metadata; `None` while
    /// that is not known. An unreadable release requires nothing that anybody knew of.
    pub fn published(
        &self,
        name: &Name,
        position: u32,
    ) -> Option<impl Iterator<Item = Published<'_>>> {
        let needs = self.needs_of(name, position)?;
        Some(needs.requirements.iter().map(|need| Published { universe: self, need }))
    }

    /// The extras that a release declares.
    pub fn declared_extras(&self, name: &Name, position: u32) -> impl Iterator<Item = &Name> {
        let extras = self.needs_of(name, position).into_iter().flat_map(|needs| &needs.extras);
        extras.map(|extra| self.name(*extra))
    }

    /// The versions of Python that a release's metadata asks for.
    pub fn requires_python(&self, name: &Name, position: u32) -> Option<&Specifiers> {
        let requires_python = self.needs_of(name, position)?.requires_python?;
        Some(self.specifiers(requires_python))
    }

    fn needs_of(&self, name: &Name, position: u32) -> Option<&Needs> {
        self.package(self.id(name)?)?.needs(position).map(|needs| &**needs)
    }
}
