//! `Jenkinsfile`, declarative or scripted: its stages, with what they run, where, and on which branches.
//! Source: <https://www.jenkins.io/doc/book/pipeline/syntax/>.

mod groovy;
mod stages;
#[cfg(test)]
mod tests;

use groovy::{Token, What};
use stages::{Scope, Stage};

use super::container;
use crate::discover::Tree;
use crate::formats::small::quoted;
use crate::formats::workflow::{Ci, RunText, Step, Texts, Workflow};
use crate::model::{FileId, Span, SpanMap, Spanned};

/// How deep blocks may hold one another.
const MAX_DEPTH: usize = 40;
/// Blocks that run nothing of the pipeline.
const ASIDE: [&str; 6] = ["options", "post", "tools", "triggers", "libraries", "catch"];

struct Reading {
    tokens: Vec<Token>,
    at: usize,
    env: Texts,
    stages: Vec<Stage>,
    /// The parameters whose choices are written, with those.
    choices: Vec<(String, Vec<Spanned<String>>)>,
}

/// The pipeline of a file as a workflow.
pub fn workflow(tree: &Tree, file: FileId) -> Workflow {
    let tokens = groovy::tokens(file, tree.text(file).unwrap_or_default());
    let mut reading = Reading { tokens, at: 0, env: Texts::new(), stages: Vec::new(), choices: Vec::new() };
    while reading.at < reading.tokens.len() {
        reading.block(&mut Scope::default(), 0);
    }
    let mut workflow = Workflow::elsewhere(Ci::Jenkins, file, stages::jobs(reading.stages), Vec::new());
    for trigger in &mut workflow.on {
        trigger.choices.extend(reading.choices.iter().cloned());
    }
    workflow
}

impl Reading {
    /// Reads a block to its end, or all that is left.
    fn block(&mut self, scope: &mut Scope, depth: usize) {
        let mut head = self.at;
        let mut open = 0_usize;
        while let Some(token) = self.tokens.get(self.at).cloned() {
            self.at += 1;
            match &token.what {
                What::Sign('}') => return,
                What::Sign('{') => {
                    let head_tokens: Vec<Token> =
                        self.tokens.get(head..self.at.saturating_sub(1)).unwrap_or_default().to_vec();
                    self.inner(&head_tokens, scope, depth + 1);
                    head = self.at;
                    open = 0;
                }
                What::Sign('(' | '[') => open += 1,
                What::Sign(')' | ']') => open = open.saturating_sub(1),
                What::Sign(';') => head = self.at,
                What::Line if open == 0 && !self.goes_on() => head = self.at,
                What::Word(word) => self.word(&word.clone(), token.span, scope),
                _ => {}
            }
        }
    }

    /// Whether the next line goes on with a block or a chain.
    fn goes_on(&self) -> bool {
        let next = self.tokens.get(self.at..).unwrap_or_default().iter().find(|token| token.what != What::Line);
        next.is_some_and(|token| token.is('{') || token.word().is_some_and(|word| word.starts_with('.')))
    }

