//! The concrete syntax of YAML: every lexeme at its place.

/// What a lexeme is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sign {
    Bom,
    DocumentStart,
    DocumentEnd,
    Document,
    FlowEnd,
    Newline,
    Item,
    ExplicitKey,
    Value,
    MapStart,
    MapEnd,
    SeqStart,
    SeqEnd,
    Comma,
    Space,
    Comment,
    Directive,
    Alias,
    Anchor,
    Tag,
    Plain,
    Single,
    Double,
    BlockHeader,
    /// Nothing that YAML knows.
    Error,
}

/// A lexeme at its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) sign: Sign,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) indent: usize,
}

/// A key and its value, or an item, with what stands before each.
#[derive(Default, Debug)]
pub(super) struct Item {
    pub(super) start: Vec<Token>,
    pub(super) explicit: bool,
    pub(super) key: Option<Box<Cst>>,
    pub(super) sep: Option<Vec<Token>>,
    pub(super) value: Option<Box<Cst>>,
}

impl Item {
    pub(super) fn starting(start: Vec<Token>) -> Self {
        Self { start, ..Self::default() }
    }

    pub(super) fn keyed(start: Vec<Token>, key: Option<Box<Cst>>, sep: Vec<Token>) -> Self {
        Self { start, key, sep: Some(sep), ..Self::default() }
    }
}

/// A node of the syntax.
#[derive(Debug)]
pub(super) enum Cst {
    /// An alias or a flow scalar, and what stands after it in its line.
    Scalar {
        token: Token,
        tail: Option<Vec<Token>>,
    },
    /// `|` or `>`: header and what stands beside it; then the text.
    Block {
        start: usize,
        indent: usize,
        props: Vec<Token>,
        source: (usize, usize),
    },
    Map {
        start: usize,
        indent: usize,
        items: Vec<Item>,
    },
    Seq {
        start: usize,
        indent: usize,
        items: Vec<Item>,
    },
    Flow {
        indent: usize,
        open: Token,
        items: Vec<Item>,
        end: Vec<Token>,
    },
    Document {
        offset: usize,
        start: Vec<Token>,
        value: Option<Box<Cst>>,
        end: Option<Vec<Token>>,
    },
    DocumentEnd {
        token: Token,
        end: Vec<Token>,
    },
    /// A lexeme between documents, or one that is an error.
    Lone(Token),
}

impl Cst {
    /// Whether it is a scalar, alias or flow collection.
    pub(super) fn is_flow(&self) -> bool {
        matches!(self, Self::Scalar { .. } | Self::Flow { .. })
    }

    /// Where it starts.
    pub(super) fn offset(&self) -> usize {
        match self {
            Self::Scalar { token, .. } | Self::DocumentEnd { token, .. } | Self::Lone(token) => token.start,
            Self::Flow { open, .. } => open.start,
            Self::Block { start, .. } | Self::Map { start, .. } | Self::Seq { start, .. } => *start,
            Self::Document { offset, .. } => *offset,
        }
    }

    /// The indent of the line it starts in.
    pub(super) fn indent(&self) -> Option<usize> {
        match self {
            Self::Scalar { token, .. } => Some(token.indent),
            Self::Block { indent, .. }
            | Self::Map { indent, .. }
            | Self::Seq { indent, .. }
            | Self::Flow { indent, .. } => Some(*indent),
            _ => None,
        }
    }

    /// What stands after it, if it keeps that.
    pub(super) fn tail(&mut self) -> Option<&mut Vec<Token>> {
        match self {
            Self::Scalar { tail, .. } => tail.as_mut(),
            Self::Flow { end, .. } => Some(end),
            _ => None,
        }
    }

    /// Its items.
    pub(super) fn items(&mut self) -> Option<&mut Vec<Item>> {
        match self {
            Self::Map { items, .. } | Self::Seq { items, .. } | Self::Flow { items, .. } => Some(items),
            _ => None,
        }
    }

    pub(super) fn is_block_collection(&self) -> bool {
        matches!(self, Self::Map { .. } | Self::Seq { .. })
    }
}

/// Whether one of the tokens is of a kind.
pub(super) fn includes(tokens: &[Token], sign: Sign) -> bool {
    tokens.iter().any(|token| token.sign == sign)
}

/// Whether a token is a blank, a comment or a line break.
pub(super) fn is_blank(token: &Token) -> bool {
    matches!(token.sign, Sign::Space | Sign::Comment | Sign::Newline)
}
