//! Whatever an audit holds: no line passes column 80, nothing shows a secret, nothing panics.

use std::sync::Arc;

use super::super::{Options, Style, WIDTH, check, compare, envs, layout, why};
use super::made::{PLAIN, environment, fact, finding, tree};
use crate::discover::Tree;
use crate::model::*;

const LONG_PATH: &str = "services/a-service-with-a-long-name/deployment/environments/production/overrides/docker-compose.production.override.yml";

/// Texts that appear in files below and must appear in no output.
const SECRETS: [&str; 5] = ["hunter2hunter2", "p4ss/w0rd", "zq9", "Tr0ub4dor&3", "日本語の秘密です"];

fn files() -> Vec<(&'static str, String)> {
    let long = "x = 日本語 ".repeat(90);
    vec![
        ("Dockerfile", "FROM python:3.8\r\nENV API_TOKEN=hunter2hunter2 A=1\r\n".into()),
        (
            "wide.py",
            format!(
                "\u{feff}\tKEY = 'zq9'; {long} DATABASE_URL = 'postgres://shop:p4ss/w0rd@db/shop'\n\u{1b}[31mred\u{202e}\n"
            ),
        ),
        (LONG_PATH, format!("{}PASSWORD: Tr0ub4dor&3 {}\n", "  ".repeat(60), "y".repeat(300))),
        ("empty", String::new()),
        ("no-end", "SECRET_KEY = '日本語の秘密です'".into()),
    ]
}

/// Numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % n.max(1)
    }

    fn pick<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len())]
    }

    fn span(&mut self, tree: &Tree) -> Span {
        let file = FileId(u32::try_from(self.below(6)).unwrap_or(0));
        let length = tree.text(file).map_or(0, str::len);
        let start = self.below(length + 20);
        let size = [0, 1, 5, 40, 2_000][self.below(5)];
        Span::new(file, start, start + size)
    }
}

const TEXTS: [&str; 8] = [
    "",
    "short",
    "the token hunter2hunter2 and postgres://shop:p4ss/w0rd@db/shop",
    "two\nlines\tand a tab \u{1b}[31m",
    "日本語の長いラベルがここにあります日本語の長いラベルがここにあります日本語の長いラベルがここにあります",
    "one-very-long-word-without-any-blank-that-cannot-be-broken-anywhere-but-in-its-middle-because-it-is-one-word",
    "a sentence that goes on for rather longer than a line of a terminal does, so that it has to be broken somewhere",
    "Tr0ub4dor&3",
];

fn audit(tree: &Tree, numbers: &mut Numbers) -> Audit {
    let mut audit = Audit::default();
    let model = &mut audit.model;
    for secret in SECRETS {
        model.secrets.push(Secret::new(secret));
        for (file, _) in tree.files() {
            for (at, found) in tree.text(file).unwrap_or_default().match_indices(secret) {
                model.secret_spans.push(Span::new(file, at, at + found.len()));
            }
        }
    }
    let names = [
        "production",
        "dev",
        "an-environment-with-a-name-that-is-longer-than-anybody-would-like-it-to-be",
        "qa",
        "環境",
    ];
    let roles = [Role::Production, Role::Development, Role::Staging, Role::Test, Role::Staging];
    let count = 1 + numbers.below(5);
    for (name, role) in names.into_iter().zip(roles).take(count) {
        let mut one = environment(tree, name, role, numbers.pick(&["Dockerfile", LONG_PATH]));
        one.because =
            (0..3).map(|_| Evidence { span: numbers.span(tree), text: numbers.pick(&TEXTS).into() }).collect();
        one.although = one.because.clone();
        model.environments.push(one);
        for _ in 0..12 {
            let dimension = Dimension::ALL[numbers.below(9)];
            let origin =
                Origin::set(numbers.span(tree)).noted(StepKind::Included, numbers.span(tree), numbers.pick(&TEXTS));
            let value = match numbers.below(5) {
                0 => Known::Unknown(Reason::new(numbers.pick(&TEXTS)).answered_with(numbers.pick(&TEXTS))),
                1 => Known::One(Value::List(TEXTS.iter().map(|text| (*text).to_owned()).collect())),
                2 => Known::One(Value::Secret(Secret::new(SECRETS[numbers.below(5)]))),
                3 => Known::Absent,
                _ => Known::One(Value::text(numbers.pick(&TEXTS))),
            };
            let certainty = Certainty::Default { variable: Some(numbers.pick(&TEXTS).into()) };
            let key = numbers.pick(&[
                "source",
                "A_LONG_NAME_OF_A_SETTING_OR_VARIABLE_THAT_GOES_ON.AND_ON.AND_ON",
                "DEBUG",
                "SETTINGS_MODULE",
            ]);
            let attr = Attr { value, certainty, origin };
            let mut fact = fact(name, dimension, key, schema::plain(dimension), attr.clone());
            if dimension == Dimension::Package {
                fact.attributes.insert("group", attr);
            }
            fact.id.component = Some(Arc::from(numbers.pick(&["app", "a-component-with-quite-a-long-name"])));
            model.facts.push(fact);
        }
        model.unresolved.push(Unresolved {
            project: ".".into(),
            environment: Some(name.into()),
            what: numbers.pick(&TEXTS).into(),
            reason: numbers.pick(&TEXTS).into(),
            span: Some(numbers.span(tree)),
            answer_with: Some(numbers.pick(&TEXTS).into()),
        });
    }
    model.not_found.push((Role::Test, numbers.pick(&TEXTS).into()));
    audit.references.insert(".".into(), "production".into());
    audit.findings = (0..4).map(|_| one(tree, numbers)).collect();
    audit.broken_rules.push((LONG_PATH.into(), 3, numbers.pick(&TEXTS).into()));
    audit
}

