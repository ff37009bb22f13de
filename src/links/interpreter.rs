//! Options of the Python interpreter before what it runs.

use super::meaning::is_python;

/// `python -Wd -u manage.py x` without the interpreter's own options, `python -X dev -m x` as `x`.
pub(super) fn plain(mut words: Vec<String>) -> Vec<String> {
    if !words.first().is_some_and(|word| is_python(word)) {
        return words;
    }
    let mut count = 1;
    while let Some(word) = words.get(count).filter(|word| word.starts_with('-') && word.len() > 1 && *word != "-c") {
        match word.as_str() {
            "-m" => return words.split_off(count + 1),
            "-W" | "-X" => count += 2,
            _ => count += 1,
        }
    }
    words.drain(1..count.min(words.len()));
    words
}

/// What a program that runs other programs again is given to run: a function of Python with its arguments behind `--args`, or
/// a whole command in one word. Source: <https://watchfiles.helpmanual.io/cli/>.
pub(super) fn called(mut words: Vec<String>) -> Vec<String> {
    let split = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let Some(first) = words.first() else { return words };
    if let Some(module) = first.strip_suffix(".__main__.main") {
        let behind = words.iter().position(|word| word == "--args").and_then(|at| words.get(at + 1));
        let given = behind.map(|text| split(text)).unwrap_or_default();
        return std::iter::once(module.to_owned()).chain(given).collect();
    }
    if first.contains(' ') && !first.contains(['$', ';', '|', '&', '<', '>']) {
        return split(first);
    }
    // `python -m manage x` is `manage.py x`.
    if first == "manage" && words.len() > 1 {
        "manage.py".clone_into(&mut words[0]);
    }
    words
}

#[cfg(test)]
mod tests {
    use crate::links::Meaning;
    use crate::links::meaning::of;

    #[test]
    fn options_of_the_interpreter_do_not_hide_what_it_runs() {
        for (text, tests) in [
            ("python -Wd manage.py test", true),
            ("python -W error -u manage.py test", true),
            ("python -X dev -m pytest", true),
            ("python -c test", false),
            ("python -u manage.py migrate", false),
        ] {
            let argv: Vec<String> = text.split(' ').map(str::to_owned).collect();
            assert_eq!(of(&argv) == Meaning::Tests, tests, "{text}");
        }
    }

    #[test]
    fn what_is_run_again_on_every_change_is_known_by_what_it_runs() {
        let kind = |argv: &[&str]| {
            let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
            if let Meaning::Serves(found) = of(&argv) { found.id } else { "" }
        };
        let function = ["watchfiles", "--filter", "python", "celery.__main__.main", "--args", "-A a worker -l INFO"];
        assert_eq!(kind(&function), "celery-worker");
        assert_eq!(kind(&["watchfiles", "celery -A a beat", "src"]), "celery-beat");
        assert_eq!(kind(&["uv", "run", "python", "-m", "manage", "qcluster"]), "django-q");
    }
}
