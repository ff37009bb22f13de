//! An environment of an ini file: its own section, then `[testenv]`, lines by factors, substitutions.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::{Command, Substituted, TestEnv, common, factor, is_true, pair, substitute};
use crate::formats::small::CommandText;
use crate::formats::small::ini::{Ini, Section};
use crate::model::{SpanMap, Spanned};

/// How deep sections may refer to one another.
const MAX_DEPTH: usize = 10;
/// How many references one environment may follow.
const MAX_STEPS: u32 = 10_000;
/// How many lines one value may come to.
const MAX_LINES: usize = 5_000;

struct Reader<'i> {
    ini: &'i Ini,
    name: &'i str,
    moved: bool,
    set: BTreeMap<String, crate::formats::Var>,
    steps: Cell<u32>,
}

/// A line without its comment; `\#` is no comment.
pub(super) fn bare(line: &Spanned<String>) -> Spanned<String> {
    let mut end = line.value.len();
    for (at, _) in line.value.match_indices('#') {
        if !line.value.get(..at).unwrap_or_default().ends_with('\\') {
            end = at;
            break;
        }
    }
    let kept = line.value.get(..end).unwrap_or_default();
    let kept = if end < line.value.len() { kept.trim_end() } else { kept };
    let span = crate::model::Span { end: line.span.start + u32::try_from(kept.len()).unwrap_or(0), ..line.span };
    Spanned::new(kept.replace("\\#", "#"), span)
}

pub(super) fn environment(ini: &Ini, name: &str) -> TestEnv {
    let mut reader = Reader { ini, name, moved: false, set: BTreeMap::new(), steps: Cell::new(0) };
    let first = |reader: &Reader<'_>, keys: &[&str]| reader.lines(keys).into_iter().next().map(|line| spanned(&line));
    let change_dir = first(&reader, &["change_dir", "changedir"]);
    reader.moved = change_dir.as_ref().is_some_and(|dir| !matches!(dir.value.as_str(), "." | "./" | ""));
    for line in reader.raw(&["set_env", "setenv"]) {
        let Some((key, value)) = pair(&line.text).filter(|(key, _)| !key.is_empty()) else { continue };
        // `; marker` behind a value says where it holds.
        let marker = value.match_indices(';').any(|(at, _)| !value.get(..at).unwrap_or_default().ends_with('\\'));
        let found = reader.put_in(&value.replace("\\;", ";"));
        let var = Substituted { known: found.known && !marker, ..found }.var(line.span);
        reader.set.insert(key.to_owned(), var);
    }
    let listed = |keys: &[&str]| -> Vec<Spanned<String>> {
        let lines = reader.lines(keys);
        lines.iter().flat_map(|line| split(line, &[','])).collect()
    };
    let passed = reader.lines(&["pass_env", "passenv"]);
    let commands = |key: &str| reader.lines(&[key]).iter().map(command).collect();
    TestEnv {
        name: name.to_owned(),
        commands_pre: commands("commands_pre"),
        commands: commands("commands"),
        deps: reader.lines(&["deps"]).iter().map(spanned).collect(),
        pass_env: passed.iter().flat_map(|line| split(line, &[',', ' '])).collect(),
        extras: listed(&["extras"]),
        groups: listed(&["dependency_groups"]),
        base_python: listed(&["base_python", "basepython"]),
        skip_install: first(&reader, &["skip_install"]).is_some_and(|value| is_true(&value.value)),
        runner: first(&reader, &["runner"]),
        skips_package: first(&reader, &["package"]).is_some_and(|value| value.value == "skip"),
        set_env: reader.set.clone(),
        change_dir,
    }
}

fn spanned(line: &CommandText) -> Spanned<String> {
    Spanned::new(line.text.trim().to_owned(), line.span)
}

fn split(line: &CommandText, at: &[char]) -> Vec<Spanned<String>> {
    let parts = line.text.split(at).map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| Spanned::new(part.to_owned(), line.span)).collect()
}

fn command(line: &CommandText) -> Command {
    let text = line.text.trim_start_matches(['-', '!']).trim_start();
    let ignores_errors = line.text.starts_with('-');
    let cut = line.text.len() - text.len();
    let map = match &line.map {
        SpanMap::Linear { file, base } => SpanMap::Linear { file: *file, base: base + u32::try_from(cut).unwrap_or(0) },
        other if cut == 0 => other.clone(),
        _ => SpanMap::Whole(line.span),
    };
    Command { text: CommandText { text: text.to_owned(), span: line.span, map }, ignores_errors }
}

