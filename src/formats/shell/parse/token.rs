//! Tokens, and the operators that start with a character.

use super::super::ast::Dialect;
use super::Parser;

/// A token; `val` of the parser holds the text of those of letters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tok {
    /// The end of the text.
    End,
    /// The end of a line.
    Newline,
    /// Unquoted text that goes on with a quote or an expansion.
    Literal,
    /// Unquoted text that is a word of its own.
    Word,
    /// The digits or `{name}` before a redirection.
    Descriptor,
    /// An operator, a quote, or what opens an expansion.
    Op(&'static str),
}

/// What is being read, which decides what the next characters mean.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Quote {
    None,
    /// `( … )`, `$( … )`
    List,
    /// Backquotes.
    Backquotes,
    Double,
    /// The word behind `<<`.
    HereWord,
    HereBody,
    /// The body behind `<<-`.
    HereTabs,
    /// `$(( … ))`
    Arithmetic,
    ArithmeticLet,
    /// `(( … ))`
    ArithmeticCommand,
    /// `$[ … ]` and subscripts.
    ArithmeticBracket,
    /// `[[ … ]]`
    Test,
    /// The right side of `=~`.
    Regex,
    /// The body of an item of `case`.
    Case,
    ParameterName,
    ParameterSlice,
    ParameterReplace,
    ParameterWord,
    /// The words of `K=( … )`.
    Array,
}

impl Quote {
    pub(super) fn keeps_spaces(self) -> bool {
        matches!(self, Self::ParameterReplace | Self::Double | Self::HereBody | Self::HereTabs | Self::ParameterWord)
    }

    pub(super) fn is_regular(self) -> bool {
        matches!(
            self,
            Self::None | Self::List | Self::Backquotes | Self::HereWord | Self::Case | Self::Array | Self::Test
        )
    }

    pub(super) fn is_arithmetic(self) -> bool {
        matches!(
            self,
            Self::Arithmetic
                | Self::ArithmeticLet
                | Self::ArithmeticCommand
                | Self::ArithmeticBracket
                | Self::ParameterSlice
        )
    }

    pub(super) fn is_name(self) -> bool {
        matches!(self, Self::ParameterName | Self::ParameterSlice)
    }

    pub(super) fn is_parameter(self) -> bool {
        self.is_name() || matches!(self, Self::ParameterReplace | Self::ParameterWord | Self::ArithmeticBracket)
    }
}

const ARITHMETIC: [&str; 42] = [
    "<<=", ">>=", "!=", "==", "&&", "&=", "||", "|=", "<<", "<=", ">>", ">=", "++", "+=", "--", "-=", "%=", "**", "*=",
    "/=", "^=", "!", "=", "~", "(", ")", "&", "|", "<", ">", "+", "-", "%", "*", "/", "^", "[", "]", ",", "?", ":",
    "#",
];

const PARAMETER: [&str; 25] = [
    ":+", ":-", ":?", ":=", "%%", "##", "//", "^^", ",,", "}", ":", "+", "-", "?", "=", "%", "#", "!", "[", "]", "/",
    "^", ",", "@", "*",
];

impl Parser<'_> {
    /// Steps over the longest of `operators` that starts with the current character. A continuation ends an operator.
    fn longest(&mut self, operators: &[&'static str]) -> Tok {
        let mut read = String::new();
        read.push(char::from(self.r));
        let start = |text: &str| operators.iter().any(|operator| operator.starts_with(text));
        loop {
            let r = self.rune();
            if !r.is_ascii_graphic() {
                break;
            }
            read.push(char::from(r));
            if !start(&read) {
                read.pop();
                break;
            }
        }
        let found = operators.iter().copied().find(|operator| *operator == read);
        Tok::Op(found.unwrap_or("?"))
    }

    pub(super) fn arithmetic_token(&mut self) -> Tok {
        self.longest(&ARITHMETIC)
    }

    pub(super) fn parameter_token(&mut self) -> Tok {
        if self.quote == Quote::ParameterReplace && self.r == b'/' {
            self.rune();
            return Tok::Op("/");
        }
        self.longest(&PARAMETER)
    }

    /// What an unquoted character starts.
    pub(super) fn operator(&mut self) -> Tok {
        let (posix, test) = (self.dialect == Dialect::Posix, self.quote == Quote::Test);
        let tok = match self.r {
            b'\'' => {
                self.buried_backquotes = std::mem::take(&mut self.backquotes);
                self.rune();
                return Tok::Op("'");
            }
            b'"' => {
                self.rune();
                return Tok::Op("\"");
            }
            // Its reader steps over it, when it knows how many of them are open.
            b'`' => return Tok::Op("`"),
            b'$' => return self.dollar_token(true),
            b'&' if posix => self.longest(&["&", "&&"]),
            b'&' => self.longest(&["&", "&&", "&>", "&>>"]),
            b'|' if posix => self.longest(&["|", "||"]),
            b'|' => self.longest(&["|", "||", "|&"]),
            b'(' if posix || test => self.longest(&["("]),
            b'(' => self.longest(&["(", "(("]),
            b')' => self.longest(&[")"]),
            b';' if posix => self.longest(&[";", ";;"]),
            b';' => self.longest(&[";", ";;", ";;&", ";&"]),
            b'<' if posix => self.longest(&["<", "<<", "<<-", "<>", "<&"]),
            b'<' => self.longest(&["<", "<<", "<<-", "<<<", "<>", "<&", "<("]),
            _ if posix => self.longest(&[">", ">>", ">&", ">|"]),
            _ => self.longest(&[">", ">>", ">&", ">|", ">("]),
        };
        tok
    }

    /// What a `$` starts; inside `"…"` a quote behind it is just that.
    pub(super) fn dollar_token(&mut self, unquoted: bool) -> Tok {
        if let Some(end) = self.expression_end() {
            self.jump(end);
            return Tok::Op("${{");
        }
        let posix = self.dialect == Dialect::Posix;
        match self.rune() {
            b'\'' if unquoted && !posix => {
                self.buried_backquotes = std::mem::take(&mut self.backquotes);
                self.rune();
                Tok::Op("$'")
            }
            b'"' if unquoted && !posix => {
                self.rune();
                Tok::Op("$\"")
            }
            b'{' => {
                self.rune();
                Tok::Op("${")
            }
            b'[' if !posix && self.quote != Quote::ParameterName => {
                self.rune();
                Tok::Op("$[")
            }
            b'(' => {
                if self.rune() == b'(' {
                    self.rune();
                    return Tok::Op("$((");
                }
                Tok::Op("$(")
            }
            _ => Tok::Op("$"),
        }
    }
}
