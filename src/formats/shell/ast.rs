//! The tree of a script. Every word and command has its place in the file and its offset in the text.

use std::sync::Arc;

use super::subscript::Subscript;
use crate::model::{Problem, Span};

/// Which shell reads the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// bash.
    Bash,
    /// POSIX sh.
    Posix,
    /// bash in which `${{ }}` is an expansion too.
    Github,
}

/// A script.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Its commands.
    pub items: Vec<Item>,
    /// The bodies of its here-documents.
    pub heredocs: Vec<Heredoc>,
    /// What could not be read.
    pub problems: Vec<Problem>,
}

/// A command of a list, and what joins it to the next. `a && b | c; d` is four items.
#[derive(Clone, Debug)]
pub struct Item {
    /// The command.
    pub command: Command,
    /// Its redirections.
    pub redirects: Vec<Redirect>,
    /// Whether `!` stands before it (before its pipeline, if it heads one).
    pub negated: bool,
    /// What follows it; none for the last of a list, unless that is `&`.
    pub join: Option<Join>,
    /// From its first word to its last.
    pub span: Span,
    /// Offset of its first word in the text.
    pub at: usize,
}

impl Item {
    /// A command of one word.
    pub(super) fn of(word: Word) -> Self {
        let (span, at) = (word.span, word.at);
        let command = Command::Simple(Simple { words: vec![word], ..Simple::default() });
        Self { command, redirects: Vec::new(), negated: false, join: None, span, at }
    }
}

/// What joins a command to the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Join {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `|`
    Pipe,
    /// `|&`
    PipeBoth,
    /// `;`
    Semicolon,
    /// `&`
    Background,
    /// The end of the line.
    Newline,
}

impl Join {
    /// Whether output flows through it.
    pub fn is_pipe(self) -> bool {
        matches!(self, Self::Pipe | Self::PipeBoth)
    }
}

/// A list of commands.
pub type List = Vec<Item>;

/// A command.
#[derive(Clone, Debug)]
pub enum Command {
    /// Redirections alone.
    None,
    /// A simple command.
    Simple(Simple),
    /// `[[ … ]]`
    Test {
        /// The text between.
        raw: String,
        /// The condition.
        condition: Condition,
    },
    /// `(( … ))`
    Arithmetic {
        /// The text between.
        raw: String,
        /// The expression.
        value: Arith,
    },
    /// `let …`
    Let {
        /// The text behind.
        raw: String,
        /// The expressions.
        values: Vec<Arith>,
    },
    /// `if`: arms of condition and body, then the `else`.
    If {
        /// `if` and every `elif`.
        arms: Vec<(List, List)>,
        /// The `else`.
        otherwise: Option<List>,
    },
    /// `for` and `select`.
    For {
        /// Whether it is `select`.
        select: bool,
        /// The variable; none for the arithmetic form.
        name: Option<String>,
        /// The three expressions of the arithmetic form.
        counter: Option<Box<[Option<Arith>; 3]>>,
        /// The words; none for `"$@"`, where there is no `in`.
        words: Option<Vec<Word>>,
        /// The body.
        body: List,
    },
    /// `while` and `until`.
    While {
        /// Whether it is `until`.
        until: bool,
        /// The condition.
        condition: List,
        /// The body.
        body: List,
    },
    /// `case`
    Case {
        /// The word that is matched.
        word: Word,
        /// The items.
        items: Vec<CaseItem>,
    },
    /// `( … )`
    Subshell(List),
    /// `{ …; }`
    Block(List),
    /// A function.
    Function {
        /// Its name.
        name: String,
        /// Its body.
        body: Arc<Item>,
    },
    /// `time` before a pipeline.
    Time(List),
    /// `coproc` before a command.
    Coproc(List),
}

/// A simple command; `export` and the like are simple commands too, with their assignments among the words.
#[derive(Clone, Debug, Default)]
pub struct Simple {
    /// The assignments before it.
    pub assigns: Vec<Assign>,
    /// Its words.
    pub words: Vec<Word>,
    /// Whether it is `export`, `declare`, `local`, `readonly` or `typeset`, whose `K=V` words are assignments.
    pub declares: bool,
}

/// An assignment.
#[derive(Clone, Debug)]
pub struct Assign {
    /// The variable.
    pub name: String,
    /// Whether it is `+=`.
    pub append: bool,
    /// The element of an array that is assigned.
    pub index: Option<Box<Subscript>>,
    /// The value.
    pub value: Word,
    /// Whether an element stands without a value, behind `declare`.
    pub naked: bool,
    /// Offset in the text.
    pub at: usize,
    /// From the name to the end of the value.
    pub span: Span,
}

impl Assign {
    /// Whether an element or a whole array is assigned.
    pub fn is_array(&self) -> bool {
        self.index.is_some() || matches!(self.value.parts.as_slice(), [Part::Array(_)])
    }
}

