//! The variables an evaluation may see, and whether there can be others.

use std::collections::BTreeMap;

use crate::model::{Certainty, Known, Origin, Reason, Spanned};

/// A variable of a world.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Var {
    /// Its value; `Absent` says that it is surely not set.
    pub value: Known<String>,
    /// Whether something outside may override it.
    pub certainty: Certainty,
    /// Who set it.
    pub origin: Origin,
}

impl Var {
    /// A variable that the files set.
    pub fn set(value: impl Into<String>, origin: Origin) -> Self {
        Self { value: Known::One(value.into()), certainty: Certainty::Stated, origin }
    }

    /// A variable that whoever applies the files may set to another value.
    pub fn by_default(value: &Spanned<String>) -> Self {
        let origin = Origin::set(value.span);
        Self { value: Known::One(value.value.clone()), certainty: Certainty::Default { variable: None }, origin }
    }
}

/// Variables by name.
pub type Vars = BTreeMap<String, Var>;

/// What an evaluation knows of the variables around it. Every evaluator takes one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum World {
    /// The runner's variables are written down whole: one that is not here is not set.
    Closed(Vars),
    /// Others may be set outside the repository.
    Open(Vars),
}

impl World {
    /// A world with no variable at all.
    pub fn empty() -> Self {
        Self::Closed(Vars::new())
    }

    /// The variables that are known.
    pub fn vars(&self) -> &Vars {
        match self {
            Self::Closed(vars) | Self::Open(vars) => vars,
        }
    }

    /// The variables that are known, to be changed.
    pub fn vars_mut(&mut self) -> &mut Vars {
        match self {
            Self::Closed(vars) | Self::Open(vars) => vars,
        }
    }

    /// Whether a variable that is not known may be set all the same.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Looks a variable up: absent in a closed world, unknown in an open one.
    pub fn get(&self, name: &str) -> Var {
        if let Some(var) = self.vars().get(name) {
            return var.clone();
        }
        let value = if self.is_open() {
            Known::Unknown(
                Reason::new(format!("{name} is set outside the repository"))
                    .answered_with(format!("provides = [\"{name}\"]")),
            )
        } else {
            Known::Absent
        };
        Var { value, certainty: Certainty::Stated, origin: Origin::default() }
    }
}
