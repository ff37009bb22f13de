//! From lines to a makefile, top to bottom, as make reads one.

use std::cell::Cell;
use std::collections::BTreeMap;

use super::condition::Conditions;
use super::expand::{Given, Scope};
use super::{Makefile, RecipeLine, Variable, assign, rule};
use crate::formats::small::{CommandText, lines};
use crate::model::{FileId, Problem, Span, SpanMap, Spanned};

/// How many problems of one file are told.
const MAX_PROBLEMS: usize = 20;
/// The longest text that `+=` may make of a variable.
const MAX_VARIABLE: usize = 32 * 1024;
/// How many bytes of needs and recipes are kept, all targets together.
const MAX_ROOM: usize = 8 * 1024 * 1024;
/// Nothing is given on a command line while a makefile is read.
static NONE: Given = Given::new();

/// Reads a makefile.
pub fn parse(file: FileId, text: &str) -> Makefile {
    let mut reader = Reader {
        file,
        prefix: '\t',
        makefile: Makefile::default(),
        conditions: Conditions::default(),
        open: Vec::new(),
        fresh: false,
        define: None,
        steps: Cell::new(0),
        room: MAX_ROOM,
        places: BTreeMap::new(),
    };
    let physical: Vec<(usize, &str)> = lines(text).collect();
    let mut at = 0;
    while at < physical.len() {
        let from = at;
        at += 1;
        while physical.get(at - 1).is_some_and(|(_, line)| continues(line)) && at < physical.len() {
            at += 1;
        }
        reader.line(physical.get(from..at).unwrap_or_default());
    }
    if let Some(open) = reader.conditions.unclosed() {
        reader.problem(open, "this conditional does not end");
    }
    if let Some((name, ..)) = reader.define.take() {
        reader.problem(name.span, "`define` without `endef`");
    }
    reader.makefile
}

fn continues(line: &str) -> bool {
    (line.len() - line.trim_end_matches('\\').len()) & 1 == 1
}

/// A line of make's syntax, its continuations joined by single blanks, its comment cut off.
pub(super) struct Logical {
    pub(super) text: String,
    pub(super) map: SpanMap,
}

impl Logical {
    fn of(file: FileId, physical: &[(usize, &str)]) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        for (i, (start, line)) in physical.iter().enumerate() {
            let mut piece = *line;
            if i + 1 < physical.len() {
                piece = piece.get(..piece.len() - 1).unwrap_or_default().trim_end_matches([' ', '\t']);
            }
            let mut from = *start;
            if i > 0 {
                let bare = piece.trim_start_matches([' ', '\t']);
                from += piece.len() - bare.len();
                piece = bare;
                text.push(' ');
            }
            let offset = if i > 0 { text.len() - 1 } else { 0 };
            starts.push((
                u32::try_from(offset).unwrap_or(u32::MAX),
                u32::try_from(from.saturating_sub(usize::from(i > 0))).unwrap_or(0),
            ));
            text.push_str(piece);
        }
        Self { text, map: SpanMap::Pieces { file, starts } }
    }

    pub(super) fn span(&self, range: std::ops::Range<usize>) -> Span {
        self.map.span(range.start, range.end)
    }

    /// A piece of the line without blanks around it.
    pub(super) fn piece(&self, range: std::ops::Range<usize>) -> Spanned<String> {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + (text.len() - text.trim_start().len());
        let text = text.trim();
        Spanned::new(text.to_owned(), self.span(start..start + text.len()))
    }
}

/// A variable of several lines: name, sign, text so far, its place, how deep other definitions nest in it.
type Define = (Spanned<String>, assign::Sign, String, Option<Span>, usize);

pub(super) struct Reader {
    pub(super) file: FileId,
    prefix: char,
    pub(super) makefile: Makefile,
    conditions: Conditions,
    /// The targets of the rule whose recipe may follow.
    pub(super) open: Vec<usize>,
    /// Whether that rule has had no line of a recipe yet.
    pub(super) fresh: bool,
    /// The variable that `define` fills: name, how it is assigned, its lines and where the first stands, the nesting.
    define: Option<Define>,
    /// How many references were followed.
    steps: Cell<u32>,
    /// How much may still be kept.
    room: usize,
    /// Where the targets stand by name.
    pub(super) places: BTreeMap<String, usize>,
}

