//! Holds the law of its name against whatever bytes the fuzzer makes.
#![no_main]

#[path = "../../tests/hostile/cargo_laws.rs"]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::cargo_index(bytes));
