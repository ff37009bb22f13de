//! Variables that a job writes into a file of them before it starts or deploys something: lines that are echoed or printed
//! into it, here-documents, groups of commands whose output it is, samples that are copied or edited on the way.
//!
//! The scripts are read as lines, for what runs on a server stands as a text in a step. A value that something outside gives, or
//! that is written under a condition, is not known; that the variable is set is.

use std::collections::BTreeMap;

use super::charts::is_variable;
use crate::discover::{Tree, paths};
use crate::formats::dotenv::{self, Dialect};
use crate::formats::small::lines;
use crate::formats::workflow::{Job, Workflow};
use crate::formats::{Var, Vars, World};
use crate::model::{Known, Origin, Reason, Span, StepKind};

/// The inputs of actions that hold a script.
const SCRIPTS: [&str; 4] = ["script", "command", "run", "inline-script"];

/// What a job does to a file of variables.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Write {
    /// The file, as it is named.
    file: String,
    what: What,
    span: Span,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum What {
    /// A variable is set; to what is not known, where there is no value.
    Sets(String, Option<String>),
    /// Another file is the whole of it.
    Copies(String),
    /// Nothing that it held is known any more.
    Blurs,
}

/// The variables that a job writes into files of variables of a name, as that file has them in the end.
pub(crate) fn vars(tree: &Tree, workflow: &Workflow, job: &Job, is: &dyn Fn(&str) -> bool) -> Vars {
    let mut vars = Vars::new();
    for write in of_job(workflow, job) {
        if !is(paths::name(&write.file)) {
            continue;
        }
        let unknown = |name: &str| {
            Known::Unknown(Reason::at(format!("the job writes {name} into a file of variables"), write.span))
        };
        match write.what {
            What::Sets(name, value) => {
                let value = value.map_or_else(|| unknown(&name), Known::One);
                vars.insert(name, Var { value, ..Var::set("", Origin::set(write.span)) });
            }
            What::Copies(from) => {
                vars = Vars::new();
                let Some((file, text)) = sample(tree, &from, &write.file) else { continue };
                let read = dotenv::parse(file, text, Dialect::Compose, &World::Open(Vars::new()));
                for (name, mut var) in dotenv::vars(&read) {
                    var.origin = var.origin.then(StepKind::Included, write.span);
                    vars.insert(name, var);
                }
            }
            What::Blurs => {
                for (name, var) in &mut vars {
                    var.value = unknown(name);
                }
            }
        }
    }
    vars
}

/// The file that is copied: by its path from the root, or from where the copy is put.
fn sample<'t>(tree: &'t Tree, from: &str, to: &str) -> Option<(crate::model::FileId, &'t str)> {
    let places = [paths::join("", from), paths::join(paths::parent(to), from)];
    let file = places.iter().flatten().find_map(|path| tree.find(path))?;
    Some((file, tree.text(file).ok()?))
}

fn of_job(workflow: &Workflow, job: &Job) -> Vec<Write> {
    let mut found = Vec::new();
    let env: BTreeMap<&str, &str> = workflow
        .env
        .iter()
        .chain(&job.env)
        .filter(|(_, text)| !text.value.contains("${{"))
        .map(|(name, text)| (name.as_str(), text.value.as_str()))
        .collect();
    for step in &job.steps {
        let mut add = |text: &str, place: &dyn Fn(usize) -> Span| {
            let mut scan = Scan { env: &env, sure: step.condition.is_none(), depth: 0, found: Vec::new() };
            scan.text(text);
            let placed = scan.found.into_iter().map(|(file, what, at)| Write { file, what, span: place(at) });
            found.extend(placed);
        };
        if let Some(run) = &step.run {
            add(&run.text, &|at| run.map.span(at, at));
        }
        for (_, text) in step.with.iter().filter(|(name, _)| SCRIPTS.contains(&name.as_str())) {
            add(&text.value, &|_| text.span);
        }
    }
    found
}

/// What a line of a script is part of.
enum Within {
    /// Nothing that is written to a file of variables as a whole.
    Nothing,
    /// A here-document that goes to a file of variables and ends with this word; one that is quoted is taken as it is.
    Document { file: String, end: String, quoted: bool },
    /// A group of commands, with what was echoed in it so far.
    Group(Vec<(String, Option<String>, usize)>),
}

struct Scan<'a> {
    /// What `${{ env.NAME }}` stands for.
    env: &'a BTreeMap<&'a str, &'a str>,
    /// Whether the script runs in any case.
    sure: bool,
    /// How many conditions and loops are around a line.
    depth: usize,
    found: Vec<(String, What, usize)>,
}

