//! Which environment a command of Hatch runs in, and what it runs there.

/// A command of Hatch that makes an environment.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct HatchCall {
    /// The environment, if the command names one.
    pub environment: Option<String>,
    /// The folder of the project, if the command names one.
    pub folder: Option<String>,
    /// What is run in it; nothing where it is only made.
    pub runs: Vec<String>,
    /// The interpreters that are chosen from its matrix.
    pub pythons: Vec<String>,
    /// Whether the tests are run, which have an environment of their own.
    pub tests: bool,
}

/// Options of Hatch itself that take the next word.
const VALUED: [&str; 8] = ["-e", "--env", "-p", "--project", "--data-dir", "--cache-dir", "--config", "--color"];
/// Options of `hatch test` that take the next word.
const TEST_VALUED: [&str; 8] = ["--retries", "--retry-delay", "-py", "--python", "-i", "--include", "-x", "--exclude"];

/// The words behind `hatch`, if that is the program: also by way of `uvx`, `pipx run`, `python -m` and the like.
fn behind(argv: &[String]) -> Option<&[String]> {
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let at = argv.iter().position(|word| matches!(base(word).split(['=', '@', '[']).next(), Some("hatch")))?;
    let before: Vec<String> = argv[..at].iter().map(|word| base(word)).collect();
    let carries = |word: &String| {
        matches!(
            word.as_str(),
            "uvx" | "pipx" | "uv" | "tool" | "run" | "poetry" | "pdm" | "env" | "exec" | "sudo" | "-m"
        ) || word.starts_with("python")
            || word.starts_with('-')
            || word.contains('=')
    };
    let own = !before.last().is_some_and(|word| matches!(word.as_str(), "--from" | "--spec" | "--with"));
    (own && before.iter().all(carries)).then(|| &argv[at + 1..])
}

/// The values of an inclusion such as `py=3.11,3.12`.
fn pythons(spec: &str) -> impl Iterator<Item = String> + '_ {
    let values = ["py=", "python="].iter().find_map(|name| spec.strip_prefix(name)).unwrap_or_default();
    values.split(',').filter(|value| !value.is_empty()).map(str::to_owned)
}

/// Reads a command; `None` if it is none of Hatch that makes an environment.
pub fn call(argv: &[String]) -> Option<HatchCall> {
    let mut words = behind(argv)?.iter();
    let mut out = HatchCall::default();
    let verb = options(&mut words, &VALUED, &mut out)?;
    match verb {
        "run" => run(words.as_slice(), &mut out),
        "test" => {
            out.tests = true;
            while let Some(word) = words.next().filter(|word| *word != "--") {
                let (flag, value) =
                    word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
                let next = if TEST_VALUED.contains(&flag) {
                    value.map(str::to_owned).or_else(|| words.next().cloned())
                } else {
                    None
                };
                match (flag, next) {
                    ("-py" | "--python", Some(value)) => out.pythons.extend(value.split(',').map(str::to_owned)),
                    ("-i" | "--include", Some(value)) => out.pythons.extend(pythons(&value)),
                    _ => {}
                }
            }
        }
        "shell" => out.environment = words.next().cloned().or(out.environment),
        "env" => match words.next()?.as_str() {
            "create" => out.environment = words.next().cloned().or(out.environment),
            "run" => {
                let first = options(
                    &mut words,
                    &["-e", "--env", "-i", "--include", "-x", "--exclude", "-f", "--filter"],
                    &mut out,
                )?;
                out.runs = std::iter::once(first.to_owned()).chain(words.cloned()).collect();
            }
            _ => return None,
        },
        _ => return None,
    }
    Some(out)
}

/// Reads options up to the first word that is none, which is returned.
fn options<'w>(words: &mut std::slice::Iter<'w, String>, valued: &[&str], out: &mut HatchCall) -> Option<&'w str> {
    loop {
        let word = words.next()?;
        if !word.starts_with('-') {
            return Some(word);
        }
        let (flag, joined) = word.split_once('=').map_or((word.as_str(), None), |(flag, value)| (flag, Some(value)));
        if !valued.contains(&flag) {
            continue;
        }
        let value = match joined {
            Some(value) => value.to_owned(),
            None => words.next()?.clone(),
        };
        match flag {
            "-e" | "--env" => out.environment = Some(value),
            "-p" | "--project" => out.folder = Some(value),
            "-i" | "--include" => out.pythons.extend(pythons(&value)),
            _ => {}
        }
    }
}

/// `hatch run [+VAR=…] [-VAR] [ENV:]COMMAND …`.
fn run(words: &[String], out: &mut HatchCall) {
    let chosen = words.iter().take_while(|word| word.starts_with(['+', '-'])).count();
    out.pythons.extend(words[..chosen].iter().filter_map(|word| word.strip_prefix('+')).flat_map(pythons));
    let Some((first, rest)) = words[chosen..].split_first() else { return };
    let (environment, command) = match first.rsplit_once(':') {
        Some(("", command)) => (Some("system".to_owned()), command),
        Some((environment, command)) => (Some(environment.to_owned()), command),
        None => (out.environment.take(), first.as_str()),
    };
    out.environment = environment;
    out.runs = std::iter::once(command.to_owned()).chain(rest.iter().cloned()).collect();
}

#[cfg(test)]
mod tests {
    use super::{HatchCall, call};

    fn read(text: &str) -> Option<HatchCall> {
        call(&text.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_command_names_its_environment_in_several_ways() {
        for (text, environment, runs) in [
            ("hatch run pytest -x", None, "pytest -x"),
            ("hatch run test:cov -x", Some("test"), "cov -x"),
            ("hatch -v -e docs run build", Some("docs"), "build"),
            ("hatch --env=docs run build", Some("docs"), "build"),
            ("hatch env run -e lint -- ruff check", Some("lint"), "ruff check"),
            ("python -m hatch run +py=3.11,3.12 -django test:cov", Some("test"), "cov"),
            ("uvx hatch run :pip list", Some("system"), "pip list"),
            ("hatch env create docs", Some("docs"), ""),
            ("hatch env create", None, ""),
        ] {
            let found = read(text).unwrap_or_default();
            let words: Vec<&String> = found.runs.iter().filter(|word| *word != "--").collect();
            let joined = words.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(" ");
            assert_eq!((found.environment.as_deref(), joined.as_str()), (environment, runs), "{text}");
        }
        assert_eq!(read("python -m hatch run +py=3.11,3.12 t:c").unwrap_or_default().pythons, ["3.11", "3.12"]);
        let tests = read("hatch test -py 3.12 -c -- -x").unwrap_or_default();
        assert!(tests.tests && tests.pythons == ["3.12"]);
    }

    #[test]
    fn other_commands_make_no_environment() {
        for text in
            ["hatch build", "hatch fmt", "hatch version", "hatch env prune", "pip install hatch", "uvx --from hatch x"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
