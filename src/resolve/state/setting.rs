//! Settings of the application.

use std::sync::Arc;

use super::{Statements, sense, variable};
use crate::discover::Tree;
use crate::environments::words::role_of_value;
use crate::formats::Var;
use crate::formats::python::{Kind, Val, telling_of};
use crate::knowledge::variables;
use crate::model::{Attr, Certainty, ComponentKind, Dimension, Known, Origin, Reason, Role, Value};
use crate::resolve::part::{Part, ProcessPart};
use crate::resolve::settings::Loaded;

/// How deep dictionaries are opened: `DATABASES.default.ENGINE`.
const DEPTH: usize = 3;
/// Longer texts are cut.
const LENGTH: usize = 200;

/// States the settings of an environment.
pub fn state(statements: &mut Statements, loaded: &Loaded, tree: &Tree) {
    let complete =
        loaded.settings.problems.is_empty() && loaded.settings.missing_modules.iter().all(|module| !module.star);
    let complete = if complete { Ok(()) } else { Err(Reason::new("a part of the settings cannot be followed")) };
    statements.covers(None, Dimension::Setting, complete);
    for (name, val) in &loaded.settings.values {
        one(statements, name, val, &Certainty::Stated, 0, (loaded, tree, None));
    }
    if let Some(span) = loaded.choice.span {
        let mut fact = statements.about(None, Dimension::Setting, "SETTINGS_MODULE");
        let shown = loaded
            .choice
            .class
            .as_ref()
            .map_or_else(|| loaded.choice.module.clone(), |class| format!("{}.{class}", loaded.choice.module));
        sense::module(&mut fact, &shown, loaded, span);
        let certainty = loaded.choice_certainty.clone();
        fact.attr("value", Attr { value: Known::One(Value::text(shown)), certainty, origin: Origin::set(span) });
    }
}

/// States that DEBUG is what a server made for production runs with: the environment is none by its name alone then.
pub fn served(statements: &mut Statements, parts: &[Part<'_>], loaded: &Loaded) {
    let serves = |process: &ProcessPart| {
        let server = process.server.as_ref().filter(|server| server.kind == "production" && !server.reload);
        server.is_some() && process.maybe.is_none() && process.unless.is_none()
    };
    let ours = || parts.iter().filter(|part| part.kind == ComponentKind::App).flat_map(|part| &part.processes);
    let known = loaded.settings.values.get_key_value("DEBUG");
    if let (Some((name, val)), Some(_)) = (known, ours().find(|process| serves(process))) {
        statements.about(None, Dimension::Setting, name).bool("served", true, &val.origin);
    }
}

/// States a setting of one component, which has another value there.
pub fn of_component(statements: &mut Statements, loaded: &Loaded, name: &str, tree: &Tree) {
    if let Some(val) = loaded.settings.values.get(name) {
        one(statements, name, val, &Certainty::Stated, 0, (loaded, tree, loaded.component.as_ref()));
    }
}

type Of<'o> = (&'o Loaded, &'o Tree, Option<&'o Arc<str>>);

