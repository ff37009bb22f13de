//! Conditions and messages: Jinja, with a closed list of names, filters and tests.

use std::sync::OnceLock;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value as Jinja};

use super::rule_file::On;

/// A name that conditions and messages may use.
pub struct Name {
    /// The name.
    pub name: &'static str,
    /// What it stands for.
    pub what: &'static str,
    /// The rules that have it.
    pub on: &'static [On],
}

/// The names that conditions and messages may use.
pub const NAMES: [Name; 7] = [
    Name { name: "fact", what: "the fact the rule is asked about", on: &[On::Fact, On::Pair] },
    Name { name: "other", what: "its counterpart, or none", on: &[On::Pair] },
    Name { name: "environment", what: "the environment of the fact", on: &[On::Fact, On::Pair, On::Problem] },
    Name { name: "reference", what: "the environment it is compared with", on: &[On::Pair] },
    Name { name: "component", what: "the component of the fact", on: &[On::Fact, On::Pair] },
    Name {
        name: "facts",
        what: "other facts, as facts('dimension', key=, component=, role=)",
        on: &[On::Fact, On::Pair],
    },
    Name { name: "problem", what: "what could not be read", on: &[On::Problem] },
];

/// The filters, and what they do.
pub const FILTERS: [(&str, &str); 9] = [
    ("length", "how many items"),
    ("list", "the items as a list"),
    ("selectattr", "the facts whose attribute is true, or passes a test: `selectattr('kind', 'eq', 'server')`"),
    ("rejectattr", "the facts whose attribute is not, or fails it"),
    ("map", "one attribute of every fact: `map(attribute='version')`"),
    ("join", "the items as one text"),
    ("first", "the first item"),
    ("without", "the items of a list that another does not hold: `fact.own | without(other.items)`"),
    ("default", "a value instead of one that is missing"),
];

/// A test of a condition.
pub struct Test {
    /// The name.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arguments: usize,
    /// What it says.
    pub what: &'static str,
}

/// The tests, and what they say.
pub const TESTS: [Test; 6] = [
    Test { name: "none", arguments: 0, what: "it is absent" },
    Test { name: "eq", arguments: 1, what: "it equals the argument" },
    Test { name: "in", arguments: 1, what: "it is among the argument's items" },
    Test { name: "before", arguments: 1, what: "the version comes before the argument" },
    Test { name: "same_minor", arguments: 1, what: "both versions are of one X.Y" },
    Test { name: "same_major", arguments: 1, what: "both versions are of one X" },
];

/// The tests that take versions. Of what is no version, or not precise enough, they say neither yes nor no: the rule is
/// undecided.
pub const VERSION_TESTS: [&str; 3] = ["before", "same_minor", "same_major"];

/// The leading numbers of a version.
pub fn numbers(version: &str) -> Vec<u64> {
    let version = version.trim();
    let version = version.strip_prefix('v').unwrap_or(version);
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

fn version(value: &Jinja, least: usize) -> Result<Vec<u64>, Error> {
    let found = value.as_str().map(numbers).unwrap_or_default();
    if found.len() < least {
        let what = if found.is_empty() { "is not a version" } else { "is not precise enough" };
        return Err(Error::new(ErrorKind::InvalidOperation, format!("{value} {what}")));
    }
    Ok(found)
}

/// Whether one version comes before another. `3` is any 3.x, so it is neither before 3.10 nor not.
fn before(a: &Jinja, b: &Jinja) -> Result<bool, Error> {
    let (left, right) = (version(a, 1)?, version(b, 1)?);
    match right.strip_prefix(left.as_slice()) {
        Some(rest) if rest.iter().any(|number| *number > 0) => version(a, right.len()).map(|_| false),
        Some(_) => Ok(false),
        None => Ok(left < right),
    }
}

fn same(a: &Jinja, b: &Jinja, parts: usize) -> Result<bool, Error> {
    let (left, right) = (version(a, parts)?, version(b, parts)?);
    Ok(left.iter().take(parts).eq(right.iter().take(parts)))
}

/// The engine: no templates, no files, strict about names.
pub fn engine() -> &'static Environment<'static> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_recursion_limit(100);
        super::several::filters_of_sets(&mut engine);
        engine.set_formatter(|out, state, value| {
            let items = (value.kind() == ValueKind::Seq).then(|| value.try_iter()).transpose()?;
            let Some(items) = items else { return minijinja::escape_formatter(out, state, value) };
            let items: Vec<String> = items.map(|item| item.to_string()).collect();
            out.write_str(&super::object::cut(&items.join(", "))).map_err(Error::from)
        });
        engine.add_test("before", |a: Jinja, b: Jinja| before(&a, &b));
        engine.add_test("same_minor", |a: Jinja, b: Jinja| same(&a, &b, 2));
        engine.add_test("same_major", |a: Jinja, b: Jinja| same(&a, &b, 1));
        engine
    })
}

#[cfg(test)]
mod tests {
    use super::super::names;
    use super::*;
    use crate::model::Dimension;

