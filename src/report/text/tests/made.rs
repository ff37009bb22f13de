//! Audits made by hand over small trees.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::{Options, Style};
use crate::discover::Tree;
use crate::discover::source::Overlay;
use crate::model::*;

/// A tree of files in memory.
pub(super) fn tree(files: &[(&str, &str)]) -> Tree {
    let overlay = Overlay::of(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).as_bytes().to_vec())));
    Tree::open(Box::new(overlay)).unwrap_or_else(|error| unreachable!("{error}"))
}

/// The place of the first occurrence of `text` in a file.
pub(super) fn at(tree: &Tree, path: &str, text: &str) -> Span {
    let file = tree.find(path).unwrap_or(FileId(0));
    let start = tree.text(file).ok().and_then(|all| all.find(text)).unwrap_or(0);
    Span::new(file, start, start + text.len())
}

pub(super) fn environment(tree: &Tree, name: &str, role: Role, path: &str) -> Environment {
    Environment {
        project: ".".into(),
        name: name.into(),
        role,
        confidence: Confidence::Invoked,
        files: tree.find(path).into_iter().collect(),
        because: Vec::new(),
        although: Vec::new(),
    }
}

pub(super) fn finding(rule: &str, severity: Severity, message: &str, places: &[(Span, &str, &str)]) -> Finding {
    let location = |(span, environment, label): &(Span, &str, &str)| Location {
        span: *span,
        environment: Some((*environment).to_owned()),
        label: (*label).to_owned(),
    };
    Finding {
        rule: rule.into(),
        severity,
        project: ".".into(),
        component: None,
        dimension: Dimension::Setting,
        key: "DEBUG".into(),
        environments: BTreeMap::new(),
        deviating: vec!["staging".into()],
        role: Role::Staging,
        drift: true,
        message: message.into(),
        help: String::new(),
        notes: Vec::new(),
        locations: places.iter().map(location).collect(),
        parts: Vec::new(),
        list: false,
        items: Vec::new(),
        fingerprint: format!("{rule}-print"),
        part_of: None,
        lowered: None,
        suppressed: None,
        edit: None,
    }
}

pub(super) fn fact(environment: &str, dimension: Dimension, key: &str, attribute: &'static str, attr: Attr) -> Fact {
    let id = FactId {
        project: Arc::from("."),
        environment: Arc::from(environment),
        dimension,
        key: key.into(),
        component: None,
    };
    Fact { id, attributes: BTreeMap::from([(attribute, attr)]) }
}

pub(super) const PLAIN: Options = Options {
    color: false,
    style: Style::Default,
    quiet: false,
    verbose: false,
    utf8: true,
    has_config: true,
    all: false,
};

const STAGING: &str =
    "from .production import *\n\nSECRET_KEY = os.getenv('SECRET_KEY', 'abc-123-xyz')\n\nDEBUG = True\n";
const DOCKERFILE: &str = "FROM python:3.8-alpine\nENV DEBUG 'False'\n";

/// Two environments and a finding of each kind.
pub(super) fn seed() -> (Tree, Audit) {
    let tree =
        tree(&[("Dockerfile", DOCKERFILE), ("dev.Dockerfile", "FROM python:3.8-buster\n"), ("staging.py", STAGING)]);
    let mut audit = Audit { as_of: "2026-11-21".into(), ..Audit::default() };
    audit.model.environments = vec![
        environment(&tree, "production", Role::Production, "Dockerfile"),
        environment(&tree, "staging", Role::Staging, "dev.Dockerfile"),
    ];
    audit.references = BTreeMap::from([(".".into(), "production".into())]);
    audit.pairs = PairCounts { equal: 2, differ: 1, undecided: 1 };
    audit.model.secret_spans.push(at(&tree, "staging.py", "abc-123-xyz"));
    let mut debug = finding(
        "debug-enabled",
        Severity::Error,
        "staging runs with DEBUG on",
        &[
            (at(&tree, "staging.py", "DEBUG = True"), "staging", "True"),
            (at(&tree, "Dockerfile", "DEBUG 'False'"), "production", "False"),
        ],
    );
    debug.help = "delete the line: staging then inherits production's value".into();
    let key = finding(
        "secret-key-unsafe-default",
        Severity::Warning,
        "staging's SECRET_KEY falls back to a literal",
        &[(at(&tree, "staging.py", "os.getenv('SECRET_KEY', 'abc-123-xyz')"), "staging", "")],
    );
    let mut part = finding(
        "libc-drift",
        Severity::Error,
        "musl and glibc",
        &[(at(&tree, "Dockerfile", "python"), "production", "")],
    );
    part.part_of = Some("debug-enabled-print".into());
    let note = finding(
        "component-eol",
        Severity::Note,
        "Python 3.8 is old",
        &[(at(&tree, "Dockerfile", "python"), "production", "3.8")],
    );
    audit.findings = vec![debug, key, part, note];
    (tree, audit)
}

