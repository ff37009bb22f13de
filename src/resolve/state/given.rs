//! What knowledge says of a variable that is given, and variables that the program asks for in vain.

use super::{Statement, Statements};
use crate::discover::Tree;
use crate::environments::words::naming;
use crate::formats::Var;
use crate::formats::python::EnvRead;
use crate::knowledge::variables;
use crate::model::{Attr, Certainty, Dimension, Known, Origin, Reason, Value};
use crate::resolve::samples::from_sample;
use crate::resolve::settings::Loaded;

/// A secret of this length or more, with this much information in each character, is nobody's invention.
const LENGTH: usize = 16;
const BITS: f64 = 3.5;

/// States what is known of a given variable besides its value.
pub(super) fn state(fact: &mut Statement<'_>, name: &str, var: &Var, tree: &Tree) {
    let Some(text) = var.value.one() else { return };
    let origin = &var.origin;
    if let Some(file) = origin.primary().map(|span| tree.path(span.file)) {
        let named = naming(file);
        if let Some((role, _)) =
            named.role.filter(|_| !named.template && crate::discover::paths::name(file).contains("env"))
        {
            fact.text("file_for", role.name(), origin);
        }
    }
    if let Some(shape) = variables::token_shape(text) {
        fact.text("shape", shape, origin);
    }
    if let Some((product, "live")) = variables::live_or_test(text) {
        fact.text("live", product, origin);
    }
    let secret = match variables::password_in_url(text) {
        Some(range) => text.get(range).unwrap_or_default(),
        None if variables::is_secret_name(name) => text.as_str(),
        None => "",
    };
    let real = !variables::is_placeholder(secret)
        && !variables::is_own_name(name, secret)
        && secret.chars().count() >= LENGTH
        && entropy(secret) >= BITS;
    let plain =
        secret.chars().all(|c| c.is_ascii_graphic()) && !secret.starts_with(['/', '$']) && !secret.contains("://");
    // What a sample has for everybody to copy opens nothing, where it is copied too.
    let shown = from_sample(origin.primary(), tree);
    let kept = real && plain && var.certainty == Certainty::Stated;
    if !shown && (kept || variables::token_shape(text).is_some()) {
        fact.bool("committed", true, origin);
    }
}

/// Bits of information in each character of a text, by how often each occurs.
fn entropy(text: &str) -> f64 {
    let mut counts: std::collections::BTreeMap<char, u32> = std::collections::BTreeMap::new();
    for c in text.chars() {
        *counts.entry(c).or_default() += 1;
    }
    let all = f64::from(counts.values().sum::<u32>().max(1));
    counts.values().map(|count| f64::from(*count) / all).map(|share| -share * share.log2()).sum()
}

/// States the variables that the settings cannot do without and that nothing gives, and given ones that look like them.
pub fn asked(statements: &mut Statements, loaded: &Loaded, provided: &[String], tree: &Tree) {
    if !loaded.selected {
        return;
    }
    let reads = &loaded.settings.reads;
    let known = |name: &str| variables::is_ambient(name) || provided.iter().any(|one| one == name);
    let wanting: Vec<_> = reads.iter().filter(|read| !read.set && !known(&read.name)).collect();
    // A read in a function may be behind a test, and a program that loads a file of variables may find them there.
    let plain = |read: &EnvRead| matches!(read.via, "os" | "environ") && Some(read.span.file) == loaded.settings.file;
    let reason = files_of_variables(loaded, tree).then(|| Reason::new("the program reads a file of variables"));
    for read in wanting.iter().filter(|read| read.required && plain(read)) {
        let origin = Origin::set(read.span);
        let value = match &reason {
            Some(reason) => Known::Unknown(reason.clone()),
            None => loaded.world.get(&read.name).value.map(Value::Text),
        };
        let mut fact = statements.about(loaded.component.as_ref(), Dimension::Variable, &read.name);
        fact.attr("value", Attr { value, certainty: Certainty::Stated, origin: origin.clone() });
        fact.bool("required", true, &origin);
        super::room::state(&mut fact, &read.name, &loaded.world, tree);
    }
    mistaken(statements, loaded);
    if loaded.settings.reads_unsure.is_some() {
        return;
    }
    for (name, var) in loaded.world.vars() {
        let ours = name.len() >= 5 && var.value.one().is_some() && !reads.iter().any(|read| read.name == *name);
        if !ours || known(name) {
            continue;
        }
        let near = wanting.iter().find(|read| name.len() >= 6 && read.name.len() >= 6 && one_slip(name, &read.name));
        let near = near.or_else(|| {
            let mut alike = wanting.iter().filter(|read| another_name(name, &read.name));
            let first = alike.next()?;
            let only = alike.all(|read| read.name == first.name);
            (only && !spoken_of(name, tree)).then_some(first)
        });
        if let Some(read) = near {
            let mut fact = statements.about(loaded.component.as_ref(), Dimension::Variable, name);
            fact.text("meant", &read.name, &var.origin);
        }
    }
}

/// States the switches that a branch takes from a text which looks false and is true.
fn mistaken(statements: &mut Statements, loaded: &Loaded) {
    for read in &loaded.settings.reads {
        let Some(truth) = read.raw_truth.as_ref().filter(|truth| truth.setting.is_none()) else { continue };
        let var = loaded.world.get(&read.name);
        let Some(text) = var.value.one().filter(|text| {
            !text.is_empty() && super::setting::is_mistaken(&truth.true_for) && truth.true_for.contains(text)
        }) else {
            continue;
        };
        if !super::setting::is_switch(&read.name) || loaded.settings.values.contains_key(&read.name) {
            continue;
        }
        let origin = Origin::set(truth.span).join(&var.origin);
        let mut fact = statements.about(None, Dimension::Setting, &read.name);
        fact.text("value", text, &origin).text("variable", &read.name, &origin);
        fact.list("true_for", truth.true_for.clone(), &origin).bool("false_looking_given", true, &var.origin);
        if truth.chooses {
            fact.bool("by_presence", true, &origin);
        }
    }
}

