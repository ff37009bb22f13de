//! Markers of PEP 508, read and evaluated with three values: yes, no, not known.

use std::collections::{BTreeMap, BTreeSet};

use super::versions;

/// The interpreter and platform that markers ask for. What is not given is not known.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MarkerEnv {
    /// `3.12` or `3.12.4`.
    pub python: Option<String>,
    /// `sys.platform`: `linux`, `darwin`, `win32`.
    pub platform: Option<String>,
    /// `x86_64`, `aarch64`; without it, on Linux, a marker is decided if both agree.
    pub machine: Option<String>,
    /// Further variables, which win: `implementation_name`, `platform_release`.
    pub values: BTreeMap<String, String>,
    /// The extras that are asked for.
    pub extras: BTreeSet<String>,
    /// The groups that are asked for (`dependency_groups` of a `pylock.toml`).
    pub groups: BTreeSet<String>,
}

impl MarkerEnv {
    /// CPython on Linux, of a version if it is known.
    pub fn linux(python: Option<&str>) -> Self {
        Self { python: python.map(str::to_owned), platform: Some("linux".into()), ..Self::default() }
    }
}

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
            c if c.is_whitespace() => c.len_utf8(),
            '(' | ')' => {
                out.push(if c == '(' { Token::Open } else { Token::Close });
                1
            }
            '"' | '\'' => {
                let end = rest[1..].find(c)?;
                out.push(Token::Text(rest[1..=end].to_owned()));
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

fn compare(left: &Operand, operator: &str, right: &Operand, env: &MarkerEnv) -> Option<bool> {
    let name = match (left, right) {
        (Operand::Variable(name), _) | (_, Operand::Variable(name)) => name.as_str(),
        _ => "",
    };
    if matches!(name, "extras" | "dependency_groups") {
        let Operand::Text(text) = left else { return None };
        let set = if name == "extras" { &env.extras } else { &env.groups };
        let inside = set.contains(&super::normalize(text));
        return Some(inside == (operator == "in"));
    }
    if name == "extra" {
        let ((Operand::Text(text), _) | (_, Operand::Text(text))) = (left, right) else { return None };
        let inside = env.extras.contains(&super::normalize(text)) || text.is_empty() && env.extras.is_empty();
        return match operator {
            "==" => Some(inside),
            "!=" => Some(!inside),
            _ => None,
        };
    }
    let value = |operand: &Operand| match operand {
        Operand::Text(text) => Some(text.clone()),
        Operand::Variable(name) => env.value(name),
    };
    let (left, right) = (value(left)?, value(right)?);
    let versioned =
        matches!(name, "python_version" | "python_full_version" | "implementation_version" | "platform_release");
    if versioned
        && !operator.ends_with("in")
        && versions::refused(operator, right.trim()).is_none()
        && let Some(yes) = versions::satisfies(&left, &format!("{operator}{}", right.trim()))
    {
        return Some(yes);
    }
    match operator {
        "==" | "===" => Some(left == right),
        "!=" => Some(left != right),
        "in" => Some(right.contains(&left)),
        "not in" => Some(!right.contains(&left)),
        "<" => Some(left < right),
        "<=" => Some(left <= right),
        ">" => Some(left > right),
        ">=" => Some(left >= right),
        _ => None,
    }
}

impl MarkerEnv {
    /// The same with extras.
    #[must_use]
    pub fn with_extras(&self, extras: &BTreeSet<String>) -> Self {
        Self { extras: extras.clone(), ..self.clone() }
    }

    /// Environments that differ in what is not known exactly: the patch version and, on Linux, the machine.
    fn candidates(&self) -> Vec<Self> {
        let mut out = vec![self.clone()];
        if let Some(python) = &self.python
            && python.bytes().filter(|b| *b == b'.').count() == 1
            && !self.values.contains_key("python_full_version")
        {
            out = [".0", ".40"].map(|patch| Self { python: Some(format!("{python}{patch}")), ..self.clone() }).to_vec();
        }
        if self.machine.is_none() && self.platform.as_deref() == Some("linux") {
            let both = |env: Self| ["x86_64", "aarch64"].map(|m| Self { machine: Some(m.into()), ..env.clone() });
            out = out.into_iter().flat_map(both).collect();
        }
        out
    }

    /// The value of a variable, if it is known.
    fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.values.get(name) {
            return Some(value.clone());
        }
        let platform = |linux: &str, mac: &str, windows: &str| match self.platform.as_deref()? {
            "linux" => Some(linux.to_owned()),
            "darwin" => Some(mac.to_owned()),
            "win32" => Some(windows.to_owned()),
            _ => None,
        };
        match name {
            "python_version" => {
                let python = self.values.get("python_full_version").or(self.python.as_ref())?;
                let mut parts = python.split('.');
                Some(format!("{}.{}", parts.next()?, parts.next()?))
            }
            "python_full_version" | "implementation_version" => {
                self.python.clone().filter(|p| p.matches('.').count() > 1)
            }
            "sys_platform" => self.platform.clone(),
            "os_name" => platform("posix", "posix", "nt"),
            "platform_system" => platform("Linux", "Darwin", "Windows"),
            "platform_machine" => self.machine.clone(),
            "platform_python_implementation" => Some("CPython".into()),
            "implementation_name" => Some("cpython".into()),
            _ => None,
        }
    }
}

impl std::fmt::Display for Operand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Variable(name) => f.write_str(name),
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
                let extra = |a: &Operand| *a == Operand::Variable("extra".into());
                let show = |o: &Operand, other: &Operand| match o {
                    Operand::Text(text) if extra(other) => format!("\"{}\"", super::normalize(text)),
                    other => other.to_string(),
                };
                write!(f, "{} {operator} {}", show(left, right), show(right, left))
            }
        }
    }
}
