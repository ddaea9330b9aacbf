//! What is read of a line, and which lines are left out.

use super::*;

fn read(text: &str) -> Listing {
    read_index(&Name::parse("web").expect("a name"), text.as_bytes()).expect("an index file")
}

fn warnings(listing: &Listing) -> Vec<&str> {
    listing.warnings.iter().map(|warning| warning.text.as_str()).collect()
}

#[test]
fn a_whole_line_is_read() {
    let listing = read(concat!(
        r#"{"name":"web","vers":"1.2.3+b","deps":[{"name":"io","req":"^0.4","features":["f"],"#,
        r#""optional":true,"default_features":false,"target":"cfg(unix)","kind":"build","#,
        r#""registry":"https://index.example/","package":"web-io"}],"cksum":"ab","#,
        r#""features":{"a":["io"]},"features2":{"a":["io?/g"],"b":[]},"yanked":true,"#,
        r#""links":"z","rust_version":"1.65","pubtime":"2025-01-01T00:00:00Z","v":2}"#,
    ));
    let [release] = &listing.releases[..] else { panic!("one release") };
    let [dependency] = &release.dependencies[..] else { panic!("one dependency") };
    assert_eq!((&*dependency.alias, dependency.package.as_str()), ("io", "web-io"));
    assert_eq!((dependency.kind, dependency.is_optional), (Kind::Build, true));
    assert!(!dependency.uses_default_features && *dependency.features == ["f".into()]);
    assert_eq!(dependency.target.as_deref(), Some("cfg(unix)"));
    assert_eq!(dependency.registry.as_deref(), Some("https://index.example/"));
    let features: Vec<(&str, usize)> =
        release.features.iter().map(|(name, values)| (name, values.len())).collect();
    assert_eq!(features, [("a", 2), ("b", 0), ("io", 1)]);
    assert!(release.is_yanked && release.published_at.is_some());
    assert_eq!(release.links.as_deref(), Some("z"));
    assert_eq!(release.rust_version, RustVersion::parse("1.65").ok());
    assert_eq!(listing.position(&release.version), Some(0));
    assert_eq!(listing.warnings, []);
}

#[test]
fn what_is_left_out_has_its_default() {
    let listing =
        read(r#"{"name":"web","vers":"0.1.0","deps":[{"name":"io","req":"1"}],"cksum":"ab"}"#);
    let release = &listing.releases[0];
    let dependency = &release.dependencies[0];
    assert!(dependency.uses_default_features && !dependency.is_optional);
    assert_eq!((dependency.kind, &dependency.registry), (Kind::Normal, &None));
    assert!(!release.is_yanked && release.links.is_none());
    assert!(listing.warnings.is_empty());
}

#[test]
fn lines_of_a_later_cargo_are_passed_over() {
    let listing = read(concat!(
        r#"{"name":"web","vers":"1.0.0","deps":"elsewhere","v":3}"#,
        "\n\n",
        r#"{"name":"web","vers":"2.0.0","v":3}"#,
        "\n",
        r#"{"name":"web","vers":"0.9.0","deps":[],"cksum":"","v":1}"#,
    ));
    assert_eq!((listing.releases.len(), listing.warnings.len()), (1, 0));
}

#[test]
fn odd_lines_are_left_out_by_name_and_others_stay() {
    let lines = [
        r#""name":"web","vers":"1.10.0""#,
        r#""name":"web","vers":"1.9.0""#,
        r#""name":"web","vers":"1.9.0""#,
        r#""name":"web","vers":"1.9.0+again""#,
        r#""name":"Web","vers":"1.0.0""#,
        r#""name":"web","vers":"1.0""#,
        r#""name":"web","vers":"1.0.0","rust_version":"x""#,
        r#""name":"web","vers":"1.0.2","features":{"a":["b"]}"#,
        r#""name":"web","vers":"1.0.3","pubtime":"soon""#,
    ];
    let lines = lines.map(|line| format!("{{{line},\"deps\":[],\"cksum\":\"ab\"}}\n"));
    let listing = read(&format!("{}{{", lines.concat()));
    let versions = listing.releases.iter().map(|release| release.version.to_string());
    assert_eq!(versions.collect::<Vec<_>>(), ["1.9.0", "1.9.0+again", "1.10.0"]);
    let expected = [
        "left out line 5 of `web`: it is about `Web`",
        "left out line 6 of `web`: `1.0` is not a version",
        "left out line 7 of `web`: `x` is not a rust-version",
        "left out line 8 of `web`: feature `a` includes `b`",
        "left out line 9 of `web`: `soon` is not a time of publication",
        "left out line 10 of `web`: EOF",
        "left out `web` 1.9.0: 1.9.0 is the same",
        "kept `web` 1.9.0+again: 1.9.0 is the same",
    ];
    let found = warnings(&listing);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
}

/// Each line stood beside one of version 1.0.0, and cargo was asked for `a = "1"`.
#[test]
fn the_lines_that_cargo_takes_are_taken() {
    let lines = include_str!("lines.txt").lines().filter(|line| !line.starts_with('#'));
    let mut counts = [0, 0];
    for line in lines {
        let (is_taken, text) = match line.strip_prefix("taken ") {
            Some(text) => (true, text),
            None => (false, line.strip_prefix("left out ").expect("a verdict")),
        };
        counts[usize::from(is_taken)] += 1;
        let name = Name::parse("a").expect("a name");
        let usual = r#"{"name":"a","vers":"1.0.0","deps":[],"cksum":"ab"}"#;
        let both = format!("{usual}\n{text}");
        let listing = read_index(&name, both.as_bytes()).expect("an index file");
        assert_eq!(listing.releases.len() == 2, is_taken, "{text} {:?}", listing.warnings);
    }
    assert_eq!(counts, [66, 35]);
}

#[test]
fn a_page_that_is_no_index_file_is_an_error() {
    let name = Name::parse("web").expect("a name");
    let error = read_index(&name, b"<html>\n").expect_err("no index file");
    assert!(error.to_string().contains("`web`"));
    assert_eq!(read_index(&name, b"").expect("an empty file").releases, []);
}
