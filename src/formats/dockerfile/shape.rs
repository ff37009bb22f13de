//! What BuildKit refuses about an instruction after its parser has read it: too few words, names left blank.

use super::{Instruction, instruction};

/// Why BuildKit would refuse the instruction wherever it stands.
pub(super) fn refusal(found: &Instruction) -> Option<String> {
    let keyword = found.keyword.value.as_str();
    let least = match keyword {
        "COPY" | "ADD" => 2,
        "ARG" | "ENV" | "EXPOSE" | "HEALTHCHECK" | "LABEL" | "MAINTAINER" | "SHELL" | "STOPSIGNAL" | "USER"
        | "VOLUME" | "WORKDIR" => 1,
        _ => 0,
    };
    if found.args.len() < least {
        let words = if least == 1 { "an argument" } else { "a source and a destination" };
        return Some(format!("{keyword} needs {words}"));
    }
    match keyword {
        "ONBUILD" => trigger(found),
        "SHELL" if !found.json => Some("SHELL must be a JSON list".into()),
        "HEALTHCHECK" => healthcheck(found),
        "ARG" if found.args.iter().any(|word| word.value.starts_with('=')) => Some("ARG has a blank name".into()),
        "ENV" | "LABEL" if found.pairs().any(|(name, _)| name.value.is_empty()) => {
            Some(format!("{keyword} has a blank name"))
        }
        _ => None,
    }
}

fn trigger(found: &Instruction) -> Option<String> {
    let Some(inner) = found.onbuild.as_deref() else {
        return Some("ONBUILD needs an instruction".into());
    };
    match inner.keyword.value.as_str() {
        "ONBUILD" => Some("ONBUILD inside ONBUILD".into()),
        name @ ("FROM" | "MAINTAINER") => Some(format!("{name} cannot be a trigger of ONBUILD")),
        name if !instruction::is_known(name) => Some(format!("unknown instruction in ONBUILD: {name}")),
        _ => None,
    }
}

fn healthcheck(found: &Instruction) -> Option<String> {
    let (kind, rest) = found.args.split_first()?;
    match kind.value.to_ascii_uppercase().as_str() {
        "NONE" if rest.is_empty() => None,
        "NONE" => Some("HEALTHCHECK NONE takes no arguments".into()),
        "CMD" if rest.is_empty() => Some("HEALTHCHECK CMD needs a command".into()),
        "CMD" => None,
        other => Some(format!("unknown type {other} of HEALTHCHECK")),
    }
}
