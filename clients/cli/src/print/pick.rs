//! What was picked from an answer: what to keep, what to fetch, what to leave out.

use std::collections::BTreeSet;

use proto::v1::{Artifact, RegistryGroup};
use serde::Serialize;

use crate::{
    pick::{Fate, Pick, Picked},
    print::{
        look::{Look, safe, width},
        text::heading,
        took::{bytes, counted},
    },
};

/// What is to be fetched, or kept, of one package. Several places may have it.
#[derive(Clone, Debug)]
struct Wanted<'a> {
    picked: Picked<'a>,
    slots: Vec<&'a str>,
}

type Groups<'a> = Vec<(&'a RegistryGroup, Vec<Wanted<'a>>)>;

/// The picks of one fate, by registry: each package and version once, sorted by them.
fn wanted<'a>(pick: &Pick<'a>, fate: Fate) -> Groups<'a> {
    let mut groups: Groups<'a> = Vec::new();
    for picked in pick.picked.iter().filter(|picked| picked.fate == fate) {
        let wanted = Wanted { picked: *picked, slots: vec![&picked.package.slot] };
        match groups.last_mut() {
            Some((group, packages)) if group.registry == picked.group.registry => {
                packages.push(wanted);
            }
            _ => groups.push((picked.group, vec![wanted])),
        }
    }
    for (_, packages) in &mut groups {
        packages.sort_by_key(Wanted::key);
        packages.dedup_by(|next, first| {
            let is_same = next.key() == first.key();
            if is_same {
                first.slots.append(&mut next.slots);
            }
            is_same
        });
    }
    groups
}

impl<'a> Wanted<'a> {
    fn key(&self) -> (&'a str, &'a str) {
        (&self.picked.package.name, self.picked.version)
    }
}

/// Tells a pick as lines `name version`, sorted by bytes and unique.
pub fn pins(pick: &Pick<'_>) -> String {
    let lines = pick.picked.iter();
    let lines = lines.map(|picked| format!("{} {}\n", picked.package.name, picked.version));
    lines.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Tells a pick for people.
pub fn text(pick: &Pick<'_>, look: Look) -> String {
    let (kept, fetched) = (wanted(pick, Fate::Keep), wanted(pick, Fate::Fetch));
    let rows = |groups: &Groups<'_>| -> Vec<[String; 2]> {
        let all = groups.iter().flat_map(|(_, packages)| packages);
        all.map(|wanted| [&wanted.picked.package.name, wanted.picked.version].map(safe)).collect()
    };
    let rows = [rows(&kept), rows(&fetched)].concat();
    let widest = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0);
    let widths = [widest(0), widest(1)];
    let mut lines = Vec::new();
    if !kept.is_empty() {
        lines.push(look.strong("keep"));
        let kept = kept.iter().flat_map(|(_, packages)| packages);
        lines.extend(kept.map(|wanted| row(wanted, &instead(wanted), widths, look)));
        lines.push(String::new());
    }
    for (group, packages) in &fetched {
        lines.push(look.strong("fetch from ") + &heading(group, look));
        lines.extend(packages.iter().map(|wanted| row(wanted, &file(wanted), widths, look)));
        lines.push(String::new());
    }
    lines.extend(summary(pick, &kept, &fetched).iter().map(|line| look.wrap("", &safe(line))));
    lines.join("\n") + "\n"
}

fn row(wanted: &Wanted<'_>, told: &str, widths: [usize; 2], look: Look) -> String {
    let Picked { package, version, .. } = wanted.picked;
    let pad = |text: &str, columns: usize| {
        let text = safe(text);
        let blanks = " ".repeat(columns.saturating_sub(width(&text)));
        text + &blanks
    };
    let (name, version) = (pad(&package.name, widths[0]), pad(version, widths[1]));
    format!("  {name}  {version}  {}", look.faint(&safe(told))).trim_end().to_owned()
}

/// The version that a held one stands for.
fn instead(wanted: &Wanted<'_>) -> String {
    let Picked { package, version, .. } = wanted.picked;
    if version == package.version {
        String::new()
    } else {
        format!("in place of {}", package.version)
    }
}

fn file(wanted: &Wanted<'_>) -> String {
    let Some(file) = wanted.picked.file() else { return String::new() };
    match file.size {
        Some(size) => format!("{} ({})", file.filename, bytes(size)),
        None => file.filename.clone(),
    }
}