impl Reader {
    /// The variables as they are here.
    pub(super) fn scope(&self) -> Scope<'_> {
        Scope::new(&self.makefile.variables, &NONE, &self.steps)
    }

    /// Takes room for something to be kept; false where there is no more.
    pub(super) fn take(&mut self, size: usize) -> bool {
        let fits = size <= self.room;
        self.room = if fits { self.room - size } else { 0 };
        fits
    }

    pub(super) fn problem(&mut self, span: Span, message: &str) {
        if self.makefile.problems.len() < MAX_PROBLEMS {
            self.makefile.problems.push(Problem::new(span, message));
        }
    }

    fn line(&mut self, physical: &[(usize, &str)]) {
        let Some((start, first)) = physical.first().copied() else { return };
        if self.define.is_some() {
            self.define_lines(physical);
            return;
        }
        if first.starts_with(self.prefix) && !self.open.is_empty() {
            if !self.conditions.skipped() {
                self.recipe_line(physical);
            }
            return;
        }
        let mut line = Logical::of(self.file, physical);
        let end = comment(&line.text).unwrap_or(line.text.len());
        line.text.truncate(end);
        if line.text.trim().is_empty() {
            return;
        }
        let scope = Scope::new(&self.makefile.variables, &NONE, &self.steps);
        let directive = self.conditions.read(&line, &scope);
        match directive {
            Some(Ok(())) => return,
            Some(Err(message)) => {
                self.problem(Span::new(self.file, start, start + first.len()), message);
                return;
            }
            None if self.conditions.skipped() => return,
            None => {}
        }
        if assign::directive(self, &line) {
            return;
        }
        if first.starts_with('\t') && self.open.is_empty() && self.makefile.targets.is_empty() {
            self.problem(Span::new(self.file, start, start + first.len()), "a recipe before the first target");
            return;
        }
        rule::read(self, &line);
    }

    pub(super) fn start_define(&mut self, name: Spanned<String>, sign: assign::Sign) {
        self.define = Some((name, sign, String::new(), None, 0));
    }

    fn define_lines(&mut self, physical: &[(usize, &str)]) {
        let Some((_, _, text, place, nested)) = &mut self.define else { return };
        let first = physical.first().map_or("", |(_, line)| *line);
        let word = if first.starts_with(self.prefix) { "" } else { first.trim_start() };
        let word = word.split([' ', '\t', '#']).next().unwrap_or_default();
        if word == "endef" && *nested == 0 {
            if let Some((name, sign, text, place, _)) = self.define.take() {
                let value = Spanned::new(text, place.unwrap_or(name.span));
                self.assign(&name.value, sign, value, false);
            }
            return;
        }
        *nested = (*nested + usize::from(word == "define")).saturating_sub(usize::from(word == "endef"));
        for (start, line) in physical {
            let here = Span::new(self.file, *start, start + line.len());
            if place.is_some() {
                text.push('\n');
            }
            text.push_str(line);
            *place = Some(place.map_or(here, |place| place.to(here)));
        }
    }

    /// Whether what is read now may not hold.
    pub(super) fn maybe(&self) -> bool {
        self.conditions.undecided()
    }

    /// Sets a variable of the file.
    pub(super) fn assign(&mut self, name: &str, sign: assign::Sign, value: Spanned<String>, overrides: bool) {
        if name == ".RECIPEPREFIX" && !self.maybe() {
            self.prefix = value.value.chars().next().unwrap_or('\t');
        }
        let known = self.makefile.variables.get(name);
        if self.maybe() {
            if sign == assign::Sign::Default && known.is_some() {
                return;
            }
            let asked = self.asked(known, &value);
            let variable = Variable { expanded: asked.is_some(), text: asked, default: false, overrides };
            self.makefile.variables.insert(name.to_owned(), variable);
            return;
        }
        let made = assigned(known, sign, value, &self.scope());
        if let Some(variable) = made {
            self.makefile.variables.insert(name.to_owned(), Variable { overrides, ..variable });
        }
    }

    /// What the shell of a recipe makes of an empty variable that is set where the environment has another: the words are there
    /// if that one is.
    fn asked(&self, known: Option<&Variable>, value: &Spanned<String>) -> Option<Spanned<String>> {
        let before = known.and_then(|known| known.text.as_ref())?;
        let asked = self.conditions.asked().filter(|_| before.value.trim_matches(['\'', '"', ' ']).is_empty())?;
        let text = self.scope().text(&value.value);
        let plain = text.known && !text.text.contains(['}', '"', '\'', '\\', '$', '`']);
        plain.then(|| Spanned::new(format!("${{{asked}:+{}}}", text.text), value.span))
    }

    fn recipe_line(&mut self, physical: &[(usize, &str)]) {
        let (mut text, mut starts) = (String::new(), Vec::new());
        let mut span: Option<Span> = None;
        for (i, (start, line)) in physical.iter().enumerate() {
            let bare = line.strip_prefix(self.prefix).unwrap_or(line);
            let from = start + line.len() - bare.len();
            if i > 0 {
                text.push('\n');
            }
            starts.push((u32::try_from(text.len()).unwrap_or(u32::MAX), u32::try_from(from).unwrap_or(u32::MAX)));
            text.push_str(bare);
            let here = Span::new(self.file, from, start + line.len());
            span = Some(span.map_or(here, |span| span.to(here)));
        }
        let Some(span) = span else { return };
        let command = CommandText { text, span, map: SpanMap::Pieces { file: self.file, starts } };
        self.recipe(&command);
    }

    /// Adds a line to the recipes of the open targets; the first one replaces what an earlier rule gave.
    pub(super) fn recipe(&mut self, written: &CommandText) {
        let (bare, ignores_errors) = rule::bare(&written.text);
        let cut = written.text.len() - bare.len();
        if bare.trim().is_empty() && !self.fresh {
            return;
        }
        let span = Span { start: written.map.span(cut, cut).start, ..written.span };
        let map = match &written.map {
            SpanMap::Pieces { file, starts } => {
                let text = super::expand::Text { starts: starts.clone(), ..super::expand::Text::default() };
                SpanMap::Pieces { file: *file, starts: text.starts_from(cut) }
            }
            other => other.clone(),
        };
        let line = RecipeLine {
            command: CommandText { text: bare.to_owned(), span, map },
            ignores_errors,
            maybe: self.maybe(),
        };
        let (fresh, maybe) = (self.fresh, self.maybe());
        for at in self.open.clone() {
            if !self.take(line.command.text.len() + 64) {
                return;
            }
            let Some(target) = self.makefile.targets.get_mut(at) else { continue };
            if fresh && !maybe {
                target.recipe.clear();
            }
            if !line.command.text.trim().is_empty() {
                target.recipe.push(line.clone());
            }
        }
        self.fresh = false;
    }
}

