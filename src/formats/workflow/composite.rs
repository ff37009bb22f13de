//! Steps of a composite action in the place of the step that uses it, its inputs filled in.

use std::collections::BTreeMap;

use super::evaluate::{Piece, condition_text, pieces};
use super::{Action, RunText, Step, Texts};
use crate::model::{SpanMap, Spanned};

/// Names of an action's inputs and the texts that they stand for.
struct Filled<'a> {
    values: Vec<Input<'a>>,
    /// Whether only expressions are filled in that are nothing but an input.
    alone: bool,
}

type Input<'a> = (&'a str, Option<&'a Spanned<String>>);

/// The steps of an action as the step that uses it runs them.
pub fn inlined(action: &Action, caller: &Step) -> Vec<Step> {
    let given = |name: &str| caller.with.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, text)| text);
    let value =
        |(name, default): (&'_ String, &'_ Option<Spanned<String>>)| given(name).cloned().or_else(|| default.clone());
    let values: Vec<(&str, Option<Spanned<String>>)> =
        action.inputs.iter().map(|input| (input.0.as_str(), value(input))).collect();
    let values = values.iter().map(|(name, value)| (*name, value.as_ref())).collect();
    let filled = Filled { values, alone: false };
    action.steps.iter().map(|step| filled.step(step, caller)).collect()
}

/// A script with the values (`inputs.name`, `matrix.name`) put in that stand alone in an expression; others are typed, and are left to whoever evaluates.
pub fn with_values(run: &RunText, values: &BTreeMap<String, Spanned<String>>) -> RunText {
    let values = values.iter().map(|(name, value)| (name.as_str(), Some(value))).collect();
    Filled { values, alone: true }.run(run)
}

impl Filled<'_> {
    fn step(&self, step: &Step, caller: &Step) -> Step {
        let mut env = caller.env.clone();
        env.extend(self.texts(&step.env));
        let own = step.condition.as_ref().map(|text| Spanned::new(self.expression(&text.value), text.span));
        let condition = match (&caller.condition, own) {
            (Some(outer), Some(own)) => Some(Spanned::new(format!("({}) && ({})", outer.value, own.value), own.span)),
            (outer, own) => own.or_else(|| outer.clone()),
        };
        Step {
            id: None,
            name: step.name.as_ref().map(|name| self.text(name)),
            uses: step.uses.clone(),
            run: step.run.as_ref().map(|run| self.run(run)),
            with: self.texts(&step.with),
            env,
            condition,
            continue_on_error: step.continue_on_error || caller.continue_on_error,
            span: step.span,
        }
    }

    fn texts(&self, texts: &Texts) -> Texts {
        texts.iter().map(|(name, text)| (name.clone(), self.text(text))).collect()
    }

    /// The value of `inputs.name`, if the expression is nothing else; an input without a value is empty.
    fn alone(&self, expression: &str) -> Option<&Input<'_>> {
        let name = expression.trim();
        let name = if self.alone { name } else { name.strip_prefix("inputs.")? };
        self.values.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    fn text(&self, text: &Spanned<String>) -> Spanned<String> {
        let found = pieces(&text.value);
        if let [Piece::Expression(inner)] = found.as_slice()
            && let Some((_, Some(value))) = self.alone(inner)
        {
            return (*value).clone();
        }
        Spanned::new(found.iter().map(|piece| self.piece(piece)).collect(), text.span)
    }

    fn piece(&self, piece: &Piece<'_>) -> String {
        match piece {
            Piece::Text(text) => (*text).to_owned(),
            Piece::Expression(inner) => match self.alone(inner) {
                Some((_, value)) => value.map(|value| value.value.clone()).unwrap_or_default(),
                None if self.alone => format!("${{{{{inner}}}}}"),
                None => format!("${{{{{}}}}}", self.expression(inner)),
            },
        }
    }

    /// An expression with its inputs put in.
    fn expression(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("inputs.") {
            let (before, tail) = rest.split_at(at);
            let after = tail.get("inputs.".len()..).unwrap_or_default();
            let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(after.len());
            let (name, next) = after.split_at(end);
            let inside = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "_-.".contains(c))
                || (out.matches('\'').count() + before.matches('\'').count()) % 2 == 1;
            out.push_str(before);
            let found = self.values.iter().find(|(known, _)| !inside && known.eq_ignore_ascii_case(name));
            if let Some((_, value)) = found {
                out.push_str(&literal(value.map_or("", |value| value.value.as_str())));
            } else {
                out.push_str("inputs.");
                out.push_str(name);
            }
            rest = next;
        }
        out.push_str(rest);
        out
    }

    /// A script; what is put in stands for the expression that asked for it.
    fn run(&self, run: &RunText) -> RunText {
        let mut text = String::new();
        let mut starts = Vec::new();
        let mut at = 0;
        let short = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        let found = pieces(&run.text);
        for piece in &found {
            let length = match piece {
                Piece::Text(text) => text.len(),
                Piece::Expression(inner) => inner.len() + "${{}}".len(),
            };
            let part = self.piece(piece);
            match &run.map {
                SpanMap::Pieces { starts: lines, .. } if matches!(piece, Piece::Text(_)) => {
                    starts.push((short(text.len()), run.map.span(at, at).start));
                    let inner =
                        lines.iter().filter(|(line, _)| (*line as usize) > at && (*line as usize) < at + length);
                    starts.extend(inner.map(|(line, file)| (short(text.len() + *line as usize - at), *file)));
                }
                map => starts.push((short(text.len()), map.span(at, at + length).start)),
            }
            text.push_str(&part);
            at += length;
        }
        let whole = matches!(run.map, SpanMap::Whole(_)) || starts.is_empty();
        let map = if whole { run.map.clone() } else { SpanMap::Pieces { file: run.span.file, starts } };
        RunText {
            text,
            map,
            span: run.span,
            shell: run.shell.as_ref().map(|shell| self.text(shell)),
            working_directory: run.working_directory.as_ref().map(|folder| self.text(folder)),
        }
    }
}

/// A text as an expression.
fn literal(text: &str) -> String {
    match pieces(text).as_slice() {
        [Piece::Expression(inner)] => format!("({})", inner.trim()),
        [] | [Piece::Text(_)] => format!("'{}'", text.replace('\'', "''")),
        _ => condition_text(text),
    }
}
