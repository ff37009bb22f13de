//! Environment variables.

use super::{Statements, deliberate, given};
use crate::discover::Tree;
use crate::formats::Var;
use crate::knowledge::reasons::{self, Choice};
use crate::knowledge::{credentials, settings, variables};
use crate::model::{Attr, ComponentKind, Dimension, Known, Origin, StepKind, Value};
use crate::resolve::part::Part;
use crate::resolve::settings::Loaded;

/// States the variables of a component.
pub fn state(statements: &mut Statements, part: &Part<'_>, loaded: Option<&Loaded>, tree: &Tree) {
    let open = part.world.is_open();
    if part.kind == ComponentKind::App {
        let complete =
            if open { Err(crate::model::Reason::new("variables may be set outside the repository")) } else { Ok(()) };
        statements.covers(Some(&part.name), Dimension::Variable, complete);
    }
    for (name, var) in part.world.vars() {
        let provider = part.providers.get(name).copied().unwrap_or("image");
        let value = match &var.value {
            Known::One(text) => Known::One(guarded(statements, name, text, var.origin.primary())),
            Known::OneOf(texts, why) => {
                let values = texts.iter().map(|text| guarded(statements, name, text, var.origin.primary())).collect();
                Known::OneOf(values, why.clone())
            }
            Known::Every(texts, why) => {
                let values = texts.iter().map(|text| guarded(statements, name, text, var.origin.primary())).collect();
                Known::Every(values, why.clone())
            }
            Known::Absent => Known::Absent,
            Known::Unknown(reason) => Known::Unknown(reason.clone()),
        };
        let secret = variables::is_secret_name(name)
            || var.value.one().is_some_and(|text| {
                variables::password_in_url(text).is_some() || variables::token_shape(text).is_some()
            });
        // Whoever copies a sample is to put a secret of their own in place of the sample's.
        let sample = provider == "sample" && secret;
        let placeholder = var.value.one().map(|text| sample || is_placeholder(name, text));
        let mut fact = statements.about(Some(&part.name), Dimension::Variable, name);
        fact.attr("value", Attr { value, certainty: var.certainty.clone(), origin: var.origin.clone() });
        fact.text("provider", provider, &var.origin).bool("secret", secret, &var.origin);
        if !made_of_another(part, name, var) {
            given::state(&mut fact, name, var, tree);
        }
        if let Some(placeholder) = placeholder {
            fact.bool("placeholder", placeholder, &var.origin);
        }
        if var.certainty.is_default() {
            fact.bool("fallback", true, &var.origin);
        }
        let opens_nothing = made_of_another(part, name, var) || provider == "image" && is_for_the_build(var, tree);
        if secret && !opens_nothing && var.value.one().is_some_and(|password| is_default(part, name, password)) {
            fact.bool("default_credential", true, &var.origin);
        }
        let known_to_all = provider != "sample" && !opens_nothing && !loaded.is_some_and(|loaded| signs(name, loaded));
        let known_to_all = known_to_all && (!is_copied(&var.origin) || given::spoken_of(name, tree));
        if known_to_all && var.value.one().is_some_and(|text| credentials::gives_away(name, text)) {
            fact.bool("credential", true, &var.origin);
        }
    }
}

/// Whether a file brings it that is copied to where the program looks for one: what the program does not read opens nothing.
fn is_copied(origin: &Origin) -> bool {
    origin.steps.iter().any(|step| step.kind == StepKind::CopiedFrom)
}

/// Whether the settings sign with what a variable holds: it is judged where they do.
fn signs(variable: &str, loaded: &Loaded) -> bool {
    loaded.settings.values.iter().any(|(name, val)| settings::signs(name) && val.variables.contains(variable))
}