    fn wrong(condition: &str) -> Vec<String> {
        names::check(condition, On::Pair, Dimension::Image).into_iter().map(|one| one.message).collect()
    }

    /// The part of a condition that its only error stands at.
    fn place(condition: &str) -> &str {
        let found = names::check(condition, On::Pair, Dimension::Image);
        assert_eq!(found.len(), 1, "{condition}: {found:?}");
        &condition[found[0].at.clone()]
    }

    #[test]
    fn unknown_names_and_attributes_are_errors() {
        assert!(wrong("fact.libc == 'musl' and other.libc != fact['libc']").is_empty());
        assert_eq!(wrong("fact.libx == 'musl'"), ["image has no attribute libx; did you mean libc?"]);
        assert_eq!(wrong("fakt.libc == 'musl'")[0], "no such name: fakt; did you mean fact?");
        for name in ["as_of", "known", "items", "range"] {
            assert_eq!(wrong(&format!("{name} == 1")).len(), 1, "{name}");
        }
    }

    #[test]
    fn the_names_of_every_root_are_checked() {
        for (condition, at) in [
            ("component.knid == 'app'", "knid"),
            ("environment.rol == 'test'", "rol"),
            ("reference.libc == 'test'", "libc"),
            ("facts('packge') | length == 0", "'packge'"),
            ("facts('package', kee='x') | length == 0", "'x'"),
            ("facts('package', role='prod') | length == 0", "'prod'"),
            ("facts('package', component=component) | length == 0", "component"),
            ("facts('package') | selectattr('nativ') | list | length == 0", "'nativ'"),
            ("facts('package') | map(attribute='nativ') | list | length == 0", "'nativ'"),
            ("(facts('package') | first).nativ", "nativ"),
            ("facts('package')[0]['nativ']", "'nativ'"),
            ("fact[other.libc]", "fact[other.libc]"),
            ("fact.libc.upper() == 'X'", ".upper()"),
            ("not ('x' if fact.host else [fact.hots])", "hots"),
        ] {
            assert_eq!(place(condition), at, "{condition}");
        }
    }

    #[test]
    fn filters_and_tests_are_closed_lists() {
        for (condition, at) in [
            ("fact.libc | upper == 'MUSL'", "upper"),
            ("fact.libc | role_of == 'x'", "role_of"),
            ("fact.libc is defined", "defined"),
            ("facts('package') | selectattr('version', 'lt', '3') | list", "'lt'"),
            ("facts('package') | selectattr('version', 'before') | list", "'before'"),
            ("facts('package') | selectattr('version', 'before', 'latest') | list", "'latest'"),
            ("fact.release is before('latest')", "'latest'"),
            ("fact.key * 9 == 'x'", "fact.key * 9"),
        ] {
            assert_eq!(place(condition), at, "{condition}");
        }
    }

    #[test]
    fn every_rule_has_its_own_names() {
        let only_fact = names::check("fact.libc == other.libc", On::Fact, Dimension::Image);
        assert_eq!(only_fact[0].message, "a rule on a fact has no other");
        assert_eq!(names::check("problem.reached", On::Problem, Dimension::Tool), []);
        assert_eq!(names::check("facts('image')", On::Problem, Dimension::Tool).len(), 1);
    }

    #[test]
    fn a_message_holds_expressions_and_branches_only() {
        let check = |text: &str| names::check_template(text, On::Pair, Dimension::Image);
        assert_eq!(check("{{ fact.libc }}{% if other.libc %} not {{ other.libc }}{% endif %}"), []);
        assert_eq!(check("{% for x in y %}{{ x }}{% endfor %}").len(), 1);
        let wrong = check("is {{ fact.libx }}");
        assert_eq!(wrong[0].at, 11..15);
        assert_eq!(check("{{ fact.libc ").len(), 1);
    }

    #[test]
    fn versions_are_not_ordered_as_text() {
        let check = |condition: &str| names::check(condition, On::Fact, Dimension::Runtime).len();
        assert_eq!(check("fact.version < '3.10'"), 1);
        assert_eq!(check("'3.10' >= fact['version']"), 1);
        assert_eq!(check("facts('service') | map(attribute='version') | list | length < 3"), 0);
        assert_eq!(check("fact.version is before('3.10')"), 0);
    }

    #[test]
    fn a_version_comes_before_by_numbers() {
        let holds = |text: &str| engine().compile_expression(text).unwrap().eval(()).unwrap().is_true();
        assert!(holds("'3.9' is before('3.10')"));
        assert!(!holds("'3.10.2' is before('3.10')"));
        assert!(!holds("'3.10' is before('3.10.0')"));
        assert!(holds("'3.8.12' is same_minor('3.8')"));
        assert!(!holds("'15' is same_major('16')"));
    }

    #[test]
    fn what_is_no_version_is_neither_before_nor_not() {
        for text in [
            "none is before('3')",
            "'latest' is same_major('latest')",
            "'3' is before('3.10')",
            "not ('3' is same_minor('3.8'))",
            "not (none is before('3'))",
        ] {
            assert!(engine().compile_expression(text).unwrap().eval(()).is_err(), "{text}");
        }
    }
}
