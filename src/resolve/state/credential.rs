//! Which settings are passwords and keys that the code gives away.

use crate::discover::Tree;
use crate::formats::python::{Val, telling_of};
use crate::knowledge::credentials;
use crate::knowledge::variables::password_in_url;
use crate::model::Certainty;
use crate::resolve::settings::{Loaded, MODULE_VARIABLE};

/// Whether a setting is a password or key with a text that opens something: of a variable of such a name, or of the code alone;
/// or it is an address in the code with such a password.
pub(super) fn is_of_the_code(
    name: &str,
    (val, inner): (&Val, &Val),
    certainty: &Certainty,
    loaded: &Loaded,
    tree: &Tree,
) -> bool {
    let Some(text) = inner.as_str() else { return false };
    if is_of_a_file(name, loaded) {
        return false;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    let variable = telling_of(&val.variables, last);
    if !credentials::gives_away(name, text) {
        return credentials::is_own_door(name)
            && variable.is_none_or(|variable| !is_given(variable, name, loaded))
            && password_in_url(text).is_some_and(|range| stands_in_address(&text[range], val, tree));
    }
    match variable {
        Some(variable) if credentials::opens(variable).is_some() => !is_given(variable, name, loaded),
        // What an address or another's name decides is judged there, but for what the code says itself.
        Some(variable) => {
            credentials::is_own_door(variable)
                && !is_given(variable, name, loaded)
                && stands_in_address(text, val, tree)
        }
        None if is_of_a_variable(certainty) => false,
        None => is_constant(last) && credentials::opens(name) == Some(credentials::Opens::Own) && !is_name(text),
    }
}

/// Whether a password stands in an address where a value is written, and is put there by no variable.
fn stands_in_address(password: &str, val: &Val, tree: &Tree) -> bool {
    let Some(span) = val.origin.primary() else { return false };
    // Elsewhere an address of the same machine opens nothing: the connection fails.
    let beyond = |text: &str| {
        let host = text.split_once(&format!(":{password}@")).map_or("", |(_, rest)| rest);
        !["localhost", "127.0.0.1", "[::1]"].iter().any(|own| host.starts_with(own))
    };
    let written = tree.text(span.file).ok().and_then(|text| text.get(span.start as usize..span.end as usize));
    written.is_some_and(|text| text.contains("://") && text.contains(&format!(":{password}@")) && beyond(text))
}

/// Whether a variable, but that which chooses the module, may set another.
fn is_of_a_variable(certainty: &Certainty) -> bool {
    matches!(certainty, Certainty::Default { variable: Some(name) } if name != MODULE_VARIABLE)
}

/// Whether a file gives the variable: what is wrong with it stands there.
fn is_given(variable: &str, name: &str, loaded: &Loaded) -> bool {
    !loaded.own.contains(name) && loaded.world.get(variable).value.one().is_some()
}

/// Whether a password is that of a database which is a file, or of none at all (`django.db.backends.`): nobody asks for it.
fn is_of_a_file(name: &str, loaded: &Loaded) -> bool {
    let mut parts = name.split('.');
    let (Some("DATABASES"), Some(alias)) = (parts.next(), parts.next()) else { return false };
    let engine = loaded.settings.values.get("DATABASES").and_then(|all| all.get(alias)?.get("ENGINE")?.settled());
    engine.and_then(Val::as_str).is_some_and(|engine| engine.contains("sqlite") || engine.ends_with('.'))
}

/// A name of a setting, not of a form or limit that a dictionary holds.
fn is_constant(name: &str) -> bool {
    !name.chars().any(char::is_lowercase)
}

/// Whether a text is the name of something in code, as `shop.forms.ResetForm`.
fn is_name(text: &str) -> bool {
    let word = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_');
    text.contains('.') && text.split('.').all(word)
}
