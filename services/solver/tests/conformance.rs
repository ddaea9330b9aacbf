//! The suites of other resolvers, solved.
//!
//! They are not part of the project: `QUARTERMASTER_SHARED` names the folder that holds
//! `conformance/`, by default `../shared` beside the workspace. Where there is none, there is
//! nothing to judge and the test says so. What a suite expects is never bent: a case is met, or it
//! is named in a table with the reason, and a table only ever gets shorter.

#[path = "conformance/depsdev.rs"]
mod depsdev;
#[path = "conformance/explanations.rs"]
mod explanations;
#[path = "conformance/pip.rs"]
mod pip;
#[path = "conformance/suite.rs"]
mod suite;
#[path = "conformance/universe.rs"]
mod universe;
#[path = "conformance/uv.rs"]
mod uv;
#[path = "conformance/words.rs"]
mod words;

use suite::{Results, read};

#[test]
fn scenarios_of_uv_are_answered_as_uv_does() {
    let Some(scenarios) = uv::scenarios() else { return };
    let (universal, single): (Vec<_>, Vec<_>) =
        scenarios.into_iter().partition(uv::Scenario::is_universal);
    let count = universal.len();
    println!("uv_scenarios: {count} universal ones are not supported: the door refuses them");
    let mut results = Results::new("uv_scenarios, in a single environment");
    for scenario in &single {
        results.add(&scenario.id, uv::judge(scenario));
    }
    assert_eq!((single.len(), count), (136, 53), "the suite is another one");
    results.settle(&[]);
}

#[test]
fn what_uv_and_pip_agree_on_is_answered_so() {
    let Some(agreements) = uv::agreements() else { return };
    let Some(scenarios) = uv::scenarios() else { return };
    let mut results = Results::new("uv_pip_agreement, where the two agree");
    for agreement in agreements.iter().filter(|agreement| agreement.consensus.is_some()) {
        let scenario = scenarios.iter().find(|scenario| scenario.id == agreement.id);
        let scenario = scenario.unwrap_or_else(|| panic!("there is no scenario {}", agreement.id));
        results.add(&agreement.id, uv::judge_agreement(agreement, scenario));
    }
    assert_eq!(results.len(), 108, "the suite is another one");
    results.settle(&[]);
}

#[test]
fn cases_of_pip_are_met_or_known_to_differ() {
    let Some(cases) = read::<pip::Case>("pip_yaml.json") else { return };
    let mut results = Results::new("pip_yaml");
    for case in &cases {
        results.add(&case.id, pip::judge(case));
    }
    results.settle(pip::KNOWN_DIFFERENT);
}

#[test]
fn cases_of_deps_dev_are_met_or_known_to_differ() {
    let Some(cases) = read::<depsdev::Case>("depsdev.json") else { return };
    let mut results = Results::new("depsdev");
    for case in &cases {
        results.add(&case.id, depsdev::judge(case));
    }
    results.settle(depsdev::KNOWN_DIFFERENT);
}

#[test]
fn explanations_name_what_uv_names() {
    let Some(outputs) = explanations::outputs() else { return };
    let Some(scenarios) = uv::scenarios() else { return };
    let mut results = Results::new("uv_install_outputs, explanations");
    for output in &outputs {
        if let Some(scenario) = output.scenario(&scenarios) {
            results.add(&scenario.id, explanations::judge(output, scenario));
        }
    }
    assert_eq!(results.len(), 45, "the suite is another one");
    let known = explanations::KNOWN_DIFFERENT;
    println!("uv_install_outputs: of these, {} name something else for a reason", known.len());
    results.settle(&[]);
}
