//! Whether a job runs although one that it needs failed.

use super::expression::{Expression, Operator, parse};

/// Whether an `if` can hold after a failure of what the job needs. Without a status function it holds only after success;
/// `always() && needs.test.result == 'success'` asks for it by itself. One that cannot be read lets nothing run.
pub fn runs_after_failure(condition: &str) -> bool {
    let Ok(expression) = parse(condition) else { return false };
    expression.has_status_function() && truth(&expression) != Some(false)
}

/// What an expression comes to when a need failed; none where that does not decide it.
fn truth(expression: &Expression) -> Option<bool> {
    match expression {
        Expression::Null => Some(false),
        Expression::Bool(value) => Some(*value),
        Expression::Call(name, arguments) => match name.as_str() {
            "always" | "failure" => Some(true),
            "success" | "cancelled" => Some(false),
            "contains" if arguments.first().is_some_and(asks_result) => match arguments.get(1) {
                Some(Expression::Text(word)) if word == "failure" => Some(true),
                _ => None,
            },
            _ => None,
        },
        Expression::Not(inner) => truth(inner).map(|value| !value),
        Expression::And(all) => every(all, true),
        Expression::Or(all) => every(all, false),
        Expression::Binary(operator @ (Operator::Equal | Operator::NotEqual), a, b) => {
            let word = match (&**a, &**b) {
                (asked, Expression::Text(word)) | (Expression::Text(word), asked) if asks_result(asked) => word,
                _ => return None,
            };
            let equal = match word.as_str() {
                "failure" => true,
                "success" => false,
                _ => return None,
            };
            Some(equal == (*operator == Operator::Equal))
        }
        _ => None,
    }
}

/// What all of several come to: `end` if each is that, its opposite as soon as one is.
fn every(all: &[Expression], end: bool) -> Option<bool> {
    let values: Vec<Option<bool>> = all.iter().map(truth).collect();
    if values.contains(&Some(!end)) {
        return Some(!end);
    }
    values.iter().all(Option::is_some).then_some(end)
}

/// `needs.test.result` and the like, also joined.
fn asks_result(expression: &Expression) -> bool {
    match expression {
        Expression::Index(_, key) if matches!(&**key, Expression::Text(word) if word == "result") => true,
        Expression::Index(inner, _) | Expression::Star(inner) => asks_result(inner),
        Expression::Call(_, arguments) => arguments.iter().any(asks_result),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_condition_that_can_hold_after_a_failure_lets_a_job_run() {
        for (condition, runs) in [
            ("github.ref == 'refs/heads/main'", false),
            ("success()", false),
            ("success() && github.ref == 'refs/heads/main'", false),
            ("always()", true),
            ("!cancelled()", true),
            ("failure()", true),
            ("!failure() && !cancelled()", false),
            ("always() && github.ref == 'refs/heads/main'", true),
            ("always() && needs.test.result == 'success'", false),
            ("!cancelled() && needs.test.result != 'failure'", false),
            ("always() && (needs.test.result == 'success' || needs.test.result == 'skipped')", true),
            ("always() && !contains(needs.*.result, 'failure')", false),
            ("always() && !contains(join(needs.*.result, ','), 'failure')", false),
            ("always() && (", false),
        ] {
            assert_eq!(runs_after_failure(condition), runs, "{condition}");
        }
    }
}
