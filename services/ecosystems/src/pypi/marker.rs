//! Environment markers (PEP 508, and the dependency specifiers page of the PyPA).
//!
//! A marker is read once into a small tree whose version comparisons are specifiers already, so
//! that evaluation parses nothing. `python_version` and its like compare as versions where the
//! other side is one, else as texts; `extra` is a set, empty unless extras are asked for.

mod parse;

use std::fmt;

use super::{Environment, Name, Specifier, Specifiers, Version};

/// A condition on the environment and the extras asked for.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Marker(Option<Box<Node>>);

#[derive(Clone, PartialEq, Eq)]
enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Clause(Clause),
}

#[derive(Clone, PartialEq, Eq)]
enum Clause {
    /// A variable that holds a version, against a specifier.
    Version { variable: Variable, specifier: Specifier },
    /// `extra == "name"`, or `!=`.
    Extra { name: Name, equal: bool },
    /// Two values as texts.
    Text { left: Value, comparison: Comparison, right: Value },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Variable(Variable),
    Text(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Compatible,
    Arbitrary,
    In,
    NotIn,
}

/// The variables of PEP 508, the old dotted names of PEP 345 folded into them, and the sets of
/// PEP 751.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Variable {
    OsName,
    SysPlatform,
    PlatformMachine,
    PlatformPythonImplementation,
    PlatformRelease,
    PlatformSystem,
    PlatformVersion,
    PythonVersion,
    PythonFullVersion,
    ImplementationName,
    ImplementationVersion,
    Extra,
    Extras,
    DependencyGroups,
}

/// What is known of a marker when the extras are known and the environment is not.
enum Known {
    Holds,
    Fails,
    Depends(Node),
}

/// What a marker is evaluated against.
#[derive(Clone, Copy, Debug)]
pub struct MarkerContext<'a> {
    /// The interpreter and its platform.
    pub environment: &'a Environment,
    /// The extras asked for.
    pub extras: &'a [Name],
}

impl Marker {
    /// Whether the marker holds whatever the environment, because there is none.
    pub fn is_always(&self) -> bool {
        self.0.is_none()
    }

    /// Whether the marker holds in `context`.
    pub fn holds(&self, context: MarkerContext<'_>) -> bool {
        self.0.as_deref().is_none_or(|node| node.holds(context))
    }

    /// Whether some clause is `extra == "NAME"`.
    pub fn names_extra(&self, extra: &Name) -> bool {
        self.0.as_deref().is_some_and(|node| {
            node.any_clause(
                &|clause| matches!(clause, Clause::Extra { name, equal: true } if name == extra),
            )
        })
    }

    /// A comparison of a version with a text that is none, such as `python_version >= "3.x"`, if there
    /// is one. Such texts are compared letter by letter, which hardly anybody means.
    pub fn misread_version(&self) -> Option<String> {
        let clause = self.0.as_deref()?.find_clause(&Clause::misreads_version)?;
        Some(clause.to_string())
    }

    /// The extras that clauses ask for.
    pub fn extras(&self) -> Vec<&Name> {
        let mut extras = Vec::new();
        if let Some(node) = self.0.as_deref() {
            node.collect_extras(&mut extras);
        }
        extras
    }

    /// What remains to be asked of the environment once `extra` alone is known to be on.
    ///
    /// `None` if the marker cannot hold then.
    pub fn given_extra(&self, extra: &Name) -> Option<Self> {
        match self.0.as_deref().map_or(Known::Holds, |node| node.given_extra(extra)) {
            Known::Holds => Some(Self(None)),
            Known::Fails => None,
            Known::Depends(node) => Some(Self(Some(Box::new(node)))),
        }
    }

    /// Whether some clause asks for an extra, so that extras can change the outcome.
    pub fn depends_on_extras(&self) -> bool {
        self.0
            .as_deref()
            .is_some_and(|node| node.any_clause(&|clause| matches!(clause, Clause::Extra { .. })))
    }
}

impl Node {
    fn holds(&self, context: MarkerContext<'_>) -> bool {
        match self {
            Self::And(nodes) => nodes.iter().all(|node| node.holds(context)),
            Self::Or(nodes) => nodes.iter().any(|node| node.holds(context)),
            Self::Clause(clause) => clause.holds(context),
        }
    }

