//! Serves the bundled recording as a Python package index on a loopback port, until its input ends;
//! then it prints how many requests there were: `cargo run --example index -p quartermaster-testkit`.

use std::io::Read;

use testkit::registry::{FakeRegistry, Settings};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let fake = FakeRegistry::start(registries::bundled(), Settings::default()).await?;
    println!("{}", fake.simple_url());
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await.map_err(std::io::Error::other)??;
    let counts = fake.counts();
    println!("{} requests, {} at once: {:?}", counts.total, counts.most_at_once, counts.by_kind);
    Ok(())
}