fn text(value: &str, span: Span) -> Attr {
    Attr::text(value, Origin::set(span))
}

/// The seed with facts, evidence and things that are not in the repository.
pub(super) fn with_facts() -> (Tree, Audit) {
    let (tree, mut audit) = seed();
    let base = |path: &str| at(&tree, path, "python");
    let debug = at(&tree, "staging.py", "DEBUG = True");
    let given = at(&tree, "Dockerfile", "DEBUG 'False'");
    let mut production_debug = text("False", given);
    production_debug.certainty = Certainty::Default { variable: Some("DEBUG".into()) };
    let unknown = Reason::new("SECRET_KEY decides it").answered_with("provides = [\"SECRET_KEY\"]");
    let list = |items: &[&str]| Value::List(items.iter().map(|item| (*item).to_owned()).collect());
    let apps = list(&["django.contrib.admin", "django.contrib.auth", "shop", "accounts"]);
    let more = list(&["django.contrib.admin", "django.contrib.auth", "shop", "accounts", "debug_toolbar"]);
    let secret =
        Attr::stated(Value::Secret(Secret::new("abc-123-xyz")), Origin::set(at(&tree, "staging.py", "abc-123-xyz")));
    let mut facts = vec![
        fact("production", Dimension::Image, "app", "reference", text("python:3.8-alpine", base("Dockerfile"))),
        fact("staging", Dimension::Image, "app", "reference", text("python:3.8-buster", base("dev.Dockerfile"))),
        fact("production", Dimension::Runtime, "python", "version", text("3.8", base("Dockerfile"))),
        fact("staging", Dimension::Runtime, "python", "version", text("3.8", base("dev.Dockerfile"))),
        fact("production", Dimension::Setting, "DEBUG", "value", production_debug),
        fact(
            "staging",
            Dimension::Setting,
            "DEBUG",
            "value",
            Attr::text("True", Origin::set(debug).then(StepKind::Overridden, given)),
        ),
        fact("production", Dimension::Setting, "INSTALLED_APPS", "value", Attr::stated(apps, Origin::set(given))),
        fact("staging", Dimension::Setting, "INSTALLED_APPS", "value", Attr::stated(more, Origin::set(debug))),
        fact("production", Dimension::Setting, "SECRET_KEY", "value", Attr::unknown(unknown, Origin::default())),
        fact("staging", Dimension::Setting, "SECRET_KEY", "value", secret),
        fact("production", Dimension::Variable, "DEBUG", "value", text("False", given)),
    ];
    for (at_fact, libc) in [(0, "musl"), (1, "glibc")] {
        let origin = facts[at_fact].attributes["reference"].origin.clone();
        facts[at_fact].attributes.insert("libc", Attr::text(libc, origin));
    }
    audit.model.facts = facts;
    audit.model.environments[1].because = vec![Evidence { span: debug, text: "DEBUG is on".into() }];
    audit.model.environments[1].although =
        vec![Evidence { span: Span::new(base("Dockerfile").file, 0, 0), text: "the file name".into() }];
    audit.model.not_found = vec![(Role::Development, "no compose file".into()), (Role::Test, "no CI workflow".into())];
    audit.model.unresolved = vec![Unresolved {
        project: ".".into(),
        environment: Some("production".into()),
        what: "SECRET_KEY".into(),
        reason: "read here, set nowhere".into(),
        span: Some(at(&tree, "staging.py", "SECRET_KEY")),
        answer_with: Some("provides = [\"SECRET_KEY\"]".into()),
    }];
    (tree, audit)
}
