//! Lists of requirements that a build rewrites before it installs them: `sed -i '/^name/d' requirements.txt`,
//! `grep -v name requirements.txt > fewer.txt`.

use regex_automata::meta::Regex;

use super::exports;
use super::installs::{Place, maybe};
use super::part::{Export, Installs};
use crate::discover::paths;
use crate::formats::locks::{self, Installed, Package};
use crate::formats::shell::Executed;
use crate::links::container::absolute;
use crate::links::meaning;
use crate::model::Reason;

/// What becomes of the lines that a pattern matches.
enum Change {
    /// They are left out.
    Dropped(Regex),
    /// They say something else, which is not followed.
    Rewritten(Regex),
    /// Which lines are meant is not known.
    Any,
}

/// Notes the list that a command writes out of another one; whether it does.
pub(super) fn note(installs: &mut Installs, executed: &Executed, argv: &[String], place: &Place<'_, '_>) -> bool {
    let words = meaning::unwrapped(argv);
    let program = words.first().map_or("", |word| paths::name(word));
    let written = || executed.stdout_to.as_ref().map(|to| to.text.one().cloned().unwrap_or_default());
    let found = match program {
        "sed" => sed(&words).and_then(|(from, in_place, changes)| {
            let to = if in_place { Some(from.clone()) } else { written() };
            Some((from, to?, changes))
        }),
        "grep" | "egrep" | "fgrep" => {
            grep(&words, program).and_then(|(from, change)| Some((from, written()?, vec![change])))
        }
        _ => None,
    };
    let Some((from, to, changes)) = found.filter(|(from, to, _)| [from, to].iter().all(|path| is_list(path))) else {
        return false;
    };
    let cwd = executed.cwd.clone().map_or_else(|| place.workdir.clone(), |cwd| absolute(&place.workdir, &cwd));
    let from = absolute(&cwd, &from);
    let installed = if let Some(export) = installs.exports.get(&from) {
        export.installed.clone()
    } else {
        let Some(install) = exports::install(std::slice::from_ref(&from), "/", place) else { return false };
        locks::installed(place.tree, "", &install, &executed.vars, &place.markers)
    };
    let list = place.container.outside(&from).unwrap_or_default();
    let mut installed = changed(installed, &changes, &list, executed, place);
    if let Some(reason) = maybe(executed) {
        installed.complete = Err(reason);
    }
    installs.exports.insert(absolute(&cwd, &to), Export { installed, span: executed.span });
    true
}

fn is_list(path: &str) -> bool {
    [".txt", ".in", ".pip"].iter().any(|end| path.ends_with(end))
}

/// What a list brings after its changes.
fn changed(
    mut installed: Installed,
    changes: &[Change],
    list: &str,
    executed: &Executed,
    place: &Place<'_, '_>,
) -> Installed {
    let line = |name: &str, package: &Package| {
        let span = package.origin.steps.first().map(|step| step.span);
        let own = span.filter(|span| place.tree.path(span.file) == list);
        let text = own.and_then(|span| Some((place.tree.text(span.file).ok()?, span.start as usize)));
        let whole = |(text, at): (&str, usize)| {
            let start = text.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
            text.get(start..)?.lines().next().map(str::to_owned)
        };
        // What an installer wrote stands in no file of the repository.
        text.and_then(whole).or_else(|| list.is_empty().then(|| name.to_owned()))
    };
    let mut doubt = false;
    for change in changes {
        let (pattern, rewritten) = match change {
            Change::Dropped(pattern) => (pattern, false),
            Change::Rewritten(pattern) => (pattern, true),
            Change::Any => {
                doubt = true;
                installed.packages.clear();
                continue;
            }
        };
        let hit = |name: &String, package: &Package| line(name, package).is_some_and(|line| pattern.is_match(&line));
        let before = installed.packages.len();
        installed.packages.retain(|name, package| !hit(name, package));
        doubt |= rewritten && installed.packages.len() < before;
    }
    if doubt {
        installed.complete = Err(Reason::at("the build rewrites the list of what it installs", executed.span));
    }
    installed
}

/// The file that `sed` reads, whether it is rewritten in place, and what becomes of its lines.
fn sed(words: &[String]) -> Option<(String, bool, Vec<Change>)> {
    let (mut in_place, mut quiet) = (false, false);
    let mut extended = false;
    let mut expressions: Vec<&String> = Vec::new();
    let mut plain: Vec<&String> = Vec::new();
    let mut rest = words.iter().skip(1);
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-e" | "--expression" => expressions.extend(rest.next()),
            "-E" | "-r" | "--regexp-extended" => extended = true,
            "--in-place" => in_place = true,
            flag if flag.starts_with("--in-place") || flag.starts_with('-') && flag.contains('i') => {
                in_place = true;
                extended |= flag.contains(['E', 'r']);
                if flag.ends_with('e') {
                    expressions.extend(rest.next());
                }
            }
            "-n" | "--quiet" | "--silent" => quiet = true,
            flag if flag.starts_with('-') => {}
            _ => plain.push(word),
        }
    }
    if expressions.is_empty() && !plain.is_empty() {
        expressions.push(plain.remove(0));
    }
    let [file] = plain[..] else { return None };
    let told = |expression: &String| if quiet { Change::Any } else { change(expression, extended) };
    Some((file.clone(), in_place, expressions.into_iter().map(told).collect()))
}