    /// Skips what is left of a block; gives its tokens.
    fn skip(&mut self) -> Vec<Token> {
        let start = self.at;
        let mut depth = 1_usize;
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            depth = if token.is('{') { depth + 1 } else { depth - usize::from(token.is('}')) };
            if depth == 0 {
                break;
            }
        }
        self.tokens.get(start..self.at.saturating_sub(1)).unwrap_or_default().to_vec()
    }

    /// A block behind its head.
    fn inner(&mut self, head: &[Token], scope: &mut Scope, depth: usize) {
        let words: Vec<&str> = head.iter().filter_map(Token::word).collect();
        let first = words.first().copied().unwrap_or_default();
        if depth > MAX_DEPTH || ASIDE.contains(&first) {
            self.skip();
            return;
        }
        match first {
            "when" => scope.branches.extend(branches(&self.skip())),
            "environment" => {
                let all = assigned(&self.skip());
                scope.env.extend(all);
            }
            "agent" => {
                let inside = self.skip();
                let image = inside.windows(2).find_map(|pair| {
                    let named = matches!(pair[0].word(), Some("image" | "docker"));
                    Some(Spanned::new(pair[1].text().filter(|_| named)?.0.to_owned(), pair[1].span))
                });
                scope.container =
                    image.filter(|image| !image.value.contains('$')).map(|image| container(image, Texts::new()));
            }
            "parameters" => {
                let inside = self.skip();
                self.parameters(&inside);
            }
            "input" => {
                self.skip();
                scope.by_hand = true;
            }
            _ => {
                let mut own = scope.clone();
                enter(head, &words, &mut own);
                let staged = self.stages.len();
                self.block(&mut own, depth);
                let stage = own.stage.clone().filter(|_| words.contains(&"stage"));
                // A stage that only calls a function of a library is known by its name.
                if let Some(name) = stage.filter(|_| self.stages.len() == staged) {
                    let span = name.span;
                    self.stages.push(Stage { scope: self.with_env(&own), steps: Vec::new(), span, chosen: None });
                }
            }
        }
    }

    /// A word that a command begins with.
    fn word(&mut self, word: &str, span: Span, scope: &mut Scope) {
        if let Some(name) =
            word.strip_prefix("env.").filter(|_| self.tokens.get(self.at).is_some_and(|next| next.is('=')))
        {
            let value = self.tokens.get(self.at + 1).filter(|token| !token.is('='));
            if let Some(value) = value {
                let text = value.text().map_or_else(|| given("$"), |(text, _)| given(text));
                self.env.insert(name.to_owned(), Spanned::new(text, value.span));
            }
            return;
        }
        match word {
            "sh" => {
                if let Some((text, map)) = self.script() {
                    self.run(text, map, span, scope);
                }
            }
            "docker.build" => {
                let texts = self.arguments();
                let mut texts = texts.iter().filter_map(Token::text);
                if let Some((name, _)) = texts.next() {
                    let rest = texts.next().map_or(".", |(rest, _)| rest);
                    self.run(format!("docker build -t {} {rest}", quoted(name)), SpanMap::Whole(span), span, scope);
                }
            }
            "input" => {
                scope.by_hand = true;
                let stage = scope.stage.clone();
                let same = |known: &&mut Stage| known.scope.stage == stage && stage.is_some();
                if let Some(known) = self.stages.iter_mut().rev().find(same) {
                    known.scope.by_hand = true;
                }
            }
            // In a scripted pipeline it declares them.
            "properties" => {
                let inside = self.arguments();
                self.parameters(&inside);
            }
            _ => {
                if let Some(name) = word.strip_prefix("params.") {
                    self.choose(name, scope);
                }
            }
        }
    }

    /// The tokens within the parentheses that come next, or the rest of the line.
    fn arguments(&self) -> Vec<Token> {
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let enclosed = rest.first().is_some_and(|token| token.is('('));
        let mut depth = 0_usize;
        let mut found = Vec::new();
        for token in rest {
            depth = if token.is('(') { depth + 1 } else { depth.saturating_sub(usize::from(token.is(')'))) };
            let ended = if enclosed { depth == 0 } else { matches!(token.what, What::Line | What::Sign('}' | ';')) };
            if ended || found.len() > 2_000 {
                break;
            }
            found.push(token.clone());
        }
        found
    }

    /// The text that `sh` runs.
    fn script(&self) -> Option<(String, SpanMap)> {
        let all = self.arguments();
        let named = all.iter().position(|token| token.word() == Some("script"));
        let plain = all.iter().find(|token| !token.is('('))?.text().is_some();
        let texts = all.get(named.unwrap_or(0)..)?;
        let (text, map) = texts.iter().find_map(Token::text).filter(|_| plain || named.is_some())?;
        Some((text.to_owned(), map.clone()))
    }

    /// Adds a command to its stage.
    fn run(&mut self, text: String, map: SpanMap, span: Span, scope: &Scope) {
        let choice = self.choices.iter().map(|(name, _)| name.clone()).find(|name| {
            says_where(name) && (text.contains(&format!("${{{name}}}")) || text.contains(&format!("${name}")))
        });
        let run = RunText { text, map, span, shell: None, working_directory: scope.folder.clone() };
        let step = Step { run: Some(run), name: scope.stage.clone(), ..Step::blank(span) };
        let own = self.with_env(scope);
        let same = |known: &Stage| {
            known.scope.stage == own.stage
                && known.scope.branches == own.branches
                && known.scope.container.as_ref().map(|one| &one.image.value)
                    == own.container.as_ref().map(|one| &one.image.value)
        };
        if let Some(known) = self.stages.last_mut().filter(|known| same(known)) {
            known.steps.push(step);
            known.scope.env.extend(own.env);
            known.chosen = known.chosen.take().or(choice);
        } else {
            self.stages.push(Stage { scope: own, steps: vec![step], span, chosen: choice });
        }
    }

    /// A stage that reads a parameter which says where to deploy.
    fn choose(&mut self, name: &str, scope: &Scope) {
        let known = says_where(name) && self.choices.iter().any(|(known, _)| known == name);
        let stage = self.stages.last_mut().filter(|stage| stage.scope.stage == scope.stage);
        if let Some(stage) = stage.filter(|_| known) {
            stage.chosen = Some(name.to_owned());
        }
    }

    fn with_env(&self, scope: &Scope) -> Scope {
        let mut own = scope.clone();
        for (name, text) in &self.env {
            own.env.entry(name.clone()).or_insert_with(|| text.clone());
        }
        own
    }

    /// `choice(name: 'X', choices: ['a', 'b'])`, the choices as a list or as lines.
    fn parameters(&mut self, inside: &[Token]) {
        for part in inside.split(|token| token.word() == Some("choice")).skip(1) {
            let after =
                |key: &str| part.iter().position(|token| token.word() == Some(key)).and_then(|at| part.get(at..));
            let name = after("name").and_then(|rest| rest.iter().find_map(Token::text));
            let (Some((name, _)), Some(rest)) = (name, after("choices")) else { continue };
            let ends =
                |token: &&Token| !matches!(token.what, What::Sign(']' | ')')) && token.word() != Some("description");
            let texts = rest.iter().take_while(ends).filter_map(|token| Some((token.text()?.0, token.span)));
            let all = texts.flat_map(|(text, span)| text.lines().map(move |line| Spanned::new(line.to_owned(), span)));
            self.choices.push((name.to_owned(), all.collect()));
        }
    }
}

