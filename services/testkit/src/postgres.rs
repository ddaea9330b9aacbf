//! A server of Postgres that lives as long as a test.
//!
//! It is started from the programs of Debian's package `postgresql`, on a socket in a folder of its
//! own. Where they are missing the tests that need it are left out with a line, unless the variable
//! `QUARTERMASTER_TEST_POSTGRES` is `required`.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// In every URL, for a test to look for it where it must not be.
pub const PASSWORD: &str = "hunter2";

/// A running server.
pub struct Server {
    programs: PathBuf,
    /// Where its data and its socket lie.
    pub folder: TempDir,
    /// Given to each start; of two for one name the later one counts.
    pub settings: Vec<String>,
    /// Names the socket, too.
    pub port: u16,
    running: Option<Child>,
}

impl Server {
    /// Starts a server with an empty cluster; none where there is no Postgres.
    pub async fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            let required = std::env::var("QUARTERMASTER_TEST_POSTGRES");
            assert_ne!(required.as_deref(), Ok("required"), "`initdb` is nowhere to be found");
            println!("left out: there is no Postgres; install Debian's `postgresql`");
            return None;
        };
        let folder = tempfile::tempdir().expect("there is room for a folder");
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let mut initialise = unprivileged(&programs.join("initdb"));
        initialise.args(["--no-sync", "--auth=trust", "--username=quartermaster"]);
        initialise.args(["--encoding=UTF8", "--locale=C"]);
        run(initialise.arg("--pgdata").arg(folder.path().join("data")));
        let settings = ["listen_addresses=", "fsync=off", "full_page_writes=off"];
        let settings = settings.map(str::to_owned).to_vec();
        let mut server = Self { programs, folder, settings, port: 5432, running: None };
        server.run().await;
        Some(server)
    }

    /// Starts the server again after it was stopped.
    pub async fn run(&mut self) {
        let mut postgres = unprivileged(&self.programs.join("postgres"));
        postgres.arg("-D").arg(self.folder.path().join("data"));
        postgres.arg("-k").arg(self.folder.path());
        for setting in &self.settings {
            postgres.args(["-c", setting]);
        }
        let log = std::fs::File::create(self.folder.path().join("log"));
        postgres.stdout(Stdio::null()).stderr(log.expect("there is room for a log"));
        self.running = Some(postgres.spawn().expect("the program is there"));
        for _ in 0..600 {
            let mut asked = self.client("pg_isready");
            if asked.status().is_ok_and(|status| status.success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log"));
        panic!("the server does not start: {}", log.unwrap_or_default());
    }

    /// Ends the server as a crash would: nobody is told, nothing is written.
    pub fn stop(&mut self) {
        let Some(mut running) = self.running.take() else { return };
        let id = running.id().to_string();
        let killed = Command::new("kill").args(["-QUIT", &id]).status();
        assert!(killed.is_ok_and(|status| status.success()), "it was running");
        running.wait().expect("it is this process's child");
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        let (socket, port) = (self.folder.path().display(), self.port);
        format!("postgres://quartermaster:{PASSWORD}@localhost:{port}/{database}?host={socket}")
    }

    /// Runs a statement on the server as such.
    pub fn execute(&self, statement: &str) {
        let mut client = self.client("psql");
        client.args(["--dbname=postgres", "--no-psqlrc", "--quiet", "--command", statement]);
        run(client.args(["--set", "ON_ERROR_STOP=1"]));
    }

    /// A program of the package that asks this server.
    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("--host").arg(self.folder.path()).arg(format!("--port={}", self.port));
        command.arg("--username=quartermaster").stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of the newest Postgres.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.filter_map(|version| Some(version.ok()?.path().join("bin")));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// Whether the tests are run by root.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A program that ends with this one, under the user of the package where that is needed: Postgres
/// refuses to be run by root.
fn unprivileged(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]);
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]);
    }
    command.arg(program).current_dir("/").stdin(Stdio::null());
    command
}

/// Runs a program to its end.
pub fn run(command: &mut Command) {
    let output = command.output().expect("the program is there");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}
