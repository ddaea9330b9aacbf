//! Holds the law of its name against whatever bytes the fuzzer makes.
#![no_main]

#[path = "../../tests/hostile/laws.rs"]
#[allow(dead_code, reason = "each target holds one law")]
mod laws;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| laws::stored_row(bytes));
