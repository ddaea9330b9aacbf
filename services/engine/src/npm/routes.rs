//! Which registry a package belongs to.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use ecosystems::Ecosystem;
use ecosystems::npm::Name;
use registries::Registry;

use crate::Error;
use crate::fingerprint::Hasher;
use crate::reader::{pinned, refused};

/// How a package finds its registry: each name belongs to one, as in npm's own configuration, so that
/// nobody can publish under a name, or in a scope, that another registry has for its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    /// The registries of packages, by place.
    packages: Arc<BTreeMap<Name, usize>>,
    /// Those of scopes, each with its `@` and without its slash.
    scopes: Arc<BTreeMap<Box<str>, usize>>,
}

impl Routes {
    /// Reads pins: names, or scopes with their slash.
    pub(super) fn new(
        pins: &[(String, String)],
        declared: &[Registry],
        registries: &mut Vec<Registry>,
    ) -> Result<Self, Error> {
        let (mut packages, mut scopes) = (BTreeMap::new(), BTreeMap::new());
        for (place, (package, registry)) in pins.iter().enumerate() {
            let field = |field: &str| format!("registry_pins[{place}].{field}");
            let at = pinned(field("registry"), registry, declared, registries)?;
            let is_known = match package.strip_suffix('/') {
                Some(scope) => {
                    // A scope is one if a package of it has a name.
                    Name::parse(&format!("{package}x"))
                        .ok()
                        .filter(|_| scope.starts_with('@'))
                        .ok_or_else(|| {
                            let reason = format!("`{package}` is not a scope such as `@corp/`");
                            refused(field("package"), reason)
                        })?;
                    insert(scopes.entry(scope.into()), at)
                }
                None => {
                    let name = Name::parse(package)
                        .map_err(|error| refused(field("package"), error.to_string()))?;
                    insert(packages.entry(name), at)
                }
            };
            if is_known {
                return Err(refused(field("package"), format!("`{package}` is pinned twice")));
            }
        }
        Ok(Self { packages: Arc::new(packages), scopes: Arc::new(scopes) })
    }

    pub(super) fn scope(&self, hasher: &mut Hasher) {
        hasher.count(self.packages.len());
        for (name, place) in &*self.packages {
            hasher.text(name.as_str());
            hasher.count(*place);
        }
        hasher.count(self.scopes.len());
        for (scope, place) in &*self.scopes {
            hasher.text(scope);
            hasher.count(*place);
        }
    }

    /// The one registry of a name: that of its pin, or its scope's; the first of `common` that is
    /// configured for the name; the first that is configured for all.
    pub(super) fn place(&self, common: &[Registry], name: &Name) -> Option<usize> {
        let scope = || {
            let (scope, _) = name.as_str().split_once('/')?;
            self.scopes.get(scope)
        };
        let configured = |is_for_all: bool| {
            common.iter().position(|registry| {
                let config = registry.config();
                config.packages.is_none() == is_for_all
                    && config.answers_for(Ecosystem::Npm, name.as_str())
            })
        };
        self.packages
            .get(name)
            .or_else(scope)
            .copied()
            .or_else(|| configured(false))
            .or_else(|| configured(true))
    }
}

/// Fills an entry; whether it was there already.
fn insert<K: Ord>(entry: Entry<'_, K, usize>, place: usize) -> bool {
    let is_known = matches!(entry, Entry::Occupied(_));
    entry.or_insert(place);
    is_known
}
