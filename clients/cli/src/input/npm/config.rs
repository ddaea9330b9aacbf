//! Npm's settings, as far as they change an answer or a lock.
//!
//! They are read from the environment, from the `.npmrc` of the project and from that of the user, of
//! which the first to say something counts. Addresses of registries and tokens are the service's
//! affair: they are neither sent nor shown.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use proto::v1::NpmInstallStrategy;

use crate::input::{
    InputError, Problem, Setting, Stated,
    npm::Fault,
    paths::shown,
    source::{Anchor, Source},
};

/// What the settings say.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `legacy-peer-deps`.
    pub legacy_peer_deps: Option<Setting<bool>>,
    /// `strict-peer-deps`.
    pub strict_peer_deps: Option<Setting<bool>>,
    /// `prefer-dedupe`.
    pub prefer_dedupe: Option<Setting<bool>>,
    /// `install-strategy`.
    pub install_strategy: Option<Setting<NpmInstallStrategy>>,
    /// `before`, or what `min-release-age` comes to.
    pub cut_off: Option<CutOff>,
    /// `omit-lockfile-registry-resolved`: whether a lock is silent on where packages are.
    pub omits_resolved: Option<bool>,
    /// `format-package-lock`: whether a lock has lines and blanks.
    pub format: Option<bool>,
    /// `package-lock`: whether there is a lock at all.
    pub package_lock: Option<bool>,
    /// `lockfile-version`.
    pub lock_version: Option<Stated>,
    /// The scopes that have a registry of their own, such as `@corp`.
    pub scopes: Vec<Stated>,
}

/// Which versions are too new.
#[derive(Clone, Debug)]
pub enum CutOff {
    /// Those published after an instant.
    Before(Setting<jiff::Timestamp>),
    /// Those younger than a number of days.
    Age(Setting<u32>),
}

impl Config {
    /// Whether an existing lock is passed over.
    pub(super) fn reads_no_lock(&self) -> bool {
        self.package_lock == Some(false)
    }
}

/// Where settings come from, beside the project's own file.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// The variables `npm_config_…`, by the names of the settings.
    pub(super) variables: BTreeMap<String, String>,
    /// The user's file.
    pub(super) user: Option<PathBuf>,
}

impl Places {
    /// Those of this process.
    pub(super) fn of_process() -> Self {
        let mut variables = BTreeMap::new();
        for (name, value) in std::env::vars_os() {
            let (Ok(name), Ok(value)) = (name.into_string(), value.into_string()) else { continue };
            let name = name.to_ascii_lowercase();
            if let Some(key) = name.strip_prefix("npm_config_").filter(|_| !value.is_empty()) {
                variables.insert(key.replace('_', "-"), value);
            }
        }
        let user = variables.get("userconfig").map(PathBuf::from);
        let user = user.or_else(|| Some(std::env::home_dir()?.join(".npmrc")));
        Self { variables, user }
    }

    /// Reads all that is said, and what the user should know of it.
    pub(super) fn read(&self, root: &Path) -> Result<(Config, Vec<String>), InputError> {
        let mut config = Config::default();
        let mut notes = Vec::new();
        let variables = self.variables.iter().map(|(key, value)| {
            let source =
                Source::new(format!("npm_config_{}", key.replace('-', "_")), value.clone());
            let anchor = Anchor::verbatim(&source, 0, value);
            (key.clone(), Stated { text: value.clone(), anchor })
        });
        let mut layers = vec![variables.collect::<Vec<_>>()];
        let project = root.join(".npmrc");
        for file in [Some(&project), self.user.as_ref().filter(|user| **user != project)] {
            if let Some(file) = file.filter(|file| file.is_file()) {
                layers.push(settings(file)?);
            }
        }
        for layer in layers {
            let mut said = Config::default();
            for (key, value) in layer {
                said.apply(&key, value, &mut notes)?;
            }
            config.complete(said);
        }
        Ok((config, notes))
    }
}

/// What has no field in a request, what of it is said, and what is to be known.
const NOTED: [(&str, &str); 8] = [
    ("omit", "the answer lists what is left out, too, as a lock does"),
    ("engine-strict", "what does not run on this Node.js comes with a warning"),
    ("registry", "registries are configured at the service"),
    ("install-links", "folders are linked"),
    ("os", "an answer is for all systems; choose with `--os`"),
    ("cpu", "an answer is for all processors; choose with `--cpu`"),
    ("libc", "an answer is for all libraries; choose with `--libc`"),
    ("min-release-age-exclude", "the cut-off holds for all packages"),
];

