//! Cargo itself, on the fake registry: what it resolves there is what was recorded of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use registries::bundled;
use testkit::registry::{FakeRegistry, Kind, Settings};

/// A package as it was given to cargo, in a folder of its own, with a home of cargo's that knows `fake`
/// in place of the public registry.
struct Project {
    folder: tempfile::TempDir,
    oracle: PathBuf,
}

impl Project {
    fn new(set: &str, fake: &FakeRegistry, token: Option<&str>) -> Self {
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("../registries/bundled");
        let oracle = bundled.join("oracles/cargo").join(set);
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            let parent = path.parent().expect("the path has a folder");
            std::fs::create_dir_all(parent).expect("there is room for a folder");
            std::fs::write(path, text).expect("there is room for a file");
        };
        let token = token.map(|token| format!("token = \"{token}\"\n")).unwrap_or_default();
        let config = format!(
            "[source.crates-io]\nreplace-with = \"fake\"\n\
             [registries.fake]\nindex = \"sparse+{}\"\n{token}\
             [registry]\nglobal-credential-providers = [\"cargo:token\"]\n",
            fake.index_url()
        );
        write("home/config.toml", &config);
        let manifest = std::fs::read_to_string(oracle.join("Cargo.toml"));
        write("Cargo.toml", &manifest.expect("the oracle is bundled"));
        write("src/lib.rs", "");
        Self { folder, oracle }
    }

    /// Runs cargo; what it says if it fails.
    async fn cargo(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(&self.folder).env("CARGO_HOME", self.path("home"));
        let run = tokio::task::spawn_blocking(move || command.output()).await;
        let output = run.expect("nothing panics").expect("cargo runs");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }
}

#[tokio::test]
async fn cargo_locks_on_the_fake_registry_what_it_locked_on_the_recorded_one() {
    let fake = FakeRegistry::start(bundled(), Settings::default()).await.expect("a free port");
    let project = Project::new("grpc", &fake, None);
    assert_eq!(project.cargo(&["generate-lockfile"]).await, Ok(()));
    let read = |path: PathBuf| std::fs::read_to_string(path).expect("there is a lock file");
    assert_eq!(read(project.path("Cargo.lock")), read(project.oracle.join("Cargo.lock")));
    assert_eq!(fake.counts().of(Kind::IndexConfig), 1);

    // A lock file that holds is left as it is, and one that does not is refused.
    assert_eq!(project.cargo(&["update", "--workspace", "--locked"]).await, Ok(()));
    let lock = read(project.path("Cargo.lock")).replace("name = \"tower\"", "name = \"towel\"");
    std::fs::write(project.path("Cargo.lock"), lock).expect("there is room for a file");
    let refused = project.cargo(&["update", "--workspace", "--locked"]).await;
    assert!(refused.is_err_and(|text| text.contains("--locked")));
}

/// The recorded locks are what `qm lock` writes, byte for byte, which `.ci/locks` sees to.
#[tokio::test]
async fn cargo_takes_the_lock_of_each_recorded_project_as_its_own() {
    let fake = FakeRegistry::start(bundled(), Settings::default()).await.expect("a free port");
    for set in ["bevy-game", "data", "desktop", "grpc", "p2p", "web-api"] {
        let project = Project::new(set, &fake, None);
        let lock = project.oracle.join("Cargo.lock");
        std::fs::copy(lock, project.path("Cargo.lock")).expect("there is room for a file");
        let taken = project.cargo(&["update", "--workspace", "--locked"]).await;
        assert_eq!(taken, Ok(()), "{set}");
    }
}

#[tokio::test]
async fn cargo_is_asked_for_the_token_that_it_has() {
    let authorization = Some("s3cret".to_owned());
    let settings = Settings { authorization, ..Settings::default() };
    let fake = FakeRegistry::start(bundled(), settings).await.expect("a free port");
    let refused = Project::new("grpc", &fake, None).cargo(&["generate-lockfile"]).await;
    assert!(refused.is_err_and(|text| text.contains("token")));
    let known = Project::new("grpc", &fake, Some("s3cret"));
    assert_eq!(known.cargo(&["generate-lockfile"]).await, Ok(()));
}
