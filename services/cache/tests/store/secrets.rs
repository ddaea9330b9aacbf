//! A password is nowhere to be read.

use std::io::Write;
use std::sync::{Arc, Mutex};

use cache::{CacheConfig, Store};
use tracing_subscriber::fmt::MakeWriter;

use crate::world::{KIND, World, config, key, noise};
use testkit::postgres::{PASSWORD, Server};

/// Collects what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no writer panics").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no writer panics")).into_owned()
    }
}

#[tokio::test]
async fn logs_states_errors_and_settings_show_no_password() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut shown = Vec::new();
    // Nobody listens on port 1.
    let unreachable = config(&format!("postgres://quartermaster:{PASSWORD}@127.0.0.1:1/cache"));
    shown.push(format!("{unreachable:?}"));
    let store = Store::open(&unreachable).await;
    for _ in 0..5 {
        store.put(KIND, key(1), noise(1, 10)).await;
    }
    shown.push(format!("{:?}", store.state()));
    let database = unreachable.database.expect("there is one");
    shown.push(Store::remove_tables(&database).await.expect_err("nobody listens"));
    if let Some(mut server) = Server::start().await {
        let world = World::postgres(&server, "secret").await;
        let store = world.open().await;
        store.put(KIND, key(1), noise(1, 10)).await;
        server.stop();
        for _ in 0..5 {
            assert_eq!(store.get(KIND, &key(1)).await, None);
        }
        shown.push(format!("{:?}", store.state()));
    }
    let logged = log.text();
    let told = logged.matches("the database failed").count();
    assert_eq!(told, shown.len() - 2, "each store tells once a minute at the most: {logged}");
    for text in shown.iter().chain([&logged]) {
        assert!(!text.contains(PASSWORD), "{text}");
    }
}

#[test]
fn settings_are_read_with_their_defaults_and_without_repeating_what_is_wrong() {
    let read = |text: &str| toml::from_str::<CacheConfig>(text);
    assert_eq!(read("").expect("nothing is needed"), CacheConfig::default());
    let config = read(
        "memory_mib = 1\ndatabase = \"postgres://me:hunter2@db.example/cache\"\ndisk_mib = 2\n\
         max_age = \"1h\"\ncall_limit = \"1s\"\nlead_limit = \"2s\"\nretry_after = \"3s\"\n",
    );
    let shown = format!("{:?}", config.expect("all of it is known"));
    assert_eq!(
        shown,
        "CacheConfig { memory_mib: 1, database: Some(\"postgres://db.example/cache\"), \
         disk_mib: 2, max_age: 3600s, call_limit: 1s, lead_limit: 2s, retry_after: 3s }"
    );
    for wrong in ["disk = 1", "max_age = 5"] {
        read(wrong).expect_err("it is refused");
    }
    for wrong in ["mysql://me:hunter2@db.example/cache", "postgres://db.example/?pass=hunter2"] {
        let error = read(&format!("database = \"{wrong}\"")).expect_err("it is refused");
        assert!(!error.message().contains(PASSWORD), "{error}");
    }
}
