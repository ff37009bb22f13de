//! Stages in order: what each builds on, and what its instructions make of it.

use std::collections::{BTreeMap, BTreeSet};

use super::apply::State;
use super::expand::{self, Scope};
use super::inputs::{Globals, PATH};
use super::lexer::Rules;
use super::resolve;
use super::spliced::{Spliced, seen_from_above};
use super::{Base, Build, BuildInputs, Dockerfile, Instruction, Stage};
use crate::formats::world::{Var, Vars};
use crate::model::{Certainty, Known, Origin, Problem, Spanned, StepKind};

/// Applies the instructions under the inputs. It never fails: what BuildKit would refuse is a problem.
pub fn build(dockerfile: &Dockerfile, _text: &str, inputs: &BuildInputs) -> Build {
    let escape = dockerfile.escape;
    let last = dockerfile.instructions.iter().rfind(|found| found.keyword.value == "FROM");
    let last_name = last.and_then(|from| stage_name(from).ok().flatten());
    let mut globals = Globals::new(inputs, last_name.as_ref().map(|name| name.value.as_str()));
    let (mut problems, mut heads) = (Vec::new(), Vec::<(Stage, Vec<&Instruction>)>::new());
    for instruction in &dockerfile.instructions {
        match (instruction.keyword.value.as_str(), heads.last_mut()) {
            ("FROM", _) => {
                let stage = from(instruction, heads.as_slice(), &globals, escape, &mut problems);
                heads.push((stage, Vec::new()));
            }
            ("ARG", None) => problems.extend(globals.declare(instruction, inputs, escape)),
            (keyword, None) => {
                problems.push(Problem::new(instruction.span, format!("{keyword} stands before the first FROM")));
            }
            (_, Some((_, body))) => body.push(instruction),
        }
    }
    if heads.is_empty() {
        let span = crate::model::Span::new(dockerfile.file, 0, 0);
        problems.push(Problem::new(span, "the file has no FROM"));
    }
    let own = heads.len();
    let spliced = Spliced::of(&inputs.bases, own);
    let names: Vec<_> = heads.iter().map(|(stage, _)| stage.name.as_ref().map(|name| name.value.clone())).collect();
    let mut done: Vec<Stage> = Vec::new();
    let mut scopes: Vec<Scope> = Vec::new();
    for (mut head, body) in heads {
        let parent = head.base.stage.and_then(|index| Some((done.get(index)?, scopes.get(index)?)));
        let below = spliced.base_of(&head);
        let outer = below.map(|stage| (stage, seen_from_above(stage)));
        head.base.stage = head.base.stage.or(below.map(|stage| stage.index));
        let (opened, scope) = start(head, parent.or(outer.as_ref().map(|(stage, scope)| (*stage, scope))), inputs);
        let mut state =
            State { stage: opened, scope, globals: &globals, inputs, escape, names: &names, problems, own_cmd: false };
        for instruction in body {
            state.apply(instruction);
        }
        problems = state.problems;
        scopes.push(state.scope);
        done.push(state.stage);
    }
    let (target, reachable, refused) = resolve::reach(dockerfile.file, &done, inputs.target.as_deref());
    problems.extend(refused);
    done.extend(spliced.stages);
    let mut build = Build { stages: done, own, target, reachable, global_args: globals.declared, problems };
    let mut open: Vec<usize> =
        build.reachable.iter().filter_map(|stage| build.stages.get(*stage)?.base.stage).collect();
    while let Some(index) = open.pop() {
        if let Some(stage) = build.stages.get(index).filter(|_| build.reachable.insert(index)) {
            open.extend(needs(stage));
        }
    }
    build
}

/// The name in `FROM image AS name`; the error is BuildKit's refusal.
fn stage_name(from: &Instruction) -> Result<Option<Spanned<String>>, String> {
    match from.args.as_slice() {
        [_] => Ok(None),
        [_, word, name] if word.value.eq_ignore_ascii_case("as") => {
            let lower = name.value.to_lowercase();
            let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
            if lower.starts_with(|c: char| c.is_ascii_lowercase()) && lower.chars().all(rest) {
                return Ok(Some(Spanned::new(lower, name.span)));
            }
            Err(format!("not a stage name: {}", name.value))
        }
        _ => Err("FROM takes an image, or an image AS a name".into()),
    }
}

