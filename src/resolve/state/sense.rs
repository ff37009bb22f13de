//! What a setting means: what knowledge says of its name and its value.

use super::Statement;
use crate::discover::{Tree, paths};
use crate::environments::words::{naming, role_of_value};
use crate::formats::python::{Kind, Val};
use crate::knowledge::{credentials, packages, settings, variables};
use crate::model::{Certainty, Known, Origin, Role, Span, StepKind};
use crate::resolve::settings::{Loaded, MODULE_VARIABLE};

/// States what is known of a setting besides its value.
pub(super) fn state(
    fact: &mut Statement<'_>,
    name: &str,
    val: &Val,
    inner: &Val,
    certainty: &Certainty,
    loaded: &Loaded,
    tree: &Tree,
) {
    let refused = &loaded.refused;
    let origin = &val.origin;
    let unset = |name: &String| loaded.world.get(name).value == Known::Absent;
    let variables_unset = !val.variables.is_empty() && val.variables.iter().all(unset);
    // What holds only for want of a choice of other settings is the module's own word.
    let by_choice = loaded.by_default
        && matches!(certainty, Certainty::Default { variable: Some(name) } if name == MODULE_VARIABLE);
    fact.bool("fallback", certainty.is_default() && !by_choice || variables_unset, origin);
    if loaded.by_default {
        fact.text("chosen_by", MODULE_VARIABLE, origin);
    }
    fact.bool("overridable", certainty.is_default(), origin);
    // What an image sets, or a compose file in place of a variable, is no sample: it holds where nobody sets another.
    // What a new application is offered is one: another's may be any.
    let sample = |span: Span| {
        let path = tree.path(span.file);
        naming(path).template && !is_applied(tree, span) || paths::name(path) == "app.json"
    };
    let is_copied = |origin: &Origin| origin.steps.iter().any(|step| step.kind == StepKind::CopiedFrom);
    let sampled = |name: &String| {
        let var = loaded.world.vars().get(name).filter(|var| var.certainty.is_default());
        var.is_some_and(|var| !is_copied(&var.origin) && var.origin.steps.iter().any(|step| sample(step.span)))
    };
    // What code is copied of a sample runs as it is.
    let is_python = |path: &str| paths::name(path).contains(".py");
    let mut holds = |name: &str, yes: bool| {
        if yes {
            fact.bool(name, true, origin);
        }
    };
    let signs = settings::signs(name);
    // Another variable may stand above the one that the sample sets: a value that lies in a sample is one all the same.
    let shown = certainty.is_default()
        && !is_copied(&val.origin)
        && val.origin.steps.iter().any(|step| !is_python(tree.path(step.span.file)) && sample(step.span));
    let own = loaded.own.contains(name);
    holds("sampled", !own && (shown || val.variables.iter().any(sampled)));
    holds("told_by_sample", own || !signs && loaded.world.vars().keys().any(sampled));
    holds("signs", signs);
    if let Some(how) = renewed(name, val, tree).filter(|_| signs) {
        fact.text("renewed", how, origin);
    }
    let of_file = origin.primary().filter(|_| !certainty.is_default()).map(|span| naming(tree.path(span.file)));
    if let Some((role, _)) = of_file.and_then(|named| named.role) {
        fact.text("said_for", role.name(), origin);
    }
    let mut holds = |name: &str, yes: bool| {
        if yes {
            fact.bool(name, true, origin);
        }
    };
    holds("credential", !signs && super::credential::is_of_the_code(name, (val, inner), certainty, loaded, tree));
    holds("developed", loaded.developed.contains(name));
    holds("unseen", certainty.is_by_variable() && loaded.unseen.is_some());
    let asked = (certainty.is_default() || variables_unset)
        && (signs || credentials::opens(name).is_some() || matches!(name, "DEBUG" | "ALLOWED_HOSTS"));
    holds("asked", asked && val.variables.iter().any(|variable| asked_for(variable, tree)));
    // Who serves tenants looks each host up, and has no page for one that is nobody's.
    let tenants = ["TENANT_APPS", "SHARED_APPS"].iter().all(|name| loaded.settings.values.contains_key(*name));
    holds("hosts_looked_up", name == "ALLOWED_HOSTS" && (tenants || refuses_hosts(loaded, tree)));
    holds("empty", inner.as_str().is_some_and(str::is_empty));
    // What another setting or variable gives is checked with it.
    let names = || std::iter::once(name).chain(same_place(val, loaded)).chain(val.variables.iter().map(String::as_str));
    let guard = names().find_map(|name| refused.guarded.get(name));
    // Where the name that brings the check is given, it is made or has been thought of.
    let given = guard.is_some_and(|guard| loaded.world.vars().contains_key(guard));
    holds("refused", names().any(|name| refused.names.contains(name)) || given);
    let service = ["ENGINE", "BACKEND", "STORAGE", "_URI", "CACHE_TYPE", "CELERY_TASK_ALWAYS_EAGER"];
    let of_service = service.iter().any(|end| name.ends_with(end));
    holds("critical", !of_service && settings::critical(name).is_some_and(|row| row.roles.is_empty()));
    holds("protects", settings::shared_with_staging(name).is_some());
    if let Some(text) = inner.as_str() {
        fact.bool("placeholder", variables::is_placeholder(text), origin);
    }
    if let Some(guard) = guard.filter(|_| !given) {
        fact.text("checked_for", guard, origin);
    }
    if let Some(wanted) = settings::production_must(name) {
        fact.text("required", if wanted { "True" } else { "False" }, origin);
    }
    super::named_service::state(fact, name, (inner, &loaded.settings.values), certainty, origin);
    if let Kind::List(items) | Kind::Tuple(items) = &inner.kind {
        let tool = |label: &&str| {
            packages::package_of_label(label)
                .is_some_and(|name| matches!(packages::kind(name), packages::Kind::DevTool(_)))
        };
        if matches!(name, "INSTALLED_APPS" | "MIDDLEWARE") && items.iter().all(|item| item.as_str().is_some()) {
            let rest = items.iter().filter_map(Val::as_str).filter(|label| !one_sided(label));
            let rest: Vec<String> = rest.map(str::to_owned).collect();
            let own: Vec<String> = rest.iter().filter(|label| is_own(label, tree)).cloned().collect();
            fact.list("items", rest, origin);
            if !own.is_empty() {
                fact.list("own", own, origin);
            }
        }
        let tools: Vec<String> = items.iter().filter_map(Val::as_str).filter(tool).map(str::to_owned).collect();
        if !tools.is_empty() {
            fact.list("dev_tools", tools, origin);
        }
    }
}

