//! Targets, and the conditions on them that dependencies are under.
//!
//! Cargo asks rustc what holds for a target. A service has no rustc, so that the answers of one
//! release stand in a table: `rustc --print cfg`, asked as cargo does, for each of its built-in
//! targets. What a user adds by `--cfg`, `-C target-feature` or `-C target-cpu` is not in it.

use std::fmt;

use cargo_platform::{Cfg, CfgExpr, Ident};

/// What rustc says of its targets; the first lines tell the columns.
const TARGETS: &str = include_str!("platform/targets.txt");

/// What the keys of the table's columns are called in conditions, from the second column on.
const KEYS: [&str; 11] = [
    "target_arch",
    "target_vendor",
    "target_os",
    "target_env",
    "target_abi",
    "target_endian",
    "target_pointer_width",
    "panic",
    "target_family",
    "target_has_atomic",
    "target_feature",
];

/// From this place of [`KEYS`] on, a key has any number of values.
const FIRST_LIST: usize = 8;

/// Names that hold for all targets, or for whole families of them. Cargo counts `debug_assertions`
/// whatever the profile.
const NAMES: [&str; 3] = ["debug_assertions", "unix", "windows"];

/// Brackets in brackets beyond this depth are no condition that anybody wrote: reading one takes
/// stack for each of them.
const DEEPEST: usize = 64;

/// So many similar triples are told.
const NEAR: usize = 3;

/// A target that rustc has built in, with what holds for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    triple: Box<str>,
    cfgs: Box<[Cfg]>,
}

/// A triple that is not in the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{triple}` is not a target that rustc {} has built in: {}", Platform::RUSTC, self.advice())]
pub struct PlatformError {
    /// What was given.
    pub triple: String,
    /// The triples that look most like it, the nearest first.
    pub near: Vec<&'static str>,
}

/// The targets that a dependency is for: `cfg(…)`, or one triple (reference, "Platform specific
/// dependencies").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(cargo_platform::Platform);

/// A text that is no condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is neither a target's triple nor `cfg(…)`: {reason}")]
pub struct ConditionError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Platform {
    /// The release of rustc whose targets are known.
    pub const RUSTC: &'static str = "1.95.0";

    /// Looks a triple up, such as `x86_64-unknown-linux-gnu`.
    ///
    /// # Errors
    ///
    /// If rustc has no such target built in. What a target specification of somebody's own says is
    /// not known either.
    pub fn find(triple: &str) -> Result<Self, PlatformError> {
        let row = rows().find(|row| row.split(' ').next() == Some(triple));
        let row =
            row.ok_or_else(|| PlatformError { triple: triple.to_owned(), near: near(triple) })?;
        Ok(Self { triple: triple.into(), cfgs: cfgs(row) })
    }

    /// The triples that are known, ascending bytewise.
    pub fn triples() -> impl Iterator<Item = &'static str> {
        rows().filter_map(|row| row.split(' ').next())
    }

    /// The triple.
    pub fn triple(&self) -> &str {
        &self.triple
    }

    /// What holds for the target, as `rustc --print cfg` writes it, in no particular order.
    pub fn cfgs(&self) -> impl Iterator<Item = String> {
        self.cfgs.iter().map(ToString::to_string)
    }
}

impl Condition {
    /// Reads a condition.
    ///
    /// # Errors
    ///
    /// If it is neither a triple nor a `cfg(…)` that can be read. A triple need not be a known one.
    pub fn parse(text: &str) -> Result<Self, ConditionError> {
        let error = |reason: String| ConditionError { text: text.to_owned(), reason };
        if depth(text) > DEEPEST {
            return Err(error(format!("brackets are nested more than {DEEPEST} deep")));
        }
        text.parse().map(Self).map_err(|fault: cargo_platform::ParseError| {
            let whole = fault.to_string();
            // The message begins with the text, which this one's begins with too.
            let reason = whole.split_once("` as a cfg expression: ").map(|(_, reason)| reason);
            error(reason.unwrap_or(&whole).to_owned())
        })
    }

