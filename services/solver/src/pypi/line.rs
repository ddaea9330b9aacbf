//! The line of a project's versions: those that it has, and what lies between them as far as
//! requirements tell it apart.
//!
//! Whether two requirements exclude each other is a question of what could be published, not of
//! what is: `>=2.1` and `<2.2` do not, though a project may have nothing between the two. So the
//! sets of the search are sets of *atoms*: every listed version is one, and so is every stretch
//! between two neighbouring cuts of requirements in which no listed version lies.
//!
//! Every set of a line has a bit for each atom, and there is a set for each requirement, so that
//! stretches without end would cost their square. From [`MOST_STRETCHES`] on a line does without
//! them: requirements then exclude each other where no *listed* version meets both.

use std::ops::Range;

use ecosystems::pypi::{Cut, Release, Specifier, Specifiers};
use pubgrub::VersionSet;

use crate::Versions;

/// Stands for the position of an atom that is no version.
const NO_VERSION: u32 = u32::MAX;

/// More stretches than this are no project's, but somebody's who wants memory to run out. Of all that
/// is recorded `botocore` has the most: 5,000 among 2,070 versions.
const MOST_STRETCHES: usize = 16_384;

/// The atoms of one project's line, in order. What lies above the last one is the tail of a set.
#[derive(Debug, Default)]
pub(crate) struct Line {
    /// The atom of each listed version.
    atoms: Vec<u32>,
    /// The position of each atom in the listing.
    positions: Vec<u32>,
    /// The cuts of requirements, each with the first atom above it.
    cuts: Vec<(Cut, u32)>,
    /// Whether there would be too many stretches, and so there are none.
    is_coarse: bool,
}

impl Line {
    /// The line of `releases`, which tells all requirements apart that are cut at `cuts`.
    pub(crate) fn new(releases: &[Release], mut cuts: Vec<Cut>) -> Self {
        cuts.sort_unstable();
        cuts.dedup();
        let line = Self::fine(releases, cuts);
        if line.positions.len() - line.atoms.len() <= MOST_STRETCHES {
            return line;
        }
        Self { is_coarse: true, ..Self::fine(releases, Vec::new()) }
    }

    /// The line with all its stretches; `cuts` ascend, each once.
    fn fine(releases: &[Release], cuts: Vec<Cut>) -> Self {
        let mut line = Self {
            atoms: Vec::with_capacity(releases.len()),
            positions: Vec::with_capacity(releases.len() + cuts.len()),
            cuts: Vec::with_capacity(cuts.len()),
            is_coarse: false,
        };
        let mut cuts = cuts.into_iter().peekable();
        let mut below: Option<&Release> = None;
        for (position, release) in (0..).zip(releases) {
            let mut is_open = false;
            while let Some(cut) = cuts.next_if(|cut| !cut.is_above(&release.version)) {
                is_open = cut != Cut::before(&release.version);
                line.push_cut(cut, below);
            }
            if is_open {
                line.positions.push(NO_VERSION);
            }
            line.atoms.push(line.end());
            line.positions.push(position);
            below = Some(release);
        }
        for cut in cuts {
            line.push_cut(cut, below);
        }
        line
    }

    /// Ends the stretch below a cut, unless there is none: right behind a version.
    fn push_cut(&mut self, cut: Cut, below: Option<&Release>) {
        if below.is_none_or(|below| cut != Cut::after(&below.version)) {
            self.positions.push(NO_VERSION);
        }
        self.cuts.push((cut, self.end()));
    }

    fn end(&self) -> u32 {
        u32::try_from(self.positions.len()).unwrap_or(u32::MAX)
    }

    /// The atom of the version at a position of the listing.
    pub(crate) fn atom(&self, position: u32) -> u32 {
        self.atoms[position as usize]
    }

    /// The position in the listing of the version that an atom is, if it is one.
    pub(crate) fn position(&self, atom: u32) -> Option<u32> {
        self.positions.get(atom as usize).copied().filter(|position| *position != NO_VERSION)
    }

    /// The positions of the versions in a set of atoms, the lowest first.
    pub(crate) fn ascending<'a>(
        &'a self,
        set: &'a Versions,
    ) -> impl Iterator<Item = u32> + Clone + 'a {
        set.positions(self.end()).filter_map(|atom| self.position(atom))
    }

    /// The positions of the versions in a set of atoms, the highest first.
    pub(crate) fn descending<'a>(
        &'a self,
        set: &'a Versions,
    ) -> impl Iterator<Item = u32> + Clone + 'a {
        set.descending(self.end()).filter_map(|atom| self.position(atom))
    }

    /// The version at a position with all that lies between it and its neighbours.
    pub(crate) fn alike(&self, position: u32) -> Versions {
        let start = position.checked_sub(1).map_or(0, |below| self.atom(below) + 1);
        match self.atoms.get(position as usize + 1) {
            Some(above) => Versions::from_runs(std::slice::from_ref(&(start..*above))),
            None => from(start),
        }
    }

    /// The atoms that specifiers mean. Their cuts are among those that the line was made for, or the
    /// line has no stretches.
    pub(crate) fn lower(&self, specifiers: &Specifiers, releases: &[Release]) -> Versions {
        specifiers.iter().fold(Versions::full(), |set, specifier| {
            set.intersection(&self.lower_one(specifier, releases))
        })
    }

    fn lower_one(&self, specifier: &Specifier, releases: &[Release]) -> Versions {
        let Some(spans) = specifier.spans() else {
            let atoms = self.atoms.iter().zip(releases);
            let meant = atoms.filter(|(_, release)| specifier.contains(&release.version));
            let runs: Vec<Range<u32>> = meant.map(|(atom, _)| *atom..*atom + 1).collect();
            return Versions::from_runs(&runs);
        };
        spans.iter().fold(Versions::empty(), |set, span| {
            let above = span
                .start
                .as_ref()
                .map_or_else(Versions::full, |cut| from(self.above(cut, releases)));
            let below = match &span.end {
                Some(cut) => from(self.above(cut, releases)).complement(),
                None => Versions::full(),
            };
            set.union(&above.intersection(&below))
        })
    }

    /// Whether the line was made for the cuts of these specifiers, as far as any line would be.
    pub(crate) fn tells_apart(&self, specifiers: &Specifiers) -> bool {
        self.is_coarse || cuts_of(specifiers).all(|cut| self.find(&cut).is_ok())
    }

    /// The first atom above a cut; of a line without stretches the first version.
    fn above(&self, cut: &Cut, releases: &[Release]) -> u32 {
        if let Ok(place) = self.find(cut) {
            return self.cuts[place].1;
        }
        let below = releases.partition_point(|release| cut.is_above(&release.version));
        self.atoms.get(below).copied().unwrap_or(self.end())
    }

    fn find(&self, cut: &Cut) -> Result<usize, usize> {
        self.cuts.binary_search_by(|(known, _)| known.cmp(cut))
    }
}

