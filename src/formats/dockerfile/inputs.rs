//! What holds before the first FROM: the platform's ARGs, the global ARGs, and build arguments.

use std::collections::BTreeMap;

use super::expand::{self, Scope};
use super::lexer::Rules;
use super::{BuildInputs, Instruction};
use crate::formats::world::Var;
use crate::model::{Certainty, Known, Origin, Problem, Spanned, StepKind};

type Word = Spanned<String>;

/// What BuildKit assumes where an image sets none.
pub(super) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The platform that builds and that is built for, where nothing says otherwise.
const PLATFORM: &str = "linux/amd64";

/// The ARGs that BuildKit sets by itself for a platform, `os/architecture[/variant]`.
fn platform_args(platform: &str) -> impl Iterator<Item = (String, String)> {
    let mut parts = platform.splitn(3, '/').map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let values = [platform.to_owned(), next(), next(), next(), String::new()];
    let named = move |side: &'static str| {
        let names = ["PLATFORM", "OS", "ARCH", "VARIANT", "OSVERSION"];
        names.into_iter().zip(values.clone()).map(move |(name, value)| (format!("{side}{name}"), value))
    };
    named("BUILD").chain(named("TARGET")).collect::<Vec<_>>().into_iter()
}

/// The global scope and the ARGs that it declares.
pub(super) struct Globals {
    pub(super) scope: Scope,
    pub(super) declared: BTreeMap<String, Option<Var>>,
}

impl Globals {
    /// The platform's ARGs; the platform is the builder's, so all of them are defaults.
    pub(super) fn new(inputs: &BuildInputs, last_stage: Option<&str>) -> Self {
        let mut scope = Scope::default();
        let stage = inputs.target.as_deref().or(last_stage).unwrap_or("default");
        let platform = platform_args(inputs.platform.as_deref().unwrap_or(PLATFORM));
        for (name, value) in platform.chain([("TARGETSTAGE".to_owned(), stage.to_owned())]) {
            let default = || Var {
                value: Known::One(value),
                certainty: Certainty::Default { variable: Some(name.clone()) },
                origin: Origin::default(),
            };
            scope.set(&name, given(inputs, &name).cloned().unwrap_or_else(default));
        }
        Self { scope, declared: BTreeMap::new() }
    }

    /// An ARG before the first FROM.
    pub(super) fn declare(&mut self, arg: &Instruction, inputs: &BuildInputs, escape: char) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, value) in arg_parts(arg) {
            let var = match argument(&name, value.as_ref(), &self.scope, inputs, escape) {
                Ok((var, _)) => var,
                Err(message) => {
                    problems.push(Problem::new(arg.span, message));
                    None
                }
            };
            match &var {
                Some(var) => self.scope.set(&name.value, var.clone()),
                None => drop(self.scope.pending.insert(name.value.clone())),
            }
            self.declared.insert(name.value, var);
        }
        problems
    }
}

/// The build argument of that name, unless it is surely not given.
pub(super) fn given<'i>(inputs: &'i BuildInputs, name: &str) -> Option<&'i Var> {
    inputs.args.get(name).filter(|var| var.value != Known::Absent)
}

/// Names and defaults of an ARG instruction.
pub(super) fn arg_parts(arg: &Instruction) -> Vec<(Word, Option<Word>)> {
    let part = |word: &Word| {
        let Some((name, value)) = word.value.split_once('=') else {
            return (word.clone(), None);
        };
        let (mut left, mut right) = (word.span, word.span);
        left.end = left.start.saturating_add(super::text::offset(name.len())).min(word.span.end);
        right.start = left.end.saturating_add(1).min(word.span.end);
        (Word::new(name.to_owned(), left), Some(Word::new(value.to_owned(), right)))
    };
    arg.args.iter().map(part).collect()
}

/// The value that an ARG has by build argument or default, and the names its default missed.
pub(super) fn argument(
    name: &Word,
    default: Option<&Word>,
    scope: &Scope,
    inputs: &BuildInputs,
    escape: char,
) -> Result<(Option<Var>, Vec<String>), String> {
    if let Some(var) = given(inputs, &name.value) {
        let mut var = var.clone();
        var.origin = var.origin.then(StepKind::Used, name.span);
        return Ok((Some(var), Vec::new()));
    }
    let Some(default) = default else {
        return Ok((None, Vec::new()));
    };
    let expanded = expand::expand(&default.value, Rules::new(escape), scope)?;
    let missed = expanded.missed.iter().cloned().collect();
    let mut var = expanded.into_var(default.span);
    var.certainty = Certainty::Default { variable: Some(name.value.clone()) };
    Ok((Some(var), missed))
}
