//! One judge per kind of row: what the row says, and whether we say the same.

use ecosystems::pypi::{
    DistributionFilename, Environment, Marker, MarkerContext, Name, Platform, Python, Requirement,
    Specifiers, Version, WheelFilename, parse_version,
};
use serde_json::Value;

/// Whether a row is met, and if not, what we say instead.
pub(crate) type Judged = Result<(), String>;

/// The text of a field.
fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    written(&row[key]).unwrap_or_else(|| panic!("no `{key}`: {row}"))
}

/// A text, or an object of the reference written as one.
fn written(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value["str"].as_str())
}

#[expect(clippy::needless_pass_by_value, reason = "judges hand over what they have made")]
fn same<T: PartialEq + std::fmt::Debug>(got: T, expected: T) -> Judged {
    if got == expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

/// Reads a version from a text, or from a field named `version`.
pub(crate) fn version(row: &Value) -> Result<Version, String> {
    version_of(row.as_str().unwrap_or_else(|| text(row, "version")))
}

fn version_of(text: &str) -> Result<Version, String> {
    parse_version(text).map_err(|error| format!("`{text}` is refused: {error}"))
}

/// The specifiers of a row, under whichever name the test gives them.
fn specifiers(row: &Value) -> Result<Specifiers, String> {
    let keys = ["specifier", "spec_str", "spec"];
    let text = keys.iter().find_map(|key| row[*key].as_str()).expect("a row has specifiers");
    parse_specifiers(text)
}

fn parse_specifiers(text: &str) -> Result<Specifiers, String> {
    Specifiers::parse(text).map_err(|error| format!("`{text}` is refused: {error}"))
}

fn refused<T: std::fmt::Debug, E>(read: Result<T, E>) -> Judged {
    match read {
        Ok(value) => Err(format!("read as {value:?}, expected to be refused")),
        Err(_) => Ok(()),
    }
}

pub(crate) fn valid_version(row: &Value) -> Judged {
    version(row).map(drop)
}

pub(crate) fn invalid_version(row: &Value) -> Judged {
    refused(parse_version(text(row, "version")))
}

pub(crate) fn written_version(row: &Value) -> Judged {
    let expected = row["normalized"].as_str().unwrap_or_else(|| text(row, "expected"));
    same(version(row)?.to_string().as_str(), expected)
}

pub(crate) fn public_version(row: &Value) -> Judged {
    same(version(row)?.without_local().to_string().as_str(), text(row, "public"))
}

pub(crate) fn base_version(row: &Value) -> Judged {
    let version = version(row)?;
    let base = version.only_release().with_epoch(version.epoch());
    same(base.to_string().as_str(), text(row, "base_version"))
}

pub(crate) fn version_parts(row: &Value) -> Judged {
    let version = version(row)?;
    let number = |key: &str| row[key].as_u64();
    if row.get("epoch").is_some() {
        same(Some(version.epoch()), number("epoch"))?;
    }
    if let Some(release) = row["release"].as_array() {
        let release: Vec<u64> = release.iter().filter_map(Value::as_u64).collect();
        same(version.release().to_vec(), release)?;
    }
    if row.get("dev").is_some() {
        same(version.dev(), number("dev"))?;
    }
    if row.get("post").is_some() {
        same(version.post(), number("post"))?;
    }
    if let Some(local) = row.get("local") {
        let written = version.to_string();
        same(written.split_once('+').map(|(_, local)| local), local.as_str())?;
    }
    if let Some(pre) = row.get("pre") {
        let expected =
            pre.as_array().map(|pre| format!("{}{}", written(&pre[0]).unwrap_or_default(), pre[1]));
        same(version.pre().map(|pre| pre.to_string()), expected)?;
    }
    Ok(())
}

pub(crate) fn is_prerelease(row: &Value) -> Judged {
    same(Some(version(row)?.any_prerelease()), row["expected"].as_bool())
}

pub(crate) fn is_dev_release(row: &Value) -> Judged {
    same(Some(version(row)?.is_dev()), row["expected"].as_bool())
}

pub(crate) fn is_post_release(row: &Value) -> Judged {
    same(Some(version(row)?.is_post()), row["expected"].as_bool())
}

pub(crate) fn valid_specifiers(row: &Value) -> Judged {
    specifiers(row).map(drop)
}

pub(crate) fn invalid_specifiers(row: &Value) -> Judged {
    refused(specifiers(row))
}

/// `==VERSION` is read whatever the version's spelling.
pub(crate) fn specifier_of_version(row: &Value) -> Judged {
    let read = parse_specifiers(&format!("=={}", text(row, "version")))?;
    let read = read.iter().next().and_then(|specifier| specifier.version().cloned());
    same(read, Some(version(row)?))
}

pub(crate) fn written_specifiers(row: &Value) -> Judged {
    same(specifiers(row)?.to_string().as_str(), text(row, "expected"))
}

/// Membership. Where a row forbids pre-releases, they are taken from what we say.
pub(crate) fn membership(row: &Value) -> Judged {
    let specifiers = specifiers(row)?;
    let key = if row["version"].is_null() { "version_str" } else { "version" };
    let version = version_of(text(row, key))?;
    let said =
        ["contains_pre", "contains_prereleases", "spec_pre", "spec_prereleases", "prereleases"];
    let wanted = said.iter().find_map(|key| row[*key].as_bool()).unwrap_or(true)
        || row["installed"].as_bool() == Some(true);
    let got = specifiers.contains(&version) && (wanted || !version.any_prerelease());
    same(Some(got), row["expected"].as_bool())
}

/// Membership when the same row is asked with pre-releases explicitly wanted or not.
pub(crate) fn explicit_prereleases(row: &Value) -> Judged {
    let (specifiers, version) = (specifiers(row)?, version(row)?);
    for (setting, outcome) in
        [("initial_prereleases", "initial_contains"), ("set_prereleases", "final_contains")]
    {
        if let Some(wanted) = row[setting].as_bool() {
            let got = specifiers.contains(&version) && (wanted || !version.any_prerelease());
            same(Some(got), row[outcome].as_bool())?;
        }
    }
    Ok(())
}

/// Which of some versions are left, by the reference's default: pre-releases where they are asked
/// for by name, or where nothing else is left. Texts that are no versions are passed over on both
/// sides, for no listing holds them; a row with nothing else says nothing.
pub(crate) fn filtered(row: &Value) -> Judged {
    let specifiers = specifiers(row)?;
    let versions = |key: &str| -> Vec<(String, Version)> {
        let list = row[key].as_array().expect("a row has a list").iter();
        let texts = list.map(|text| written(text).expect("a list of texts"));
        texts.filter_map(|text| Some((text.to_owned(), parse_version(text).ok()?))).collect()
    };
    let listed = versions("input");
    if listed.is_empty() && !row["input"].as_array().is_some_and(Vec::is_empty) {
        return Err("no text is a version".to_owned());
    }
    let mut left = listed;
    left.retain(|(_, version)| specifiers.contains(version));
    let said = ["prereleases", "specifier_prereleases"];
    let wanted = said.iter().find_map(|key| row[*key].as_bool());
    let has_final = left.iter().any(|(_, version)| !version.any_prerelease());
    let keep = wanted.unwrap_or(specifiers.names_prerelease() || !has_final);
    left.retain(|(_, version)| keep || !version.any_prerelease());
    let texts = |versions: Vec<(String, Version)>| -> Vec<String> {
        versions.into_iter().map(|(text, _)| text).collect()
    };
    same(texts(left), texts(versions("expected")))
}

pub(crate) fn keeps_opt_in(row: &Value) -> Judged {
    let both = format!("{},{}", text(row, "dep"), text(row, "constraint"));
    let row = serde_json::json!({
        "specifier": both, "input": row["versions"], "expected": row["expected"],
    });
    filtered(&row)
}

pub(crate) fn names_prerelease(row: &Value) -> Judged {
    same(Some(specifiers(row)?.names_prerelease()), row["expected"].as_bool())
}

pub(crate) fn inside_and_outside(row: &Value) -> Judged {
    let specifiers = specifiers(row)?;
    same(specifiers.contains(&version_of(text(row, "inside"))?), true)?;
    same(specifiers.contains(&version_of(text(row, "outside"))?), false)
}

/// No version close to those named is meant.
pub(crate) fn unsatisfiable(row: &Value) -> Judged {
    let specifiers = specifiers(row)?;
    let mut met = neighbours(&specifiers).into_iter().filter(|near| specifiers.contains(near));
    met.next().map_or(Ok(()), |version| Err(format!("`{version}` is meant, expected none")))
}

pub(crate) fn unsatisfiable_without_prereleases(row: &Value) -> Judged {
    let specifiers = specifiers(row)?;
    let near = neighbours(&specifiers).into_iter().filter(|near| !near.any_prerelease());
    let met = near.into_iter().find(|near| specifiers.contains(near));
    met.map_or(Ok(()), |version| Err(format!("`{version}` is meant, expected none")))
}

/// Versions around those that specifiers name.
fn neighbours(specifiers: &Specifiers) -> Vec<Version> {
    let tails = ["", ".dev0", ".dev1", "a0", "a1", "b1", "rc1", ".post0", ".post1", "+local", ".1"];
    let named = specifiers.iter().filter_map(|specifier| specifier.version().cloned());
    let texts = named.flat_map(|version| {
        let bare = version.only_release().with_epoch(version.epoch());
        tails.iter().flat_map(move |tail| [format!("{version}{tail}"), format!("{bare}{tail}")])
    });
    texts.filter_map(|text| text.parse().ok()).collect()
}

/// Membership in one implies, or excludes, membership in the other, as far as neighbours go.
pub(crate) fn subset(row: &Value) -> Judged {
    related(row, |left, right| !left || right)
}

pub(crate) fn superset(row: &Value) -> Judged {
    related(row, |left, right| left || !right)
}

pub(crate) fn disjoint(row: &Value) -> Judged {
    related(row, |left, right| !(left && right))
}

fn related(row: &Value, holds: fn(bool, bool) -> bool) -> Judged {
    let left = parse_specifiers(text(row, "left"))?;
    let right = parse_specifiers(text(row, "right"))?;
    let near = neighbours(&left).into_iter().chain(neighbours(&right));
    let broken = near.into_iter().find(|near| !holds(left.contains(near), right.contains(near)));
    match (broken, row["expected"].as_bool()) {
        (Some(version), Some(true)) => Err(format!("`{version}` says otherwise")),
        _ => Ok(()),
    }
}

pub(crate) fn empty_means_all(row: &Value) -> Judged {
    same(Specifiers::default().contains(&version(row)?), true)
}

pub(crate) fn count(row: &Value) -> Judged {
    let got = specifiers(row)?.iter().count() as u64;
    same(Some(got), row["expected_length"].as_u64())
}

pub(crate) fn listed(row: &Value) -> Judged {
    let got: Vec<String> = specifiers(row)?.iter().map(ToString::to_string).collect();
    let expected = row["expected_items"].as_array().expect("a list");
    let expected = expected.iter().map(|item| item.as_str().expect("a text").to_owned()).collect();
    same(got, expected)
}

pub(crate) fn equal_specifiers(row: &Value) -> Judged {
    same(parse_specifiers(text(row, "left"))?, parse_specifiers(text(row, "right"))?)
}

fn marker(row: &Value) -> Result<Marker, String> {
    let keys = ["marker_string", "marker_str", "marker"];
    let text = keys.iter().find_map(|key| row[*key].as_str()).expect("a row has a marker");
    Marker::parse(text).map_err(|error| format!("`{text}` is refused: {error}"))
}

pub(crate) fn valid_marker(row: &Value) -> Judged {
    marker(row).map(drop)
}

pub(crate) fn invalid_marker(row: &Value) -> Judged {
    refused(marker(row))
}

pub(crate) fn marker_with_line_break(row: &Value) -> Judged {
    refused(Marker::parse(&format!("python_version >= '3.6'{}", text(row, "line_break"))))
}

pub(crate) fn marker_with_spaces(row: &Value) -> Judged {
    let marker = format!("python_version >= '3.6'{}", text(row, "whitespace"));
    Marker::parse(&marker).map(drop).map_err(|error| error.to_string())
}

pub(crate) fn written_marker(row: &Value) -> Judged {
    same(marker(row)?.to_string().as_str(), text(row, "expected"))
}

pub(crate) fn different_markers(row: &Value) -> Judged {
    let read = |key| Marker::parse(text(row, key)).map_err(|error| error.to_string());
    let (left, right) = (read("example1")?, read("example2")?);
    if left == right { Err(format!("{left} is equal to {right}")) } else { Ok(()) }
}

fn holds(marker: &Marker, extras: &[Name]) -> bool {
    let python = Python::parse("3.12").expect("a version of Python");
    let platform = Platform::parse("linux").expect("a platform");
    let environment = Environment::new(python, platform, false);
    marker.holds(MarkerContext { environment: &environment, extras })
}

/// Evaluation on Linux, with the extra that the row asks for. Interpreters and systems that no
/// platform describes cannot be asked about.
pub(crate) fn evaluation(row: &Value) -> Judged {
    let marker = marker(row)?;
    let environment = row["environment"].as_object();
    let mut extras = Vec::new();
    for (variable, value) in environment.into_iter().flatten() {
        match (variable.as_str(), value.as_str()) {
            ("extra", Some("")) => {}
            ("extra", Some(extra)) => extras.push(Name::parse(extra).map_err(|e| e.to_string())?),
            (_, Some(value)) if is_so_here(variable, value)? => {}
            _ => return Err(format!("`{variable}` is another one here")),
        }
    }
    same(Some(holds(&marker, &extras)), row["expected"].as_bool())
}

/// Whether a variable has a value on the platform that markers are judged on.
fn is_so_here(variable: &str, value: &str) -> Result<bool, String> {
    let marker = Marker::parse(&format!("{variable} == '{value}'"));
    marker.map(|marker| holds(&marker, &[])).map_err(|error| error.to_string())
}

fn requirement(text: &str) -> Result<Requirement, String> {
    Requirement::parse(text).map_err(|error| format!("`{text}` is refused: {error}"))
}

/// A requirement put together from its parts, as the reference's test does it.
pub(crate) fn requirement_of_parts(row: &Value) -> Judged {
    let space = text(row, "whitespace");
    let filled = |key: &str| row[key].as_str().map(|text| text.replace("{ws}", space));
    let extras: Vec<&str> =
        row["extras"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
    let specifier = filled("specifier").unwrap_or_default();
    let mut parts = vec![text(row, "name").to_owned()];
    if !extras.is_empty() {
        parts.push(format!("[{space}{}{space}]", extras.join(&format!("{space},{space}"))));
    }
    parts.push(specifier.clone());
    if let Some(url) = row["url"].as_str() {
        parts.push(format!("@{space}{url}"));
    }
    if let Some(marker) = filled("marker") {
        let gap = if row["url"].is_string() { " " } else { "" };
        parts.push(format!("{gap};{space}{marker}"));
    }
    let read = requirement(&parts.join(space))?;
    let named = Name::parse(text(row, "name")).map_err(|error| error.to_string())?;
    same(&read.name, &named)?;
    let mut wanted: Vec<Name> = extras.iter().filter_map(|extra| Name::parse(extra).ok()).collect();
    let mut got = read.extras.to_vec();
    wanted.sort();
    got.sort();
    same(got, wanted)?;
    let meant = specifier.trim_matches(['(', ')']);
    if row["url"].is_null() {
        same(read.specifiers().cloned(), Some(parse_specifiers(meant)?))?;
    }
    same(read.marker.is_always(), row["marker"].is_null())
}

pub(crate) fn requirement_with_marker(row: &Value) -> Judged {
    requirement(&format!("name; {}", text(row, "marker"))).map(drop)
}

pub(crate) fn requirement_with_url(row: &Value) -> Judged {
    requirement(&format!("name @ {}", text(row, "url"))).map(drop)
}

pub(crate) fn requirement_with_line_break(row: &Value) -> Judged {
    refused(requirement(&format!("{}{}", text(row, "requirement"), text(row, "line_break"))))
}

pub(crate) fn requirement_with_spaces(row: &Value) -> Judged {
    requirement(&format!("name>=1{}", text(row, "whitespace"))).map(drop)
}

pub(crate) fn prefix_of_post_release(row: &Value) -> Judged {
    refused(requirement(&format!("name {} 1.0.post1.*", text(row, "operator"))))
}

pub(crate) fn misplaced_local(row: &Value) -> Judged {
    refused(requirement(&format!("name {} 1.0+local.version.label", text(row, "operator"))))
}

pub(crate) fn invalid_requirement(row: &Value) -> Judged {
    let text = row["to_parse"].as_str().unwrap_or_else(|| text(row, "invalid_requirement"));
    refused(requirement(text))
}

pub(crate) fn valid_requirement(row: &Value) -> Judged {
    requirement(text(row, "req_str")).map(drop)
}

pub(crate) fn normalised_requirement(row: &Value) -> Judged {
    let (written, normalised) = (text(row, "input_req"), text(row, "norm_req"));
    same(requirement(written)?.to_string().as_str(), normalised)
}

pub(crate) fn equal_requirements(row: &Value) -> Judged {
    same(requirement(text(row, "dep1"))?, requirement(text(row, "dep2"))?)
}

pub(crate) fn different_requirements(row: &Value) -> Judged {
    let (left, right) = (requirement(text(row, "dep1"))?, requirement(text(row, "dep2"))?);
    if left == right { Err(format!("{left} is equal to {right}")) } else { Ok(()) }
}

pub(crate) fn canonical_name(row: &Value) -> Judged {
    let name = Name::parse(text(row, "name")).map_err(|error| error.to_string())?;
    same(name.as_str(), text(row, "expected"))
}

pub(crate) fn invalid_name(row: &Value) -> Judged {
    refused(Name::parse(text(row, "name")))
}

pub(crate) fn wheel_filename(row: &Value) -> Judged {
    let wheel = WheelFilename::parse(text(row, "filename")).map_err(|error| error.to_string())?;
    if row["name"].is_string() {
        same(wheel.name.as_str(), text(row, "name"))?;
        same(wheel.version, version(row)?)?;
    }
    Ok(())
}

pub(crate) fn invalid_wheel_filename(row: &Value) -> Judged {
    refused(WheelFilename::parse(text(row, "filename")))
}

pub(crate) fn sdist_filename(row: &Value) -> Judged {
    let project = Name::parse(text(row, "name")).map_err(|error| error.to_string())?;
    let read = DistributionFilename::parse(text(row, "filename"), &project)
        .map_err(|error| error.to_string())?;
    same(read, DistributionFilename::Sdist { version: version(row)? })
}

pub(crate) fn invalid_sdist_filename(row: &Value) -> Judged {
    let project = Name::parse("foo").expect("a name");
    refused(DistributionFilename::parse(text(row, "filename"), &project))
}
