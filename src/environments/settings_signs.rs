//! What the text of a Python file shows of whether it holds settings.

use super::words::role_of_value;
use crate::links::Repository;
use crate::model::FileId;

/// Whether a package serves the pages on which users change their settings.
pub(super) fn serves_pages(repository: &Repository<'_>, folder: &str) -> bool {
    let package = repository.tree.find(&format!("{folder}/__init__.py"));
    let text = package.and_then(|file| repository.tree.text(file).ok()).unwrap_or_default();
    ["Blueprint(", "APIRouter("].iter().any(|makes| text.contains(makes))
}

/// Whether a module sets names in capitals, or makes or takes over settings in another way: what is called settings may as
/// well be the pages on which users change theirs.
pub(super) fn sets_something(repository: &Repository<'_>, file: FileId) -> bool {
    let Ok(text) = repository.tree.text(file) else { return true };
    let assigns = |line: &str| {
        let end = line.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(0);
        let rest = line.get(end..).unwrap_or_default().trim_start();
        end > 1 && line.starts_with(|c: char| c.is_ascii_uppercase()) && rest.starts_with(['=', ':', '+'])
    };
    let makes = ["import *", "Settings", "Dynaconf", "globals()", "include(", "Config", "settings = ", "exec("];
    text.lines().map(str::trim_start).any(assigns) || makes.iter().any(|sign| text.contains(sign))
}

/// Whether a module reads several variables into names in capitals at its top, or in a class.
pub(super) fn reads_variables(repository: &Repository<'_>, path: &str) -> bool {
    let text = repository.tree.find(path).and_then(|file| repository.tree.text(file).ok()).unwrap_or_default();
    let reads = ["os.getenv(", "os.environ", "environ.get(", "getenv(", "config("];
    let assigns = |line: &&str| {
        let (name, value) = line.split_once('=').unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default().trim();
        let capitals = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        name.len() > 1 && capitals && reads.iter().any(|read| value.contains(read))
    };
    text.lines().filter(assigns).count() > 1
}

/// Whether a line begins a class at the top that is called, or built on what is called, configuration, or is named for an
/// environment.
fn is_configuration(line: &str) -> bool {
    let Some(head) = line.strip_prefix("class ") else { return false };
    let name = head.split(['(', ':']).next().unwrap_or_default().trim();
    let called = ["Config", "config", "Settings", "Env"].iter().any(|sign| head.contains(sign));
    let fails = ["Error", "Exception"].iter().any(|sign| head.contains(sign));
    !fails && (called || role_of_value(name).is_some())
}

/// Whether a module holds classes of configuration, or settings in another way that names say.
pub(super) fn holds_classes(repository: &Repository<'_>, path: &str) -> bool {
    let text = repository.tree.find(path).and_then(|file| repository.tree.text(file).ok());
    // A class that keeps configuration in the database is a table, not what the program is configured by.
    let tables = |text: &str| text.contains("__tablename__") || text.contains("(models.Model)");
    text.is_some_and(|text| {
        text.lines().any(is_configuration) && !tables(text)
            || text.contains("BaseSettings")
            || text.contains("Dynaconf(")
            || is_djangos(text)
    })
}

/// Whether a file sets what only settings of Django set.
pub(super) fn is_djangos(text: &str) -> bool {
    let sets = |name: &str| {
        text.lines().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('=')))
    };
    sets("ALLOWED_HOSTS") && sets("SECRET_KEY")
}
