//! Which settings are passwords and keys that the code gives away.

use crate::formats::python::{Val, telling_of};
use crate::knowledge::credentials;
use crate::model::Certainty;
use crate::resolve::settings::{Loaded, MODULE_VARIABLE};

/// Whether a setting is a password or key with a text that opens something: of a variable of such a name, or of the code alone.
pub(super) fn is_of_the_code(name: &str, (val, inner): (&Val, &Val), certainty: &Certainty, loaded: &Loaded) -> bool {
    let Some(text) = inner.as_str() else { return false };
    if !credentials::gives_away(name, text) || is_of_a_file(name, loaded) {
        return false;
    }
    let last = name.rsplit('.').next().unwrap_or(name);
    match telling_of(&val.variables, last) {
        // What an address or another's name decides is judged there.
        Some(variable) => credentials::opens(variable).is_some() && !is_given(variable, name, loaded),
        None if is_of_a_variable(certainty) => false,
        None => is_constant(last) && credentials::opens(name) == Some(credentials::Opens::Own) && !is_name(text),
    }
}

/// Whether a variable, but that which chooses the module, may set another.
fn is_of_a_variable(certainty: &Certainty) -> bool {
    matches!(certainty, Certainty::Default { variable: Some(name) } if name != MODULE_VARIABLE)
}

/// Whether a file gives the variable: what is wrong with it stands there.
fn is_given(variable: &str, name: &str, loaded: &Loaded) -> bool {
    !loaded.own.contains(name) && loaded.world.get(variable).value.one().is_some()
}

/// Whether a password is that of a database which is a file: nobody asks for it.
fn is_of_a_file(name: &str, loaded: &Loaded) -> bool {
    let mut parts = name.split('.');
    let (Some("DATABASES"), Some(alias)) = (parts.next(), parts.next()) else { return false };
    let engine = loaded.settings.values.get("DATABASES").and_then(|all| all.get(alias)?.get("ENGINE")?.settled());
    engine.and_then(Val::as_str).is_some_and(|engine| engine.contains("sqlite"))
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
