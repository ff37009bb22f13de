//! A rule that was checked: every name in it exists, every condition compiles.

use std::collections::BTreeMap;
use std::ops::Range;

use super::names::{self, Wrong};
use super::places::Places;
use super::rule_file::{Align, On, Pairs, Row, RuleFile};
use crate::model::near::hint;
use crate::model::{Dimension, Role, Severity, schema};

/// The words for severities in rules.
const SEVERITIES: [&str; 3] = ["error", "warning", "note"];

/// The version of the program.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The words for profiles.
const PROFILES: [&str; 3] = ["core", "strict", "audit"];

/// What is wrong with a rule file, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleError {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The bytes of the file.
    pub span: Range<usize>,
    /// What is wrong and what was expected.
    pub message: String,
}

impl RuleError {
    /// An error at a place of a text.
    pub fn at(text: &str, span: Range<usize>, message: String) -> Self {
        let before = text.get(..span.start).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { line, column, span, message }
    }
}

/// A rule, ready to be judged.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The name: that of its file.
    pub name: String,
    /// Where it was read from.
    pub path: String,
    /// The dimension.
    pub dimension: Dimension,
    /// Severity by role.
    pub roles: BTreeMap<Role, Severity>,
    /// Severity by role as configuration sets it, none for off. It counts instead of `roles` and the rows of severities.
    pub set: BTreeMap<Role, Option<Severity>>,
    /// Everything else, as written.
    pub file: RuleFile,
}

impl Rule {
    /// Whether the rule compares environments.
    pub fn is_drift(&self) -> bool {
        self.file.on == On::Pair
    }

    /// The profile it belongs to.
    pub fn profile(&self) -> &str {
        self.file.profile.as_deref().unwrap_or("core")
    }

    /// The severity for a role before any row of severities; none where the rule is off.
    pub fn severity(&self, role: Role) -> Option<Severity> {
        self.set.get(&role).copied().unwrap_or_else(|| self.roles.get(&role).copied())
    }

    /// The rows of severities that may hold for a role: where configuration sets the severity, only those that turn it off.
    pub fn rows(&self, role: Option<Role>) -> impl Iterator<Item = &Row> {
        let set = role.is_some_and(|role| self.set.contains_key(&role));
        let name = role.map(Role::name);
        self.file.severity.iter().filter(move |row| {
            (!set || row.is == "off")
                && (row.roles.is_empty() || row.roles.iter().any(|role| Some(role.as_str()) == name))
        })
    }

    /// Whether the rule is new in the minor release that runs: it is only a note there, unless somebody asked for it.
    pub fn is_new(&self) -> bool {
        let minor = |version: &str| version.split('.').take(2).map(str::to_owned).collect::<Vec<_>>();
        self.set.is_empty() && self.file.since.as_deref().is_some_and(|since| minor(since) == minor(VERSION))
    }
}

/// Reads and checks a rule file.
pub fn load(path: &str, text: &str) -> Result<Rule, Vec<RuleError>> {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml").to_owned();
    let file: RuleFile = toml::from_str(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        vec![RuleError::at(text, span, meant(error.message()))]
    })?;
    let mut check = Check { file: &file, places: Places::of(text), errors: Vec::new() };
    let dimension = check.dimension();
    check.shape();
    let roles = check.roles();
    check.severities();
    check.names();
    if let Some(dimension) = dimension {
        check.attributes(dimension);
        check.conditions(dimension);
    }
    let errors = check.errors;
    match dimension {
        Some(dimension) if errors.is_empty() => {
            Ok(Rule { name, path: path.to_owned(), dimension, roles, set: BTreeMap::new(), file })
        }
        _ => Err(errors),
    }
}

/// An unknown key or word, and the one that was probably meant.
fn meant(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let unknown = message.starts_with("unknown ").then(|| words.next()).flatten();
    match unknown {
        Some(word) => format!("{}{}", message.split(", expected").next().unwrap_or(message), hint(word, words)),
        None => message.to_owned(),
    }
}

struct Check<'f> {
    file: &'f RuleFile,
    places: Places<'f>,
    errors: Vec<RuleError>,
}

