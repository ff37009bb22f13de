//! One instruction at a time, applied to the stage it stands in.

use std::sync::Arc;

use super::expand::{self, Expanded, Scope};
use super::inputs::{self, Globals};
use super::lexer::Rules;
use super::stages::{Action, CopyFrom, Dependency, Expansion, Mount, Stage, Step};
use super::{BuildInputs, Heredoc, Instruction, commands, heredoc};
use crate::formats::world::Var;
use crate::model::{Known, Problem, Reason, Spanned, StepKind};

/// A stage on the way.
pub(super) struct State<'b> {
    pub(super) stage: Stage,
    pub(super) scope: Scope,
    pub(super) globals: &'b Globals,
    pub(super) inputs: &'b BuildInputs,
    pub(super) escape: char,
    /// The names of all stages.
    pub(super) names: &'b [Option<String>],
    pub(super) problems: Vec<Problem>,
    /// Whether this stage has a CMD of its own.
    pub(super) own_cmd: bool,
}

type Words = Vec<Option<Known<String>>>;

impl State<'_> {
    pub(super) fn apply(&mut self, instruction: &Instruction) {
        let shell = commands::shell_of(self.stage.shell.as_ref());
        let shown = match instruction.keyword.value.as_str() {
            "ARG" => Some(self.arg(instruction)),
            "ENV" | "LABEL" => Some(self.pairs(instruction)),
            "WORKDIR" | "USER" | "STOPSIGNAL" => self.single(instruction),
            "EXPOSE" => Some(self.expose(instruction)),
            "VOLUME" => Some(self.volume(instruction)),
            "COPY" | "ADD" => Some(self.copy(instruction)),
            "RUN" => {
                self.run(instruction, shell);
                None
            }
            "SHELL" => {
                self.stage.shell = Some(instruction.args.clone());
                None
            }
            "CMD" => {
                self.stage.cmd = Some(commands::command(instruction, shell));
                self.own_cmd = true;
                None
            }
            "ENTRYPOINT" => {
                self.stage.entrypoint = Some(commands::command(instruction, shell));
                if !self.own_cmd {
                    self.stage.cmd = None;
                }
                None
            }
            "HEALTHCHECK" => {
                match commands::healthcheck(instruction, shell) {
                    Ok(check) => self.stage.healthcheck = Some(check),
                    Err(message) => self.refuse(instruction, message),
                }
                None
            }
            "ONBUILD" => {
                self.stage.onbuild.push(instruction.clone());
                None
            }
            _ => None,
        };
        if let Some(words) = shown {
            let keyword = instruction.keyword.value.clone();
            self.stage.expanded.push(Expansion { line: instruction.first_line, keyword, words });
        }
    }

    fn refuse(&mut self, instruction: &Instruction, message: String) {
        self.problems.push(Problem::new(instruction.span, message));
    }

    fn missed(&mut self, instruction: &Instruction, word: &Spanned<String>, names: impl IntoIterator<Item = String>) {
        let line = instruction.first_line;
        self.stage.unset.extend(names.into_iter().map(|name| (line, Spanned::new(name, word.span))));
    }

    fn expand(&mut self, instruction: &Instruction, word: &Spanned<String>) -> Expanded {
        let expanded = expand::expand(&word.value, Rules::new(self.escape), &self.scope);
        let expanded = expanded.unwrap_or_else(|message| {
            self.refuse(instruction, message.clone());
            Expanded::refused(message, word.span)
        });
        self.missed(instruction, word, expanded.missed.clone());
        expanded
    }

    fn arg(&mut self, instruction: &Instruction) -> Words {
        let mut words = Vec::new();
        for (name, default) in inputs::arg_parts(instruction) {
            let result = inputs::argument(&name, default.as_ref(), &self.scope, self.inputs, self.escape);
            let (mut var, missed) = result.unwrap_or_else(|message| {
                let reason = Reason::at(message.clone(), name.span);
                self.refuse(instruction, message);
                let origin = crate::model::Origin::set(name.span);
                let value = Known::Unknown(reason);
                (Some(Var { value, certainty: crate::model::Certainty::Stated, origin }), Vec::new())
            });
            self.missed(instruction, default.as_ref().unwrap_or(&name), missed);
            if var.is_none() && default.is_none() {
                // A global ARG, or one of the platform's, is seen only after it is declared here.
                var = self.globals.scope.vars.get(&name.value).cloned();
                if let Some(var) = &mut var {
                    var.origin = std::mem::take(&mut var.origin).then(StepKind::Used, name.span);
                }
            }
            words.push(Some(Known::One(name.value.clone())));
            words.push(var.as_ref().map(|var| var.value.clone()));
            match &var {
                Some(var) => {
                    self.scope.pending.remove(&name.value);
                    self.scope.set(&name.value, var.clone());
                }
                None => drop(self.scope.pending.insert(name.value.clone())),
            }
            self.stage.args.insert(name.value, var);
        }
        words
    }

    fn pairs(&mut self, instruction: &Instruction) -> Words {
        let (mut words, mut found) = (Vec::new(), Vec::new());
        for (name, value) in instruction.pairs() {
            let key = self.expand(instruction, name).text();
            let mut var = self.expand(instruction, value).into_var(value.span);
            words.push(Some(key.clone()));
            words.push(Some(var.value.clone()));
            let Known::One(key) = key else { continue };
            let env = instruction.keyword.value == "ENV";
            let former = if env { self.stage.env.get(&key) } else { self.stage.labels.get(&key) };
            if let Some(place) = former.and_then(|former| former.origin.primary()) {
                var.origin = var.origin.then(StepKind::Overridden, place);
            }
            found.push((key, var));
        }
        // All values are expanded before any is set.
        for (key, var) in found {
            if instruction.keyword.value == "ENV" {
                self.scope.set(&key, var.clone());
                self.stage.env.insert(key, var);
            } else {
                self.stage.labels.insert(key, var);
            }
        }
        words
    }

    /// The text, or none with a note why.
    fn decided(&mut self, field: &'static str, value: Known<String>) -> Option<String> {
        match value {
            Known::One(text) => {
                self.stage.undecided.remove(field);
                return Some(text);
            }
            Known::OneOf(_, why) | Known::Every(_, why) | Known::Unknown(why) => {
                self.stage.undecided.insert(field, why);
            }
            Known::Absent => {}
        }
        None
    }

    fn single(&mut self, instruction: &Instruction) -> Option<Words> {
        let empty = Spanned::new(String::new(), instruction.span);
        let stopsignal = instruction.keyword.value == "STOPSIGNAL";
        if stopsignal && instruction.args.is_empty() {
            self.refuse(instruction, "STOPSIGNAL needs a signal".into());
            return None;
        }
        let word = instruction.args.first().unwrap_or(&empty);
        let value = self.expand(instruction, word).text();
        let shown = vec![Some(value.clone())];
        let give = |text: String| Spanned::new(text, word.span);
        match instruction.keyword.value.as_str() {
            "WORKDIR" => {
                let relative = value.one().is_some_and(|text| !text.starts_with('/'));
                if let (true, Some(why)) = (relative, self.stage.undecided.get("workdir").cloned()) {
                    self.decided("workdir", Known::Unknown(why));
                } else {
                    let text = self.decided("workdir", value);
                    let base = self.stage.workdir.as_ref().map(|folder| folder.value.as_str());
                    self.stage.workdir = text.map(|text| give(commands::join_folder(base, &text)));
                }
            }
            "USER" => self.stage.user = self.decided("user", value).map(give),
            _ => self.stage.stopsignal = self.decided("stopsignal", value).map(give),
        }
        Some(shown)
    }

    fn expose(&mut self, instruction: &Instruction) -> Words {
        let mut args: Vec<_> = instruction.args.iter().collect();
        args.sort_by(|a, b| a.value.cmp(&b.value));
        let mut words = Vec::new();
        for word in args {
            let found = match self.expand(instruction, word).lexed {
                Known::One(lexed) => lexed.words,
                other => {
                    self.decided("expose", other.clone().map(|lexed| lexed.word));
                    words.push(Some(other.map(|lexed| lexed.word)));
                    continue;
                }
            };
            for text in found {
                match commands::ports(&text) {
                    Ok(ports) => ports.into_iter().for_each(|port| add(&mut self.stage.expose, port, word)),
                    Err(message) => self.refuse(instruction, message),
                }
                words.push(Some(Known::One(text)));
            }
        }
        words
    }

    fn volume(&mut self, instruction: &Instruction) -> Words {
        let mut words = Vec::new();
        for word in &instruction.args {
            let value = self.expand(instruction, word).text();
            words.push(Some(value.clone()));
            match value {
                Known::One(text) => add(&mut self.stage.volumes, text, word),
                other => drop(self.decided("volumes", other)),
            }
        }
        words
    }

    fn copy(&mut self, instruction: &Instruction) -> Words {
        let (mut words, mut paths, mut decided) = (Vec::new(), Vec::new(), true);
        for word in &instruction.args {
            if heredoc::marker(&word.value).is_some() {
                words.push(Some(Known::One(word.value.clone())));
                continue;
            }
            let value = self.expand(instruction, word).text();
            decided &= value.one().is_some();
            paths.push(Spanned::new(value.one().unwrap_or(&word.value).clone(), word.span));
            words.push(Some(value));
        }
        for name in ["chown", "chmod", "checksum"] {
            if let Some(flag) = instruction.flag(name).filter(|flag| !flag.value.is_empty()) {
                let value = self.expand(instruction, flag).text();
                words.push(Some(value.map(|text| format!("--{name}={text}"))));
            }
        }
        for part in &instruction.heredocs {
            words.push(Some(self.inline(instruction, part)));
        }
        let add = instruction.keyword.value == "ADD";
        let flag = if add { None } else { instruction.flag("from").filter(|flag| !flag.value.is_empty()) };
        let from = flag.map(|flag| self.source(instruction, flag, true));
        let dest = paths.pop().unwrap_or_else(|| Spanned::new(String::new(), instruction.span));
        let inline = instruction.heredocs.clone();
        self.step(instruction, Action::Copy { from, sources: paths, dest, add, inline, decided });
        words
    }

    /// The body of a file written in the Dockerfile; what it misses is not reported.
    fn inline(&mut self, instruction: &Instruction, part: &Heredoc) -> Known<String> {
        let (text, _) = part.body();
        if !part.expand {
            return Known::One(text);
        }
        let rules = Rules { no_quotes: true, ..Rules::new('\\') };
        match expand::expand(&text, rules, &self.scope) {
            Ok(expanded) => expanded.text(),
            Err(message) => {
                let reason = Reason::at(message.clone(), part.span);
                self.refuse(instruction, message);
                Known::Unknown(reason)
            }
        }
    }

    /// What `--from` names: a stage by number, where that is allowed, or by name, else an image.
    fn source(&mut self, instruction: &Instruction, reference: &Spanned<String>, numbers: bool) -> CopyFrom {
        let digits = reference.value.strip_prefix(['+', '-']).unwrap_or(&reference.value);
        let number = numbers && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let lower = reference.value.to_lowercase();
        let named = || self.names.iter().rposition(|name| name.as_ref() == Some(&lower));
        let from = if number {
            // A negative number names no stage; the build is refused for it.
            let negative = reference.value.starts_with('-') && digits.bytes().any(|byte| byte != b'0');
            CopyFrom::Stage(if negative { usize::MAX } else { digits.parse().unwrap_or(usize::MAX) })
        } else {
            named().map_or_else(|| CopyFrom::Image(reference.clone()), CopyFrom::Stage)
        };
        let dependency = Dependency { line: instruction.first_line, span: reference.span, from: from.clone() };
        self.stage.dependencies.push(dependency);
        from
    }

    fn run(&mut self, instruction: &Instruction, shell: Vec<String>) {
        let mut mounts = Vec::new();
        for (fields, flag) in commands::mounts(instruction) {
            let reference = fields.get("from").filter(|from| !from.is_empty());
            let from = reference.map(|from| self.source(instruction, &Spanned::new(from.clone(), flag.span), false));
            let kind = fields.get("type").cloned().unwrap_or_else(|| "bind".into());
            mounts.push(Mount { kind, from, fields, span: flag.span });
        }
        self.step(instruction, Action::Run { body: commands::run_body(instruction), mounts, shell });
    }

    fn step(&mut self, instruction: &Instruction, action: Action) {
        let text = |field: &Option<Spanned<String>>| field.as_ref().map(|field| field.value.clone());
        self.stage.steps.push(Step {
            span: instruction.span,
            line: instruction.first_line,
            workdir: text(&self.stage.workdir),
            user: text(&self.stage.user),
            vars: Arc::clone(&self.scope.vars),
            action,
        });
    }
}

/// Adds a text to a sorted list, once.
fn add(list: &mut Vec<Spanned<String>>, text: String, word: &Spanned<String>) {
    if let Err(at) = list.binary_search_by(|known| known.value.cmp(&text)) {
        list.insert(at, Spanned::new(text, word.span));
    }
}
