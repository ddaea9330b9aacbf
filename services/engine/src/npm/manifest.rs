//! What a lock repeats of a version's manifest.

use ecosystems::npm::{Dependency, Json, Manifest, Needs, Traits};
use serde_json::{Map, Value};

/// The manifest's fields that `package-lock.json` repeats, as a JSON object (arborist, `shrinkwrap`):
/// fields that say nothing are left out.
pub(super) fn repeated(manifest: &Manifest) -> String {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        let is_empty = match &value {
            Value::Object(object) => object.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Null => true,
            _ => false,
        };
        if !is_empty {
            fields.insert(name.to_owned(), value);
        }
    };
    let Needs { dependencies, optional, peers, peer_meta, bundled, accepted } = &*manifest.needs;
    put("dependencies", specs(dependencies.iter()));
    put("optionalDependencies", specs(optional.iter()));
    put("peerDependencies", specs(peers.iter().map(|peer| &peer.dependency)));
    put("peerDependenciesMeta", peer_meta.as_ref().map_or(Value::Null, Json::to_value));
    put("bundleDependencies", texts(bundled));
    put("acceptDependencies", specs(accepted.iter()));
    let Traits { engines, os, cpu, libc, commands, license, funding, .. } = &*manifest.traits;
    put("engines", engines.as_ref().map_or(Value::Null, |engines| engines.json.to_value()));
    for (name, list) in [("os", os), ("cpu", cpu), ("libc", libc)] {
        put(name, list.as_ref().map_or(Value::Null, |list| texts(list)));
    }
    let commands = commands.iter().flat_map(|commands| commands.iter());
    let commands = commands.map(|one| (one.name.to_string(), Value::from(&*one.file)));
    put("bin", Value::Object(commands.collect()));
    put("license", license.as_ref().map_or(Value::Null, Json::to_value));
    put("funding", funding.as_ref().map_or(Value::Null, Json::to_value));
    Value::Object(fields).to_string()
}

fn specs<'a>(stated: impl Iterator<Item = &'a Dependency>) -> Value {
    let spec = |one: &Dependency| (one.name.to_string(), Value::from(one.requirement.as_str()));
    Value::Object(stated.map(spec).collect())
}

fn texts(list: &[std::sync::Arc<str>]) -> Value {
    list.iter().map(|text| Value::from(&**text)).collect()
}
