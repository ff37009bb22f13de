//! Conditions and messages: Jinja, with a closed list of filters, tests and names.

use std::sync::OnceLock;

use minijinja::{Environment, UndefinedBehavior, Value as Jinja};

use crate::knowledge;
use crate::model::{AttributeType, Dimension, schema};

/// The names that conditions and messages may use.
pub const NAMES: [&str; 9] =
    ["fact", "other", "environment", "reference", "component", "facts", "items", "as_of", "known"];

/// The filters, and what they do.
pub const FILTERS: [(&str, &str); 8] = [
    ("length", "how many items"),
    ("list", "the items as a list"),
    ("selectattr", "the facts whose attribute passes a test"),
    ("rejectattr", "the facts whose attribute fails a test"),
    ("map", "one attribute of every fact"),
    ("join", "the items as one text"),
    ("first", "the first item"),
    ("default", "a value instead of none"),
];

/// The tests, and what they say.
pub const TESTS: [(&str, &str); 7] = [
    ("none", "it is absent"),
    ("defined", "it has a value"),
    ("eq", "it equals the argument"),
    ("in", "it is among the argument's items"),
    ("before", "the version comes before the argument"),
    ("same_minor", "both versions are of one X.Y"),
    ("same_major", "both versions are of one X"),
];

fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn text(value: &Jinja) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The engine: no templates, no files, strict about names.
pub fn engine() -> &'static Environment<'static> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_recursion_limit(100);
        engine.add_test("before", |a: Jinja, b: Jinja| numbers(&text(&a)) < numbers(&text(&b)));
        engine.add_test("same_minor", |a: Jinja, b: Jinja| {
            numbers(&text(&a)).iter().take(2).eq(numbers(&text(&b)).iter().take(2))
        });
        engine.add_test("same_major", |a: Jinja, b: Jinja| numbers(&text(&a)).first() == numbers(&text(&b)).first());
        engine.add_filter("role_of", |path: String| {
            let words = knowledge::environments::tokens(&path);
            let role = |class| {
                if let knowledge::environments::WordClass::Role(role) = class { Some(role.name()) } else { None }
            };
            words.into_iter().rev().find_map(|(_, class)| role(class)).unwrap_or_default().to_owned()
        });
        engine
    })
}

/// What is wrong with the names of a condition.
pub fn check(condition: &str, dimension: Dimension) -> Vec<String> {
    let expression = match engine().compile_expression(condition) {
        Ok(expression) => expression,
        Err(error) => return vec![format!("the condition does not compile: {error}")],
    };
    let mut names: Vec<String> = expression.undeclared_variables(true).into_iter().collect();
    names.sort();
    let mut wrong = unknown_names(&names, dimension);
    wrong.extend(ordered_versions(condition, dimension));
    wrong
}

/// What is wrong with the names of a message.
pub fn check_template(template: &str, dimension: Dimension) -> Vec<String> {
    match engine().template_from_str(template) {
        Ok(template) => {
            let mut names: Vec<String> = template.undeclared_variables(true).into_iter().collect();
            names.sort();
            unknown_names(&names, dimension)
        }
        Err(error) => vec![format!("the message does not compile: {error}")],
    }
}

fn unknown_names(names: &[String], dimension: Dimension) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in names {
        let (root, rest) = name.split_once('.').unwrap_or((name, ""));
        if !NAMES.contains(&root) {
            wrong.push(format!("no such name: {root}; expected one of {}", NAMES.join(", ")));
        }
        let attribute = rest.split('.').next().unwrap_or_default();
        let builtin = ["", "key", "component", "environment"].contains(&attribute);
        if (root == "fact" || root == "other") && !builtin && schema::attribute(dimension, attribute).is_none() {
            wrong.push(format!("{} has no attribute {attribute}", dimension.name()));
        }
    }
    wrong
}

/// Versions are no numbers and no texts: `3.9 < 3.10` needs the test `before`.
fn ordered_versions(condition: &str, dimension: Dimension) -> Vec<String> {
    let versions = schema::attributes(dimension).filter(|row| row.kind == AttributeType::Version);
    let ordered = |name: &str| {
        ["fact", "other"].iter().any(|root| {
            let path = format!("{root}.{name}");
            condition.match_indices(&path).any(|(at, _)| {
                let after = condition[at + path.len()..].trim_start();
                let before = condition[..at].trim_end();
                after.starts_with(['<', '>'])
                    || before.ends_with(['<', '>'])
                    || before.ends_with("<=")
                    || before.ends_with(">=")
            })
        })
    };
    versions
        .filter(|row| ordered(row.name))
        .map(|row| format!("compare {} with `is before(…)`, not with < or >", row.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_and_attributes_are_errors() {
        assert!(check("fact.libc == 'musl'", Dimension::Image).is_empty());
        assert_eq!(check("fact.libx == 'musl'", Dimension::Image), ["image has no attribute libx"]);
        assert!(check("fakt.libc == 'musl'", Dimension::Image)[0].starts_with("no such name: fakt"));
    }

    #[test]
    fn versions_are_not_ordered_as_text() {
        assert_eq!(check("fact.version < '3.10'", Dimension::Runtime).len(), 1);
        assert!(check("fact.version is before('3.10')", Dimension::Runtime).is_empty());
    }

    #[test]
    fn a_version_comes_before_by_numbers() {
        let holds = |text: &str| engine().compile_expression(text).unwrap().eval(()).unwrap().is_true();
        assert!(holds("'3.9' is before('3.10')"));
        assert!(holds("'3.8.12' is same_minor('3.8')"));
        assert!(!holds("'15' is same_major('16')"));
    }
}
