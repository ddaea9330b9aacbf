//! Acceptable sets of Python's packages: every choice from them is valid, and nothing could be added.

#[path = "pypi_sets/broken.rs"]
mod broken;
#[path = "pypi_sets/judge.rs"]
mod judge;
#[path = "pypi_sets/random.rs"]
mod random;
#[path = "pypi_sets/recorded.rs"]
mod recorded;