/// The stage that a FROM opens, empty but for what FROM says.
fn from(
    from: &Instruction,
    before: &[(Stage, Vec<&Instruction>)],
    globals: &Globals,
    escape: char,
    problems: &mut Vec<Problem>,
) -> Stage {
    let mut refuse = |message: String| problems.push(Problem::new(from.span, message));
    let name = stage_name(from).unwrap_or_else(|message| {
        refuse(message);
        None
    });
    let raw = from.args.first().cloned().unwrap_or_else(|| Spanned::new(String::new(), from.keyword.span));
    let mut unset = Vec::new();
    let mut expanded = |text: &Spanned<String>| {
        let expanded = expand::expand(&text.value, Rules::new(escape), &globals.scope);
        let expanded = expanded.unwrap_or_else(|message| {
            refuse(message.clone());
            expand::Expanded::refused(message, text.span)
        });
        let missed = |name: &String| (from.first_line, Spanned::new(name.clone(), text.span));
        unset.extend(expanded.missed.iter().map(missed));
        (expanded.text(), expanded.certainty.clone(), expanded.origin(text.span))
    };
    let (reference, certainty, origin) = expanded(&raw);
    let platform = from.flag("platform").filter(|flag| !flag.value.is_empty());
    let platform = platform.map(|flag| Spanned::new(expanded(flag).0, flag.span));
    if reference.one().is_some_and(String::is_empty) {
        refuse("the base image has no name".into());
    }
    let named =
        |stage: &Stage| reference.one().is_some_and(|base| stage.name.as_ref().is_some_and(|n| n.value == *base));
    let parent = before.iter().rev().map(|(stage, _)| stage).find(|stage| named(stage)).map(|stage| stage.index);
    Stage {
        index: before.len(),
        name,
        from_span: from.span,
        line: from.first_line,
        base: Base { raw, reference, certainty, origin, stage: parent },
        context: None,
        platform,
        env: Vars::new(),
        args: BTreeMap::new(),
        labels: Vars::new(),
        workdir: None,
        user: None,
        cmd: None,
        entrypoint: None,
        shell: None,
        expose: Vec::new(),
        volumes: Vec::new(),
        stopsignal: None,
        healthcheck: None,
        onbuild: Vec::new(),
        undecided: BTreeMap::new(),
        steps: Vec::new(),
        dependencies: Vec::new(),
        expanded: Vec::new(),
        unset,
    }
}

/// The stage before its own instructions: its parent's configuration, or what is known of its image.
fn start(head: Stage, parent: Option<(&Stage, &Scope)>, inputs: &BuildInputs) -> (Stage, Scope) {
    let assumed = |value: &str| Var {
        value: Known::One(value.to_owned()),
        certainty: Certainty::Default { variable: None },
        origin: Origin::default(),
    };
    let mut stage = head;
    let mut scope = Scope::default();
    if let Some((parent, inherited)) = parent {
        let own = stage;
        stage = Stage {
            index: own.index,
            name: own.name,
            from_span: own.from_span,
            line: own.line,
            base: own.base,
            context: own.context,
            onbuild: Vec::new(),
            steps: Vec::new(),
            dependencies: Vec::new(),
            expanded: Vec::new(),
            unset: own.unset,
            ..parent.clone()
        };
        for var in stage.env.values_mut().chain(stage.labels.values_mut()) {
            var.origin = std::mem::take(&mut var.origin).then(StepKind::Inherited, stage.base.raw.span);
        }
        scope = inherited.clone();
    } else {
        let image = stage.base.reference.one().cloned();
        let scratch = image.as_deref() == Some("scratch");
        if scratch {
            stage.workdir = Some(Spanned::new("/".to_owned(), stage.base.raw.span));
        }
        scope.open = !scratch;
        let known = image.and_then(|image| inputs.base_env.get(&image)).or_else(|| inputs.base_env.get("*"));
        for (name, value) in known.into_iter().flatten() {
            stage.env.insert(name.clone(), assumed(value));
        }
        scope.set("PATH", assumed(PATH));
    }
    if !stage.env.contains_key("PATH") {
        scope.set("PATH", assumed(PATH));
    }
    for (name, var) in &stage.env {
        scope.set(name, var.clone());
    }
    (stage, scope)
}

/// All stages that a stage needs, for `reachable`.
pub(super) fn needs(stage: &Stage) -> BTreeSet<usize> {
    let from = |dependency: &super::Dependency| match dependency.from {
        super::CopyFrom::Stage(index) => Some(index),
        super::CopyFrom::Image(_) => None,
    };
    stage.base.stage.into_iter().chain(stage.dependencies.iter().filter_map(from)).collect()
}
