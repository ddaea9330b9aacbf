//! What stores promise, over memory, files of SQLite and a server of Postgres, and what they do
//! when a database breaks.

mod agreement;
mod contract;
mod file_faults;
mod secrets;
mod server_faults;
mod suite;
mod tls;
mod world;
