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
}
