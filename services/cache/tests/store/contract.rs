//! The suite, over each database.

use crate::suite::CASES;
use crate::world::World;
use testkit::postgres::Server;

#[tokio::test]
async fn memory_keeps_the_contract() {
    for (name, case) in CASES {
        println!("{name}");
        case(World::memory()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_sqlite_keep_the_contract() {
    for (name, case) in CASES {
        println!("{name}");
        case(World::sqlite()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_postgres_keep_the_contract() {
    let Some(server) = Server::start().await else { return };
    for (number, (name, case)) in CASES.iter().enumerate() {
        println!("{name}");
        case(World::postgres(&server, &format!("case_{number}")).await).await;
    }
}
