//! `qm`, the thin client of Quartermaster.
//!
//! It reads what a project depends on, asks the service once, and prints the answer. A call of
//! `qm resolve requirements.in` goes through the modules from top to bottom:
//!
//! * [`arguments`] is the command line, [`environment`] what it leaves open.
//! * [`input`] reads the project's files and remembers where each requirement stands.
//! * [`request`] puts both into one message, and notes which field came from where.
//! * [`call`] sends it, shows progress, and retries where the service asks for it.
//! * [`print`](mod@print) tells the answer, [`failure`] why there is none; both decide the exit status.
//! * [`online`] leads through all of it.
//!
//! `qm lock Cargo.toml` goes the same way, and the answer comes out as the lock that cargo would write;
//! `qm why` asks about one package of the answer. An [`answer`] that was kept in a file is checked by
//! [`verify`](mod@verify), and [`pick`](mod@pick) chooses from it what is there already; these two are led by [`offline`].
//!
//! Versions, ranges, markers and their rules are deliberately absent: requirements travel as they
//! were written, and what is wrong with one comes back as a field and a column.

pub mod arguments;
pub mod environment;
pub mod input;

pub mod request;

pub mod call;

pub mod answer;
pub mod pick;
pub mod verify;

pub mod failure;
pub mod print;

pub mod offline;
pub mod online;
