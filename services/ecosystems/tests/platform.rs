//! The table of targets against rustc itself, where the rustc at hand is the one that it is of.

use std::collections::BTreeSet;
use std::process::Command;

use ecosystems::cargo::Platform;

/// What `rustc` prints when asked so.
fn rustc(arguments: &[&str]) -> Option<String> {
    let output = Command::new("rustc").args(arguments).output().ok()?;
    assert!(output.status.success(), "rustc {arguments:?}");
    Some(String::from_utf8(output.stdout).expect("text"))
}

#[test]
fn the_table_of_targets_is_what_rustc_says_of_them() {
    let Some(version) = rustc(&["--version"]) else {
        println!("nothing to judge: there is no rustc");
        return;
    };
    if version.split(' ').nth(1) != Some(Platform::RUSTC) {
        println!(
            "nothing to judge: the table is of rustc {}, and here is {version}",
            Platform::RUSTC
        );
        return;
    }
    let list = rustc(&["--print", "target-list"]).expect("it ran before");
    let list: BTreeSet<&str> = list.lines().collect();
    assert_eq!(Platform::triples().collect::<BTreeSet<_>>(), list);
    let triples: Vec<&str> = list.into_iter().collect();
    let judge = |triples: &[&str]| {
        for triple in triples {
            let said = rustc(&["--print", "cfg", "--target", triple]).expect("it ran before");
            let said: BTreeSet<String> = said.lines().map(str::to_owned).collect();
            let ours: BTreeSet<String> = Platform::find(triple)
                .expect("a built-in target")
                .cfgs()
                .map(|cfg| cfg.replace(" = ", "="))
                .collect();
            assert_eq!(ours, said, "{triple}");
        }
    };
    let (first, second) = triples.split_at(triples.len() / 2);
    std::thread::scope(|scope| {
        scope.spawn(|| judge(first));
        judge(second);
    });
}
