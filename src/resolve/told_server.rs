//! Variables that a server is told on its command line to give to what it serves.

use super::part::Part;
use crate::discover::paths;
use crate::formats::Var;
use crate::formats::shell::Executed;
use crate::links::repository::words;
use crate::model::Origin;

/// Gives a component what `gunicorn --env NAME=value` says.
pub(super) fn give(part: &mut Part<'_>, executed: &Executed) {
    let argv = words(executed);
    let Some(at) = argv.iter().position(|word| paths::name(word).starts_with("gunicorn")) else { return };
    let mut rest = argv.iter().skip(at + 1);
    while let Some(word) = rest.next() {
        let told = match word.as_str() {
            "-e" | "--env" => rest.next().map(String::as_str),
            word => word.strip_prefix("--env="),
        };
        let Some((name, value)) = told.and_then(|told| told.split_once('=')) else { continue };
        if !value.contains('$') {
            part.providers.insert(name.to_owned(), "script");
            part.world.vars_mut().insert(name.to_owned(), Var::set(value, Origin::set(executed.span)));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::environments::infer;
    use crate::links::Repository;
    use crate::resolve::components::{self, Context};

    #[test]
    fn gunicorn_gives_variables_to_what_it_serves() {
        let files = [
            ("Procfile", "web: gunicorn -e MODE=live --env CONFIG=/etc/shop.cfg --env=PLACE=$HERE shop:app\n"),
            ("requirements.txt", "flask\ngunicorn\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = infer(&repository, &Config::read(&tree), false);
        let parts = components::of(&Context::new(&repository, "2026-11-21"), &plan.environments[0]);
        let vars = parts[0].world.vars();
        let given: Vec<_> =
            vars.iter().map(|(name, var)| (name.as_str(), var.value.one().map(String::as_str))).collect();
        assert_eq!(given, [("CONFIG", Some("/etc/shop.cfg")), ("MODE", Some("live"))]);
    }
}