fn summary(pick: &Pick<'_>, kept: &Groups<'_>, fetched: &Groups<'_>) -> Vec<String> {
    let all =
        |groups: &Groups<'_>| groups.iter().map(|(_, packages)| packages.len()).sum::<usize>();
    let fetch = match all(fetched) {
        0 => "nothing to fetch".to_owned(),
        count => format!("{count} to fetch: {}", load(fetched)),
    };
    let mut lines = vec![format!("{} kept, {fetch}", counted(all(kept), "package"))];
    let of = |fate| pick.picked.iter().filter(|picked| picked.fate == fate).count();
    let asides = [
        (of(Fate::Bundled), "more inside other packages"),
        (of(Fate::Inert), "more that npm would not install here"),
    ];
    lines.extend(
        asides
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}")),
    );
    if !pick.unneeded.is_empty() {
        let names: BTreeSet<&str> =
            pick.unneeded.iter().map(|package| package.name.as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        lines.push(format!("not needed with these versions: {}", names.join(", ")));
    }
    lines
}

/// How many files are to be fetched, and how large they are as far as that is known.
fn load(fetched: &Groups<'_>) -> String {
    let wanted = fetched.iter().flat_map(|(_, packages)| packages);
    let files: Vec<Option<&Artifact>> = wanted.map(|wanted| wanted.picked.file()).collect();
    let known: Vec<&Artifact> = files.iter().copied().flatten().collect();
    let count = counted(known.len(), "file");
    let size = known.iter().filter_map(|file| file.size).fold(0, u64::saturating_add);
    let mut parts = match known.iter().filter(|file| file.size.is_none()).count() {
        _ if known.is_empty() => vec![count],
        0 => vec![count, bytes(size)],
        all if all == known.len() => vec![format!("{count} of unknown size")],
        some => vec![count, format!("{some} of unknown size")],
    };
    let unnamed = files.len() - known.len();
    if unnamed > 0 {
        parts.push(format!("{} without a file in the answer", counted(unnamed, "package")));
    }
    parts.join(", ")
}

/// The picks of an answer, for programs.
#[derive(Debug, Serialize)]
struct Picks<'a> {
    picks: Vec<Json<'a>>,
}

/// The pick of a project.
#[derive(Debug, Serialize)]
struct Json<'a> {
    /// The project's name. Empty means the only one.
    project: &'a str,
    keep: Vec<JsonPackage<'a>>,
    fetch: Vec<JsonGroup<'a>>,
    bundled: Vec<JsonPackage<'a>>,
    inert: Vec<JsonPackage<'a>>,
    unneeded: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct JsonGroup<'a> {
    registry: &'a str,
    public_url: &'a str,
    packages: Vec<JsonPackage<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonPackage<'a> {
    name: &'a str,
    version: &'a str,
    slots: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<JsonFile<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonFile<'a> {
    filename: &'a str,
    url: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    hashes: &'a [String],
}

/// Tells the picks of an answer's projects in JSON, with a line end.
pub fn json(picks: &[(&str, Pick<'_>)]) -> Result<String, serde_json::Error> {
    let picks: Vec<Json<'_>> =
        picks.iter().map(|(project, pick)| json_pick(project, pick)).collect();
    Ok(serde_json::to_string_pretty(&Picks { picks })? + "\n")
}

fn json_pick<'a>(project: &'a str, pick: &Pick<'a>) -> Json<'a> {
    let all = |fate| {
        let groups = wanted(pick, fate).into_iter();
        groups.flat_map(|(_, packages)| packages).map(json_package).collect()
    };
    let fetch = wanted(pick, Fate::Fetch).into_iter().map(|(group, packages)| JsonGroup {
        registry: &group.registry,
        public_url: &group.public_url,
        packages: packages.into_iter().map(json_package).collect(),
    });
    Json {
        project,
        keep: all(Fate::Keep),
        fetch: fetch.collect(),
        bundled: all(Fate::Bundled),
        inert: all(Fate::Inert),
        unneeded: pick.unneeded.iter().map(|package| package.slot.as_str()).collect(),
    }
}

fn json_package(wanted: Wanted<'_>) -> JsonPackage<'_> {
    let Wanted { picked, slots } = wanted;
    let file = picked.file().map(|file| JsonFile {
        filename: &file.filename,
        url: &file.url,
        size: file.size,
        hashes: &file.hashes,
    });
    JsonPackage { name: &picked.package.name, version: picked.version, slots, file }
}