impl Check<'_> {
    /// An error at a value, such as `severity.0.is`.
    fn wrong(&mut self, path: &str, message: impl Into<String>) {
        let error = self.places.error(self.places.value(path), message.into());
        self.errors.push(error);
    }

    fn dimension(&mut self) -> Option<Dimension> {
        let name = &self.file.dimension;
        let problem = self.file.on == On::Problem;
        let known: Vec<Dimension> = if problem { vec![Dimension::Tool] } else { Dimension::ALL.to_vec() };
        let found = known.iter().find(|dimension| dimension.name() == name);
        if found.is_none() {
            let hint = hint(name, known.iter().map(|dimension| dimension.name()));
            self.wrong("dimension", format!("no such dimension: {name}{hint}"));
        }
        found.copied()
    }

    /// Whether what is given goes together.
    fn shape(&mut self) {
        let file = self.file;
        let pair = file.on == On::Pair;
        if pair && file.compare.is_none() {
            self.wrong("on", "a rule on pairs needs `compare`");
        }
        for key in ["compare", "relation", "pairs", "align"] {
            if !pair && self.places.has(key) {
                self.wrong(key, format!("only rules on pairs have `{key}`"));
            }
        }
        if file.align == Align::Value && file.pairs != Pairs::Any {
            self.wrong("align", "`align = \"value\"` needs `pairs = \"any\"`");
        }
        if file.on != On::Problem && file.at.is_empty() {
            self.wrong("on", "a rule needs `at`: the attribute whose place is shown first");
        }
        if let Some(profile) = file.profile.as_deref().filter(|name| !PROFILES.contains(name)) {
            self.wrong("profile", format!("no such profile: {profile}{}", hint(profile, PROFILES)));
        }
    }

    fn attributes(&mut self, dimension: Dimension) {
        let file = self.file;
        let mut named: Vec<(String, &str)> =
            file.compare.iter().map(|name| ("compare".to_owned(), name.as_str())).collect();
        if file.on != On::Problem {
            named.push(("at".into(), &file.at));
        }
        named.extend(file.also.iter().enumerate().map(|(at, name)| (format!("also.{at}"), name.as_str())));
        for (path, name) in named.into_iter().filter(|(_, name)| !name.is_empty()) {
            if schema::attribute(dimension, name).is_none() {
                let hint = hint(name, schema::attributes(dimension).map(|row| row.name));
                self.wrong(&path, format!("{} has no attribute {name}{hint}", dimension.name()));
            }
        }
    }

    fn conditions(&mut self, dimension: Dimension) {
        let file = self.file;
        let plain = file.when.iter().enumerate().map(|(at, when)| (format!("when.{at}"), when));
        let guards = file.unless.iter().enumerate().map(|(at, guard)| (format!("unless.{at}.when"), &guard.when));
        let rows = file.severity.iter().enumerate().map(|(at, row)| (format!("severity.{at}.when"), &row.when));
        let mut found: Vec<(String, Wrong)> = Vec::new();
        for (path, condition) in plain.chain(guards).chain(rows) {
            found.extend(names::check(condition, file.on, dimension).into_iter().map(|wrong| (path.clone(), wrong)));
        }
        if let Some(edit) = &file.edit {
            let wrong = names::check(&edit.when, file.on, dimension);
            found.extend(wrong.into_iter().map(|wrong| ("edit.when".to_owned(), wrong)));
            let wrong = names::check_template(&edit.with, file.on, dimension);
            found.extend(wrong.into_iter().map(|wrong| ("edit.with".to_owned(), wrong)));
            let appended = edit.append.as_deref().unwrap_or_default();
            let wrong = names::check_template(appended, file.on, dimension);
            found.extend(wrong.into_iter().map(|wrong| ("edit.append".to_owned(), wrong)));
        }
        let message = names::check_template(&file.message, file.on, dimension);
        found.extend(message.into_iter().map(|wrong| ("message".to_owned(), wrong)));
        for (path, wrong) in found {
            let error = self.places.error(self.places.inside(&path, &wrong.at), wrong.message);
            self.errors.push(error);
        }
    }

    fn roles(&mut self) -> BTreeMap<Role, Severity> {
        let mut roles = BTreeMap::new();
        for (role, severity) in &self.file.roles {
            if Role::of(role).is_none() {
                let message = format!("no such role: {role}{}", hint(role, Role::ALL.map(Role::name)));
                let error = self.places.error(self.places.key("roles", role), message);
                self.errors.push(error);
            }
            if Severity::of(severity).is_none() {
                let message = format!("no such severity: {severity}{}", hint(severity, SEVERITIES));
                self.wrong(&format!("roles.{role}"), message);
            }
            if let (Some(role), Some(severity)) = (Role::of(role), Severity::of(severity)) {
                roles.insert(role, severity);
            }
        }
        roles
    }

    fn severities(&mut self) {
        for (at, row) in self.file.severity.iter().enumerate() {
            if row.is != "off" && Severity::of(&row.is).is_none() {
                let known = SEVERITIES.into_iter().chain(["off"]);
                self.wrong(
                    &format!("severity.{at}.is"),
                    format!("no such severity: {}{}", row.is, hint(&row.is, known)),
                );
            }
            for (one, role) in row.roles.iter().enumerate() {
                if Role::of(role).is_none() {
                    let message = format!("no such role: {role}{}", hint(role, Role::ALL.map(Role::name)));
                    self.wrong(&format!("severity.{at}.roles.{one}"), message);
                }
            }
        }
    }

    /// Guards and rows are told apart by their names.
    fn names(&mut self) {
        let file = self.file;
        let guards = file.unless.iter().enumerate().map(|(at, guard)| (format!("unless.{at}.name"), &guard.name));
        let rows = file.severity.iter().enumerate().map(|(at, row)| (format!("severity.{at}.name"), &row.name));
        let upheld = file.upheld.iter().enumerate().map(|(at, guard)| (format!("upheld.{at}.name"), &guard.name));
        let mut seen: Vec<&String> = Vec::new();
        for (path, name) in guards.chain(rows).chain(upheld) {
            if name == "compare" || seen.contains(&name) {
                self.wrong(&path, format!("the name {name} is taken"));
            }
            seen.push(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "summary = \"s\"\non = \"pair\"\ndimension = \"image\"\ncompare = \"libc\"\nwhen = [\"fact.libc\"]\n\
        roles = { staging = \"error\", test = \"note\" }\nat = \"libc\"\nmessage = \"{{ fact.libc }}\"\nwhy = \"w\"\nfix = \"f\"\n\
        references = []\n\n[[severity]]\nname = \"a\"\nroles = [\"test\"]\nis = \"note\"\nwhen = \"fact.libc\"\n";

    /// The only error of the rule with one text replaced, as `line:column message`.
    fn error(from: &str, to: &str) -> String {
        assert!(RULE.contains(from), "{from}");
        let errors = load("x.toml", &RULE.replacen(from, to, 1)).map(|rule| rule.name).unwrap_err();
        assert_eq!(errors.len(), 1, "{errors:?}");
        format!("{}:{} {}", errors[0].line, errors[0].column, errors[0].message)
    }

    #[test]
    fn every_wrong_word_is_an_error_at_its_line_and_column() {
        assert!(load("x.toml", RULE).is_ok());
        for (from, to, expected) in [
            ("\"image\"", "\"imgae\"", "3:13 no such dimension: imgae; did you mean image?"),
            ("compare = \"libc\"", "compare = \"libx\"", "4:11 image has no attribute libx; did you mean libc?"),
            ("at = \"libc\"", "at = \"libx\"", "7:6 image has no attribute libx; did you mean libc?"),
            ("at = \"libc\"", "att = \"libc\"", "7:1 unknown field `att`; did you mean at?"),
            ("\"pair\"", "\"pear\"", "2:6 unknown variant `pear`; did you mean pair?"),
            ("staging", "stagign", "6:11 no such role: stagign; did you mean staging?"),
            ("\"error\"", "\"eror\"", "6:21 no such severity: eror; did you mean error?"),
            ("[\"test\"]", "[\"tset\"]", "15:10 no such role: tset; did you mean test?"),
            ("is = \"note\"", "is = \"of\"", "16:6 no such severity: of; did you mean off?"),
            ("when = [\"fact.libc", "when = [\"é' == fact.libx", "5:10 the condition cannot be read: "),
            ("when = \"fact.libc", "when = \"fact.libx", "17:14 image has no attribute libx; did you mean libc?"),
            ("{{ fact.libc", "é {{ fact.libx", "8:22 image has no attribute libx; did you mean libc?"),
            ("on = \"pair\"", "on = \"fact\"", "4:11 only rules on pairs have `compare`"),
            ("why", "profile = \"cor\"\nwhy", "9:11 no such profile: cor; did you mean core?"),
            ("name = \"a\"", "name = \"compare\"", "14:8 the name compare is taken"),
        ] {
            let found = error(from, to);
            assert!(found.starts_with(expected), "{found:?}, not {expected:?}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let text = RULE.replace("libc", "libx").replace("staging", "stage");
        assert_eq!(load("x.toml", &text).map(|rule| rule.name).unwrap_err().len(), 6);
    }
}