/// Where specifiers cut the line.
pub(crate) fn cuts_of(specifiers: &Specifiers) -> impl Iterator<Item = Cut> + '_ {
    let spans = specifiers.iter().filter_map(Specifier::spans).flatten();
    spans.flat_map(|span| [span.start, span.end]).flatten()
}

/// Everything from an atom on.
fn from(atom: u32) -> Versions {
    Versions::from_runs(std::slice::from_ref(&(0..atom))).complement()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn releases(versions: &[&str]) -> Vec<Release> {
        let release = |version: &&str| Release {
            version: version.parse().expect("a version"),
            files: Box::default(),
        };
        versions.iter().map(release).collect()
    }

    fn specifiers(text: &str) -> Specifiers {
        Specifiers::parse(text).expect("specifiers")
    }

    fn line(releases: &[Release], texts: &[&str]) -> Line {
        let specifiers: Vec<Specifiers> = texts.iter().map(|text| specifiers(text)).collect();
        Line::new(releases, specifiers.iter().flat_map(cuts_of).collect())
    }

    #[test]
    fn requirements_may_meet_where_nothing_is_published() {
        let releases = releases(&["1.0", "2.0", "3.0"]);
        let texts = [">=2.1", "<2.2", ">=2.5", ">=4", "<5", "==2.0", "!=2.0", "<=2", ">2"];
        let line = line(&releases, &texts);
        let lower = |text: &str| line.lower(&specifiers(text), &releases);
        for (left, right, meet) in [
            (">=2.1", "<2.2", true),
            (">=2.5", "<2.2", false),
            (">=4", "<5", true),
            ("==2.0", ">=2.1", false),
            ("!=2.0", "==2.0", false),
            ("<=2", ">2", false),
            ("<=2", "==2.0", true),
        ] {
            assert_eq!(!lower(left).is_disjoint(&lower(right)), meet, "{left} {right}");
        }
        assert_eq!(lower("!=2.0").union(&lower("==2.0")), Versions::full());
        // Neither means `2.post1`.
        assert_ne!(lower("<=2").union(&lower(">2")), Versions::full());
    }

    #[test]
    fn versions_share_the_line_among_them() {
        let releases = releases(&["1.0", "2.0", "3.0"]);
        let line = line(&releases, &["<1", "==1.0", ">=1.5", "<2.0", ">3", ">=9"]);
        let all = (0..3).map(|position| line.alike(position));
        assert_eq!(all.fold(Versions::empty(), |all, alike| all.union(&alike)), Versions::full());
        for position in 0..3 {
            let alike = line.alike(position);
            assert_eq!(line.ascending(&alike).collect::<Vec<_>>(), [position]);
            assert_eq!(line.position(line.atom(position)), Some(position));
        }
        assert_eq!(line.descending(&Versions::full()).collect::<Vec<_>>(), [2, 1, 0]);
    }

    #[test]
    fn a_line_does_without_stretches_where_there_would_be_too_many() {
        let releases = releases(&["1.0", "2.0", "3.0"]);
        let texts: Vec<String> = (0..=MOST_STRETCHES).map(|at| format!(">=1.0.{at}")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let line = line(&releases, &texts);
        assert_eq!(line.end(), 3);
        for (text, meant) in [
            (">=1.0.7", &[1, 2][..]),
            ("<2", &[0]),
            ("!=2.0", &[0, 2]),
            (">3", &[]),
            ("===2.0", &[1]),
            ("", &[0, 1, 2]),
        ] {
            let specifiers = specifiers(text);
            assert!(line.tells_apart(&specifiers));
            let set = line.lower(&specifiers, &releases);
            assert_eq!(line.ascending(&set).collect::<Vec<_>>(), meant, "{text}");
        }
    }

    #[test]
    fn a_line_knows_what_it_was_made_for() {
        let line = line(&releases(&["1.0"]), &[">=1.0,<2", "~=1.4"]);
        assert!(line.tells_apart(&specifiers(">=1.0")));
        assert!(line.tells_apart(&specifiers("")));
        assert!(!line.tells_apart(&specifiers(">=1.1")));
    }
}