impl Reader<'_> {
    /// The sections of the environment itself.
    fn sections(&self) -> impl Iterator<Item = &Section> {
        self.ini.sections.iter().filter(|section| {
            let names = section.name.value.strip_prefix("testenv:");
            names.is_some_and(|names| {
                names == self.name || factor::names(names).unwrap_or_default().iter().any(|name| name == self.name)
            })
        })
    }

    /// The lines of a setting: those of the environment's own section, else of all environments.
    fn raw(&self, keys: &[&str]) -> Vec<CommandText> {
        for section in self.sections().chain(self.ini.section("testenv")) {
            for key in keys {
                if let Some(lines) = section.value(key) {
                    let found = self.filtered(lines);
                    // A value of which no line holds is as good as none.
                    if !found.is_empty() || lines.is_empty() {
                        return found;
                    }
                }
            }
        }
        Vec::new()
    }

    fn lines(&self, keys: &[&str]) -> Vec<CommandText> {
        let raw = self.raw(keys);
        let mut out = Vec::new();
        self.replaced(raw, 0, &mut out);
        out.retain(|line| !line.text.trim().is_empty());
        out
    }

    /// The lines that hold for the environment, continued ones joined.
    fn filtered(&self, lines: &[Spanned<String>]) -> Vec<CommandText> {
        let mut out: Vec<CommandText> = Vec::new();
        let (mut open, mut skipping) = (false, false);
        for line in lines.iter().map(bare) {
            let (holds, from) = match factor::condition(&line.value) {
                Some((condition, from)) => (factor::holds(&condition, self.name), from),
                None => (!skipping || open, 0),
            };
            let text = line.value.get(from..).unwrap_or_default();
            let start = line.span.start as usize + from + (text.len() - text.trim_start().len());
            let text = text.trim();
            let goes_on = text.ends_with('\\');
            if !holds {
                skipping = goes_on;
                continue;
            }
            skipping = false;
            let piece = CommandText::slice(line.span.file, text.strip_suffix('\\').unwrap_or(text), start);
            match out.last_mut().filter(|_| open) {
                Some(last) => join(last, &piece),
                None if piece.text.is_empty() && !goes_on => {}
                None => out.push(piece),
            }
            open = goes_on;
        }
        out
    }

    /// Puts in substitutions; a line that is a reference to another section's setting becomes its lines.
    fn replaced(&self, lines: Vec<CommandText>, depth: usize, out: &mut Vec<CommandText>) {
        for line in lines {
            if out.len() > MAX_LINES {
                return;
            }
            let alone = line.text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            if let Some(found) = alone.and_then(|inner| self.referred(inner)).filter(|_| depth < MAX_DEPTH) {
                self.replaced(found, depth + 1, out);
                continue;
            }
            let found = self.put_in_at(&line.text, depth);
            if found.text == line.text {
                out.push(line);
                continue;
            }
            // A value of several lines within a line is still one line.
            let text = found.text.replace('\n', " ").trim().to_owned();
            out.push(CommandText { text, span: line.span, map: SpanMap::Whole(line.span) });
        }
    }

    /// The lines of `[section]key`.
    fn referred(&self, inner: &str) -> Option<Vec<CommandText>> {
        let (section, key) = inner.strip_prefix('[')?.split_once(']')?;
        let key = key.split(':').next().unwrap_or_default().to_lowercase();
        self.steps.set(self.steps.get().saturating_add(1));
        let section: &Section = self.ini.section(section).filter(|_| self.steps.get() < MAX_STEPS)?;
        let other = match key.as_str() {
            "setenv" => "set_env",
            "set_env" => "setenv",
            "passenv" => "pass_env",
            "pass_env" => "passenv",
            _ => "",
        };
        let lines = section.value(&key).or_else(|| section.value(other))?;
        Some(self.filtered(lines))
    }

    /// Another setting of the environment, by its name alone.
    fn own(&self, key: &str, depth: usize) -> Option<Substituted> {
        let written = |section: &Section| section.value(key).is_some();
        let of_all = self.ini.section("testenv").is_some_and(written);
        self.steps.set(self.steps.get().saturating_add(1));
        if depth >= MAX_DEPTH || self.steps.get() > MAX_STEPS || !of_all && !self.sections().any(written) {
            return None;
        }
        let found: Vec<Substituted> =
            self.raw(&[key]).iter().map(|line| self.put_in_at(&line.text, depth + 1)).collect();
        let known = found.iter().all(|one| one.known);
        let text: Vec<String> = found.into_iter().map(|one| one.text).collect();
        Some(Substituted { text: text.join("\n"), known, variable: None })
    }

    fn put_in(&self, text: &str) -> Substituted {
        self.put_in_at(text, 0)
    }

    fn put_in_at(&self, text: &str, depth: usize) -> Substituted {
        substitute(text, &|inner| {
            if let Some(lines) = self.referred(inner).filter(|_| depth < MAX_DEPTH) {
                let found: Vec<Substituted> = lines.iter().map(|line| self.put_in_at(&line.text, depth + 1)).collect();
                let known = found.iter().all(|one| one.known);
                let text: Vec<String> = found.into_iter().map(|one| one.text).collect();
                return Some(Substituted { text: text.join("\n"), known, variable: None });
            }
            common(inner, self.name, self.moved, &self.set).or_else(|| self.own(inner, depth))
        })
    }
}

fn join(last: &mut CommandText, piece: &CommandText) {
    let at = u32::try_from(last.text.len()).unwrap_or(u32::MAX);
    let file = last.span.file;
    let mut starts = match &last.map {
        SpanMap::Pieces { starts, .. } => starts.clone(),
        SpanMap::Linear { base, .. } => vec![(0, *base)],
        SpanMap::Whole(span) => vec![(0, span.start)],
    };
    starts.push((at, piece.span.start));
    last.map = SpanMap::Pieces { file, starts };
    last.text.push_str(&piece.text);
    last.span = last.span.to(piece.span);
}
