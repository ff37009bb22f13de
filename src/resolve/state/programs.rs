//! Programs that a process, its start script or its health check runs, and that the image lacks.

use super::Statement;
use crate::discover::{Tree, paths};
use crate::knowledge::concepts;
use crate::links::meaning::unwrapped;
use crate::model::{FileId, Origin, Span};
use crate::resolve::part::{Host, Part, ProcessPart};

/// States the programs that are surely missing: of a small image whose every package is known, and into which nothing else
/// brings programs.
pub(super) fn state(fact: &mut Statement<'_>, part: &Part<'_>, process: &ProcessPart, tree: &Tree) {
    let Some(family) = family(part, tree) else { return };
    let mut missing: Vec<String> = Vec::new();
    let mut origin: Option<Origin> = None;
    for (program, span) in called(part, process, tree, family) {
        if lacks(part, family, &program) && !missing.contains(&program) {
            origin.get_or_insert_with(|| Origin::set(span));
            missing.push(program);
        }
    }
    if let Some(origin) = origin {
        fact.list("missing", missing, &origin);
    }
}

/// The family of distributions of a small image of Python's whose contents are known.
fn family(part: &Part<'_>, tree: &Tree) -> Option<&'static str> {
    let image = part.image.as_ref().filter(|_| part.host == Host::Container)?;
    let about = image.about.as_ref().filter(|about| about.repository == "python")?;
    let text = tree.text(image.dockerfile?).ok()?;
    let copies = text.lines().map(str::trim).any(|line| line.starts_with("ADD http") || brings_folder(line));
    let known = |part: &Part<'_>| {
        let installs = &part.installs;
        let system = &installs.system;
        installs.system_complete.is_ok()
            && !installs.copied_libraries
            && system.iter().all(|one| one.maybe.is_none() && concepts::brings_what_is_known(one.manager, &one.package))
    };
    let family = match about.variant.one()?.as_str() {
        "slim" => "debian",
        "alpine" => "alpine",
        _ => return None,
    };
    (!copies && known(part)).then_some(family)
}

/// Whether a line copies a folder that may hold programs from another stage or image, or a program of the table.
fn brings_folder(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let from = words.iter().any(|word| word.starts_with("--from="));
    let operands: Vec<&&str> = words.iter().skip(1).filter(|word| !word.starts_with("--")).collect();
    let sources = operands.iter().take(operands.len().saturating_sub(1));
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let holds = |path: &str| ["", "usr", "local", "bin", "sbin", "*"].contains(&last(path).as_str());
    let program = |path: &str| {
        ["debian", "alpine"].iter().any(|of| concepts::program_among(of, &last(path), std::iter::empty()).is_some())
    };
    from && sources.into_iter().any(|path| holds(path) || program(path))
}

/// What is called by its plain name: by the health check, by the process, and by what starts it.
fn called(part: &Part<'_>, process: &ProcessPart, tree: &Tree, family: &str) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let script = process.script.and_then(|file| Some((file, tree.text(file).ok()?)));
    if let Some((first, span)) =
        part.healthcheck.as_ref().and_then(|check| Some((first_program(&check.value)?, check.span)))
    {
        found.push((first, span));
    }
    let asks = |program: &str| {
        let text = script.map_or("", |(_, text)| text);
        ["command -v", "which", "hash", "type"].iter().any(|word| text.contains(&format!("{word} {program}")))
    };
    for (argv, span) in &part.started {
        found.extend(unwrapped(argv).first().filter(|program| !asks(program)).map(|program| (program.clone(), *span)));
    }
    if let Some((file, text)) = script.filter(|_| family == "alpine") {
        let first = text.lines().next().unwrap_or_default();
        if first.starts_with("#!") && first.ends_with("bash") && runs_itself(process, tree, file) {
            found.push(("bash".to_owned(), Span::new(file, 0, first.len())));
        }
    }
    found
}

/// Whether a script is started by its own name, so that its first line says what reads it.
fn runs_itself(process: &ProcessPart, tree: &Tree, script: FileId) -> bool {
    let name = paths::name(tree.path(script));
    let written = process.origin.steps.iter().filter_map(|step| tree.text(step.span.file).ok()?.get(step.span.range()));
    let mut naming = written.filter(|text| text.len() < 200 && text.contains(name));
    naming.next().is_some_and(|text| {
        !text.replace(name, "").split(|c: char| !c.is_alphanumeric()).any(|word| word.ends_with("sh"))
    })
}

/// The program that a command line starts with.
fn first_program(line: &str) -> Option<String> {
    let words: Vec<String> = line.split_whitespace().map(|word| word.trim_matches(['"', '\'']).to_owned()).collect();
    let shell = words.first().is_some_and(|first| ["sh", "/bin/sh"].contains(&first.as_str()));
    let words = if shell && words.get(1).is_some_and(|word| word == "-c") { words.get(2..)? } else { &words };
    let words = unwrapped(words);
    let first = words.first().filter(|first| !first.ends_with("sh"))?;
    Some(first.clone())
}

/// Whether an image surely lacks a program: no package brings it, and no command of the build speaks of it.
fn lacks(part: &Part<'_>, family: &str, program: &str) -> bool {
    let name = program.strip_prefix("/usr/bin/").or_else(|| program.strip_prefix("/bin/")).unwrap_or(program);
    let packages = part.installs.system.iter().map(|one| one.package.as_str());
    let speaks = |argv: &[String]| argv.iter().skip(1).any(|word| word.contains(name));
    let built = || part.commands.iter().filter(|(_, span)| !part.started.iter().any(|(_, at)| at == span));
    concepts::program_among(family, name, packages) == Some(false) && !built().any(|(argv, _)| speaks(argv))
}

#[cfg(test)]
mod tests {
    use super::{brings_folder, first_program};

    #[test]
    fn a_copy_of_a_folder_of_programs_or_of_a_program_brings_one() {
        for (line, brings) in [
            ("COPY --from=tools /usr/bin/curl /usr/bin/curl", true),
            ("COPY --from=build /usr/local /usr/local", true),
            ("COPY --from=ghcr.io/astral-sh/uv:0.4 /uv /uvx /bin/", false),
            ("COPY --from=build --chown=app /srv/.venv /srv/.venv", false),
            ("COPY . /usr/local", false),
        ] {
            assert_eq!(brings_folder(line), brings, "{line}");
        }
    }

    #[test]
    fn a_health_check_starts_with_its_program() {
        for (line, program) in [
            ("curl -f http://localhost/ || exit 1", Some("curl")),
            ("timeout 3 wget -q localhost", Some("wget")),
            ("/bin/sh -c 'curl localhost'", Some("curl")),
            ("bash -c 'curl localhost'", None),
            ("./well.sh", None),
            ("", None),
        ] {
            assert_eq!(first_program(line).as_deref(), program, "{line}");
        }
    }
}
