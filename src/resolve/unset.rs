//! Start scripts that leave what they start to a variable from outside: what they start while it is not set.

use super::process::serves;
use crate::formats::shell::{Executed, When};
use crate::formats::{Var, World};
use crate::links::repository::words;
use crate::model::{Known, Origin};

/// The commands that run while no variable from outside is set, and the variable that has others run, where it alone decides
/// whether anything is started at all.
pub(super) fn commands(
    found: &[Executed],
    world: &World,
    evaluate: impl FnOnce(&World) -> Vec<Executed>,
) -> Option<(String, Vec<Executed>)> {
    let mut starting = found.iter().filter(|executed| starts(executed)).peekable();
    starting.peek()?;
    let mut variable = None;
    for executed in starting {
        let When::Maybe(reason) = &executed.when else { return None };
        // What only a command's success decides, no variable does.
        variable = variable.or(Some(reason.variable()?.to_owned()));
    }
    // A file that is read and is not here could set it as well.
    let mut vars = world.vars().clone();
    let absent = || Var { value: Known::Absent, ..Var::set("", Origin::default()) };
    if let Some(name) = &variable {
        vars.entry(name.clone()).or_insert_with(absent);
    }
    let unset = evaluate(&World::Closed(vars));
    let sure = unset.iter().any(|executed| starts(executed) && matches!(executed.when, When::Always));
    // Where the other branch is the one that is meant for it, somebody sets the variable.
    let develops = |executed: &Executed| serves(executed).is_some_and(|found| found.kind == "development");
    let other = found.iter().any(|executed| starts(executed) && !develops(executed));
    let stands_in = other && unset.iter().any(develops);
    Some((variable?, unset)).filter(|_| sure && !stands_in)
}

/// Whether a command starts something that stays: a server, or what starts several.
fn starts(executed: &Executed) -> bool {
    let supervises = words(executed).first().is_some_and(|word| word.rsplit('/').next() == Some("supervisord"));
    supervises || serves(executed).is_some_and(|found| !matches!(found.kind, "oneshot" | "registration"))
}
