//! Environments: the named places a project runs in.

use super::span::{FileId, Span};

/// What an environment is for. Severities go by role, never by name. The order is that of reports: production first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// What users use.
    Production,
    /// Deployed before production: staging, qa, uat, preview.
    Staging,
    /// Where the tests run.
    Test,
    /// A person's machine, or a shared development server.
    Development,
}

impl Role {
    /// Every role, in report order.
    pub const ALL: [Self; 4] = [Self::Production, Self::Staging, Self::Test, Self::Development];

    /// The role's name in outputs, rules and configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Test => "test",
            Self::Development => "development",
        }
    }

    /// The role of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// How sure it is that the environment is what it is said to be.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Confidence {
    /// A heuristic on a plain file.
    Guessed,
    /// A file or folder is named after it.
    Named,
    /// Something runs it: a deploy job, a selector, a platform's convention.
    Invoked,
    /// Configuration says so.
    Explicit,
}

impl Confidence {
    /// The word in outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Guessed => "guessed",
            Self::Named => "named",
            Self::Invoked => "invoked",
            Self::Explicit => "explicit",
        }
    }
}

impl Environment {
    /// The environment of a name, or the only one of a role of that name.
    pub fn meant<'e>(all: impl Iterator<Item = &'e Self> + Clone, word: &str) -> Option<&'e str> {
        let by_name = all.clone().find(|one| one.name == word);
        let mut of_role = all.filter(|one| one.role.name() == word);
        let only = of_role.next().filter(|first| of_role.all(|other| other.name == first.name));
        by_name.or(only).map(|one| one.name.as_str())
    }
}

/// One observation about an environment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Evidence {
    /// Where it was seen.
    pub span: Span,
    /// What it says, as a clause.
    pub text: String,
}

/// A named place the project runs in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Environment {
    /// The project's path, `.` for the root.
    pub project: String,
    /// The name, in the project's own spelling.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// How sure that is.
    pub confidence: Confidence,
    /// The files that define it, anchor first.
    pub files: Vec<FileId>,
    /// Why it is thought to be one, strongest first.
    pub because: Vec<Evidence>,
    /// Weaker evidence that says otherwise.
    pub although: Vec<Evidence>,
}
