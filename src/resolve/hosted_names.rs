//! Variables that hosting platforms set by themselves, by which code asks where it runs.

use crate::environments::Planned;
use crate::environments::plan::Runs;
use crate::formats::{Var, World};
use crate::knowledge::variables;
use crate::model::{Certainty, Known, Origin, Reason, Role};

/// Set by the platform alone: nobody sets them on a machine of his own.
const NAMES: [&str; 18] = [
    "DYNO",
    "HEROKU_APP_NAME",
    "RENDER",
    "RENDER_EXTERNAL_HOSTNAME",
    "RENDER_SERVICE_NAME",
    "RAILWAY_ENVIRONMENT",
    "RAILWAY_PUBLIC_DOMAIN",
    "FLY_APP_NAME",
    "VERCEL",
    "VERCEL_ENV",
    "GAE_APPLICATION",
    "GAE_ENV",
    "GAE_INSTANCE",
    "K_SERVICE",
    "WEBSITE_HOSTNAME",
    "WEBSITE_SITE_NAME",
    "AWS_LAMBDA_FUNCTION_NAME",
    "PYTHONANYWHERE_DOMAIN",
];

/// The world of an environment with what is known of these: development and tests run on no platform, and what reads a
/// Procfile may be Heroku. What a CI sets is absent outside of tests.
pub(super) fn with(planned: &Planned, mut world: World) -> World {
    if !world.is_open() {
        return world;
    }
    let local = matches!(planned.environment.role, Role::Development | Role::Test);
    let process = || planned.units.iter().any(|unit| matches!(unit.runs, Runs::Process { .. }));
    let vars = world.vars_mut();
    let mut add = |name: &str, value: Known<String>| {
        let var = Var { value, certainty: Certainty::Stated, origin: Origin::default() };
        vars.entry(name.to_owned()).or_insert(var);
    };
    // What only a CI sets is set nowhere else.
    if planned.environment.role != Role::Test {
        variables::ci_flags().for_each(|name| add(name, Known::Absent));
    }
    if local {
        for name in NAMES {
            add(name, Known::Absent);
        }
    } else if process() {
        add("DYNO", Known::Unknown(Reason::new("a platform that reads the Procfile may set it")));
    }
    world
}