fn one(tree: &Tree, numbers: &mut Numbers) -> Finding {
    let severity = [Severity::Error, Severity::Warning, Severity::Note][numbers.below(3)];
    let rule = numbers.pick(&["r", "a-rule", "a-rule-with-a-name-that-is-longer-than-half-a-line-of-text"]);
    let count = 1 + numbers.below(12);
    let places: Vec<(Span, &str, &str)> =
        (0..count).map(|_| (numbers.span(tree), numbers.pick(&["production", "dev"]), numbers.pick(&TEXTS))).collect();
    let mut finding = finding(rule, severity, numbers.pick(&TEXTS), &places);
    finding.help = numbers.pick(&TEXTS).into();
    finding.notes = vec![numbers.pick(&TEXTS).into()];
    finding.lowered = Some(Lowered { from: Severity::Error, because: numbers.pick(&TEXTS).into() });
    let item = |_| Item { key: "k".into(), value: numbers.pick(&TEXTS).into(), fingerprint: "f".into() };
    finding.items = (0..3).map(item).collect();
    finding
}

fn holds(what: &str, shown: &str, options: Options) {
    for line in shown.lines() {
        let plain = layout::plain(line);
        assert!(layout::width(&plain) <= WIDTH, "{what}: {} columns: {plain}", layout::width(&plain));
        assert!(options.color || !line.contains('\u{1b}'), "{what}: {line:?}");
        assert!(options.utf8 || line.is_ascii(), "{what}: {line}");
    }
    let all: String = shown.split_whitespace().collect();
    for secret in SECRETS {
        assert!(!all.contains(secret), "{what} shows {secret}:\n{shown}");
    }
}

#[test]
fn no_output_passes_column_80_or_shows_a_secret() {
    let files = files();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let tree = tree(&files);
    let mut numbers = Numbers(7);
    for round in 0..60 {
        let audit = audit(&tree, &mut numbers);
        let style = [Style::Default, Style::Full, Style::Concise][round % 3];
        let options = Options {
            color: round % 2 == 0,
            verbose: round % 5 == 0,
            utf8: round % 4 != 0,
            all: round % 7 == 0,
            has_config: round % 3 == 0,
            style,
            ..PLAIN
        };
        holds("check", &check(&audit, &tree, &options), options);
        holds("envs", &envs(&audit, &tree, &options), options);
        holds("compare", &compare(&audit, &tree, &options), options);
        for words in [&["production", "DEBUG"][..], &["source"], &["nothing like it"], &["wide.py:1"], &["setting"]] {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            let shown = why(&audit, &tree, &options, &words).unwrap_or_else(|candidates| candidates);
            holds("why", &shown, options);
        }
        let json = crate::report::json::render(&audit, &tree);
        assert!(SECRETS.iter().all(|secret| !json.contains(secret)));
    }
}
