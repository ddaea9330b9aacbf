//! The whole path of a request over real registries: the recorded one, and its data over HTTP.

mod oracles;
mod remembering;
mod support;
