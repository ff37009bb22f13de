//! The syntax of `${{ }}`: words, operators, and the tree they make.

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
    /// An operator between two.
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// An operator between two expressions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `||`.
    Or,
    /// `&&`.
    And,
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

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Name(String),
    Number(f64),
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 16] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")", "[", "]", ".", ",", "*"];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let used = if first == '\'' {
            let (text, used) = quoted(rest)?;
            out.push(Token::Text(text));
            used
        } else if let Some((number, used)) = number(rest, out.last()) {
            out.push(Token::Number(number));
            used
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
            out.push(Token::Name(rest[..end].to_owned()));
            end
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            out.push(Token::Sign(sign));
            sign.len()
        } else {
            return Err(format!("unexpected `{first}`"));
        };
        rest = rest[used..].trim_start();
    }
    Ok(out)
}

fn quoted(text: &str) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '\'' {
            out.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == '\'') {
            out.push('\'');
            chars.next();
        } else {
            return Ok((out, at + 1));
        }
    }
    Err("the text does not end".into())
}

fn number(text: &str, before: Option<&Token>) -> Option<(f64, usize)> {
    let first = text.chars().next()?;
    let second = text.chars().nth(1).is_some_and(|c| c.is_ascii_digit());
    let after_value = matches!(before, Some(Token::Name(_) | Token::Sign(")" | "]" | "*")));
    let starts =
        first.is_ascii_digit() || (matches!(first, '-' | '+') && second) || (first == '.' && second && !after_value);
    if !starts {
        return None;
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c))).unwrap_or(text.len());
    let word = &text[..end];
    let hex = word.strip_prefix("0x").and_then(|digits| u32::from_str_radix(digits, 16).ok());
    hex.map(f64::from).or_else(|| word.parse().ok()).map(|number| (number, end))
}

const MAX_DEPTH: usize = 50;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

/// Reads an expression; the error says what is wrong with it.
pub fn parse(text: &str) -> Result<Expression, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.binary(0)?;
    if parser.at < parser.tokens.len() {
        return Err("text after the end of the expression".into());
    }
    Ok(expression)
}

const LEVELS: [&[(&str, Operator)]; 4] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[("==", Operator::Equal), ("!=", Operator::NotEqual)],
    &[("<", Operator::Less), ("<=", Operator::LessEqual), (">", Operator::Greater), (">=", Operator::GreaterEqual)],
];

impl Parser {
    fn eat(&mut self, sign: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Sign(here)) if *here == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), String> {
        if self.eat(sign) { Ok(()) } else { Err(format!("expected `{sign}`")) }
    }

    fn binary(&mut self, level: usize) -> Result<Expression, String> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        let mut length = 0;
        while let Some((_, operator)) = operators.iter().find(|(sign, _)| self.eat(sign)) {
            length += 1;
            if length > 200 {
                return Err("the expression is too long".into());
            }
            left = Expression::Binary(*operator, Box::new(left), Box::new(self.binary(level + 1)?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("the expression is nested too deeply".into());
        }
        let expression = if self.eat("!") { Expression::Not(Box::new(self.unary()?)) } else { self.postfix()? };
        self.depth -= 1;
        Ok(expression)
    }

    fn postfix(&mut self) -> Result<Expression, String> {
        let mut expression = self.primary()?;
        for _ in 0..MAX_DEPTH {
            if self.eat(".") {
                if self.eat("*") {
                    expression = Expression::Star(Box::new(expression));
                    continue;
                }
                let Some(Token::Name(name)) = self.tokens.get(self.at).cloned() else {
                    return Err("expected a name after `.`".into());
                };
                self.at += 1;
                expression = Expression::Index(Box::new(expression), Box::new(Expression::Text(name)));
            } else if self.eat("[") {
                if self.eat("*") {
                    expression = Expression::Star(Box::new(expression));
                } else {
                    let index = self.binary(0)?;
                    expression = Expression::Index(Box::new(expression), Box::new(index));
                }
                self.expect("]")?;
            } else {
                return Ok(expression);
            }
        }
        Err("the expression is too long".into())
    }

    fn primary(&mut self) -> Result<Expression, String> {
        if self.eat("(") {
            let inner = self.binary(0)?;
            self.expect(")")?;
            return Ok(inner);
        }
        let Some(token) = self.tokens.get(self.at).cloned() else { return Err("expected a value".into()) };
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expression::Number(number)),
            Token::Text(text) => Ok(Expression::Text(text)),
            Token::Name(name) if self.eat("(") => {
                let mut arguments = Vec::new();
                while !self.eat(")") {
                    if !arguments.is_empty() {
                        self.expect(",")?;
                    }
                    arguments.push(self.binary(0)?);
                }
                Ok(Expression::Call(name.to_ascii_lowercase(), arguments))
            }
            Token::Name(name) => Ok(match name.as_str() {
                "null" => Expression::Null,
                "true" => Expression::Bool(true),
                "false" => Expression::Bool(false),
                "NaN" => Expression::Number(f64::NAN),
                "Infinity" => Expression::Number(f64::INFINITY),
                _ => Expression::Context(name.to_ascii_lowercase()),
            }),
            Token::Sign(sign) => Err(format!("unexpected `{sign}`")),
        }
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
            Self::Index(a, b) | Self::Binary(_, a, b) => a.has_status_function() || b.has_status_function(),
            _ => false,
        }
    }
}