/// What one expression of `sed` does: `/pattern/d` or `s/pattern/…/`.
fn change(expression: &str, extended: bool) -> Change {
    let compiled = |pattern: &str| Regex::new(&regex(pattern, extended)).ok();
    let dropped = || {
        let (pattern, command) = expression.strip_prefix('/')?.rsplit_once('/')?;
        (command == "d").then(|| compiled(pattern)).flatten().map(Change::Dropped)
    };
    let rewritten = || {
        let rest = expression.strip_prefix('s')?;
        let delimiter = rest.chars().next().filter(char::is_ascii_punctuation)?;
        let pattern = rest.get(1..)?.split(delimiter).next()?;
        compiled(pattern).map(Change::Rewritten)
    };
    dropped().or_else(rewritten).unwrap_or(Change::Any)
}

/// The list that `grep -v` reads and which lines it leaves out.
fn grep(words: &[String], program: &str) -> Option<(String, Change)> {
    let flags: Vec<&str> = words.iter().skip(1).map(String::as_str).filter(|word| word.starts_with('-')).collect();
    let has = |letter: char, long: &str| {
        flags.iter().any(|flag| *flag == long || !flag.starts_with("--") && flag.contains(letter))
    };
    let plain: Vec<&String> = words.iter().skip(1).filter(|word| !word.starts_with('-')).collect();
    let [pattern, file] = plain[..] else { return None };
    if !has('v', "--invert-match") {
        return None;
    }
    let fixed = program == "fgrep" || has('F', "--fixed-strings");
    let extended = program == "egrep" || has('E', "--extended-regexp");
    let text = if fixed { escaped(pattern) } else { regex(pattern, extended) };
    let text = if has('i', "--ignore-case") { format!("(?i){text}") } else { text };
    Some((file.clone(), Regex::new(&text).ok().map_or(Change::Any, Change::Dropped)))
}

/// A text as a pattern that matches it and nothing else.
fn escaped(text: &str) -> String {
    text.chars().flat_map(|c| c.is_ascii_punctuation().then_some('\\').into_iter().chain([c])).collect()
}

/// A POSIX pattern in the words of the matcher: in a basic one the signs of repetition and choice count only behind `\`.
fn regex(pattern: &str, extended: bool) -> String {
    if extended {
        return pattern.to_owned();
    }
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(next @ ('(' | ')' | '{' | '}' | '|' | '+' | '?')) => out.push(next),
                Some(next) => out.extend(['\\', next]),
                None => out.push_str("\\\\"),
            },
            '(' | ')' | '{' | '}' | '|' | '+' | '?' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::links::Repository;
    use crate::model::Dimension;

    fn installed(command: &str) -> String {
        built(&format!("RUN {command}\nRUN pip install -r requirements.txt"))
    }

    fn built(steps: &str) -> String {
        let dockerfile =
            format!("FROM python:3.12\nWORKDIR /app\nCOPY requirements.txt .\n{steps}\nCMD gunicorn a:a\n");
        let list = "django==5.2\nprofiler==1.0\nprofiler-ui==2.0\ngunicorn==23.0\n";
        let files = [("Dockerfile", dockerfile.as_str()), ("requirements.txt", list), ("a.py", "a = 1\n")];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let repository = Repository::read(&tree);
        let plan = crate::environments::infer(&repository, &Config::default(), true);
        let model = crate::resolve::resolve(&repository, plan, &Config::default(), "2026-01-01");
        let packages = model.facts.iter().filter(|fact| fact.id.dimension == Dimension::Package);
        let named = packages.filter(|fact| fact.text("version").is_some()).map(|fact| fact.id.key.as_str());
        named.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_build_takes_out_of_the_list_is_not_installed() {
        assert_eq!(installed("true"), "django gunicorn profiler profiler-ui");
        assert_eq!(installed("sed -i '/^profiler/d' requirements.txt"), "django gunicorn");
        assert_eq!(installed("sed -i -e '/profiler==/d' -e '/gun/d' requirements.txt"), "django profiler-ui");
        assert_eq!(installed("sed -Ei '/^(django|gunicorn)/d' ./requirements.txt"), "profiler profiler-ui");
        assert_eq!(installed("sed -i 's/django==5.2/django==4.2/' requirements.txt"), "gunicorn profiler profiler-ui");
        assert_eq!(installed("sed -i '/profiler==/!d' requirements.txt"), "");
        let fewer =
            "grep -v profiler requirements.txt > /tmp/r.txt && pip install -r /tmp/r.txt && : > requirements.txt";
        assert!(installed(fewer).starts_with("django gunicorn"));
    }

    #[test]
    fn a_list_that_is_written_out_of_another_is_followed() {
        let written =
            |change: &str| built(&format!("RUN {change} requirements.txt > /tmp/r.txt\nRUN pip install -r /tmp/r.txt"));
        assert_eq!(written("sed '/^profiler/d'"), "django gunicorn");
        assert_eq!(written("sed -e 's/django==5.2/django==4.2/'"), "gunicorn profiler profiler-ui");
        assert_eq!(written("sed -n '/django/p'"), "");
    }
}