fn one(statements: &mut Statements, name: &str, val: &Val, outer: &Certainty, depth: usize, of: Of<'_>) {
    let (loaded, tree, component) = of;
    let of_items = of_items(val);
    let val = of_items.as_ref().unwrap_or(val);
    let last = name.rsplit('.').next().unwrap_or(name);
    let (inner, own) = open(val, last);
    let certainty = own.and(outer);
    if let (Kind::Dict(entries), true) = (&inner.kind, depth < DEPTH) {
        for (key, value) in entries {
            if let Some(key) = key.as_str().filter(|key| key.len() < 80) {
                one(statements, &format!("{name}.{key}"), value, &certainty, depth + 1, of);
            }
        }
        if depth > 0 || !entries.is_empty() {
            return;
        }
    }
    let mut value = known(statements, last, inner);
    // Whatever else is added to it, a wildcard stays one.
    if name == "ALLOWED_HOSTS" && !matches!(value, Known::One(_)) && holds_wildcard(inner) {
        value = Known::One(Value::List(vec!["*".to_owned()]));
    }
    let given = given_wildcard(name, &value, loaded);
    if given.is_some() {
        value = Known::One(Value::List(vec!["*".to_owned()]));
    }
    // Variables that are not seen do not change what only a file beside the settings would.
    if let Some(reason) = loaded.unseen.as_ref().filter(|_| certainty.is_by_variable()) {
        value = Known::Unknown(reason.clone());
    }
    // A text stays true whatever it says, and whichever is given.
    let text = text_taken_for_switch(name, inner, loaded, tree);
    let certainty = if text.is_some() { Certainty::Stated } else { certainty };
    if text.is_some() {
        value = Known::One(Value::text("True"));
    }
    let mut fact = statements.about(component, Dimension::Setting, name);
    if let Some(text) = &text {
        fact.text("taken_text", *text, &val.origin);
    }
    sense::state(&mut fact, name, val, inner, &certainty, loaded, tree);
    let origin = given.map_or(&val.origin, |var| &var.origin).clone();
    fact.attr("value", Attr { value, certainty, origin });
    if let Some(kind) = kind(inner).or(given.map(|_| "list")) {
        fact.text("type", kind, &val.origin);
    }
    if let Some(variable) = telling_of(&val.variables, last) {
        fact.text("variable", variable, &val.origin);
        let texts: Vec<String> = val.true_for.iter().filter(|text| !text.is_empty()).cloned().collect();
        if is_mistaken(&texts) && is_switch(variable) {
            fact.list("true_for", texts, &val.origin);
            let var = loaded.world.get(variable);
            let given = match &var.value {
                Known::One(text) => Attr::bool(!text.is_empty() && val.true_for.contains(text), var.origin.clone()),
                Known::Unknown(reason) if text.is_none() => Attr::unknown(reason.clone(), val.origin.clone()),
                _ => Attr::bool(false, val.origin.clone()),
            };
            fact.attr("false_looking_given", given);
            if by_presence(val, tree) {
                fact.bool("by_presence", true, &val.origin);
            }
        }
    }
}

/// The text, meant for no, that the DEBUG of Django or Flask is: it turns it on.
fn text_taken_for_switch<'v>(name: &str, val: &'v Val, loaded: &Loaded, tree: &Tree) -> Option<&'v str> {
    let django = || loaded.settings.values.contains_key("INSTALLED_APPS");
    let of_flask = |text: &str| text.contains("Flask(") && text.contains("config.from_object(");
    let flask = || {
        let mut code = tree.files().filter(|(_, path)| path.ends_with(".py"));
        code.any(|(file, _)| tree.text(file).is_ok_and(of_flask))
    };
    let text = val.as_str().filter(|_| name == "DEBUG" && matches!(val.kind, Kind::Str(_)))?;
    let no = ["false", "0", "no", "off", "n", "f"].contains(&text.to_ascii_lowercase().as_str());
    (no && (django() || flask())).then_some(text)
}

/// The variable that gives a wildcard to hosts which the code makes in a way that is not followed: it bears their name.
fn given_wildcard<'l>(name: &str, value: &Known<Value>, loaded: &'l Loaded) -> Option<&'l Var> {
    if name != "ALLOWED_HOSTS" || !matches!(value, Known::Unknown(_)) {
        return None;
    }
    let var = loaded.world.vars().get(name).filter(|var| !var.certainty.is_default())?;
    var.value.one().is_some_and(|text| text.split(',').any(|host| host.trim() == "*")).then_some(var)
}

/// Whether every list that a value may be holds `*`.
fn holds_wildcard(val: &Val) -> bool {
    match &val.kind {
        Kind::List(items) | Kind::Tuple(items) | Kind::Set(items) => {
            items.iter().any(|item| item.as_str() == Some("*"))
        }
        Kind::OneOf(vals) => !vals.is_empty() && vals.iter().all(holds_wildcard),
        _ => false,
    }
}

