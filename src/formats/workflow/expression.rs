//! The syntax of `${{ }}`: words, operators, and the tree they make.

mod words;

use words::{Word, WordKind, words};

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub enum Expression {
    /// A literal.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// `'text'`.
    Text(String),
    /// The name of a context.
    Context(String),
    /// `.name` or `[…]`.
    Index(Box<Expression>, Box<Expression>),
    /// `.*` or `[*]`.
    Star(Box<Expression>),
    /// A function call; the name in lower case.
    Call(String, Vec<Expression>),
    /// `!`.
    Not(Box<Expression>),
    /// `&&` of all of them.
    And(Vec<Expression>),
    /// `||` of all of them.
    Or(Vec<Expression>),
    /// An operator between two.
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// An operator between two expressions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
}

/// Whose reading counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reading {
    /// What a run does.
    #[default]
    Run,
    /// What GitHub's published library does: of several `''` in a text only the first is one quote, what a file does not
    /// set in `env` and `vars` is null, and an expression that names any other context is not evaluated at all.
    Library,
}

/// Contexts that GitHub knows.
pub const CONTEXTS: [&str; 12] =
    ["github", "env", "vars", "job", "jobs", "steps", "runner", "secrets", "strategy", "matrix", "needs", "inputs"];

/// Functions that are there everywhere: name, fewest and most arguments.
const FUNCTIONS: [(&str, usize, usize); 8] = [
    ("case", 3, usize::MAX),
    ("contains", 2, 2),
    ("endswith", 2, 2),
    ("format", 1, 255),
    ("fromjson", 1, 1),
    ("join", 1, 2),
    ("startswith", 2, 2),
    ("tojson", 1, 1),
];

/// Functions of some places, whose arguments are not counted when an expression is evaluated.
const ELSEWHERE: [(&str, usize, usize); 5] =
    [("hashfiles", 0, 99), ("success", 0, 99), ("always", 0, 99), ("cancelled", 0, 99), ("failure", 0, 99)];

const MAX_DEPTH: usize = 50;
const MAX_CHAIN: usize = 400;

struct Rules {
    contexts: Vec<String>,
    functions: Vec<(String, usize, usize)>,
}

struct Parser {
    words: Vec<Word>,
    at: usize,
    depth: usize,
    rules: Rules,
}

/// Reads an expression; the error says what is wrong with it.
pub fn parse(text: &str) -> Result<Expression, String> {
    parse_as(text, Reading::Run)
}

/// Reads an expression as a run or as the published library does.
pub fn parse_as(text: &str, reading: Reading) -> Result<Expression, String> {
    let owned = |(name, least, most): (&str, usize, usize)| (name.to_owned(), least, most);
    let rules =
        Rules { contexts: CONTEXTS.map(str::to_owned).to_vec(), functions: ELSEWHERE.into_iter().map(owned).collect() };
    read(text, reading, rules)
}

/// Whether an expression may stand where a schema allows these contexts and functions (`name(least,most)`).
pub fn check(text: &str, allowed: &[&str]) -> Result<(), String> {
    let mut rules = Rules { contexts: Vec::new(), functions: Vec::new() };
    for name in allowed {
        let function = name.split_once('(').and_then(|(name, rest)| {
            let (least, most) = rest.strip_suffix(')')?.split_once(',')?;
            let most = if most == "MAX" { usize::MAX } else { most.parse().ok()? };
            Some((name.to_lowercase(), least.parse().ok()?, most))
        });
        match function {
            Some(function) => rules.functions.push(function),
            None => rules.contexts.push(name.to_lowercase()),
        }
    }
    read(text, Reading::Library, rules).map(|_| ())
}

fn read(text: &str, reading: Reading, rules: Rules) -> Result<Expression, String> {
    let mut parser = Parser { words: words(text, reading)?, at: 0, depth: 0, rules };
    let expression = parser.expression()?;
    match parser.words.get(parser.at) {
        None => Ok(expression),
        Some(word) => Err(format!("unexpected `{}`", word.text)),
    }
}

/// The text of an expression that is nothing but a quoted text.
pub fn quoted_only(expression: &str) -> Option<String> {
    let mut out = String::new();
    let mut inside = false;
    for (at, c) in expression.char_indices() {
        if c == '\'' {
            inside = !inside;
            if inside && at != 0 {
                out.push(c);
            }
        } else if inside {
            out.push(c);
        } else {
            return None;
        }
    }
    Some(out)
}

const EQUALITY: &[(&str, Operator)] = &[("!=", Operator::NotEqual), ("==", Operator::Equal)];
const ORDER: &[(&str, Operator)] =
    &[(">", Operator::Greater), (">=", Operator::GreaterEqual), ("<", Operator::Less), ("<=", Operator::LessEqual)];

impl Parser {
    fn sees(&self, sign: &str) -> bool {
        self.words.get(self.at).is_some_and(|word| word.kind == WordKind::Sign && word.text == sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.sees(sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(format!("expected `{sign}`")) }
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err("the expression is nested too deeply".into()) } else { Ok(()) }
    }