/// Whether the settings load variables from a file by themselves.
fn files_of_variables(loaded: &Loaded, tree: &Tree) -> bool {
    let words = ["read_env", "load_dotenv", "dotenv_values", "env_file", "decouple"];
    let texts = loaded.settings.files.iter().filter_map(|(file, _)| tree.text(*file).ok());
    texts.into_iter().any(|text| words.iter().any(|word| text.contains(word)))
}

/// Whether a program reads a variable under another name than it is given: with its own prefix before it, or with two more
/// letters in one of its words.
fn another_name(given: &str, read: &str) -> bool {
    const PREFIXES: [&str; 4] = ["DJANGO_", "FLASK_", "APP_", "FASTAPI_"];
    if PREFIXES.iter().any(|prefix| read.strip_prefix(prefix) == Some(given)) {
        return true;
    }
    let start = given.bytes().zip(read.bytes()).take_while(|(a, b)| a == b).count();
    let tail = given.get(start..).unwrap_or_default();
    let more = read.get(start..).and_then(|rest| rest.strip_suffix(tail)).unwrap_or_default();
    given.len() >= 8 && more.len() == 2 && start > 0 && more.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// Whether a program or script of the repository reads a variable by its whole name.
pub(super) fn spoken_of(name: &str, tree: &Tree) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let python = |line: &str| line.contains("env") || line.contains("config");
    let read = |line: &str, is_python: bool| {
        line.match_indices(name).any(|(at, _)| {
            let (before, after) = line.split_at(at);
            let ends = !after.get(name.len()..).unwrap_or_default().starts_with(word);
            let opened = if is_python { before.ends_with(['"', '\'']) && python(line) } else { opens(before) };
            ends && opened
        })
    };
    tree.files().any(|(file, path)| {
        let named = crate::discover::paths::name(path);
        let other = [".sh", ".js", ".ts", ".conf", ".template"].iter().any(|end| named.ends_with(end));
        let programs = named.ends_with(".py") || other || !named.contains('.');
        let reads = |text: &str| text.contains(name) && text.lines().any(|line| read(line, named.ends_with(".py")));
        programs && tree.text(file).is_ok_and(reads)
    })
}

/// Whether a variable's value is asked for by what stands before its name, in a shell or a program that is not Python.
fn opens(before: &str) -> bool {
    ["$", "${", "env.", "env[\"", "env['"].iter().any(|open| before.ends_with(open))
}

/// Whether one letter too many, too few, wrong, in the wrong case or swapped with the next parts two names; a number that
/// counts is no slip.
fn one_slip(a: &str, b: &str) -> bool {
    if a == b {
        return false;
    }
    if a.eq_ignore_ascii_case(b) {
        return true;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (a.get(start..).unwrap_or_default(), b.get(start..).unwrap_or_default());
    let letters = |rest: &[char]| rest.first().is_none_or(|c| !c.is_ascii_digit());
    if !letters(rest_a) || !letters(rest_b) {
        return false;
    }
    let tail = |rest: &[char], skip: usize| rest.get(skip..).unwrap_or_default().to_vec();
    let swapped = rest_a.len() >= 2 && rest_b.len() >= 2 && rest_a[0] == rest_b[1] && rest_a[1] == rest_b[0];
    let whole = !rest_a.is_empty() && !rest_b.is_empty();
    (whole && tail(rest_a, 1) == tail(rest_b, 1))
        || rest_a.len() == rest_b.len() + 1 && tail(rest_a, 1) == rest_b
        || rest_b.len() == rest_a.len() + 1 && tail(rest_b, 1) == rest_a
        || swapped && tail(rest_a, 2) == tail(rest_b, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_a_letter_a_swap_or_the_case() {
        for (a, b) in [
            ("DATABSE_URL", "DATABASE_URL"),
            ("DATABASE_ULR", "DATABASE_URL"),
            ("database_url", "DATABASE_URL"),
            ("STAGINGG_EMAIL", "STAGING_EMAIL"),
        ] {
            assert!(one_slip(a, b), "{a} {b}");
        }
        for (a, b) in [("WORKER_1", "WORKER_2"), ("DATABASE_URL", "DATABASE_URLS_X"), ("CACHE_URL", "QUEUE_URL")] {
            assert!(!one_slip(a, b), "{a} {b}");
        }
    }

    #[test]
    fn a_name_may_lack_the_programs_prefix_or_two_letters_of_a_word() {
        for (given, read) in [("DEBUG", "DJANGO_DEBUG"), ("ALLOW_HOSTS", "ALLOWED_HOSTS")] {
            assert!(another_name(given, read), "{given} {read}");
        }
        for (given, read) in [("POSTGRES_HOST", "POSTGRES_PORT"), ("DB_URL", "DB_URL_X"), ("URL", "SHOP_URL")] {
            assert!(!another_name(given, read), "{given} {read}");
        }
    }

    #[test]
    fn words_hold_less_information_than_keys() {
        assert!(entropy("aaaaaaaaaaaaaaaa") < 1.0);
        assert!(entropy("u2Kd8wPz4sXe7nVb") > 3.5);
    }
}
