//! The whole path of a request over real registries: the recorded one, and its data over HTTP.

mod cargo;
mod hostile;
mod needs;
mod npm;
mod oracles;
mod own_facts;
mod remembering;
mod replay;
mod replicas;
mod sets;
mod stored;
mod support;