/// Whether a value is an address with a password that another variable gives: what is wrong with it stands there.
fn made_of_another(part: &Part<'_>, name: &str, var: &Var) -> bool {
    let Some(text) = var.value.one() else { return false };
    let Some(password) = variables::password_in_url(text).and_then(|range| text.get(range)) else { return false };
    let gives = |(other, known): (&String, &Var)| {
        other != name && variables::is_secret_name(other) && known.value.one().is_some_and(|given| given == password)
    };
    part.world.vars().iter().any(gives)
}

/// Whether a value of an image only stands there for what runs while it is built: a comment says so, or it is the address of
/// something in the container itself, where nothing of the kind runs.
fn is_for_the_build(var: &Var, tree: &Tree) -> bool {
    let said = |span| reasons::gives(Choice::Build, &deliberate::comment(tree, span));
    let host = |text: &String| {
        let rest = text.get(variables::password_in_url(text)?.end..)?.trim_start_matches('@');
        Some(["localhost", "127.0.0.1", "[::1]"].iter().any(|own| rest.starts_with(own)))
    };
    var.value.one().and_then(host) == Some(true) || var.origin.primary().is_some_and(said)
}

/// Whether a password and the user beside it, in a URL or in a variable of like name, are a product's own defaults.
fn is_default(part: &Part<'_>, name: &str, text: &str) -> bool {
    if let Some(range) = variables::password_in_url(text) {
        return variables::is_default_credential(user_in_url(text).unwrap_or_default(), &text[range]);
    }
    let Some((start, end)) = ["PASSWORD", "PASS"].iter().find_map(|word| name.rsplit_once(word)) else { return false };
    let beside = |word: &str| part.world.vars().get(&format!("{start}{word}{end}")).and_then(|var| var.value.one());
    let unused =
        |text: &String| ["example.", "console", "locmem", "dummy", "filebased"].iter().any(|w| text.contains(w));
    let mail = start.starts_with("EMAIL").then(|| part.world.vars().get("EMAIL_BACKEND")?.value.one()).flatten();
    let host = || part.world.vars().get(start.trim_end_matches('_')).and_then(|var| var.value.one());
    if host().or_else(|| beside("HOST")).into_iter().chain(mail).any(unused) {
        return false;
    }
    let users = ["USER", "USERNAME"].map(|word| format!("{start}{word}{end}"));
    let given = users.iter().find_map(|user| part.world.vars().get(user));
    let user = match given {
        Some(var) => var.value.one().map(String::as_str),
        None => match name {
            "POSTGRES_PASSWORD" => Some("postgres"),
            "MYSQL_ROOT_PASSWORD" | "MARIADB_ROOT_PASSWORD" => Some("root"),
            "RABBITMQ_DEFAULT_PASS" => Some("guest"),
            _ => None,
        },
    };
    user.is_some_and(|user| variables::is_default_credential(user, text))
}

/// The user in `scheme://USER:password@host`.
fn user_in_url(text: &str) -> Option<&str> {
    let range = variables::password_in_url(text)?;
    text.get(..range.start.saturating_sub(1))?.rsplit('/').next()
}

/// Whether a value, or the password in it, is a placeholder.
fn is_placeholder(name: &str, text: &str) -> bool {
    match variables::password_in_url(text) {
        Some(range) if !variables::is_secret_name(name) => variables::is_placeholder(&text[range]),
        _ => variables::is_placeholder(text) || variables::is_own_name(name, text),
    }
}

/// A value that may be shown, or a secret in custody.
pub fn guarded(statements: &mut Statements, name: &str, text: &str, span: Option<crate::model::Span>) -> Value {
    if (variables::is_secret_name(name) || variables::token_shape(text).is_some()) && !text.is_empty() {
        return statements.keep_secret(text, span);
    }
    if let Some(range) = variables::password_in_url(text) {
        statements.keep_secret(&text[range.clone()], None);
        return statements.keep_secret(text, None);
    }
    Value::text(text)
}

/// The origin of a variable.
pub fn origin(part: &Part<'_>, name: &str) -> Origin {
    part.world.vars().get(name).map(|var| var.origin.clone()).unwrap_or_default()
}