    fn collect_extras<'a>(&'a self, extras: &mut Vec<&'a Name>) {
        match self {
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter().for_each(|node| node.collect_extras(extras));
            }
            Self::Clause(Clause::Extra { name, .. }) if !extras.contains(&name) => {
                extras.push(name);
            }
            Self::Clause(_) => {}
        }
    }

    fn given_extra(&self, extra: &Name) -> Known {
        let (nodes, joined, absorbing): (_, fn(Vec<Self>) -> Self, _) = match self {
            Self::Clause(Clause::Extra { name, equal }) => {
                return if (name == extra) == *equal { Known::Holds } else { Known::Fails };
            }
            Self::Clause(_) => return Known::Depends(self.clone()),
            Self::And(nodes) => (nodes, Self::And, false),
            Self::Or(nodes) => (nodes, Self::Or, true),
        };
        let mut open = Vec::new();
        for node in nodes {
            match (node.given_extra(extra), absorbing) {
                (Known::Holds, true) => return Known::Holds,
                (Known::Fails, false) => return Known::Fails,
                (Known::Holds, false) | (Known::Fails, true) => {}
                (Known::Depends(node), _) => open.push(node),
            }
        }
        match open.pop() {
            None if absorbing => Known::Fails,
            None => Known::Holds,
            Some(only) if open.is_empty() => Known::Depends(only),
            Some(last) => {
                open.push(last);
                Known::Depends(joined(open))
            }
        }
    }

    fn find_clause(&self, fits: &dyn Fn(&Clause) -> bool) -> Option<&Clause> {
        match self {
            Self::And(nodes) | Self::Or(nodes) => {
                nodes.iter().find_map(|node| node.find_clause(fits))
            }
            Self::Clause(clause) => fits(clause).then_some(clause),
        }
    }

    fn any_clause(&self, fits: &dyn Fn(&Clause) -> bool) -> bool {
        self.find_clause(fits).is_some()
    }
}

impl Clause {
    fn misreads_version(&self) -> bool {
        let Self::Text { left, comparison, right } = self else { return false };
        let is_version = |value: &Value| match value {
            Value::Variable(variable) => variable.always_holds_version(),
            Value::Text(_) => false,
        };
        let is_text = |value: &Value| matches!(value, Value::Text(_));
        let is_pair = (is_version(left) && is_text(right)) || (is_text(left) && is_version(right));
        is_pair && !matches!(comparison, Comparison::In | Comparison::NotIn)
    }

    fn holds(&self, context: MarkerContext<'_>) -> bool {
        match self {
            Self::Version { variable, specifier } => {
                specifier.contains(context.environment.version(*variable))
            }
            Self::Extra { name, equal } => context.extras.contains(name) == *equal,
            Self::Text { left, comparison, right } => compare(
                &left.text(context),
                *comparison,
                &right.text(context),
                left.or_variable(right),
            ),
        }
    }
}

impl Value {
    fn text<'a>(&'a self, context: MarkerContext<'a>) -> std::borrow::Cow<'a, str> {
        match self {
            Self::Variable(variable) => context.environment.text(*variable),
            Self::Text(text) => std::borrow::Cow::Borrowed(text),
        }
    }

    /// The variable of the pair, which decides whether versions are compared.
    fn or_variable(&self, other: &Self) -> Option<Variable> {
        match (self, other) {
            (Self::Variable(variable), _) | (_, Self::Variable(variable)) => Some(*variable),
            (Self::Text(_), Self::Text(_)) => None,
        }
    }
}

impl Variable {
    /// Whether the variable is meant to hold a version.
    pub(super) fn holds_version(self) -> bool {
        matches!(
            self,
            Self::PythonVersion
                | Self::PythonFullVersion
                | Self::ImplementationVersion
                | Self::PlatformRelease
        )
    }

    /// Whether the variable holds a version in every environment. A release of a kernel, such as
    /// `6.1.0-13-amd64`, need not be one.
    fn always_holds_version(self) -> bool {
        self.holds_version() && self != Self::PlatformRelease
    }
}

/// Compares as versions where the variable calls for it and both sides allow it, else as texts.
fn compare(left: &str, comparison: Comparison, right: &str, variable: Option<Variable>) -> bool {
    if variable.is_some_and(Variable::holds_version)
        && let Some(holds) = compare_versions(left, comparison, right)
    {
        return holds;
    }
    match comparison {
        Comparison::Equal | Comparison::Arbitrary => left == right,
        Comparison::NotEqual => left != right,
        Comparison::In => right.contains(left),
        Comparison::NotIn => !right.contains(left),
        // Texts that are no versions have no order that anybody could rely on.
        Comparison::LessEqual | Comparison::GreaterEqual => left == right,
        Comparison::Less | Comparison::Greater | Comparison::Compatible => false,
    }
}