/// Where the comment of a line starts: an unescaped `#`.
fn comment(text: &str) -> Option<usize> {
    text.match_indices('#').map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).unwrap_or_default();
        (before.len() - before.trim_end_matches('\\').len()) & 1 == 0
    })
}

/// What an assignment makes of a variable; none where it changes nothing.
pub(super) fn assigned(
    known: Option<&Variable>,
    sign: assign::Sign,
    value: Spanned<String>,
    scope: &Scope<'_>,
) -> Option<Variable> {
    let made = |text: Option<Spanned<String>>, expanded: bool| {
        Some(Variable { text, expanded, default: sign == assign::Sign::Default, overrides: false })
    };
    let simple = |value: &Spanned<String>| {
        let text = scope.text(&value.value);
        text.known.then(|| Spanned::new(text.text, value.span))
    };
    match sign {
        assign::Sign::Default if known.is_some() => None,
        assign::Sign::Recursive | assign::Sign::Default => made(Some(value), false),
        assign::Sign::Simple => made(simple(&value), true),
        assign::Sign::Shell => made(None, true),
        assign::Sign::Append => {
            let Some(known) = known else { return made(Some(value), false) };
            let added = if known.expanded { simple(&value) } else { Some(value) };
            let joined = known.text.as_ref().zip(added).map(|(before, added)| {
                let text =
                    if before.value.is_empty() { added.value } else { format!("{} {}", before.value, added.value) };
                Spanned::new(text, added.span)
            });
            let text = joined.filter(|joined| joined.value.len() <= MAX_VARIABLE);
            Some(Variable { text, ..known.clone() })
        }
    }
}
