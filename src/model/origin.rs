//! How a value came to be: the chain of steps that produced it, each with its place.

use super::span::Span;

/// What one step did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StepKind {
    /// The value is written here.
    Set,
    /// Another value stood here and was replaced.
    Overridden,
    /// It was put into a text here (`${X}`, an f-string).
    Interpolated,
    /// A default applied here.
    Defaulted,
    /// It was taken over from a base (a parent stage, a star import, `extends`).
    Inherited,
    /// It was installed by a command here.
    InstalledBy,
    /// It was copied from another stage or file here.
    CopiedFrom,
    /// Something chose it here (a selector variable, a target, a command).
    Selected,
    /// A file was reached here (`-r`, `env_file`, `import`, `include`).
    Included,
    /// It was changed in place here (`+=`, `.append`).
    Changed,
    /// It is read or used here.
    Used,
}

impl StepKind {
    /// Whether a text is what `why` prints for a step.
    pub fn is_word(text: &str) -> bool {
        use StepKind::{
            Changed, CopiedFrom, Defaulted, Included, Inherited, InstalledBy, Interpolated, Overridden, Selected, Set,
            Used,
        };
        let all = [
            Set,
            Overridden,
            Interpolated,
            Defaulted,
            Inherited,
            InstalledBy,
            CopiedFrom,
            Selected,
            Included,
            Changed,
            Used,
        ];
        all.into_iter().any(|kind| kind.words() == text)
    }

    /// The words `why` prints for the step.
    pub fn words(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Overridden => "overrides",
            Self::Interpolated => "interpolated",
            Self::Defaulted => "default",
            Self::Inherited => "inherited",
            Self::InstalledBy => "installed by",
            Self::CopiedFrom => "copied from",
            Self::Selected => "selected by",
            Self::Included => "included by",
            Self::Changed => "changed",
            Self::Used => "used by",
        }
    }
}

/// One step of a chain.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Step {
    /// What happened.
    pub kind: StepKind,
    /// Where.
    pub span: Span,
    /// A few words more, where the place alone does not say enough.
    pub note: Option<String>,
}

/// The chain of steps behind a value: the place where the value is written first, then what led to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Origin {
    /// The steps; empty only for values that no file states.
    pub steps: Vec<Step>,
}

impl Origin {
    /// A chain of one step.
    pub fn of(kind: StepKind, span: Span) -> Self {
        Self { steps: vec![Step { kind, span, note: None }] }
    }

    /// A value written at a place.
    pub fn set(span: Span) -> Self {
        Self::of(StepKind::Set, span)
    }

    /// Adds a step behind the others, unless the same place already stands there.
    #[must_use]
    pub fn then(mut self, kind: StepKind, span: Span) -> Self {
        if !self.steps.iter().any(|step| step.span == span) {
            self.steps.push(Step { kind, span, note: None });
        }
        self
    }

    /// Adds a step with a few words more.
    #[must_use]
    pub fn noted(mut self, kind: StepKind, span: Span, note: impl Into<String>) -> Self {
        self.steps.push(Step { kind, span, note: Some(note.into()) });
        self
    }

    /// Adds all steps of another chain.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        for step in &other.steps {
            if !self.steps.contains(step) {
                self.steps.push(step.clone());
            }
        }
        self
    }

    /// The place where the value is written.
    pub fn primary(&self) -> Option<Span> {
        self.steps.first().map(|step| step.span)
    }
}