    /// Whether the condition holds for a target. What no target sets by itself does not hold.
    pub fn holds(&self, platform: &Platform) -> bool {
        self.0.matches(&platform.triple, &platform.cfgs)
    }

    /// What the condition mentions that no target sets by itself, such as `tokio_unstable` or
    /// `feature = "std"`.
    pub fn foreign(&self) -> Vec<String> {
        let mut foreign = Vec::new();
        let mut waiting: Vec<&CfgExpr> = match &self.0 {
            cargo_platform::Platform::Name(_) => Vec::new(),
            cargo_platform::Platform::Cfg(expression) => vec![expression],
        };
        while let Some(expression) = waiting.pop() {
            match expression {
                CfgExpr::Not(inner) => waiting.push(inner),
                CfgExpr::All(all) | CfgExpr::Any(all) => waiting.extend(all.iter().rev()),
                CfgExpr::Value(cfg) if !is_of_targets(cfg) => foreign.push(cfg.to_string()),
                CfgExpr::Value(_) | CfgExpr::True | CfgExpr::False => {}
            }
        }
        foreign
    }
}

impl PlatformError {
    fn advice(&self) -> String {
        let near = self.near.iter().map(|triple| format!("`{triple}`")).collect::<Vec<_>>();
        match &near[..] {
            [] => "`rustc --print target-list` lists them".to_owned(),
            near => format!("did you mean {}?", near.join(" or ")),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn rows() -> impl Iterator<Item = &'static str> {
    TARGETS.lines().filter(|line| !line.starts_with('#'))
}

/// What a row of the table says.
fn cfgs(row: &str) -> Box<[Cfg]> {
    let ident = |name: &str| Ident { name: name.to_owned(), raw: false };
    let mut cfgs = vec![Cfg::Name(ident(NAMES[0]))];
    for (place, (key, values)) in KEYS.iter().zip(row.split(' ').skip(1)).enumerate() {
        let is_list = place >= FIRST_LIST;
        let values = if values == "-" { "" } else { values };
        for value in values.split(',').filter(|value| !is_list || !value.is_empty()) {
            if *key == "target_family" && NAMES.contains(&value) {
                cfgs.push(Cfg::Name(ident(value)));
            }
            cfgs.push(Cfg::KeyPair(ident(key), value.to_owned()));
        }
    }
    cfgs.into()
}

/// Whether targets set such a thing by themselves.
fn is_of_targets(cfg: &Cfg) -> bool {
    match cfg {
        Cfg::Name(name) => NAMES.contains(&name.as_str()),
        Cfg::KeyPair(key, _) => KEYS.contains(&key.as_str()),
    }
}

/// How deep brackets are nested.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

/// The triples that look most like a text: those that share the most parts with it first.
fn near(text: &str) -> Vec<&'static str> {
    // Comparing takes the product of the lengths, and no triple is longer than this.
    let text: String = text.chars().take(40).collect();
    let shared = |triple: &str| triple.split('-').filter(|part| has_part(&text, part)).count();
    let alike = |triple: &str| strsim::normalized_damerau_levenshtein(&text, triple);
    let all = Platform::triples().map(|triple| (shared(triple), alike(triple), triple));
    let mut near: Vec<(usize, f64, &str)> = all.filter(|(_, alike, _)| *alike > 0.6).collect();
    near.sort_by(|left, right| {
        let likeness = right.1.total_cmp(&left.1);
        right.0.cmp(&left.0).then(likeness).then(left.2.cmp(right.2))
    });
    near.into_iter().take(NEAR).map(|(_, _, triple)| triple).collect()
}

fn has_part(text: &str, part: &str) -> bool {
    text.split('-').any(|other| other == part)
}

#[cfg(test)]
mod tests;
