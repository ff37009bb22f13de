//! A call of `docker build`.

use std::collections::BTreeMap;

/// What a call of `docker build` names.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BuildCall {
    /// `-f`, else the context's `Dockerfile`.
    pub dockerfile: Option<String>,
    /// The context folder.
    pub context: String,
    /// `--target`.
    pub target: Option<String>,
    /// `--build-arg K=V`; none where the value comes from outside.
    pub args: BTreeMap<String, Option<String>>,
    /// `-t`.
    pub tags: Vec<String>,
    /// Whether the image is pushed by the same command.
    pub push: bool,
}

/// Options without a value.
const BARE: [&str; 8] = ["--no-cache", "--pull", "-q", "--quiet", "--rm", "--force-rm", "--load", "--squash"];

/// Reads a call, if these words are one.
pub fn read(words: &[&str]) -> Option<BuildCall> {
    let program = words.first()?.rsplit('/').next()?;
    let mut rest = match (program, words.get(1), words.get(2)) {
        ("docker" | "podman", Some(&"build"), _) => words.get(2..)?.iter(),
        ("docker", Some(&("buildx" | "image" | "builder")), Some(&"build")) => words.get(3..)?.iter(),
        ("buildah", Some(&("bud" | "build")), _) => words.get(2..)?.iter(),
        _ => return None,
    };
    let mut call = BuildCall { context: ".".into(), ..BuildCall::default() };
    while let Some(word) = rest.next() {
        if !word.starts_with('-') || *word == "-" {
            (*word).clone_into(&mut call.context);
            continue;
        }
        if *word == "--push" {
            call.push = true;
            continue;
        }
        if BARE.contains(word) {
            continue;
        }
        let (flag, inline) = word.split_once('=').map_or((*word, None), |(flag, value)| (flag, Some(value)));
        let value = inline.or_else(|| rest.next().copied()).unwrap_or_default();
        match flag {
            "-f" | "--file" => call.dockerfile = Some(value.to_owned()),
            "--target" => call.target = Some(value.to_owned()),
            "-t" | "--tag" => call.tags.push(value.to_owned()),
            "--build-arg" => {
                let (name, value) =
                    value.split_once('=').map_or((value, None), |(name, value)| (name, Some(value.to_owned())));
                // What a shell or a tool puts in there, and nothing here decides, is no value.
                let known = value.filter(|text| !text.contains(['$', '`', '…']));
                call.args.insert(name.to_owned(), known);
            }
            _ => {}
        }
    }
    Some(call)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_target_arguments_and_context_are_read() {
        let words: Vec<&str> =
            "docker build -f x/Dockerfile --target prod --build-arg A=1 --build-arg B -t shop:1 ./src"
                .split(' ')
                .collect();
        let call = read(&words).unwrap();
        assert_eq!(
            (call.dockerfile.as_deref(), call.context.as_str(), call.target.as_deref()),
            (Some("x/Dockerfile"), "./src", Some("prod"))
        );
        assert_eq!((call.args["A"].as_deref(), call.args["B"].as_deref()), (Some("1"), None));
    }

    #[test]
    fn an_argument_that_something_fills_in_is_given_but_not_known() {
        for value in ["$(TAG)", "${TAG}", "v$TAG", "`git describe`", "v…"] {
            let call = read(&["docker", "build", "--build-arg", &format!("TAG={value}"), "."]).unwrap();
            assert_eq!(call.args.get("TAG"), Some(&None), "{value}");
        }
    }
}