impl Scan<'_> {
    fn text(&mut self, text: &str) {
        let mut within = Within::Nothing;
        for (start, line) in lines(text) {
            let bare = line.trim();
            match &mut within {
                Within::Document { file, end, quoted } => {
                    if bare == end {
                        within = Within::Nothing;
                    } else if let Some((name, value)) = named(bare) {
                        let value = self.value(value, *quoted);
                        self.found.push((file.clone(), What::Sets(name.to_owned(), value), start));
                    }
                    continue;
                }
                Within::Group(all) if bare.starts_with('}') || bare.starts_with(')') => {
                    if let Some(file) = target(bare) {
                        let sets = |(name, value, at): &(String, Option<String>, usize)| {
                            (file.clone(), What::Sets(name.clone(), value.clone()), *at)
                        };
                        self.found.extend(all.iter().map(sets));
                    }
                    within = Within::Nothing;
                    continue;
                }
                Within::Group(all) => {
                    all.extend(self.echoed(bare).map(|(name, value)| (name, value, start)));
                }
                Within::Nothing => {}
            }
            self.nest(bare);
            if let Some(open) = self.line(bare, start) {
                within = open;
            }
        }
    }

    /// What one line does; gives what the lines after it are part of.
    fn line(&mut self, bare: &str, start: usize) -> Option<Within> {
        if bare == "{" || bare == "(" {
            return Some(Within::Group(Vec::new()));
        }
        let file = target(bare);
        // What goes to another shell is a script like this one.
        if let Some((word, file)) = document(bare).zip(file.clone()) {
            let end = word.trim_matches(['"', '\'', '\\']).to_owned();
            return Some(Within::Document { file, quoted: word != end, end });
        }
        if let Some((file, (name, value))) = file.clone().zip(self.echoed(bare)) {
            self.found.push((file, What::Sets(name, value), start));
            return None;
        }
        self.copied(bare, file, start);
        None
    }

    /// What a command copies or edits: `cp a .env`, `cat a > .env`, `envsubst < a > .env`, `sed -i s/a/b/ .env`.
    fn copied(&mut self, bare: &str, target: Option<String>, start: usize) {
        let words = split(bare);
        let plain: Vec<&str> = words.iter().skip(1).map(String::as_str).filter(|word| !word.starts_with('-')).collect();
        let is_path = |word: &&&str| !word.contains(['$', '>', '<', '|', '&', ';', ' ', '{']);
        match (words.first().map(String::as_str), target) {
            (Some("cp" | "mv"), None) => {
                let [from, to] = plain[..] else { return };
                if is_file(to) && is_path(&&from) {
                    let what = if self.is_sure() { What::Copies(from.into()) } else { What::Blurs };
                    self.found.push((to.to_owned(), what, start));
                }
            }
            (Some("cat" | "envsubst"), Some(file)) => {
                if let Some(from) = plain.iter().find(is_path).filter(|_| self.is_sure() && !bare.contains(">>")) {
                    self.found.push((file, What::Copies((*from).to_owned()), start));
                }
            }
            (Some("sed"), Some(file)) => {
                let Some(from) = plain.iter().rev().find(|word| is_path(word) && !target_is(bare, word)) else {
                    return;
                };
                self.found.push((file.clone(), What::Copies((*from).to_owned()), start));
                self.edited(&words, &file, start);
            }
            (Some("sed"), None) if words.iter().any(|word| word.starts_with("-i") || word == "--in-place") => {
                let Some(file) = words.last().filter(|word| is_file(word)) else { return };
                self.edited(&words, file, start);
            }
            _ => {}
        }
    }

    /// What the expressions of `sed` make of the file.
    fn edited(&mut self, words: &[String], file: &str, start: usize) {
        let replaces =
            |word: &&String| word.starts_with('s') && word.len() > 3 && !word[1..].starts_with(char::is_alphanumeric);
        for word in words.iter().skip(1).filter(replaces) {
            let sign = word[1..].chars().next().unwrap_or('/');
            let mut parts = word[1 + sign.len_utf8()..].split(sign);
            let (from, to) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let before = named(from.trim_start_matches('^'));
            let what = match (before, named(to)) {
                (Some((name, _)), Some((other, value))) if name == other => {
                    let plain = Some(value).filter(|value| !value.contains(['\\', '&']));
                    What::Sets(name.to_owned(), plain.and_then(|value| self.value(value, false)))
                }
                _ => What::Blurs,
            };
            self.found.push((file.to_owned(), what, start));
        }
    }

    fn nest(&mut self, bare: &str) {
        let word = bare.split([' ', ';', '\t']).next().unwrap_or_default();
        if ["if", "for", "while", "until", "case"].contains(&word) && !closes(bare) {
            self.depth += 1;
        } else if ["fi", "done", "esac"].contains(&word) {
            self.depth = self.depth.saturating_sub(1);
        }
    }

    fn is_sure(&self) -> bool {
        self.sure && self.depth == 0
    }

    /// The name and the value that a line echoes or prints: `echo "NAME=$VALUE"`, `printf 'NAME=%s\n' "$VALUE"`.
    fn echoed(&self, line: &str) -> Option<(String, Option<String>)> {
        let (program, rest) = line.split_once(' ')?;
        if !["echo", "printf"].contains(&program) {
            return None;
        }
        let rest = rest.trim_start().trim_start_matches("-e ").trim_start();
        let end = [" >", ">>", " |", " #"].iter().filter_map(|sign| rest.rfind(sign)).min().unwrap_or(rest.len());
        let word = rest.get(..end)?.trim_end().trim_end_matches([';', '\\', '&']).trim_end();
        let quote = word.chars().next().filter(|quote| ['"', '\''].contains(quote));
        let inner = quote.map(|quote| word.trim_start_matches(quote));
        let (name, value) = named(inner.unwrap_or(word))?;
        let value = match quote {
            // One text in quotes, and nothing behind it.
            Some(quote) => value.strip_suffix(quote).filter(|value| !value.contains(quote)),
            None => Some(value).filter(|value| !value.contains(['"', '\'', ' '])),
        };
        let printed = program == "printf" && value.is_some_and(|value| value.contains('%'));
        let value = value.filter(|value| !printed && !value.contains('\\'));
        Some((name.to_owned(), value.and_then(|value| self.value(value, quote == Some('\'')))))
    }

    /// A value as the file has it, where all of it is known.
    fn value(&self, text: &str, quoted: bool) -> Option<String> {
        let text = text.trim();
        let from_env = || {
            let inner = text.strip_prefix("${{")?.strip_suffix("}}")?.trim().strip_prefix("env.")?;
            self.env.get(inner).map(|value| (*value).to_owned())
        };
        if !self.is_sure() {
            return None;
        }
        if text.contains("${{") {
            return from_env();
        }
        let open = text.contains('`') || text.contains('$');
        let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
        (quoted && !text.contains('$') || !open).then(|| inner.unwrap_or(text).to_owned())
    }
}