fn compare_versions(left: &str, comparison: Comparison, right: &str) -> Option<bool> {
    let specifiers = Specifiers::parse(&format!("{}{right}", comparison.operator()?)).ok()?;
    Some(specifiers.contains(&left.parse::<Version>().ok()?))
}

impl Comparison {
    fn operator(self) -> Option<&'static str> {
        match self {
            Self::Equal => Some("=="),
            Self::NotEqual => Some("!="),
            Self::Less => Some("<"),
            Self::LessEqual => Some("<="),
            Self::Greater => Some(">"),
            Self::GreaterEqual => Some(">="),
            Self::Compatible => Some("~="),
            Self::Arbitrary => Some("==="),
            Self::In | Self::NotIn => None,
        }
    }

    /// The comparison that holds for swapped sides.
    fn swapped(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::LessEqual => Self::GreaterEqual,
            Self::Greater => Self::Less,
            Self::GreaterEqual => Self::LessEqual,
            Self::Equal
            | Self::NotEqual
            | Self::Compatible
            | Self::Arbitrary
            | Self::In
            | Self::NotIn => self,
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::In => "in",
            Self::NotIn => "not in",
            _ => self.operator().unwrap_or_default(),
        })
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OsName => "os_name",
            Self::SysPlatform => "sys_platform",
            Self::PlatformMachine => "platform_machine",
            Self::PlatformPythonImplementation => "platform_python_implementation",
            Self::PlatformRelease => "platform_release",
            Self::PlatformSystem => "platform_system",
            Self::PlatformVersion => "platform_version",
            Self::PythonVersion => "python_version",
            Self::PythonFullVersion => "python_full_version",
            Self::ImplementationName => "implementation_name",
            Self::ImplementationVersion => "implementation_version",
            Self::Extra => "extra",
            Self::Extras => "extras",
            Self::DependencyGroups => "dependency_groups",
        })
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(variable) => variable.fmt(f),
            Self::Text(text) => write_text(f, text),
        }
    }
}

/// Quotes a text, which holds one kind of quotes at the most: it was quoted by the other.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let quote = if text.contains('"') { '\'' } else { '"' };
    write!(f, "{quote}{text}{quote}")
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version { variable, specifier } => {
                let text = specifier.to_string();
                let operator = specifier.operator().to_string();
                write!(f, "{variable} {operator} ")?;
                write_text(f, &text[operator.len()..])
            }
            Self::Extra { name, equal: true } => write!(f, "extra == \"{name}\""),
            Self::Extra { name, equal: false } => write!(f, "extra != \"{name}\""),
            Self::Text { left, comparison, right } => write!(f, "{left} {comparison} {right}"),
        }
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (nodes, joint) = match self {
            Self::Clause(clause) => return clause.fmt(f),
            Self::And(nodes) => (nodes, " and "),
            Self::Or(nodes) => (nodes, " or "),
        };
        for (place, node) in nodes.iter().enumerate() {
            if place > 0 {
                f.write_str(joint)?;
            }
            match (self, node) {
                (Self::And(_), Self::Or(_)) => write!(f, "({node})")?,
                _ => node.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_deref().map_or(Ok(()), |node| node.fmt(f))
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Platform, Python};
    use super::*;

    /// As `packaging` 26.3 evaluates them, which refuses to evaluate the last.
    #[test]
    fn a_version_against_what_is_none_is_a_comparison_of_texts() {
        let python = Python::parse("3.12").expect("a version");
        let platform = Platform::parse("linux").expect("a platform");
        let environment = Environment::new(python, platform, false);
        for (text, holds) in [
            ("python_version >= '3.x'", false),
            ("python_version <= '3.x'", false),
            ("python_version < '3.x'", false),
            ("python_version >= '3.*'", false),
            ("python_version == '3.x'", false),
            ("python_version != '3.x'", true),
            ("python_version in '3.12,3.13'", true),
            ("python_version not in '3.12,3.13'", false),
            ("os_name > 'aaa'", false),
            ("python_version ~= '3'", false),
        ] {
            let marker = Marker::parse(text).expect(text);
            let context = MarkerContext { environment: &environment, extras: &[] };
            assert_eq!(marker.holds(context), holds, "{text}");
        }
    }
}
