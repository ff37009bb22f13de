//! Variables that entry modules set where nothing else does, and for which commands.

use ruff_python_ast as ast;

use super::entry::literal;
use crate::model::Spanned;

/// A variable that an entry module sets where nothing else does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryDefault {
    /// The variable.
    pub variable: String,
    /// Its value.
    pub value: Spanned<String>,
    /// Whether it is set only where the command is `test`, or only where it is not; none where the command does not decide it.
    pub for_tests: Option<bool>,
}

/// Whether a condition holds for the command `test` alone, or for all others.
pub(super) fn is_test_command(condition: &ast::Expr) -> Option<bool> {
    match condition {
        ast::Expr::Compare(of) => {
            let mut sides = std::iter::once(&*of.left).chain(&of.comparators);
            let negated = |op: &ast::CmpOp| matches!(op, ast::CmpOp::NotIn | ast::CmpOp::NotEq);
            sides.any(|side| literal(side).as_deref() == Some("test")).then(|| !of.ops.iter().any(negated))
        }
        ast::Expr::BoolOp(of) => of.values.iter().find_map(is_test_command),
        _ => None,
    }
}