/// What changes the answer and is not passed on.
const REFUSED: [(&str, &str); 3] = [
    ("force", "remove it; `legacy-peer-deps` passes over conflicts of peers"),
    ("tag", "name the tag in the `package.json`, as in `\"a\": \"next\"`"),
    ("include-staged", "remove it"),
];

impl Config {
    /// Applies one setting.
    fn apply(
        &mut self,
        key: &str,
        value: Stated,
        notes: &mut Vec<String>,
    ) -> Result<(), InputError> {
        match key {
            "legacy-peer-deps" => self.legacy_peer_deps = Some(switch(key, &value)?),
            "strict-peer-deps" => self.strict_peer_deps = Some(switch(key, &value)?),
            "prefer-dedupe" => self.prefer_dedupe = Some(switch(key, &value)?),
            "install-strategy" => self.install_strategy = Some(strategy(&value)?),
            "legacy-bundling" if switch(key, &value)?.value => {
                self.choose(NpmInstallStrategy::Nested, value.anchor);
            }
            "global-style" if switch(key, &value)?.value => {
                self.choose(NpmInstallStrategy::Shallow, value.anchor);
            }
            "before" if value.text != "null" => {
                self.cut_off = Some(CutOff::Before(instant(&value)?));
            }
            // An instant counts before an age from the same place.
            "min-release-age" if !matches!(self.cut_off, Some(CutOff::Before(_))) => {
                self.cut_off = days(&value)?.map(CutOff::Age);
            }
            "omit-lockfile-registry-resolved" => {
                self.omits_resolved = Some(switch(key, &value)?.value);
            }
            "format-package-lock" => self.format = Some(switch(key, &value)?.value),
            "package-lock" => self.package_lock = Some(switch(key, &value)?.value),
            "lockfile-version" if value.text != "null" => self.lock_version = Some(value),
            scope if scope.starts_with('@') && scope.ends_with(":registry") => {
                let scope = scope.trim_end_matches(":registry").to_owned();
                self.scopes.push(Stated { text: scope, anchor: value.anchor });
            }
            _ => return self.tell(key, &value, notes),
        }
        Ok(())
    }

    /// Refuses or notes what has no field in a request, unless it is said to be off.
    fn tell(&self, key: &str, value: &Stated, notes: &mut Vec<String>) -> Result<(), InputError> {
        if matches!(&*value.text, "false" | "null" | "" | "latest") {
            return Ok(());
        }
        if let Some((_, advice)) = REFUSED.iter().find(|(name, _)| *name == key) {
            let key = key.to_owned();
            return Err(InputError::at(value.anchor.place(), Problem::KeyRefused { key, advice }));
        }
        if let Some((_, told)) = NOTED.iter().find(|(name, _)| *name == key) {
            let place = value.anchor.place().file_and_line();
            let (head, told) = (format!("`{key}` ("), format!(") is not passed on: {told}"));
            if !notes.iter().any(|note| note.starts_with(&head)) {
                notes.push(head + &place + &told);
            }
        }
        Ok(())
    }

    fn choose(&mut self, value: NpmInstallStrategy, anchor: Anchor) {
        self.install_strategy.get_or_insert(Setting { value, anchor });
    }

    /// Takes what has not been said before.
    fn complete(&mut self, further: Self) {
        let Self { legacy_peer_deps, strict_peer_deps, prefer_dedupe, .. } = further;
        self.legacy_peer_deps = self.legacy_peer_deps.take().or(legacy_peer_deps);
        self.strict_peer_deps = self.strict_peer_deps.take().or(strict_peer_deps);
        self.prefer_dedupe = self.prefer_dedupe.take().or(prefer_dedupe);
        self.install_strategy = self.install_strategy.take().or(further.install_strategy);
        self.cut_off = self.cut_off.take().or(further.cut_off);
        self.omits_resolved = self.omits_resolved.or(further.omits_resolved);
        self.format = self.format.or(further.format);
        self.package_lock = self.package_lock.or(further.package_lock);
        self.lock_version = self.lock_version.take().or(further.lock_version);
        for scope in further.scopes {
            if self.scopes.iter().all(|known| known.text != scope.text) {
                self.scopes.push(scope);
            }
        }
    }

    /// Refuses to write a lock of an older form.
    pub(crate) fn refuse_old_lock(&self) -> Result<(), InputError> {
        match &self.lock_version {
            Some(stated) if stated.text != "3" => {
                let fault = Fault::LockVersion { version: stated.text.clone() };
                Err(InputError::at(stated.anchor.place(), fault.into()))
            }
            _ => Ok(()),
        }
    }
}

