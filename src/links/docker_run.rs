//! A call of `docker run`.

/// What a call of `docker run` names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RunCall {
    /// The image.
    pub image: String,
    /// The command; empty where the image's own runs.
    pub command: Vec<String>,
    /// `-e K=V` and `-e K`.
    pub env: Vec<String>,
    /// `--env-file`.
    pub env_files: Vec<String>,
    /// `-v`.
    pub mounts: Vec<String>,
    /// `--name`.
    pub name: Option<String>,
}

/// Options that stand alone.
const BARE: [&str; 12] = [
    "--detach",
    "--init",
    "--interactive",
    "--privileged",
    "--publish-all",
    "--read-only",
    "--rm",
    "--tty",
    "--quiet",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--disable-content-trust",
];
/// Short options that stand alone, by themselves or together.
const SHORT: &str = "ditPq";

/// Reads a call, if these words are one.
pub fn read(words: &[&str]) -> Option<RunCall> {
    let program = words.first()?.rsplit('/').next()?;
    let mut rest = match (program, words.get(1), words.get(2)) {
        ("docker" | "podman", Some(&"run"), _) => words.get(2..)?.iter(),
        ("docker" | "podman", Some(&"container"), Some(&"run")) => words.get(3..)?.iter(),
        _ => return None,
    };
    let mut call = RunCall::default();
    let mut entry = None;
    while let Some(word) = rest.next() {
        let Some(short) = word.strip_prefix('-') else {
            (*word).clone_into(&mut call.image);
            break;
        };
        let (flag, inline) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        if BARE.contains(&flag) || !short.starts_with('-') && short.chars().all(|c| SHORT.contains(c)) {
            continue;
        }
        let value = inline.or_else(|| rest.next().copied()).unwrap_or_default().to_owned();
        match flag {
            "-e" | "--env" => call.env.push(value),
            "--env-file" => call.env_files.push(value),
            "-v" | "--volume" => call.mounts.push(value),
            "--name" => call.name = Some(value),
            "--entrypoint" => entry = Some(value).filter(|entry| !entry.is_empty()),
            _ => {}
        }
    }
    call.command = entry.into_iter().chain(rest.map(|word| (*word).to_owned())).collect();
    (!call.image.is_empty()).then_some(call)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn options_the_image_and_the_command_are_told_apart() {
        let read = |text: &str| read(&text.split(' ').collect::<Vec<_>>()).unwrap();
        let call = read("docker run --rm -it -u root -v /a:/b -e A=1 --env B --env-file=x app:1 pytest -x");
        assert_eq!((call.image.as_str(), call.command.join(" ").as_str()), ("app:1", "pytest -x"));
        assert_eq!((call.env.join(" ").as_str(), call.env_files.join(" ").as_str()), ("A=1 B", "x"));
        assert_eq!(call.mounts, ["/a:/b"]);
        assert_eq!(read("podman run --entrypoint pytest app -x").command, ["pytest", "-x"]);
        assert!(super::read(&["docker", "build", "."]).is_none());
    }
}
