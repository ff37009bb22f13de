//! Markers of PEP 508, read and evaluated with three values: yes, no, not known.

use super::versions;

pub use super::marker_env::MarkerEnv;

/// A marker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Marker {
    /// Both hold.
    And(Box<Marker>, Box<Marker>),
    /// One holds.
    Or(Box<Marker>, Box<Marker>),
    /// A part in parentheses.
    Group(Box<Marker>),
    /// A comparison.
    Compare {
        /// What stands left.
        left: Operand,
        /// `==`, `in`, `not in` and so on.
        operator: String,
        /// What stands right.
        right: Operand,
    },
}

/// One side of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operand {
    /// A variable of the environment, by its standard name.
    Variable(String),
    /// A text.
    Text(String),
}

const VARIABLES: [&str; 13] = [
    "python_version",
    "python_full_version",
    "os_name",
    "sys_platform",
    "platform_machine",
    "platform_system",
    "platform_release",
    "platform_version",
    "platform_python_implementation",
    "implementation_name",
    "implementation_version",
    "extra",
    "extras",
];

#[derive(Clone, PartialEq, Debug)]
enum Token {
    Open,
    Close,
    Word(String),
    Text(String),
    Op(String),
}

fn tokens(text: &str) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let word = |test: fn(char) -> bool| rest.find(|x| !test(x)).unwrap_or(rest.len());
        at += match c {
            ' ' | '\t' => 1,
            '(' | ')' => {
                out.push(if c == '(' { Token::Open } else { Token::Close });
                1
            }
            '"' | '\'' => {
                let end = rest[1..].find(c)?;
                out.push(Token::Text(literal(&rest[1..=end])?));
                end + 2
            }
            '<' | '>' | '=' | '!' | '~' => {
                let end = word(|x| "<>=!~".contains(x));
                out.push(Token::Op(rest[..end].to_owned()));
                end
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let end = word(|x| x.is_ascii_alphanumeric() || x == '_' || x == '.');
                out.push(Token::Word(rest[..end].to_owned()));
                end
            }
            _ => return None,
        };
    }
    Some(out)
}

/// The value of a text literal of Python, without its quotes; `None` if it is none.
fn literal(text: &str) -> Option<String> {
    if text.contains(['\n', '\r']) {
        return None;
    }
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let digits = |n: usize, chars: &mut std::str::Chars<'_>| -> Option<char> {
            let code = chars.as_str().get(..n)?.to_owned();
            chars.nth(n - 1);
            char::from_u32(u32::from_str_radix(&code, 16).ok()?)
        };
        match chars.next()? {
            c @ ('\\' | '\'' | '"') => out.push(c),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'x' => out.push(digits(2, &mut chars)?),
            'u' => out.push(digits(4, &mut chars)?),
            'U' => out.push(digits(8, &mut chars)?),
            'N' | 'a' | 'b' | 'f' | 'v' | '0'..='7' => return None,
            c => out.extend(['\\', c]),
        }
    }
    Some(out)
}

struct Reader {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: usize,
}

impl Reader {
    fn keyword(&mut self, word: &str) -> bool {
        self.tokens.next_if(|t| matches!(t, Token::Word(w) if w == word)).is_some()
    }

    fn any(&mut self) -> Option<Marker> {
        let mut left = self.all()?;
        while self.keyword("or") {
            left = Marker::Or(Box::new(left), Box::new(self.all()?));
        }
        Some(left)
    }

    fn all(&mut self) -> Option<Marker> {
        let mut left = self.one()?;
        while self.keyword("and") {
            left = Marker::And(Box::new(left), Box::new(self.one()?));
        }
        Some(left)
    }

    fn one(&mut self) -> Option<Marker> {
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            self.depth += 1;
            if self.depth > 100 {
                return None;
            }
            let inner = self.any()?;
            self.depth -= 1;
            return (self.tokens.next()? == Token::Close).then(|| Marker::Group(Box::new(inner)));
        }
        let left = self.operand()?;
        let operator = match self.tokens.next()? {
            Token::Op(op) if matches!(op.as_str(), "==" | "!=" | "<=" | ">=" | "<" | ">" | "~=" | "===") => op,
            Token::Word(w) if w == "in" => w,
            Token::Word(w) if w == "not" && self.keyword("in") => "not in".into(),
            _ => return None,
        };
        Some(Marker::Compare { left, operator, right: self.operand()? })
    }

    fn operand(&mut self) -> Option<Operand> {
        match self.tokens.next()? {
            Token::Text(text) => Some(Operand::Text(text)),
            Token::Word(word) => {
                let name = match word.as_str() {
                    "os.name" => "os_name",
                    "sys.platform" => "sys_platform",
                    "platform.version" => "platform_version",
                    "platform.machine" => "platform_machine",
                    "platform.python_implementation" | "python_implementation" => "platform_python_implementation",
                    "dependency_groups" => return Some(Operand::Variable(word)),
                    other => VARIABLES.into_iter().find(|v| *v == other)?,
                };
                Some(Operand::Variable(name.into()))
            }
            _ => None,
        }
    }
}

