//! Variables that guides and scripts tell to set on a platform, `heroku config:set KEY=value`, or for production.

use super::base_signs::said;
use super::plan::{Planned, Runs, Unit};
use super::words::{naming, role_of_value};
use crate::discover::{Kind, paths};
use crate::formats::shell::{Dialect, Word};
use crate::formats::{Var, Vars};
use crate::knowledge::{hosts, services, variables};
use crate::links::{Repository, guides};
use crate::model::{Certainty, FileId, Known, Origin, Reason, Role, Span, SpanMap};

/// Endings of the files that may hold them.
const ENDINGS: [&str; 6] = ["md", "rst", "txt", "sh", "adoc", "markdown"];
/// Flags whose value names the application.
const APPLICATION: [&str; 6] = ["-a", "--app", "-r", "--remote", "-e", "--environment"];

/// A variable that a command sets, and the role of the application that it names.
struct Told {
    name: String,
    var: Var,
    role: Option<Role>,
}

/// Gives the environments of platforms what the repository tells to set there; what their files say stays.
pub(super) fn give(repository: &Repository<'_>, all: &mut [Planned]) {
    give_addresses(repository, all);
    let platform = |planned: &Planned| {
        let kinds = [Kind::Procfile, Kind::Platform, Kind::AppJson];
        let files = &planned.environment.files;
        kinds.iter().any(|kind| repository.of(*kind).iter().any(|file| files.contains(file)))
            && matches!(planned.environment.role, Role::Production | Role::Staging)
    };
    if !all.iter().any(platform) {
        return;
    }
    let told = read(repository);
    for planned in all.iter_mut().filter(|planned| platform(planned)) {
        let role = planned.environment.role;
        let mut vars = Vars::new();
        let deployed = |role: Role| matches!(role, Role::Production | Role::Staging);
        for told in told.iter().filter(|told| told.role.is_none_or(deployed)) {
            // What is told to set for one application is mostly set for the others, to what nobody knows.
            let own = told.role.is_none_or(|known| known == role);
            if !own && !planned.shared {
                continue;
            }
            let var = if own { told.var.clone() } else { elsewhere(&told.var, planned.environment.name.as_str()) };
            if own || !vars.contains_key(&told.name) {
                vars.insert(told.name.clone(), var);
            }
        }
        let units = planned.units.iter().filter(|unit| !matches!(unit.runs, Runs::Pulled { .. }));
        for unit in units {
            let known = planned.variables.entry(unit.name.clone()).or_default();
            for (name, var) in &vars {
                known.entry(name.clone()).or_insert_with(|| var.clone());
            }
        }
    }
}

/// Gives production the addresses of services that a guide tells to set there; what its own files say stays.
fn give_addresses(repository: &Repository<'_>, all: &mut [Planned]) {
    let own = |unit: &Unit| matches!(unit.runs, Runs::Image(_) | Runs::Process { .. });
    let mut productions =
        all.iter_mut().filter(|planned| planned.environment.role == Role::Production && planned.units.iter().any(own));
    let Some(first) = productions.next() else { return };
    let told = addresses(repository);
    for planned in std::iter::once(first).chain(productions) {
        for unit in planned.units.iter().filter(|unit| own(unit)) {
            let known = planned.variables.entry(unit.name.clone()).or_default();
            for (name, var) in &told {
                known.entry(name.clone()).or_insert_with(|| var.clone());
            }
        }
    }
}

/// The variables with addresses of services that blocks of guides set below a heading which speaks of production: which kind of
/// service it is holds, unless something else is set.
fn addresses(repository: &Repository<'_>) -> Vars {
    let tree = repository.tree;
    let address = |line: &str| {
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let named = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        let value = value.trim().trim_matches(['"', '\'']).split_whitespace().next()?;
        let scheme = value.split_once("://")?.0.split('+').next()?;
        (named && services::by_url(scheme).is_some()).then(|| (name.to_owned(), value.to_owned()))
    };
    let mut found = Vars::new();
    for file in repository.of(Kind::Guide) {
        let Ok(text) = tree.text(*file) else { continue };
        for shown in guides::shown(tree.path(*file), text, |line| address(line).is_some()) {
            let above = || guides::headings(text.get(..shown.at).unwrap_or_default());
            let role = || above().into_iter().rev().find_map(said);
            let Some((name, value)) = address(shown.text).filter(|_| shown.block && role() == Some(Role::Production))
            else {
                continue;
            };
            let certainty = Certainty::Default { variable: Some(name.clone()) };
            let origin = Origin::set(Span::new(*file, shown.at, shown.at + shown.text.len()));
            found.entry(name).or_insert(Var { value: Known::One(value), certainty, origin });
        }
    }
    found
}