/// Whether a setting holds a secret, or several.
pub(super) fn is_secret(name: &str) -> bool {
    variables::is_secret_name(name) || variables::is_secret_name(name.trim_end_matches('S'))
}

/// Whether texts that are taken for true are so by mistake: most of those that look false. One that is compared with a few of
/// them means just these.
pub(super) fn is_mistaken(true_for: &[String]) -> bool {
    2 * true_for.len() > variables::false_looking_texts().len()
}

/// Names whose variables hold an address, a key, a name or a message: asking whether one is set is no switch.
const VALUES: [&str; 22] = [
    "URL", "URI", "KEY", "DSN", "HOST", "HOSTS", "TOKEN", "PATH", "NAME", "ID", "DIR", "FILE", "USER", "PASSWORD",
    "BUCKET", "SECRET", "DOMAIN", "EMAIL", "ADDRESS", "PORT", "MESSAGE", "TEXT",
];

/// Whether a value asks only whether its variable is there: `"X" in os.environ`.
fn by_presence(val: &Val, tree: &Tree) -> bool {
    let line = val.origin.primary().and_then(|span| {
        let (before, after) = tree.text(span.file).ok()?.split_at_checked(span.start as usize)?;
        Some([before.rsplit('\n').next()?, after.lines().next()?].concat())
    });
    line.is_some_and(|line| line.contains(" in os.environ") || line.contains(" in environ"))
}

/// Beginnings of variables that tools set where they run: nobody gives them a text that looks false.
const OF_TOOLS: [&str; 10] = [
    "PYTEST_",
    "GITHUB_",
    "GITLAB_",
    "KUBERNETES_",
    "VIRTUAL_ENV",
    "SSH_",
    "WERKZEUG_",
    "RUN_MAIN",
    "AWS_LAMBDA_",
    "FLY_",
];

/// Whether a variable's name lets it be a switch; one that any text turns to production errs to the safe side.
pub(super) fn is_switch(variable: &str) -> bool {
    let last = variable.rsplit('_').next().unwrap_or(variable);
    let productive = |word: &str| matches!(role_of_value(word), Some((Role::Production, _)));
    let of_tool = OF_TOOLS.iter().any(|start| variable.starts_with(start)) || variables::is_ambient(variable);
    !VALUES.contains(&last) && !of_tool && !variable.split('_').any(productive)
}

/// The value of a setting of a name behind a variable's default, and its certainty.
fn open<'v>(val: &'v Val, name: &str) -> (&'v Val, Certainty) {
    match &val.kind {
        Kind::Depends { variables, default: Some(default) } => {
            (open(default, name).0, Certainty::Default { variable: telling_of(variables, name).cloned() })
        }
        _ => (val, val.certainty.clone()),
    }
}

/// A list as its items make it: as certain as the least certain of them, and of their variables. What is surely a wildcard
/// stays one, whatever joins it.
fn of_items(val: &Val) -> Option<Val> {
    let (Kind::List(items) | Kind::Tuple(items) | Kind::Set(items)) = &val.kind else { return None };
    let all: Vec<(&Val, Certainty)> = items.iter().map(|item| open(item, "")).collect();
    if val.certainty.is_default() || all.iter().any(|(item, sure)| item.as_str() == Some("*") && !sure.is_default()) {
        return None;
    }
    let mut variables = val.variables.clone();
    variables.extend(items.iter().flat_map(|item| item.variables.iter().cloned()));
    let mut unsure: Vec<Certainty> = all.into_iter().map(|(_, sure)| sure).filter(Certainty::is_default).collect();
    unsure.dedup();
    let certainty = match unsure.len() {
        0 => Certainty::Stated,
        1 => unsure.remove(0),
        _ => Certainty::Default { variable: None },
    };
    (!variables.is_empty() || certainty.is_default()).then(|| Val { variables, certainty, ..val.clone() })
}

