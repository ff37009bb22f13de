//! Wheels of the project itself that a build makes (`poetry build`, `python -m build`) and pip installs afterwards: what is
//! installed is the project.

use super::part::Installs;
use crate::links::meaning;

/// Notes the folder of the project whose wheel a command makes; whether it makes one.
pub(super) fn note(installs: &mut Installs, argv: &[String], folder: impl FnOnce() -> String) -> bool {
    let words = meaning::unwrapped(argv);
    let word = |at: usize| words.get(at).map_or("", |word| word.rsplit('/').next().unwrap_or(word));
    let makes = match word(0) {
        "poetry" | "uv" | "hatch" | "flit" | "pdm" => word(1) == "build",
        "build" => true,
        python if meaning::is_python(python) => {
            word(1) == "-m" && word(2) == "build"
                || word(1) == "setup.py" && words.iter().any(|word| word == "bdist_wheel")
        }
        _ => false,
    };
    if makes {
        installs.own_wheel = Some(folder());
    }
    makes
}

/// An installer's words with the project's folder in the place of its wheel.
pub(super) fn named(installs: &Installs, command: Vec<String>) -> Vec<String> {
    let Some(folder) = &installs.own_wheel else { return command };
    let place = if folder.is_empty() { ".".to_owned() } else { format!("./{folder}") };
    let one = |word: String| match word.split_once(".whl") {
        Some((_, behind)) if !word.contains("://") => {
            let extras = behind.find('[').and_then(|at| behind.get(at..)).unwrap_or_default();
            format!("{place}{}", extras.trim_end_matches([')', '"', '\'']))
        }
        _ => word,
    };
    command.into_iter().map(one).collect()
}
