use proptest::prelude::*;

use super::*;

fn platform(triple: &str) -> Platform {
    Platform::find(triple).expect("a built-in target")
}

fn condition(text: &str) -> Condition {
    Condition::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_table_is_sorted_and_every_row_has_all_columns() {
    let triples: Vec<&str> = Platform::triples().collect();
    assert!(triples.is_sorted() && triples.len() > 300, "{}", triples.len());
    for row in rows() {
        assert_eq!(row.split(' ').count(), 1 + KEYS.len(), "{row}");
    }
}

#[test]
fn conditions_hold_where_cargo_counts_them() {
    let linux = "x86_64-unknown-linux-gnu";
    let mac = "aarch64-apple-darwin";
    let windows = "x86_64-pc-windows-msvc";
    let bare = "thumbv7em-none-eabihf";
    let wasm = "wasm32-unknown-unknown";
    let cases: [(&str, &[&str]); 22] = [
        ("cfg(unix)", &[linux, mac]),
        ("cfg(windows)", &[windows]),
        ("cfg(not(any(unix, windows)))", &[bare, wasm]),
        ("cfg(all(unix, not(target_os = \"macos\")))", &[linux]),
        ("cfg(target_family = \"wasm\")", &[wasm]),
        ("cfg(target_arch = \"x86_64\")", &[linux, windows]),
        ("cfg(target_env = \"\")", &[mac, bare, wasm]),
        ("cfg(target_abi = \"eabihf\")", &[bare]),
        ("cfg(target_vendor = \"pc\")", &[windows]),
        ("cfg(target_pointer_width = \"32\")", &[bare, wasm]),
        ("cfg(target_endian = \"big\")", &[]),
        ("cfg(target_has_atomic = \"64\")", &[linux, mac, windows, wasm]),
        ("cfg(target_feature = \"aes\")", &[mac]),
        ("cfg(panic = \"unwind\")", &[linux, mac, windows]),
        ("cfg(debug_assertions)", &[linux, mac, windows, bare, wasm]),
        ("cfg(any(proc_macro, test, feature = \"std\", tokio_unstable))", &[]),
        ("cfg(true)", &[linux, mac, windows, bare, wasm]),
        ("cfg(false)", &[]),
        ("cfg(all())", &[linux, mac, windows, bare, wasm]),
        ("cfg(any())", &[]),
        ("aarch64-apple-darwin", &[mac]),
        ("wasm32-wasi", &[]),
    ];
    for (text, holds) in cases {
        let condition = condition(text);
        let all = [linux, mac, windows, bare, wasm];
        let found = all.into_iter().filter(|triple| condition.holds(&platform(triple)));
        assert_eq!(found.collect::<Vec<_>>(), holds, "{text}");
    }
}

#[test]
fn what_no_target_sets_is_told() {
    let foreign = |text| condition(text).foreign().join(" ");
    assert_eq!(foreign("cfg(all(unix, not(target_os = \"none\")))"), "");
    assert_eq!(foreign("x86_64-unknown-linux-gnu"), "");
    let text = "cfg(any(tokio_unstable, all(feature = \"std\", not(test))))";
    assert_eq!(foreign(text), "tokio_unstable feature = \"std\" test");
}

#[test]
fn an_unknown_triple_is_told_with_near_ones() {
    let text = |triple| Platform::find(triple).expect_err("an error").to_string();
    let advice = text("x86_64-linux-gnu");
    assert!(advice.starts_with("`x86_64-linux-gnu` is not a target that rustc 1.95.0 has"));
    assert!(advice.contains("did you mean `x86_64-unknown-linux-gnu` or"), "{advice}");
    assert!(text("aarch64-aple-darwin").contains("did you mean `aarch64-apple-darwin`"));
    assert!(text("").ends_with("`rustc --print target-list` lists them"));
    assert!(text(&"x86_64-unknown-linux-gnu".repeat(1000)).contains("did you mean"));
}

#[test]
fn texts_that_are_no_conditions_are_refused_by_name() {
    let text = |text| Condition::parse(text).expect_err("an error").to_string();
    assert!(text("cfg(unix").starts_with("`cfg(unix` is neither a target's triple nor `cfg(…)`"));
    assert!(text("cfg(unix) x").contains("cfg"));
    assert!(text("cfg()").contains("expected"));
    assert!(text("cfg(target_os = linux)").contains("expected a string"));
    let deep = |depth: usize| format!("cfg({}unix{})", "not(".repeat(depth), ")".repeat(depth));
    assert!(condition(&deep(62)).holds(&platform("x86_64-unknown-linux-gnu")));
    assert!(text(&deep(100_000)).ends_with("brackets are nested more than 64 deep"));
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(cfg\\()?[a-z(),= \"!ä#r0-9_-]{0,40}\\)?") {
        if let Ok(condition) = Condition::parse(&text) {
            let again = Condition::parse(&condition.to_string()).expect("it was one");
            prop_assert_eq!(again, condition);
        }
        let _ = Platform::find(&text).map_err(|error| error.to_string());
    }
}
