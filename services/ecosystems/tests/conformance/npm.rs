//! npm's own vectors: node-semver's and npm-pick-manifest's.

use ecosystems::Timestamp;
use ecosystems::npm::{
    Name, Outside, PickError, PickRules, Range, Reading, Spec, Version, pick, read_packument,
};
use serde_json::{Map, Value};

use super::judges::Judged;
use super::shared;

/// What is asked of a row.
type Judge = fn(&[Value]) -> Judged;

/// Groups of rows and their judges.
const JUDGED: &[(&str, Judge)] = &[
    ("comparator-intersection", intersection),
    ("comparisons", comparison),
    ("equality", equality),
    ("invalid-versions", invalid_version),
    ("range-exclude", exclusion),
    ("range-include", inclusion),
    ("range-intersection", intersection),
    ("range-parse", comparators),
    ("valid-versions", valid_version),
    ("version-gt-range", above),
    ("version-lt-range", below),
    ("version-not-gt-range", not_above),
    ("version-not-lt-range", not_below),
];

/// Groups of rows about what nothing here does, and why.
const LEFT_OUT: &[(&str, &str)] = &[
    ("increments", "a resolver takes versions as they are published and makes none"),
    ("truncations", "a resolver takes versions as they are published and makes none"),
];

#[test]
fn every_row_of_node_semver_is_met_or_left_out_with_a_reason() {
    let Some(Value::Object(groups)) = shared("conformance/npm/node_semver.json") else { return };
    let (mut met, mut left_out, mut faults) = (0, 0, Vec::new());
    for (name, rows) in &groups {
        let rows = rows.as_array().expect("a group of rows");
        if LEFT_OUT.iter().any(|(group, _)| group == name) {
            left_out += rows.len();
            continue;
        }
        let judge = JUDGED.iter().find(|(group, _)| group == name);
        for row in rows {
            let judged = match judge {
                Some((_, judge)) => judge(row.as_array().expect("a row")),
                None => Err("nothing judges it".to_owned()),
            };
            match judged {
                Ok(()) => met += 1,
                Err(reason) => faults.push(format!("{name}\t{row}\t{reason}")),
            }
        }
    }
    println!("{met} rows met, {left_out} left out, {} fail", faults.len());
    for (group, why) in LEFT_OUT {
        println!("left out: {group} ({why})");
        assert!(groups.contains_key(*group), "{group} leaves nothing out any more");
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The options of a row: `true` for loose, or an object.
fn reading(row: &[Value], place: usize) -> Reading {
    let options = row.get(place).unwrap_or(&Value::Null);
    let is_set = |key: &str| options[key].as_bool().unwrap_or(false);
    Reading {
        is_loose: options.as_bool().unwrap_or_else(|| is_set("loose")),
        includes_prereleases: is_set("includePrerelease"),
    }
}

fn range(text: &Value, reading: Reading) -> Result<Range, String> {
    let text = text.as_str().ok_or("a range is a text")?;
    Range::parse(text, reading).map_err(|error| error.to_string())
}

fn version(text: &Value, reading: Reading) -> Result<Version, String> {
    let text = text.as_str().ok_or("a version is a text")?;
    let read = if reading.is_loose { Version::parse } else { Version::parse_strict };
    read(text).map_err(|error| error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "judges hand over what they have made")]
fn expect<T: PartialEq + std::fmt::Debug>(got: T, expected: &T) -> Judged {
    if got == *expected { Ok(()) } else { Err(format!("got {got:?}, expected {expected:?}")) }
}

fn intersection(row: &[Value]) -> Judged {
    let reading =
        Reading { includes_prereleases: row.get(3) == Some(&Value::Bool(true)), ..Reading::STRICT };
    let (left, right) = (range(&row[0], reading)?, range(&row[1], reading)?);
    let expected = row[2].as_bool().ok_or("no expectation")?;
    expect((left.intersects(&right), right.intersects(&left)), &(expected, expected))
}

fn comparison(row: &[Value]) -> Judged {
    let reading = reading(row, 2);
    let (greater, less) = (version(&row[0], reading)?, version(&row[1], reading)?);
    expect((greater.cmp_precedence(&less).is_gt(), greater > less), &(true, true))
}

fn equality(row: &[Value]) -> Judged {
    let reading = reading(row, 2);
    let (left, right) = (version(&row[0], reading)?, version(&row[1], reading)?);
    expect(left.cmp_precedence(&right).is_eq(), &true)
}

fn invalid_version(row: &[Value]) -> Judged {
    match version(&row[0], reading(row, 2)) {
        Ok(version) => Err(format!("read as {version}")),
        Err(_) => Ok(()),
    }
}

fn valid_version(row: &[Value]) -> Judged {
    let [text, numbers @ .., prerelease, build] = row else { return Err("no row".to_owned()) };
    let version = version(text, Reading::STRICT)?;
    let expected: Vec<_> = numbers.iter().filter_map(Value::as_u64).collect();
    expect(vec![version.major, version.minor, version.patch], &expected)?;
    expect(version.prerelease(), &&*joined(prerelease))?;
    expect(version.build(), &&*joined(build))
}

fn joined(identifiers: &Value) -> String {
    let identifiers = identifiers.as_array().expect("a list").iter();
    let texts = identifiers.map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned));
    texts.collect::<Vec<_>>().join(".")
}