/// Whether a line that opens a condition or a loop closes it again.
fn closes(line: &str) -> bool {
    let last = line.rsplit([' ', ';']).next().unwrap_or_default();
    ["fi", "done", "esac"].contains(&last)
}

/// The name and the rest of `NAME=value`.
fn named(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    line.split_once('=').filter(|(name, _)| is_variable(name))
}

/// Whether a word names a file of variables.
fn is_file(word: &str) -> bool {
    let name = paths::name(word).to_ascii_lowercase();
    let plain = name == ".env" || name.starts_with(".env.") || name.starts_with(".env-") || name.ends_with(".env");
    plain && !word.contains(' ')
}

/// The file of variables that a line redirects into.
fn target(line: &str) -> Option<String> {
    let bare = |word: &str| word.trim_matches(['"', '\'', ';', ')']).to_owned();
    let redirected = line.rsplit_once('>').and_then(|(_, rest)| rest.split_whitespace().next()).map(bare);
    let teed = || {
        let (_, rest) = line.split_once("tee ")?;
        rest.split_whitespace().map(bare).find(|word| is_file(word))
    };
    redirected.filter(|word| is_file(word)).or_else(teed)
}

fn target_is(line: &str, word: &str) -> bool {
    target(line).is_some_and(|target| target == word)
}

/// The words of a command, quotes off.
fn split(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '"' || c == '\'' => (quote, any) = (Some(c), true),
            None if c.is_whitespace() => {
                if any || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            _ => word.push(c),
        }
    }
    if any || !word.is_empty() {
        words.push(word);
    }
    words
}

/// The word that ends a here-document which a line begins, as it is written.
fn document(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("<<")?;
    let word = rest.trim_start_matches('-').split_whitespace().next()?;
    Some(word).filter(|word| !word.trim_matches(['"', '\'', '\\']).is_empty() && !word.starts_with('<'))
}

#[cfg(test)]
mod tests;
