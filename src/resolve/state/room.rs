//! Where a compose file has room for one more variable: below the last that it gives in lines of its own.

use super::Statement;
use crate::discover::{Kind, Tree, classify};
use crate::formats::World;
use crate::knowledge::variables;
use crate::model::{Origin, Span};

/// States the value below which a variable can be written that must come from outside, and the line that asks for it.
pub(super) fn state(fact: &mut Statement<'_>, name: &str, world: &World, tree: &Tree) {
    let given = world.vars().iter().filter_map(|(known, var)| {
        let (span, value) = (var.origin.primary()?, var.value.one()?);
        let shown = !variables::is_secret_name(known) && variables::password_in_url(value).is_none();
        Some((span, line(tree, span, known, value, name).filter(|_| shown)?, value))
    });
    if let Some((span, line, value)) = given.max_by_key(|(span, ..)| *span) {
        let origin = Origin::set(span);
        fact.text("beside", value, &origin).text("would_ask", line, &origin);
    }
}

/// The line that asks for a variable below one whose value ends its line, in the same form.
fn line(tree: &Tree, span: Span, known: &str, value: &str, name: &str) -> Option<String> {
    let composed = classify::classify(tree.path(span.file)) == Some(Kind::Compose);
    let text = tree.text(span.file).ok().filter(|_| composed)?;
    let (before, after) = (text.get(..span.start as usize)?, text.get(span.end as usize..)?);
    let begun = before.rsplit('\n').next()?;
    let plain = text.get(span.range())? == value && after.starts_with(['\n', '\r']);
    let indent = &begun[..begun.len() - begun.trim_start().len()];
    let form = match begun.trim_start() {
        start if start.strip_prefix(known) == Some(": ") => format!("{name}: ${{{name}:?}}"),
        start if start.strip_prefix("- ").and_then(|start| start.strip_prefix(known)) == Some("=") => {
            format!("- {name}=${{{name}:?}}")
        }
        _ => return None,
    };
    plain.then(|| format!("\n{indent}{form}"))
}
