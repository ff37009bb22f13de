//! The interpreter: states are forked at undecided branches and joined behind them.

pub(crate) mod calls;
pub(crate) mod changes;
pub(crate) mod classes;
pub(crate) mod collections;
pub(crate) mod command_line;
pub(crate) mod comprehensions;
pub(crate) mod control;
pub(crate) mod enums;
pub(crate) mod export;
pub(crate) mod expressions;
pub(crate) mod format;
pub(crate) mod handed;
pub(crate) mod imports;
pub(crate) mod installed;
pub(crate) mod items;
pub(crate) mod join;
pub(crate) mod libraries;
pub(crate) mod machine;
pub(crate) mod methods;
pub(crate) mod namespace;
pub(crate) mod operators;
pub(crate) mod patterns;
pub(crate) mod quiet;
pub(crate) mod records;
mod rerun;
pub(crate) mod scopes;
pub(crate) mod spec;
pub(crate) mod statements;
pub(crate) mod text;
pub(crate) mod texts;
pub(crate) mod truth;
pub(crate) mod values;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tried_tests;