/// What the head of a block says of what is in it.
fn enter(head: &[Token], words: &[&str], scope: &mut Scope) {
    let text = head.iter().find_map(|token| Some(Spanned::new(token.text()?.0.to_owned(), token.span)));
    if words.contains(&"stage") {
        scope.stage = text.clone().or(scope.stage.take());
    }
    if words.first() == Some(&"if") {
        scope.branches.extend(branches(head));
    }
    if words.contains(&"dir") {
        scope.folder.clone_from(&text);
    }
    if words.contains(&"withEnv") {
        let all = head.iter().filter_map(|token| Some((token.text()?.0.split_once('=')?, token.span)));
        scope.env.extend(all.map(|((name, value), span)| (name.to_owned(), Spanned::new(given(value), span))));
    }
    if words.contains(&"docker.image") && words.contains(&".inside") {
        let image = text.filter(|image| !image.value.contains('$'));
        scope.container = image.map(|image| container(image, Texts::new()));
    }
}

/// Whether a parameter says by its name where to deploy.
fn says_where(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["env", "stage", "target"].iter().any(|word| name.contains(word))
}

/// A value, or what stands for one that is not known.
fn given(text: &str) -> String {
    if text.contains('$') { "${{ secrets.it }}".to_owned() } else { text.to_owned() }
}

/// The assignments of a block: literals by their values.
fn assigned(inside: &[Token]) -> Texts {
    let mut found = Texts::new();
    for triple in inside.windows(3) {
        if let (Some(name), true) = (triple[0].word(), triple[1].is('=')) {
            let text = triple[2].text().map_or_else(|| given("$"), |(text, _)| given(text));
            found.insert(name.to_owned(), Spanned::new(text, triple[2].span));
        }
    }
    found
}

/// The branches that a condition asks for; none where it may be turned round.
fn branches(condition: &[Token]) -> Vec<Spanned<String>> {
    if condition.iter().any(|token| token.is('!') || token.word() == Some("not")) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, token) in condition.iter().enumerate() {
        let name = token.word().map(|word| word.strip_prefix("env.").unwrap_or(word));
        if !matches!(name, Some("branch" | "BRANCH_NAME" | "GIT_BRANCH")) {
            continue;
        }
        let next = condition.get(at + 1..).unwrap_or_default().iter().find(|next| !matches!(next.what, What::Sign(_)));
        if let Some((text, span)) = next.and_then(|next| Some((next.text()?.0, next.span))) {
            found.push(Spanned::new(text.strip_prefix("origin/").unwrap_or(text).to_owned(), span));
        }
    }
    found
}