/// States whose settings a module's name says it holds, and what is chosen where nothing chooses.
pub(super) fn module(fact: &mut Statement<'_>, shown: &str, loaded: &Loaded, span: Span) {
    let mut words = loaded.choice.module.rsplit('.');
    let last = words.next().unwrap_or(shown);
    // `config.production.settings` is named for production as well.
    let plain = ["development", "dev", "local", "production", "prod", "staging"];
    let above = words.next().filter(|above| last == "settings" && plain.contains(above));
    let last = above.unwrap_or(last);
    if let Some((role, _)) = role_of_value(last).filter(|_| loaded.selected) {
        fact.text("named_for", role.name(), &Origin::set(span));
    }
    if let Some((target, at)) = &loaded.fallback {
        let development = role_of_value(&target.to_lowercase()).is_some_and(|(role, _)| role == Role::Development)
            || target.starts_with("Dev")
            || target.contains(".Dev");
        if development {
            fact.text("falls_back_to", target, &Origin::set(*at));
        }
    }
}

/// Apps and middleware that are normal on one side only: tools of development, and what serves files and watches.
fn one_sided(label: &str) -> bool {
    packages::package_of_label(label).is_some_and(|name| {
        matches!(
            packages::kind(name),
            packages::Kind::DevTool(_) | packages::Kind::Ambiguous | packages::Kind::ProductionOnly
        )
    }) || ["storages", "anymail", "whitenoise.runserver_nostatic", "collectfasta"].contains(&label)
        || label.starts_with("health_check")
        || label.starts_with("django.contrib.staticfiles")
        || label.starts_with("whitenoise")
        || guards(label)
}

/// Whether an app or middleware is code of the repository that is there for every environment.
fn is_own(label: &str, tree: &Tree) -> bool {
    const HELP: [&str; 9] = ["test", "dev", "debug", "mock", "fixture", "sample", "example", "demo", "styleguide"];
    let lower = label.to_ascii_lowercase();
    if HELP.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let path = label.replace('.', "/");
    let above = path.rsplit_once('/').map(|(above, _)| above);
    let places: Vec<String> = std::iter::once(path.as_str())
        .chain(above)
        .flat_map(|path| [format!("{path}.py"), format!("{path}/__init__.py"), format!("{path}/apps.py")])
        .collect();
    let there = |known: &str| {
        places.iter().any(|place| known.strip_suffix(place.as_str()).is_some_and(|b| b.is_empty() || b.ends_with('/')))
    };
    tree.files().any(|(_, path)| there(path))
}

/// Whether a middleware of the program's own refuses hosts.
fn refuses_hosts(loaded: &Loaded, tree: &Tree) -> bool {
    let Some(Kind::List(items) | Kind::Tuple(items)) = loaded.settings.values.get("MIDDLEWARE").map(|val| &val.kind)
    else {
        return false;
    };
    let modules = items.iter().filter_map(Val::as_str).filter_map(|label| label.rsplit_once('.'));
    let files: Vec<String> = modules.map(|(module, _)| format!("{}.py", module.replace('.', "/"))).collect();
    let own = |path: &str| files.iter().any(|file| path == file || path.ends_with(&format!("/{file}")));
    tree.files().any(|(file, path)| own(path) && tree.text(file).is_ok_and(|text| text.contains("DisallowedHost")))
}

