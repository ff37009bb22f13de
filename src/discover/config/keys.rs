//! The one table of what a configuration may hold: the check, the JSON Schema and `init` all come from it.

/// The words for severities, and for none.
pub const SEVERITIES: &[&str] = &["error", "warning", "note", "off"];
/// The words for roles.
pub const ROLES: &[&str] = &["production", "staging", "test", "development"];

/// What stands behind a key.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A text that is not empty.
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A day of the calendar, `YYYY-MM-DD`, as a text or a TOML date.
    Day,
    /// Versions of the program, as in `>=0.1,<0.3`.
    Versions,
    /// `true` or `false`.
    Flag,
    /// The path of a file of the repository.
    File,
    /// `workflow.yml:job`.
    Job,
    /// The image of a service, as in `postgres:16`.
    Service,
    /// A list of one kind.
    List(&'static Kind),
    /// One of a kind, or a list of it.
    OneOrMore(&'static Kind),
    /// A table with these keys.
    Table(&'static [Key]),
    /// A table of names that are not ours.
    Named(&'static Kind),
    /// A severity, or severities by role.
    Severity,
}

/// A key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What stands behind it.
    pub kind: Kind,
    /// Whether the table is nothing without it.
    pub required: bool,
    /// What it means, in a sentence.
    pub means: &'static str,
    /// How it is written.
    pub example: &'static str,
}

const fn key(name: &'static str, kind: Kind, means: &'static str, example: &'static str) -> Key {
    Key { name, kind, required: false, means, example }
}

const fn required(name: &'static str, kind: Kind, means: &'static str, example: &'static str) -> Key {
    Key { name, kind, required: true, means, example }
}

/// What may stand in `[environments.NAME]`.
pub const ENVIRONMENT: &[Key] = &[
    key("role", Kind::Word(ROLES), "What the environment is for; needed where its name is not a role.", "\"staging\""),
    key("compose", Kind::List(&Kind::File), "The compose files that run it, in order.", "[\"compose.yaml\"]"),
    key("dockerfile", Kind::File, "The Dockerfile that its image is built from.", "\"Dockerfile\""),
    key("target", Kind::Text, "The stage of that Dockerfile.", "\"runtime\""),
    key("jobs", Kind::List(&Kind::Job), "The CI jobs that run it, as workflow:job.", "[\"ci.yml:test\"]"),
    key("settings", Kind::Text, "The settings module.", "\"config.settings.production\""),
    key("class", Kind::Text, "The configuration class in that module.", "\"ProductionConfig\""),
    key("provides", Kind::List(&Kind::Text), "Variables that are set outside the repository.", "[\"SECRET_KEY\"]"),
    key("complete", Kind::Flag, "Whether every variable it has is to be seen in the repository.", "true"),
    key(
        "services",
        Kind::Named(&Kind::Service),
        "Services that run outside the repository, by role.",
        "{ database = \"postgres:16\" }",
    ),
    key("exists", Kind::Flag, "false says that there is no such environment.", "false"),
];

/// What may stand in `[[allow]]`.
pub const ALLOW: &[Key] = &[
    required("rule", Kind::Text, "The rule; may hold *.", "\"libc-drift\""),
    key("project", Kind::Text, "The project's folder; may hold *.", "\"services/*\""),
    key("environment", Kind::Text, "The environment that deviates; may hold *.", "\"staging\""),
    key("component", Kind::Text, "The component; may hold *.", "\"web\""),
    key("key", Kind::Text, "What the finding is about; may hold *.", "\"pytest\""),
    required("reason", Kind::Text, "Why it is accepted.", "\"only serves static files\""),
    key("owner", Kind::Text, "Who answers for it.", "\"platform team\""),
    key("until", Kind::Day, "The last day it holds; then the finding is back.", "\"2027-01-31\""),
];

/// What may stand in `[policy]`.
pub const POLICY: &[Key] =
    &[key("as-of", Kind::Day, "The day on which rules that depend on time are judged.", "\"2026-11-21\"")];

/// What may stand at the top.
pub const TOP: &[Key] = &[
    key("required-version", Kind::Versions, "The versions of paritylint that may read this.", "\">=0.1,<0.3\""),
    key(
        "extends",
        Kind::OneOrMore(&Kind::Text),
        "Configurations that this one builds on: a .toml file of the repository, or package:NAME, an installed Python package \
         that holds a paritylint.toml.",
        "\"package:acme_policy\"",
    ),
    key(
        "site-packages",
        Kind::List(&Kind::Text),
        "Folders in which such packages are installed; may hold *.",
        "[\".venv/lib/python3*/site-packages\"]",
    ),
    key(
        "final",
        Kind::List(&Kind::Text),
        "Keys that a configuration which builds on this one may not set; a final rule can be neither ignored nor allowed there.",
        "[\"rules.libc-drift\", \"fail-on\"]",
    ),
    key("reference", Kind::Text, "The environment that the others are compared with.", "\"production\""),
    key("profile", Kind::Word(&["core", "strict", "audit"]), "Which rules are looked at.", "\"strict\""),
    key(
        "fail-on",
        Kind::Word(&["error", "warning", "note", "never"]),
        "From which severity on a run fails.",
        "\"warning\"",
    ),
    key("enforce-from", Kind::Day, "The first day on which findings fail a run.", "\"2027-03-01\""),
    key("baseline", Kind::File, "The baseline: what it holds does not fail a run.", "\"paritylint-baseline.json\""),
    key(
        "rules",
        Kind::Named(&Kind::Severity),
        "Severities by rule, for all its roles or by role.",
        "{ libc-drift = \"error\", server-drift = { test = \"off\" } }",
    ),
    key("ignore", Kind::List(&Kind::Text), "Rules that are never looked at.", "[\"component-eol\"]"),
    key("rule-files", Kind::List(&Kind::Text), "Rules of your own; the file's name may hold *.", "[\"policy/*.toml\"]"),
    key("allow", Kind::List(&Kind::Table(ALLOW)), "Findings that are accepted, with the reason.", "[]"),
    key(
        "projects",
        Kind::List(&Kind::Text),
        "The folders that are projects of their own, compared only with themselves; the last part may be *. An empty list: all is one.",
        "[\"services/*\"]",
    ),
    key("environments", Kind::Named(&Kind::Table(ENVIRONMENT)), "Environments by name.", "{}"),
    key("policy", Kind::Table(POLICY), "How to judge.", "{}"),
];

impl Kind {
    /// What is expected, for messages.
    pub fn expected(self) -> String {
        match self {
            Self::Text => "a text".into(),
            Self::Word(words) => format!("one of {}", quoted(words)),
            Self::Day => "a day, as in \"2027-01-31\"".into(),
            Self::Versions => "versions, as in \">=0.1,<0.3\"".into(),
            Self::Flag => "true or false".into(),
            Self::File => "the path of a file".into(),
            Self::Job => "a job, as in \"ci.yml:test\"".into(),
            Self::Service => "an image, as in \"postgres:16\"".into(),
            Self::List(Self::Table(_)) => "a list of tables".into(),
            Self::List(Self::Text | Self::File | Self::Job) => "a list of texts".into(),
            Self::List(of) => format!("a list, each {}", of.expected()),
            Self::OneOrMore(of) => format!("{}, or a list", of.expected()),
            Self::Table(_) | Self::Named(_) => "a table".into(),
            Self::Severity => format!("one of {}, or a table of them by role", quoted(SEVERITIES)),
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(", ")
}
