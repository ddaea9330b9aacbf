//! Reading markers.

use super::super::requirement::RequirementError;
use super::super::scanner::Scanner;
use super::super::{Name, Specifiers};
use super::{Clause, Comparison, Marker, Node, Value, Variable};

/// Deeper parentheses are no marker that anybody writes, and would only exhaust the stack.
const DEEPEST: usize = 64;

const VARIABLES: [(&str, Variable); 22] = [
    ("os_name", Variable::OsName),
    ("os.name", Variable::OsName),
    ("sys_platform", Variable::SysPlatform),
    ("sys.platform", Variable::SysPlatform),
    ("platform_machine", Variable::PlatformMachine),
    ("platform.machine", Variable::PlatformMachine),
    ("platform_python_implementation", Variable::PlatformPythonImplementation),
    ("platform.python_implementation", Variable::PlatformPythonImplementation),
    ("python_implementation", Variable::PlatformPythonImplementation),
    ("platform_release", Variable::PlatformRelease),
    ("platform_system", Variable::PlatformSystem),
    ("platform_version", Variable::PlatformVersion),
    ("platform.version", Variable::PlatformVersion),
    ("python_version", Variable::PythonVersion),
    ("python_full_version", Variable::PythonFullVersion),
    ("implementation_name", Variable::ImplementationName),
    ("implementation_version", Variable::ImplementationVersion),
    ("extras", Variable::Extras),
    ("extra", Variable::Extra),
    ("dependency_groups", Variable::DependencyGroups),
    ("platform.release", Variable::PlatformRelease),
    ("platform.system", Variable::PlatformSystem),
];

impl Marker {
    /// Reads a marker as the standard has it.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        let mut scanner = Scanner::new(text);
        let marker = Self::scan(&mut scanner)?;
        if scanner.is_at_end() {
            Ok(marker)
        } else {
            Err(unexpected(&scanner, "expected `and`, `or` or the end of the marker"))
        }
    }

    /// Reads a marker as far as it goes.
    pub(in crate::pypi) fn scan(scanner: &mut Scanner<'_>) -> Result<Self, RequirementError> {
        let node = or(scanner, 0)?;
        scanner.skip_spaces();
        Ok(Self(Some(Box::new(node))))
    }
}

fn or(scanner: &mut Scanner<'_>, depth: usize) -> Result<Node, RequirementError> {
    let mut nodes = Vec::new();
    loop {
        // Parentheses that change nothing are not kept: equal texts are equal markers.
        match and(scanner, depth)? {
            Node::Or(inner) => nodes.extend(inner),
            node => nodes.push(node),
        }
        if !scanner.skip_spaces().eat_word("or") {
            return Ok(single(nodes, Node::Or));
        }
    }
}

fn and(scanner: &mut Scanner<'_>, depth: usize) -> Result<Node, RequirementError> {
    let mut nodes = Vec::new();
    loop {
        match operand(scanner, depth)? {
            Node::And(inner) => nodes.extend(inner),
            node => nodes.push(node),
        }
        if !scanner.skip_spaces().eat_word("and") {
            return Ok(single(nodes, Node::And));
        }
    }
}

fn single(mut nodes: Vec<Node>, joined: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        last => {
            nodes.extend(last);
            joined(nodes)
        }
    }
}

fn operand(scanner: &mut Scanner<'_>, depth: usize) -> Result<Node, RequirementError> {
    scanner.skip_spaces();
    let column = scanner.column();
    if scanner.eat("(") {
        if depth == DEEPEST {
            let reason =
                format!("the marker has more than {DEEPEST} parentheses inside each other");
            return Err(RequirementError::new(column, reason));
        }
        let node = or(scanner, depth + 1)?;
        if !scanner.skip_spaces().eat(")") {
            return Err(unexpected(scanner, "expected `)`"));
        }
        return Ok(node);
    }
    let left = value(scanner)?;
    scanner.skip_spaces();
    let comparison_column = scanner.column();
    let comparison = comparison(scanner)?;
    scanner.skip_spaces();
    let right = value(scanner)?;
    clause(left, comparison, right)
        .map(Node::Clause)
        .map_err(|reason| RequirementError::new(comparison_column, reason))
}