impl Marker {
    /// Reads a marker; `None` if it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let tokens = tokens(text)?;
        if tokens.len() > 4000 {
            return None;
        }
        let mut reader = Reader { tokens: tokens.into_iter().peekable(), depth: 0 };
        let found = reader.any()?;
        reader.tokens.peek().is_none().then_some(found)
    }

    /// Whether it holds; `None` if what is known of the environment does not decide it.
    pub fn applies(&self, env: &MarkerEnv) -> Option<bool> {
        let mut answer: Option<Option<bool>> = None;
        for concrete in env.candidates() {
            let this = self.holds(&concrete);
            match answer {
                None => answer = Some(this),
                Some(before) if before != this => return None,
                Some(_) => {}
            }
        }
        answer.flatten()
    }

    /// Why a comparison in it has no meaning, so that the reference fails when it evaluates the marker outside a lock.
    pub fn undefined(&self) -> Option<String> {
        match self {
            Self::And(left, right) | Self::Or(left, right) => left.undefined().or_else(|| right.undefined()),
            Self::Group(inner) => inner.undefined(),
            Self::Compare { left, operator, right } => match key(left, right) {
                None => Some("neither side is a variable".into()),
                Some(name @ ("extras" | "dependency_groups")) => Some(format!("{name} is known in a lock only")),
                Some(name) if matches!(operator.as_str(), "~=" | "===") => {
                    let version = matches!(right, Operand::Text(text) if versions::refused(operator, text.trim()).is_none())
                        || matches!(left, Operand::Text(_));
                    (!versioned(name) || !version).then(|| format!("{operator} compares versions, not {name}"))
                }
                Some(_) => None,
            },
        }
    }

    fn holds(&self, env: &MarkerEnv) -> Option<bool> {
        match self {
            Self::And(left, right) => match (left.holds(env), right.holds(env)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(left, right) => match (left.holds(env), right.holds(env)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Group(inner) => inner.holds(env),
            Self::Compare { left, operator, right } => compare(left, operator, right, env),
        }
    }
}

/// The variable that decides how two sides are compared: the left one, if both are variables.
fn key<'a>(left: &'a Operand, right: &'a Operand) -> Option<&'a str> {
    match (left, right) {
        (Operand::Variable(name), _) | (_, Operand::Variable(name)) => Some(name),
        _ => None,
    }
}

fn versioned(name: &str) -> bool {
    matches!(name, "python_version" | "python_full_version" | "implementation_version" | "platform_release")
}

fn compare(left: &Operand, operator: &str, right: &Operand, env: &MarkerEnv) -> Option<bool> {
    let name = key(left, right)?;
    if matches!(name, "extras" | "dependency_groups") {
        let Operand::Text(text) = left else { return None };
        let set = if name == "extras" { &env.extras } else { &env.groups };
        let inside = set.contains(&super::normalize(text));
        return Some(inside == (operator == "in"));
    }
    let text = if matches!(left, Operand::Text(_)) { left } else { right };
    if let ("extra", Operand::Text(text), "==" | "!=") = (name, text, operator) {
        let wanted = super::normalize(text);
        let inside = match env.values.get("extra") {
            Some(only) => super::normalize(only) == wanted,
            None => env.extras.contains(&wanted) || text.is_empty() && env.extras.is_empty(),
        };
        return Some(inside == (operator == "=="));
    }
    // A variable on the right of a variable is its name: that is what the reference compares with.
    let (left, right) = match (left, right) {
        (Operand::Variable(name), Operand::Text(text)) => (env.value(name)?, text.clone()),
        (Operand::Variable(name), Operand::Variable(other)) => (env.value(name)?, other.clone()),
        (Operand::Text(text), Operand::Variable(name)) => (text.clone(), env.value(name)?),
        (Operand::Text(_), Operand::Text(_)) => return None,
    };
    if versioned(name) && !operator.ends_with("in") && versions::refused(operator, right.trim()).is_none() {
        let yes = if operator == "===" {
            left.eq_ignore_ascii_case(right.trim())
        } else {
            versions::satisfies(&left, &format!("{operator}{}", right.trim())).unwrap_or(false)
        };
        return Some(yes);
    }
    // Texts have no order: `<=` asks whether they are equal, and `<` never holds.
    match operator {
        "==" | "<=" | ">=" => Some(left == right),
        "!=" => Some(left != right),
        "in" => Some(right.contains(&left)),
        "not in" => Some(!right.contains(&left)),
        "<" | ">" => Some(false),
        _ => None,
    }
}

impl std::fmt::Display for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
            Self::Text(text) if text.contains('"') => write!(f, "'{text}'"),
            Self::Text(text) => write!(f, "\"{text}\""),
        }
    }
}

/// A marker inside another: parentheses stay around what was in some, unless it is one comparison.
struct Inner<'m>(&'m Marker);

impl std::fmt::Display for Inner<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Marker::Group(mut inner) = self.0.clone() else { return self.0.fmt(f) };
        while let Marker::Group(deeper) = *inner {
            inner = deeper;
        }
        if matches!(*inner, Marker::Compare { .. }) { inner.fmt(f) } else { write!(f, "({inner})") }
    }
}

/// As `packaging` prints it.
impl std::fmt::Display for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::And(left, right) => write!(f, "{} and {}", Inner(left), Inner(right)),
            Self::Or(left, right) => write!(f, "{} or {}", Inner(left), Inner(right)),
            Self::Group(inner) => inner.fmt(f),
            Self::Compare { left, operator, right } => {
                let extra = |a: &Operand| matches!(a, Operand::Variable(name) if matches!(name.as_str(), "extra" | "extras" | "dependency_groups"));
                let show = |o: &Operand, other: &Operand| match o {
                    Operand::Text(text) if extra(other) => format!("\"{}\"", super::normalize(text)),
                    other => other.to_string(),
                };
                write!(f, "{} {operator} {}", show(left, right), show(right, left))
            }
        }
    }
}