/// An item of `case`.
#[derive(Clone, Debug)]
pub struct CaseItem {
    /// Its patterns.
    pub patterns: Vec<Word>,
    /// Its body.
    pub body: List,
    /// Whether `;&` (false) or `;;&` (true: the next patterns are tried) ends it, so that more can follow.
    pub goes_on: Option<bool>,
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redirect {
    /// The descriptor, where one is written.
    pub fd: Option<String>,
    /// The operator.
    pub op: &'static str,
    /// The word behind it.
    pub target: Word,
    /// The index of its body in `Script::heredocs`.
    pub heredoc: Option<usize>,
}

/// The body of a here-document.
#[derive(Clone, Debug)]
pub struct Heredoc {
    /// The text, tabs removed after `<<-`.
    pub text: String,
    /// Its pieces, unless it is taken as it stands.
    pub parts: Vec<Part>,
    /// Whether it is taken as it stands.
    pub quoted: bool,
    /// Its place.
    pub span: Span,
}

/// A word.
#[derive(Clone, Debug)]
pub struct Word {
    /// Its parts.
    pub parts: Vec<Part>,
    /// As written.
    pub raw: String,
    /// Its place.
    pub span: Span,
    /// Offset in the text.
    pub at: usize,
}

/// A part of a word.
#[derive(Clone, Debug)]
pub enum Part {
    /// Unquoted text as written, escapes still in it, continuations removed.
    Literal(String),
    /// Quoted text, as it is: `'…'`, `$'…'`.
    Single(String),
    /// `"…"`; its literals are text with the escapes removed.
    Double(Vec<Part>),
    /// A variable.
    Parameter(Box<Parameter>),
    /// `$(…)` and backquotes.
    Command(List),
    /// `$((…))`
    Arithmetic(Box<Arith>),
    /// `<(…)` and `>(…)`.
    Process(List),
    /// `${{ … }}`, as written.
    Expression(String),
    /// `@(…)` and its kin, as written.
    Pattern(String),
    /// The words of `K=(…)`.
    Array(Vec<Element>),
}

/// A word of `K=(…)`.
#[derive(Clone, Debug)]
pub struct Element {
    /// `[i]=` before it.
    pub index: Option<Subscript>,
    /// The word; none behind `[i]=` where nothing follows.
    pub value: Option<Word>,
}

/// An arithmetic expression.
#[derive(Clone, Debug)]
pub enum Arith {
    /// A number, a variable or an expansion; `@` and `*` as subscripts.
    Word(Word),
    /// `a[i]`
    Element(String, Box<Arith>),
    /// An operator before its operand.
    Prefix(&'static str, Box<Arith>),
    /// `a++` and `a--`
    Postfix(&'static str, Box<Arith>),
    /// An operator between its operands, assignments among them.
    Binary(Box<Arith>, &'static str, Box<Arith>),
    /// `a ? b : c`
    Choice(Box<[Arith; 3]>),
    /// `( a )`
    Group(Box<Arith>),
}

/// `$X` and `${X…}`.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The variable, a digit, or a special parameter.
    pub name: String,
    /// `[i]` behind it.
    pub index: Option<Subscript>,
    /// What is done to it.
    pub operation: Operation,
    /// Its place.
    pub span: Span,
}

/// What `${X…}` does to a variable.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Nothing.
    Plain,
    /// `${#X}`
    Length,
    /// `${X:-w}` and `${X-w}`
    Default {
        /// Whether it applies to an empty value too.
        empty: bool,
        /// The default.
        word: Word,
        /// Whether it is `=`, which sets the variable.
        assign: bool,
    },
    /// `${X:?w}` and `${X?w}`
    Required {
        /// Whether it applies to an empty value too.
        empty: bool,
    },
    /// `${X:+w}` and `${X+w}`
    Alternative {
        /// Whether an empty value counts as none.
        empty: bool,
        /// What stands in for it.
        word: Word,
    },
    /// `${X#p}`, `${X##p}`, `${X%p}`, `${X%%p}`
    Trim {
        /// Whether the end is cut, not the start.
        end: bool,
        /// Whether as much as possible is cut.
        longest: bool,
        /// The pattern.
        pattern: Word,
    },
    /// `${X^^}` and `${X,,}`
    Case {
        /// Whether to upper case.
        upper: bool,
        /// Whether the whole value, not the first letter.
        all: bool,
    },
    /// `${!X}`: the variable that is named by the value.
    Indirect,
    /// `${X:offset:length}`
    Slice {
        /// The offset.
        offset: Option<Arith>,
        /// The length.
        length: Option<Arith>,
    },
    /// `${X/p/w}`
    Replace {
        /// Whether every match is replaced.
        all: bool,
        /// The pattern.
        pattern: Option<Word>,
        /// What stands in for it.
        with: Option<Word>,
    },
    /// Anything else: not followed.
    Other,
}

/// A condition of `[[ … ]]`.
#[derive(Clone, Debug)]
pub enum Condition {
    /// A word alone: true unless empty.
    Word(Word),
    /// `-z w`
    Unary(String, Word),
    /// `a = b`
    Binary(Word, String, Word),
    /// `! c`
    Not(Box<Condition>),
    /// `a && b`
    And(Box<Condition>, Box<Condition>),
    /// `a || b`
    Or(Box<Condition>, Box<Condition>),
}