fn known(statements: &mut Statements, name: &str, val: &Val) -> Known<Value> {
    match &val.kind {
        Kind::Unknown(reason) => Known::Unknown(reason.clone()),
        Kind::Depends { variables, .. } => {
            let name = telling_of(variables, name).cloned().unwrap_or_default();
            let reason = Reason::new(format!("{name} decides it"));
            Known::Unknown(reason.answered_with(format!("provides = [\"{name}\"]")))
        }
        Kind::OneOf(vals) => {
            let mut values = Vec::new();
            for val in vals {
                match known(statements, name, val) {
                    Known::One(value) if !values.contains(&value) => values.push(value),
                    Known::One(_) => {}
                    _ => return Known::Unknown(Reason::new("a branch of the settings is not decided")),
                }
            }
            match values.len() {
                1 => Known::One(values.remove(0)),
                _ => Known::OneOf(values, Reason::new("a branch of the settings is not decided")),
            }
        }
        Kind::Undefined => Known::Absent,
        Kind::Opaque(what) => Known::Unknown(Reason::new(format!("{what} is made by code"))),
        Kind::List(items) | Kind::Tuple(items) | Kind::Set(items) => {
            let texts: Option<Vec<String>> = items.iter().map(text).collect();
            match texts {
                Some(texts) if !is_secret(name) && !texts.iter().any(|text| variables::token_shape(text).is_some()) => {
                    Known::One(Value::List(texts))
                }
                _ => Known::Unknown(Reason::new("an item of the list is not known")),
            }
        }
        _ => match text(val) {
            Some(shown) => {
                let wrapped = matches!(val.kind, Kind::Secret(_)) && !shown.is_empty();
                let is_text = matches!(val.kind, Kind::Str(_) | Kind::Secret(_) | Kind::Bytes(_) | Kind::Lazy(_));
                let value = if wrapped {
                    statements.keep_secret(&shown, val.origin.primary())
                } else if is_text {
                    variable::guarded(statements, name, &shown, val.origin.primary())
                } else {
                    Value::Text(shown)
                };
                Known::One(value)
            }
            None => Known::Unknown(Reason::new("the value is made by code")),
        },
    }
}

/// A plain value as text; none for what has no plain text.
fn text(val: &Val) -> Option<String> {
    let shown = match &open(val, "").0.kind {
        Kind::None => "None".to_owned(),
        Kind::Bool(yes) => if *yes { "True" } else { "False" }.to_owned(),
        Kind::Int(number) => number.to_string(),
        Kind::Float(number) => number.to_string(),
        Kind::Str(text) | Kind::Path(text) | Kind::Lazy(text) => text.clone(),
        Kind::Secret(inner) | Kind::Enum(_, inner) => text(inner)?,
        Kind::Timedelta(seconds) => format!("{seconds} s"),
        Kind::Dict(entries) if entries.is_empty() => "{}".to_owned(),
        Kind::List(items) | Kind::Tuple(items) => {
            let texts: Option<Vec<String>> = items.iter().map(text).collect();
            format!("({})", texts?.join(", "))
        }
        _ => return None,
    };
    Some(if shown.chars().count() > LENGTH { shown.chars().take(LENGTH - 1).chain(['…']).collect() } else { shown })
}

fn kind(val: &Val) -> Option<&'static str> {
    Some(match val.kind {
        Kind::Bool(_) => "bool",
        Kind::Int(_) => "int",
        Kind::Float(_) => "float",
        Kind::Str(_) | Kind::Lazy(_) | Kind::Secret(_) => "str",
        Kind::List(_) => "list",
        Kind::Tuple(_) => "tuple",
        Kind::Dict(_) => "dict",
        Kind::None => "None",
        Kind::Path(_) => "path",
        _ => return None,
    })
}
