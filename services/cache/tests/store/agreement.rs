//! Any sequence of calls has the outcome that a map would have.

use std::collections::HashMap;

use bytes::Bytes;
use cache::{Kind, Store};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::world::{World, key, noise};
use testkit::postgres::Server;

/// One call.
#[derive(Clone, Debug)]
enum Call {
    Put {
        kind: u8,
        numbers: Vec<u64>,
        seed: u64,
        length: usize,
    },
    Get {
        kind: u8,
        numbers: Vec<u64>,
    },
    Forget {
        kind: u8,
        number: u64,
    },
    /// The form of a kind becomes another, so that what was there is absent.
    Reform {
        kind: u8,
    },
    Prune,
    Reopen,
}

fn call() -> impl Strategy<Value = Call> {
    let numbers = || prop::collection::vec(0_u64..6, 1..5);
    prop_oneof![
        4 => (0_u8..2, numbers(), any::<u64>(), 0_usize..3000)
            .prop_map(|(kind, numbers, seed, length)| Call::Put { kind, numbers, seed, length }),
        4 => (0_u8..2, numbers()).prop_map(|(kind, numbers)| Call::Get { kind, numbers }),
        2 => (0_u8..2, 0_u64..6).prop_map(|(kind, number)| Call::Forget { kind, number }),
        1 => (0_u8..2).prop_map(|kind| Call::Reform { kind }),
        1 => Just(Call::Prune),
        1 => Just(Call::Reopen),
    ]
}

/// What a store is to agree with. Nothing here is old or large enough to be pruned.
#[derive(Default)]
struct Model {
    entries: HashMap<(u8, u64), (u16, Bytes)>,
    forms: [u16; 2],
}

impl Model {
    fn kind(&self, kind: u8) -> Kind {
        Kind { number: kind, form: self.forms[usize::from(kind)] }
    }

    fn get(&mut self, kind: u8, number: u64) -> Option<Bytes> {
        let form = self.forms[usize::from(kind)];
        // What has another form is removed when it is asked for.
        self.entries.get(&(kind, number)).cloned().and_then(|(stored, value)| {
            (stored == form).then_some(value).or_else(|| {
                self.entries.remove(&(kind, number));
                None
            })
        })
    }
}

async fn agree(world: &World, calls: Vec<Call>) -> Result<(), TestCaseError> {
    let (mut store, mut model) = (world.open().await, Model::default());
    for kind in 0..2 {
        let all: Vec<_> = (0..6).map(key).collect();
        for key in &all {
            store.forget(model.kind(kind), key).await;
        }
    }
    for call in calls {
        store = step(world, store, &mut model, call).await?;
    }
    for kind in 0..2 {
        let all = Call::Get { kind, numbers: (0..6).collect() };
        store = step(world, store, &mut model, all).await?;
    }
    prop_assert_eq!(store.state().failures, 0);
    store.close().await;
    Ok(())
}

async fn step(
    world: &World,
    store: Store,
    model: &mut Model,
    call: Call,
) -> Result<Store, TestCaseError> {
    match call {
        Call::Put { kind, numbers, seed, length } => {
            let value = |place: usize| noise(seed.wrapping_add(place as u64), length);
            let entries = numbers.iter().enumerate();
            let entries = entries.map(|(place, number)| (key(*number), value(place))).collect();
            store.put_many(model.kind(kind), entries).await;
            for (place, number) in numbers.into_iter().enumerate() {
                let form = model.kind(kind).form;
                model.entries.insert((kind, number), (form, value(place)));
            }
        }
        Call::Get { kind, numbers } => {
            let keys: Vec<_> = numbers.iter().map(|number| key(*number)).collect();
            let found = store.get_many(model.kind(kind), &keys).await;
            let expected: Vec<_> =
                numbers.into_iter().map(|number| model.get(kind, number)).collect();
            prop_assert_eq!(found, expected);
        }
        Call::Forget { kind, number } => {
            store.forget(model.kind(kind), &key(number)).await;
            model.entries.remove(&(kind, number));
        }
        Call::Reform { kind } => model.forms[usize::from(kind)] += 1,
        Call::Prune => {
            let pruned = store.prune().await;
            prop_assert_eq!(pruned.map(|pruned| pruned.entries), Some(0));
        }
        Call::Reopen if world.lasts() => {
            store.close().await;
            return Ok(world.open().await);
        }
        Call::Reopen => {}
    }
    Ok(store)
}

fn run(world: &World, cases: u32) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let handle = tokio::runtime::Handle::current();
    let calls = prop::collection::vec(call(), 1..30);
    let outcome = TestRunner::new(config)
        .run(&calls, |calls| tokio::task::block_in_place(|| handle.block_on(agree(world, calls))));
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_agrees_with_a_map() {
    run(&World::memory(), 100);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_sqlite_agree_with_a_map() {
    run(&World::sqlite(), 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn servers_of_postgres_agree_with_a_map() {
    let Some(server) = Server::start().await else { return };
    run(&World::postgres(&server, "agreement").await, 30);
}