fn value(scanner: &mut Scanner<'_>) -> Result<Value, RequirementError> {
    let Some(quote @ ('"' | '\'')) = scanner.peek() else {
        return variable(scanner);
    };
    let column = scanner.column();
    scanner.eat(quote.encode_utf8(&mut [0; 4]));
    let text = scanner.take_while(|next| next != quote && next != '\n' && next != '\r');
    if text.contains('\\') {
        let reason = "a quoted text cannot hold a `\\`".to_owned();
        return Err(RequirementError::new(column, reason));
    }
    if !scanner.eat(quote.encode_utf8(&mut [0; 4])) {
        return Err(RequirementError::new(column, format!("the text has no closing `{quote}`")));
    }
    Ok(Value::Text(text.into()))
}

fn variable(scanner: &mut Scanner<'_>) -> Result<Value, RequirementError> {
    let found = VARIABLES.into_iter().find(|(name, _)| scanner.eat_word(name));
    match found {
        Some((_, variable)) => Ok(Value::Variable(variable)),
        None => Err(unexpected(
            scanner,
            "expected a marker variable such as `python_version` or a quoted text",
        )),
    }
}

fn comparison(scanner: &mut Scanner<'_>) -> Result<Comparison, RequirementError> {
    let symbols = [
        ("===", Comparison::Arbitrary),
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::LessEqual),
        (">=", Comparison::GreaterEqual),
        ("~=", Comparison::Compatible),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    if let Some((_, comparison)) = symbols.into_iter().find(|(text, _)| scanner.eat(text)) {
        return Ok(comparison);
    }
    if scanner.eat_word("in") {
        return Ok(Comparison::In);
    }
    if scanner.eat_word("not") && scanner.skip_spaces().eat_word("in") {
        return Ok(Comparison::NotIn);
    }
    Err(unexpected(scanner, "expected a comparison such as `==` or `in`"))
}

/// Chooses the form in which the comparison is evaluated.
fn clause(left: Value, comparison: Comparison, right: Value) -> Result<Clause, String> {
    let (variable, text, comparison_from_variable) = match (&left, &right) {
        (Value::Variable(_), Value::Variable(_)) | (Value::Text(_), Value::Text(_)) => {
            return Ok(Clause::Text { left, comparison, right });
        }
        (Value::Variable(variable), Value::Text(text)) => (*variable, text, comparison),
        (Value::Text(text), Value::Variable(variable)) => (*variable, text, comparison.swapped()),
    };
    let membership = matches!(comparison, Comparison::In | Comparison::NotIn);
    match variable {
        Variable::Extra if !membership => {
            let equal = !matches!(comparison, Comparison::NotEqual);
            // A text that is no name is no extra of anything, which a name never given also says.
            Ok(match Name::parse(text) {
                Ok(name) => Clause::Extra { name, equal },
                Err(_) => Clause::Text {
                    left: Value::Text(text.clone()),
                    comparison,
                    right: Value::Text("".into()),
                },
            })
        }
        Variable::Extras | Variable::DependencyGroups
            if !membership || matches!(left, Value::Variable(_)) =>
        {
            Err(format!("`{variable}` is a set: write `\"name\" in {variable}`"))
        }
        // `~=` and the prefix forms do not read the same from right to left.
        _ if variable.always_holds_version() && !membership && is_symmetric(&left, comparison) => {
            let operator = comparison_from_variable.operator().unwrap_or_default();
            let specifiers = Specifiers::parse(&format!("{operator}{text}"));
            let specifiers: Vec<_> = specifiers.iter().flat_map(Specifiers::iter).collect();
            Ok(match *specifiers {
                [specifier] => Clause::Version { variable, specifier: specifier.clone() },
                // No version, or several as in `"3.8,<4"`.
                _ => Clause::Text { left, comparison, right },
            })
        }
        _ => Ok(Clause::Text { left, comparison, right }),
    }
}

fn is_symmetric(left: &Value, comparison: Comparison) -> bool {
    matches!(left, Value::Variable(_))
        || !matches!(comparison, Comparison::Compatible | Comparison::Arbitrary)
}

fn unexpected(scanner: &Scanner<'_>, wanted: &str) -> RequirementError {
    let found = match scanner.peek() {
        Some(next) => format!("found `{}`", next.escape_default()),
        None => "found the end".to_owned(),
    };
    RequirementError::new(scanner.column(), format!("{wanted}, {found}"))
}
