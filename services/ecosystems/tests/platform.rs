//! The table of targets against rustc itself, where the rustc at hand is the one that it is of.

use std::collections::BTreeSet;
use std::process::Command;

use ecosystems::cargo::Platform;

/// How cargo asks. It asks for all types of crates at once and passes over `proc_macro`, which
/// follows from that; what else follows counts: targets that link statically by default do not have
/// the feature `crt-static`.
const AS_CARGO: [&str; 7] =
    ["--print", "cfg", "--crate-type", "bin", "--crate-type", "proc-macro", "-"];

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
            let arguments = [&AS_CARGO[..], &["--target", triple]].concat();
            let said = rustc(&arguments).expect("it ran before");
            let said = said.lines().filter(|cfg| *cfg != "proc_macro");
            let said: BTreeSet<String> = said.map(str::to_owned).collect();
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