/// The lines of a file as keys and values. A key alone is a switch that is on; what follows the head of a
/// section belongs to other programs.
fn settings(file: &Path) -> Result<Vec<(String, Stated)>, InputError> {
    let source = Source::read(&shown(file))?;
    let mut settings = Vec::new();
    for (start, line) in source.lines() {
        let text = line.trim();
        if text.is_empty() || text.starts_with([';', '#']) {
            continue;
        }
        if text.starts_with('[') {
            break;
        }
        let Some((key, value)) = line.split_once('=') else {
            let at = start + line.len() - line.trim_start().len();
            let on = Stated { text: "true".to_owned(), anchor: Anchor::start(&source, at) };
            settings.push((bare(text).to_owned(), on));
            continue;
        };
        let (key, value) = (bare(key), bare(value));
        let at = start + (value.as_ptr() as usize - line.as_ptr() as usize);
        let anchor = Anchor::verbatim(&source, at, value);
        let stated = match expanded(value) {
            Some(text) => Stated { text, anchor: Anchor::start(&source, at) },
            None => Stated { text: value.to_owned(), anchor },
        };
        settings.push((key.trim_end_matches("[]").to_owned(), stated));
    }
    Ok(settings)
}

/// A key or value without blanks and quotation marks around it.
fn bare(text: &str) -> &str {
    let text = text.trim();
    let inner = |mark: char| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// A value with the variables that it names in their places, if it names any that there are.
fn expanded(value: &str) -> Option<String> {
    let (before, rest) = value.split_once("${")?;
    let (name, after) = rest.split_once('}')?;
    let known = match name.strip_suffix('?') {
        Some(name) => Some(std::env::var(name).unwrap_or_default()),
        None => std::env::var(name).ok(),
    };
    let after = expanded(after).unwrap_or_else(|| after.to_owned());
    Some(match known {
        Some(text) => format!("{before}{text}{after}"),
        None => format!("{before}${{{name}}}{after}"),
    })
}

fn wrong(key: &str, value: &Stated, advice: &'static str) -> InputError {
    let problem = Problem::WrongValue { key: key.to_owned(), value: value.text.clone(), advice };
    InputError::at(value.anchor.place(), problem)
}

fn switch(key: &str, value: &Stated) -> Result<Setting<bool>, InputError> {
    let is_on = match &*value.text {
        "true" | "" => true,
        "false" | "null" => false,
        _ => return Err(wrong(key, value, "write `true` or `false`")),
    };
    Ok(Setting { value: is_on, anchor: value.anchor.clone() })
}

fn strategy(value: &Stated) -> Result<Setting<NpmInstallStrategy>, InputError> {
    let strategy = match &*value.text {
        "hoisted" => NpmInstallStrategy::Hoisted,
        "nested" => NpmInstallStrategy::Nested,
        "shallow" => NpmInstallStrategy::Shallow,
        "linked" => NpmInstallStrategy::Linked,
        _ => {
            let advice = "write `hoisted`, `nested`, `shallow` or `linked`";
            return Err(wrong("install-strategy", value, advice));
        }
    };
    Ok(Setting { value: strategy, anchor: value.anchor.clone() })
}

/// An instant; a date alone is its midnight in UTC, as for JavaScript.
fn instant(value: &Stated) -> Result<Setting<jiff::Timestamp>, InputError> {
    let date = value.text.parse::<jiff::civil::Date>().ok();
    let midnight = date.filter(|_| value.text.len() <= 10).map(|date| format!("{date}T00:00:00Z"));
    match midnight.as_deref().unwrap_or(&value.text).parse() {
        Ok(instant) => Ok(Setting { value: instant, anchor: value.anchor.clone() }),
        Err(_) => {
            let advice =
                "write a date or an instant, such as `2025-12-01` or `2025-12-01T00:00:00Z`";
            Err(wrong("before", value, advice))
        }
    }
}

/// A number of days; none is no cut-off.
fn days(value: &Stated) -> Result<Option<Setting<u32>>, InputError> {
    match value.text.parse() {
        Ok(0) => Ok(None),
        Ok(days) => Ok(Some(Setting { value: days, anchor: value.anchor.clone() })),
        Err(_) if value.text == "null" => Ok(None),
        Err(_) => Err(wrong("min-release-age", value, "write a whole number of days")),
    }
}
