//! A call of `docker compose`.

use crate::formats::Vars;

/// What a call of `docker compose` names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ComposeCall {
    /// The files given by `-f`, in order; empty means the files found by convention.
    pub files: Vec<String>,
    /// `--env-file`.
    pub env_files: Vec<String>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `--project-directory`.
    pub directory: Option<String>,
    /// up, run, build, exec …
    pub action: String,
    /// The services (for `run` and `exec` one).
    pub services: Vec<String>,
    /// For `run` and `exec`: the command.
    pub command: Vec<String>,
    /// For `run` and `exec`: `-e K=V`.
    pub env: Vec<String>,
}

impl ComposeCall {
    /// What variables say that the call itself does not: `COMPOSE_FILE`, `COMPOSE_PROFILES`.
    #[must_use]
    pub fn filled(mut self, vars: &Vars) -> Self {
        let value = |name: &str| vars.get(name).and_then(|var| var.value.one());
        if let Some(files) = value("COMPOSE_FILE").filter(|_| self.files.is_empty()) {
            let between = value("COMPOSE_PATH_SEPARATOR").map_or(":", String::as_str);
            self.files = files.split(between).filter(|file| !file.is_empty()).map(str::to_owned).collect();
        }
        if let Some(profiles) = value("COMPOSE_PROFILES").filter(|_| self.profiles.is_empty()) {
            self.profiles = profiles.split(',').map(|name| name.trim().to_owned()).filter(|n| !n.is_empty()).collect();
        }
        self
    }
}

/// Options of the actions that take a value.
const VALUED: [&str; 15] = [
    "-e",
    "--env",
    "-u",
    "--user",
    "-w",
    "--workdir",
    "--name",
    "-v",
    "--volume",
    "-p",
    "--publish",
    "--scale",
    "--timeout",
    "-t",
    "--pull",
];

/// Reads a call, if these words are one.
pub fn read(words: &[&str]) -> Option<ComposeCall> {
    let program = words.first()?.rsplit('/').next()?;
    let mut rest = match (program, words.get(1)) {
        ("docker-compose" | "podman-compose", _) => words.get(1..)?.iter(),
        ("docker" | "podman", Some(&"compose")) => words.get(2..)?.iter(),
        _ => return None,
    };
    let mut call = ComposeCall::default();
    while let Some(word) = rest.next() {
        let (flag, inline) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        let mut value = || inline.or_else(|| rest.next().copied()).unwrap_or_default().to_owned();
        match flag {
            "-f" | "--file" => call.files.push(value()),
            "--env-file" => call.env_files.push(value()),
            "--profile" => call.profiles.push(value()),
            "--project-directory" => call.directory = Some(value()),
            "-p" | "--project-name" | "--ansi" | "--parallel" | "--progress" => {
                value();
            }
            flag if flag.starts_with('-') => {}
            action => {
                action.clone_into(&mut call.action);
                break;
            }
        }
    }
    let single = matches!(call.action.as_str(), "run" | "exec");
    let mut entry = None;
    while let Some(word) = rest.next() {
        let (flag, inline) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        if matches!(flag, "-e" | "--env") {
            call.env.extend(inline.or_else(|| rest.next().copied()).map(str::to_owned));
        } else if flag == "--entrypoint" {
            entry = inline.or_else(|| rest.next().copied()).filter(|entry| !entry.is_empty());
        } else if VALUED.contains(&flag) {
            if inline.is_none() {
                rest.next();
            }
        } else if !(flag.starts_with('-') || single && word.starts_with('$')) {
            // Before the service, a variable mostly holds flags (`$TTY`, `$OPTIONS`).
            call.services.push((*word).to_owned());
            if single {
                // What is called in place of the image's entry point takes the words that follow.
                let program = entry.into_iter().flat_map(str::split_whitespace).map(str::to_owned);
                call.command = program.chain(rest.map(|word| (*word).to_owned())).collect();
                break;
            }
        }
    }
    Some(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> ComposeCall {
        read(&text.split(' ').collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn files_action_and_services_are_read() {
        let call = call("docker compose -f a.yml --file=b.yml --profile web up -d --build db cache");
        assert_eq!(call.files, ["a.yml", "b.yml"]);
        assert_eq!((call.action.as_str(), call.profiles.as_slice()), ("up", ["web".to_owned()].as_slice()));
        assert_eq!(call.services, ["db", "cache"]);
    }

    #[test]
    fn run_takes_one_service_and_a_command() {
        let call = call("docker-compose run --rm -e CI=1 web pytest -q");
        assert_eq!((call.services, call.command), (vec!["web".to_owned()], vec!["pytest".to_owned(), "-q".to_owned()]));
        assert_eq!(call.env, ["CI=1"]);
    }

    #[test]
    fn an_entry_point_that_is_given_is_the_program_of_the_command() {
        let call = call("docker-compose run --rm --entrypoint python web manage.py test");
        assert_eq!((call.services, call.command.join(" ").as_str()), (vec!["web".to_owned()], "python manage.py test"));
    }

    #[test]
    fn a_variable_before_the_service_is_taken_for_flags() {
        let call = call("docker compose exec ${TTY} web pytest $ARGS");
        assert_eq!(
            (call.services, call.command),
            (vec!["web".to_owned()], vec!["pytest".to_owned(), "$ARGS".to_owned()])
        );
    }

    #[test]
    fn other_programs_are_none() {
        assert!(read(&["docker", "build", "."]).is_none());
    }
}
