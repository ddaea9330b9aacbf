//! What callers may do, and which method asks for what.

use std::fmt;

use serde::Deserialize;

/// The service whose methods are listed here, as paths begin with it.
const RESOLVER: &str = "/quartermaster.resolver.v1.ResolverService/";

/// One thing that callers may do. Each stands for itself: none includes another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Ask: `Resolve`, `ResolveStream`, `Explain`, `Verify`.
    Resolve,
    /// Make the service forget: `Invalidate`. It costs all callers the next reading.
    Invalidate,
    /// What belongs to whoever runs the service. No method of the contract asks for it so far.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 3] = [Self::Resolve, Self::Invalidate, Self::Admin];

    /// Its name, as settings and tokens write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Invalidate => "invalidate",
            Self::Admin => "admin",
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// The scopes that a method of the resolver asks for, by its path. A method that is not listed is
/// one that nobody has thought about: it asks for `admin`.
pub fn scope_of(path: &str) -> Scope {
    match path.strip_prefix(RESOLVER) {
        Some("Resolve" | "ResolveStream" | "Explain" | "Verify") => Scope::Resolve,
        Some("Invalidate") => Scope::Invalidate,
        _ => Scope::Admin,
    }
}

/// What one caller may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Whether the caller may do this.
    pub fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl<const N: usize> From<[Scope; N]> for Scopes {
    fn from(scopes: [Scope; N]) -> Self {
        scopes.into_iter().collect()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = Scope::ALL.into_iter().filter(|scope| self.contains(*scope));
        for (index, scope) in held.enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", scope.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_stands_for_itself() {
        for one in Scope::ALL {
            for other in Scope::ALL {
                assert_eq!(Scopes::from([one]).contains(other), one == other);
            }
        }
        assert_eq!(Scopes::default().to_string(), "");
        assert_eq!(Scopes::from(Scope::ALL).to_string(), "resolve, invalidate, admin");
    }
}