    fn expression(&mut self) -> Result<Expression, String> {
        self.deeper()?;
        let expression = self.chain("||", Expression::Or, |parser| {
            parser.chain("&&", Expression::And, |parser| {
                parser.binary(EQUALITY, |parser| parser.binary(ORDER, Self::unary))
            })
        });
        self.depth -= 1;
        expression
    }

    /// Operands with one logical operator between them.
    fn chain(
        &mut self,
        sign: &str,
        make: fn(Vec<Expression>) -> Expression,
        operand: fn(&mut Self) -> Result<Expression, String>,
    ) -> Result<Expression, String> {
        let first = operand(self)?;
        if !self.sees(sign) {
            return Ok(first);
        }
        self.deeper()?;
        let mut all = vec![first];
        while self.eat(sign) {
            all.push(operand(self)?);
        }
        self.depth -= 1;
        Ok(make(all))
    }

    fn binary(
        &mut self,
        operators: &[(&str, Operator)],
        operand: fn(&mut Self) -> Result<Expression, String>,
    ) -> Result<Expression, String> {
        let mut left = operand(self)?;
        let mut length = 0;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.eat(sign)) {
            length += 1;
            if length > MAX_CHAIN {
                return Err("the expression is too long".into());
            }
            left = Expression::Binary(*operator, Box::new(left), Box::new(operand(self)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        if !self.eat("!") {
            return self.index();
        }
        self.deeper()?;
        let inner = self.unary()?;
        self.depth -= 1;
        Ok(Expression::Not(Box::new(inner)))
    }

    fn index(&mut self) -> Result<Expression, String> {
        let (mut expression, indexable) = self.operand()?;
        let depth = self.depth;
        while indexable {
            if self.eat("[") {
                if self.eat("*") {
                    expression = Expression::Star(Box::new(expression));
                } else {
                    let index = self.expression()?;
                    expression = Expression::Index(Box::new(expression), Box::new(index));
                }
                self.expect("]")?;
            } else if self.eat(".") {
                if self.eat("*") {
                    expression = Expression::Star(Box::new(expression));
                } else {
                    let name = self.words.get(self.at).filter(|word| word.kind == WordKind::Name);
                    let name = name.ok_or("expected a name after `.`")?.text.clone();
                    self.at += 1;
                    expression = Expression::Index(Box::new(expression), Box::new(Expression::Text(name)));
                }
            } else {
                break;
            }
            self.deeper()?;
        }
        self.depth = depth;
        Ok(expression)
    }

    /// A value, and whether `.` and `[` may follow it.
    fn operand(&mut self) -> Result<(Expression, bool), String> {
        if self.eat("(") {
            let inner = self.expression()?;
            self.expect(")")?;
            return Ok((inner, true));
        }
        let Some(word) = self.words.get(self.at).cloned() else { return Err("the expression ends too early".into()) };
        self.at += 1;
        let literal = match word.kind {
            WordKind::Null => Expression::Null,
            WordKind::Bool(yes) => Expression::Bool(yes),
            WordKind::Number(number) => Expression::Number(number),
            WordKind::Text => Expression::Text(word.text),
            WordKind::Sign => return Err(format!("unexpected `{}`", word.text)),
            WordKind::Name => return Ok((self.name(&word.text.to_lowercase())?, true)),
        };
        Ok((literal, false))
    }

    fn name(&mut self, name: &str) -> Result<Expression, String> {
        if !self.eat("(") {
            if self.rules.contexts.iter().any(|context| context == name) {
                return Ok(Expression::Context(name.to_owned()));
            }
            return Err(format!("`{name}` is not known here"));
        }
        let mut arguments = Vec::new();
        while !self.eat(")") {
            arguments.push(self.expression()?);
            if !self.sees(")") {
                self.expect(",")?;
            }
        }
        let common = FUNCTIONS.iter().find(|(known, ..)| *known == name).map(|(_, least, most)| (*least, *most));
        let here = || self.rules.functions.iter().find(|(known, ..)| known == name);
        let (least, most) = common
            .or_else(|| here().map(|(_, least, most)| (*least, *most)))
            .ok_or_else(|| format!("the function `{name}` is not known here"))?;
        let count = arguments.len();
        if count < least || count > most || name == "case" && count % 2 == 0 {
            return Err(format!("the function `{name}` is given {count} arguments"));
        }
        Ok(Expression::Call(name.to_owned(), arguments))
    }
}

impl Expression {
    /// Whether it asks how the steps before went (`always()`, `failure()`, …): then it also runs after a failure.
    pub fn has_status_function(&self) -> bool {
        match self {
            Self::Call(name, arguments) => {
                matches!(name.as_str(), "always" | "failure" | "cancelled" | "success")
                    || arguments.iter().any(Self::has_status_function)
            }
            Self::Not(inner) | Self::Star(inner) => inner.has_status_function(),
            Self::And(all) | Self::Or(all) => all.iter().any(Self::has_status_function),
            Self::Index(a, b) | Self::Binary(_, a, b) => a.has_status_function() || b.has_status_function(),
            _ => false,
        }
    }
}
