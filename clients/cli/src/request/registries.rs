//! Which registries are asked, and for what.

use proto::v1::{Project, RegistryPin};

use crate::{
    arguments::Choice,
    input::{Pin, name::normalize},
    request::{Origin, Origins},
};

/// Puts in the registries that flags name, and the packages that come from one of them only.
pub(super) fn choose(
    project: &mut Project,
    choice: &Choice,
    pinned: Vec<Pin>,
    origins: &mut Origins,
) {
    origins.note("projects[0].registries", Origin::Flag("--registry"));
    project.registries = choice.registries.clone();
    project.registry_pins = pins(&choice.pins, pinned, origins);
}

/// The packages that files pin, unless a flag does, and those that flags do.
fn pins(flags: &[(String, String)], pins: Vec<Pin>, origins: &mut Origins) -> Vec<RegistryPin> {
    let mut messages: Vec<RegistryPin> = Vec::new();
    let named =
        |package: &str| flags.iter().any(|(flagged, _)| normalize(flagged) == normalize(package));
    for pin in pins.into_iter().filter(|pin| !named(&pin.package)) {
        origins.stated(format!("projects[0].registry_pins[{}]", messages.len()), &pin.registry);
        messages.push(RegistryPin { package: pin.package, registry: pin.registry.text });
    }
    for (package, registry) in flags {
        let field = format!("projects[0].registry_pins[{}]", messages.len());
        origins.note(field, Origin::Flag("--registry-for"));
        let (package, registry) = (package.clone(), registry.clone());
        messages.push(RegistryPin { package, registry });
    }
    messages
}