fn elsewhere(var: &Var, name: &str) -> Var {
    let text = format!("it is told for another application than {name}");
    let reason = var.origin.primary().map_or_else(|| Reason::new(text.clone()), |span| Reason::at(text.clone(), span));
    Var { value: Known::Unknown(reason), certainty: Certainty::Stated, origin: var.origin.clone() }
}

fn read(repository: &Repository<'_>) -> Vec<Told> {
    let mut all = Vec::new();
    let tree = repository.tree;
    for (file, path) in tree.files() {
        let ending = paths::name(path).rsplit_once('.').map_or("", |(_, ending)| ending);
        let guide = ENDINGS.contains(&ending) && !path.contains("node_modules/");
        let Some(text) = guide.then(|| tree.text(file).ok()).flatten() else { continue };
        for sign in hosts::telling() {
            for (at, _) in text.match_indices(sign) {
                one(repository, file, at, text.get(at..).unwrap_or_default(), &mut all);
            }
        }
    }
    all
}

/// Reads one command; a line that ends in a backslash goes on.
fn one(repository: &Repository<'_>, file: FileId, at: usize, text: &str, all: &mut Vec<Told>) {
    let mut end = 0;
    for line in text.split_inclusive('\n').take(20) {
        end += line.len();
        if !line.trim_end().ends_with('\\') {
            break;
        }
    }
    // In running text the command ends with its mark.
    let command = text.get(..end).unwrap_or_default().split('`').next().unwrap_or_default().trim_end();
    let map = SpanMap::Linear { file, base: u32::try_from(at).unwrap_or(0) };
    let found = repository.commands(command, &map, "", Vars::new(), Dialect::Bash);
    let Some(executed) = found.first() else { return };
    let written: Vec<&str> = executed.argv.iter().map(Word::written).collect();
    let application = written.iter().zip(written.iter().skip(1)).find(|(flag, _)| APPLICATION.contains(*flag));
    // Dokku names the application without a flag.
    let plain =
        executed.argv.get(2).map(Word::written).filter(|word| written.first() == Some(&"dokku") && !word.contains('='));
    let role = application.map(|(_, name)| *name).or(plain).and_then(|name| Some(naming(name).role?.0));
    for word in &executed.argv {
        let Some((name, value)) = word.written().split_once('=') else { continue };
        let named = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if !named
            || !name.starts_with(|c: char| c.is_ascii_uppercase())
            || all.iter().any(|told| told.name == name && told.role == role)
        {
            continue;
        }
        let known = word.text.one().is_some() && speaks(name, value);
        let reason = Reason::at(format!("{name} is set on the platform"), word.span);
        let value = if known { Known::One(value.to_owned()) } else { Known::Unknown(reason) };
        let certainty = Certainty::Default { variable: Some(name.to_owned()) };
        let var = Var { value, certainty, origin: Origin::set(word.span) };
        all.push(Told { name: name.to_owned(), var, role });
    }
}

/// Whether a value is meant as it is written: a name of Python, a switch, an environment. Others may be samples.
fn speaks(name: &str, value: &str) -> bool {
    let dotted = value.contains('.')
        && value.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        });
    let domain = ["com", "org", "net", "io", "app", "dev"].iter().any(|end| value.rsplit('.').next() == Some(end));
    let switch = ["true", "false", "0", "1", "on", "off", "yes", "no"].contains(&value.to_ascii_lowercase().as_str());
    let environment = value.chars().all(|c| c.is_ascii_lowercase()) && role_of_value(value).is_some();
    !variables::is_secret_name(name)
        && !variables::is_placeholder(value)
        && (dotted && !domain || switch || environment)
}