/// What keeps a staging from the world: a password before its pages, no robots, mail that is held back.
fn guards(label: &str) -> bool {
    let plain: String = label.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    let plain = plain.to_ascii_lowercase();
    ["basicauth", "basicaccess", "robots", "baipw", "environmentbanner", "debugbanner"]
        .iter()
        .any(|word| plain.contains(word))
        || plain.split('.').next() == Some("bandit")
}

/// Settings whose value stands at the same place.
fn same_place<'l>(val: &'l Val, loaded: &'l Loaded) -> impl Iterator<Item = &'l str> {
    let place = val.origin.primary();
    let same = move |other: &Val| place.is_some() && other.origin.primary() == place;
    loaded.settings.values.iter().filter(move |(_, other)| same(other)).map(|(name, _)| name.as_str())
}

/// Whether a file that describes what is deployed names a variable: Terraform's, the one that a platform asks by, or a script
/// that writes it into a file.
fn asked_for(variable: &str, tree: &Tree) -> bool {
    let describes = |path: &str| path.ends_with(".tf") || path.ends_with(".bicep") || paths::name(path) == "app.json";
    let whole = |text: &str| {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.match_indices(variable).any(|(at, _)| {
            let (before, after) =
                (text.get(..at).unwrap_or_default(), text.get(at + variable.len()..).unwrap_or_default());
            !before.ends_with(word) && !after.starts_with(word)
        })
    };
    let script = |path: &str| [".sh", ".bash"].iter().any(|end| path.ends_with(end));
    let given = format!("{variable}=");
    let written = |text: &str| text.lines().any(|line| line.contains(&given) && line.contains('>') && whole(line));
    tree.files().any(|(file, path)| {
        describes(path) && tree.text(file).is_ok_and(whole) || script(path) && tree.text(file).is_ok_and(written)
    })
}

/// Whether a value is made by chance where it is written, and whether only for want of another.
fn renewed(name: &str, val: &Val, tree: &Tree) -> Option<&'static str> {
    const MAKERS: [&str; 9] = [
        "urandom(",
        "token_hex(",
        "token_urlsafe(",
        "token_bytes(",
        "get_random_secret_key(",
        "get_random_string(",
        "uuid4(",
        "generate_key(",
        "random.choice",
    ];
    let span = val.origin.primary()?;
    let (before, after) = tree.text(span.file).ok()?.split_at_checked(span.start as usize)?;
    let line = [before.rsplit('\n').next()?, after.lines().next()?].concat();
    // What is written to a file, and read from it the next time, is made once.
    let made = MAKERS.iter().any(|maker| line.contains(maker)) && !is_kept(before, after);
    // `if not KEY:` above it asks for another as well.
    let mut above =
        before.lines().rev().skip(1).map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let guarded = above.next().is_some_and(|line| {
        line.ends_with(':')
            && line.split_once("if ").is_some_and(|(before, test)| before.is_empty() && test.contains(name))
    });
    // A field of a class of settings is read from a variable of its name first.
    let field = line.starts_with(char::is_whitespace)
        && line.trim_start().strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let asked = guarded || field || ["env", "get(", "config(", " or "].iter().any(|word| line.contains(word));
    made.then_some(if asked { "by-default" } else { "always" })
}

/// Whether the function around a place opens a file: what it makes there it keeps.
fn is_kept(before: &str, after: &str) -> bool {
    let outside = |line: &str| !line.is_empty() && !line.starts_with([' ', '\t', ')', '#']);
    let head = before.rsplit_once("\ndef ").map(|(_, own)| own);
    let own = head.filter(|own| !own.lines().skip(1).any(outside));
    let rest = after.split('\n').skip(1).take_while(|line| !outside(line)).collect::<Vec<_>>().join("\n");
    own.is_some_and(|own| {
        ["open(", "write_text(", "write_bytes("].iter().any(|call| own.contains(call) || rest.contains(call))
    })
}

/// Whether a template is one of OpenShift: it is filled in and applied as it stands, no sample that a person copies.
fn is_applied(tree: &Tree, span: Span) -> bool {
    tree.text(span.file).is_ok_and(|text| text.contains("kind: Template"))
}

#[cfg(test)]
mod tests {
    use super::is_kept;

    #[test]
    fn a_key_that_is_written_to_a_file_is_kept() {
        let (head, write) =
            ("import os\n\ndef key():\n    made = ", "    with open('key', 'wb') as file:\n        file.write(made)\n");
        assert!(is_kept(head, &format!("os.urandom(9)\n{write}    return made\n")));
        assert!(!is_kept(head, &format!("os.urandom(9)\n    return made\n\nif True:\n{write}")));
        assert!(!is_kept("open('x')\nKEY = ", "os.urandom(9)\n"));
    }
}
