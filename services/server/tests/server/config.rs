//! Settings: where they come from, and what is said of those that cannot be used.

use std::collections::HashMap;
use std::io::Write as _;
use std::time::Duration;

use quartermaster::arguments::{Arguments, Command, Settings};
use quartermaster::config::{Config, ConfigError};
use quartermaster::telemetry::LogFormat;

/// Loads a config from the text of a file and variables.
pub(crate) fn load(text: &str, variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let mut file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let settings = Settings { config: Some(file.path().to_owned()), ..Settings::default() };
    let environment: HashMap<String, String> =
        variables.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    Config::load(settings, environment)
}

/// What is said of a file or a variable that cannot be used.
pub(crate) fn refusal(text: &str, variables: &[(&str, &str)]) -> String {
    let error = load(text, variables).expect_err("the config cannot be used").to_string();
    // The file has another name each time, and another path wherever the tests are.
    let words = error.split(' ').map(|word| if word.contains("/.tmp") { "FILE" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The hash of `0123456789abcdef0123456789abcdef`.
pub(crate) const HASH: &str =
    "sha256:3eb1bd439947eb762998e566ccc2e099c791118b2f40579cc4f7da2b5061b7f9";

const WHOLE: &str = r#"
listen = "127.0.0.1:7433"
[cache]
memory_mib = 256
[limits]
max_in_flight = 64
solve_budget = "2s"
[[registry]]
name = "pypi"
kind = "pypi-simple"
url = "https://index.example/simple"
credentials = { env = "INDEX_TOKEN" }
"#;

#[test]
fn the_design_s_config_is_read_whole() {
    let config = load(WHOLE, &[]).unwrap();
    assert_eq!(config.limits.solve_budget, Duration::from_secs(2));
    assert_eq!(config.cache.memory_mib, 256);
    assert_eq!(config.registries[0].url.as_ref().unwrap().as_str(), "https://index.example/simple");
    assert!(config.registries[0].credentials.is_some());
}

#[test]
fn without_a_config_it_is_the_bundled_registry_on_the_loopback() {
    let config = Config::load(Settings::default(), HashMap::new()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7433");
    let registries: Vec<_> =
        config.registries.iter().map(|one| (one.name.as_str(), one.kind.name())).collect();
    assert_eq!(registries, [("pypi", "recorded"), ("npm", "recorded"), ("cargo", "recorded")]);
    assert!(config.registries.iter().all(|one| one.path.is_none() && one.ecosystem.is_some()));
}

#[test]
fn variables_count_more_than_the_file_and_flags_more_than_both() {
    let variables =
        [("QUARTERMASTER__LIMITS__MAX_IN_FLIGHT", "7"), ("QUARTERMASTER__LOG__FORMAT", "json")];
    let config = load(WHOLE, &variables).unwrap();
    assert_eq!((config.limits.max_in_flight, config.log.format), (7, LogFormat::Json));

    let line = "quartermaster serve --listen 127.0.0.1:1 --registry recorded=/data \
                --registry other:pypi-simple=http://127.0.0.1:2/simple";
    let arguments = <Arguments as clap::Parser>::parse_from(line.split_whitespace());
    let Command::Serve(settings) = arguments.command else { panic!("it serves") };
    let listen = [("QUARTERMASTER__LISTEN".to_owned(), "127.0.0.1:9".to_owned())];
    let config = Config::load(settings, HashMap::from(listen)).unwrap();
    assert_eq!(config.listen.port(), 1);
    let names: Vec<_> = config.registries.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["pypi", "other"]);
}

/// Files that cannot be used.
const FAULTY: &[&str] = &[
    "listen = \"localhost\"",
    "listen = \"0.0.0.0:7433\"",
    "listn = \"127.0.0.1:7433\"",
    "[limits]\nmax_inflight = 1",
    "[limits]\nmax_in_flight = 0",
    "[limits]\nmax_in_flight = \"many\"",
    "[limits]\nsolve_budget = 2",
    "[limits]\nsolve_budget = \"0s\"",
    "[limits]\ntenant_in_flight = 65",
    "[limits]\ntenant_per_second = 0",
    "[limits]\ntenant_burst = 5",
    "[limits]\ntenant_per_second = 1\ntenant_burst = 61",
    "[log]\nformat = \"xml\"",
    "[log]\nfilter = \"quartermaster=loud\"",
    "[cache]\ndatabase = \"mysql://u:secret@db.example/answers\"",
    "[cache]\ncall_limit = \"0s\"",
    "[reach]\npypi = 2000",
    "[cache]\nsize = 1",
    "[connections]\nkeepalive_timeout = \"0s\"",
    "registry = []",
    "[[registry]]\nname = \"pypi\"",
    "[[registry]]\nname = \"pypi\"\nkind = \"pypi-simple\"",
    "[[registry]]\nname = \"npm\"\nkind = \"npm\"\nurl = \"http://127.0.0.1/\"\necosystem = \"npm\"",
    "[[registry]]\nname = \"pypi\"\nkind = \"recorded\"\ntoken = \"s\"",
    "[[registry]]\nname = \"a\"\nkind = \"recorded\"\n[[registry]]\nname = \"a\"\nkind = \"recorded\"",
    "[[registry]]\nname = \"a\"\nkind = \"recorded\"\nlock_source = \"s\"\n\
     [[registry]]\nname = \"b\"\nkind = \"recorded\"\nlock_source = \"s\"",
    "[[registry]]\nname = \"pypi\"\nkind = \"recorded\"\ncredentials = \"s3cret\"",
    "[[registry]]\nname = \"pypi\"\nkind = \"recorded\"\ncredentials = { token = \"s3cret\" }",
    "listen = ",
    "[identity]\ntoken = \"s3cret\"",
    "[identity]\nanonymous = \"s3cret\"",
    "[[identity.token]]\nname = \"ci\"\nhash = \"s3cret\"\nscopes = [\"resolve\"]",
    "[[identity.token]]\nname = \"ci\"\ntoken = \"s3cret\"\nscopes = [\"resolve\"]",
    "[[identity.token]]\nname = \"ci\"\nhash = \"HASH\"\nscopes = [\"everything\"]",
    "[[identity.token]]\nname = \"ci\"\nhash = \"HASH\"\nscopes = \"resolve\"",
    "[[identity.token]]\nname = \"ci\"\nhash = \"HASH\"\nscopes = []",
    "[[identity.token]]\nname = \"c i\"\nhash = \"HASH\"\nscopes = [\"resolve\"]",
    "[[identity.token]]\nname = \"anonymous\"\nhash = \"HASH\"\nscopes = [\"resolve\"]",
    "[[identity.token]]\nname = \"a\"\nhash = \"HASH\"\nscopes = [\"resolve\"]\n\
     [[identity.token]]\nname = \"b\"\nhash = \"HASH\"\nscopes = [\"resolve\"]",
];

#[test]
fn what_cannot_be_used_is_said_in_one_line() {
    let mut told: Vec<String> = FAULTY
        .iter()
        .map(|file| {
            let said = refusal(&file.replace("HASH", HASH), &[]);
            format!("{}\n    {said}", file.replace('\n', " / "))
        })
        .collect();
    for (key, value) in [
        ("QUARTERMASTER__LIMITS__SPEED", "1"),
        ("QUARTERMASTER__LIMITS__SOLVE_STEPS", "x"),
        ("QUARTERMASTER__IDENTITY__TOKEN", "s3cret"),
    ] {
        told.push(format!("{key}={value}\n    {}", refusal("", &[(key, value)])));
    }
    for one in &told {
        let (_, said) = one.split_once("\n    ").unwrap();
        assert!(!said.contains('\n') && !said.contains("s3cret"), "{said}");
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_wrong_with_a_registry_of_the_command_line_is_said_without_its_secret() {
    let told = [
        "https://u:s3cret@index.example/simple",
        "pypi-simple=https://u:s3cret@index.example/simple",
        "pypi-simple=https//u:s3cret@index.example/simple",
        "ours:pypi=https://u:s3cret@index.example/simple",
        "ours:https://u:s3cret@index.example/simple?a=b",
        "npm=https://index.example/npm?a=s3cret",
    ]
    .map(|argument| {
        let line = ["quartermaster", "serve", "--registry", argument];
        let arguments = <Arguments as clap::Parser>::parse_from(line);
        let Command::Serve(settings) = arguments.command else { panic!("it serves") };
        Config::load(settings, HashMap::new()).expect_err("the registry cannot be used").to_string()
    });
    assert!(!told.join("\n").contains("s3cret"), "{told:?}");
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn others_may_reach_it_only_where_that_is_said_or_they_are_asked_who_they_are() {
    let open = load("listen = \"0.0.0.0:0\"\n[identity]\nanonymous = true", &[]).unwrap();
    assert!(!open.listen.ip().is_loopback());
    let token =
        format!("[[identity.token]]\nname = \"ci\"\nhash = \"{HASH}\"\nscopes = [\"resolve\"]");
    assert!(load(&format!("listen = \"0.0.0.0:0\"\n{token}"), &[]).unwrap().identity.asks());
    assert!(load("listen = \"[::1]:7433\"", &[]).is_ok());
    assert!(load("listen = \"[::]:7433\"", &[]).is_err());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let settings =
        Settings { config: Some("/nowhere/quartermaster.toml".into()), ..Settings::default() };
    let error = Config::load(settings, HashMap::new()).unwrap_err().to_string();
    assert!(error.contains("/nowhere/quartermaster.toml"), "{error}");
}

#[test]
fn the_command_line_is_well_formed() {
    <Arguments as clap::CommandFactory>::command().debug_assert();
}