fn contains(row: &[Value]) -> Result<bool, String> {
    let reading = reading(row, 2);
    let range = range(&row[0], reading)?;
    Ok(version(&row[1], reading).is_ok_and(|version| range.contains(&version)))
}

fn inclusion(row: &[Value]) -> Judged {
    expect(contains(row)?, &true)
}

fn exclusion(row: &[Value]) -> Judged {
    // What is no range, or no version, has nothing in common with anything.
    expect(contains(row).unwrap_or(false), &false)
}

fn comparators(row: &[Value]) -> Judged {
    let read = range(&row[0], reading(row, 2)).map(|range| range.to_string());
    let read = read.map(|text| if text.is_empty() { "*".to_owned() } else { text }).ok();
    expect(read.as_deref(), &row[1].as_str())
}

fn outside(row: &[Value], is_outside: fn(&Range, &Version) -> bool) -> Result<bool, String> {
    let reading = reading(row, 2);
    Ok(is_outside(&range(&row[0], reading)?, &version(&row[1], reading)?))
}

fn above(row: &[Value]) -> Judged {
    expect(outside(row, Range::is_below)?, &true)
}

fn not_above(row: &[Value]) -> Judged {
    expect(outside(row, Range::is_below)?, &false)
}

fn below(row: &[Value]) -> Judged {
    expect(outside(row, Range::is_above)?, &true)
}

fn not_below(row: &[Value]) -> Judged {
    expect(outside(row, Range::is_above)?, &false)
}

#[test]
fn every_case_of_npm_pick_manifest_is_met() {
    let Some(Value::Array(cases)) = shared("conformance/npm/pick_manifest.json") else { return };
    let judged = cases.iter().filter_map(|case| Some((case, judge_pick(case).err()?)));
    let faults: Vec<_> = judged
        .map(|(case, reason)| format!("{} `{}`: {reason}", case["test"], case["wanted"]))
        .collect();
    println!("{} of {} cases met", cases.len() - faults.len(), cases.len());
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(cases.len(), 64);
}

fn judge_pick(case: &Value) -> Judged {
    let name = case["packument"]["name"].as_str().unwrap_or("undefined");
    let name = Name::parse(name).map_err(|error| error.to_string())?;
    let bytes = case["packument"].to_string();
    let packument = read_packument(&name, bytes.as_bytes()).map_err(|error| error.to_string())?;
    let wanted = case["wanted"].as_str().ok_or("nothing is wanted")?;
    let expected = case["expected"].as_object().ok_or("nothing is expected")?;
    let spec = match Spec::parse(wanted) {
        Ok(spec) => spec,
        Err(error) => return expect(error.code(), &said(expected, "error")),
    };
    match pick(&packument, &spec, &rules(&case["opts"])) {
        Err(error) => judge_error(&error, expected),
        Ok(picked) => {
            let version = picked.manifest.stated_version();
            expect(&*version, &said(expected, "version"))?;
            expect(picked.is_avoided, &(expected.get("_shouldAvoid") == Some(&Value::Bool(true))))?;
            let outside = expected.get("_isSemVerMajor").and_then(Value::as_bool);
            let outside =
                outside.map(|is_major| if is_major { Outside::Major } else { Outside::Compatible });
            expect(picked.outside, &outside)
        }
    }
}

fn said<'a>(expected: &'a Map<String, Value>, key: &str) -> &'a str {
    expected.get(key).and_then(Value::as_str).unwrap_or("nothing")
}

/// Holds an error against the expected one. The reference gives those about specs no code.
fn judge_error(error: &PickError, expected: &Map<String, Value>) -> Judged {
    let code = match error {
        PickError::NotOfRegistry { .. } => "Error",
        other => other.code(),
    };
    expect(code, &said(expected, "error"))
}

fn rules(options: &Value) -> PickRules {
    let text = |key: &str| options[key].as_str();
    let version = |key: &str| text(key).map(|text| Version::parse(text).expect("a version"));
    let before = match &options["before"] {
        Value::Number(milliseconds) => {
            milliseconds.as_i64().map(|count| Timestamp::from_microseconds(count * 1000))
        }
        Value::String(text) => {
            let text = if text.contains('T') { text.clone() } else { format!("{text}T00:00:00Z") };
            Some(Timestamp::parse(&text).expect("an instant"))
        }
        _ => None,
    };
    PickRules {
        default_tag: text("defaultTag").unwrap_or("latest").into(),
        before,
        node: version("nodeVersion"),
        npm: version("npmVersion"),
        includes_staged: options["includeStaged"].as_bool().unwrap_or(false),
        avoided: text("avoid").map(|text| Range::parse(text, Reading::AVOIDED).expect("a range")),
        avoids_strictly: options["avoidStrict"].as_bool().unwrap_or(false),
    }
}
