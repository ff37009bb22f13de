//! What an image starts by itself.

use super::plan::ImageBuild;
use crate::discover::paths;
use crate::formats::dockerfile::{Build, Command};
use crate::knowledge::processes;
use crate::links::{Container, Repository, meaning};
use crate::model::FileId;

/// Shells, which by themselves wait for what one types.
const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ipython"];

/// The words of an image's entry point and command.
pub(super) fn commands(build: &Build) -> Vec<String> {
    let Some(stage) = build.target.and_then(|target| build.stages.get(target)) else { return Vec::new() };
    [&stage.entrypoint, &stage.cmd].into_iter().flatten().flat_map(words).collect()
}

fn words(command: &Command) -> Vec<String> {
    match command {
        Command::Exec { words, .. } => words.iter().map(|word| word.value.clone()).collect(),
        Command::Shell { text, .. } => text.split_whitespace().map(str::to_owned).collect(),
    }
}

/// The text of the script that an image's command names, where the repository has it.
pub(super) fn script<'t>(repository: &Repository<'t>, image: &ImageBuild, build: &Build) -> &'t str {
    let tree = repository.tree;
    let commands = commands(build);
    let script = commands.iter().flat_map(|command| command.split_whitespace()).find_map(|word| {
        let name = paths::name(word);
        let beside = [paths::parent(tree.path(image.dockerfile)), image.context.as_str()];
        let here = beside.iter().find_map(|folder| tree.find(&paths::join(folder, name)?));
        let copied = || copied(repository, image, build, word);
        here.or_else(|| at_work(repository, image, build, word))
            .or_else(copied)
            .filter(|_| word.contains('/') || name.ends_with(".sh"))
    });
    script.and_then(|file| tree.text(file).ok()).unwrap_or_default()
}

/// The file that a path of the image is a copy of: that lies in the context as it lies in the image, under however many folders.
fn at_work(repository: &Repository<'_>, image: &ImageBuild, build: &Build, word: &str) -> Option<FileId> {
    let stage = build.stages.get(build.target?)?;
    let folder = stage.workdir.as_ref().map_or("", |workdir| workdir.value.as_str());
    let whole = if word.starts_with('/') { word.to_owned() } else { format!("{folder}/{word}") };
    let whole = paths::join("", whole.trim_start_matches('/'))?;
    let mut rest = Some(whole.as_str());
    while let Some(path) = rest.filter(|path| path.contains('/') || !word.starts_with('/')) {
        let found = repository.tree.find(&paths::join(&image.context, path)?);
        if found.is_some() {
            return found;
        }
        rest = path.split_once('/').map(|(_, below)| below);
    }
    None
}

/// The file that a command of the build copies to a path of the image.
fn copied(repository: &Repository<'_>, image: &ImageBuild, build: &Build, word: &str) -> Option<FileId> {
    let target = build.target?;
    let container = Container::of_stage(repository.tree, build, target, &image.context);
    word.starts_with('/').then(|| container.find(word)).flatten()
}

/// Whether an image runs an application by itself: it has a command, and that is no bare shell and no mere waiting.
pub(super) fn runs_something(build: &Build) -> bool {
    if commands(build).is_empty() {
        return build.target.is_some_and(|target| is_server(build, target));
    }
    let words = commands(build);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let bare = processes::strip_wrappers(&words).0;
    let Some((program, rest)) = bare.split_first() else { return !words.is_empty() && !is_shell(&words) };
    !is_shell(&words) && !waits(paths::name(program), rest)
}

/// Whether an image's entry point is a script that prepares and then starts what it is told, where the image tells it nothing.
pub(super) fn only_hands_over(repository: &Repository<'_>, image: &ImageBuild, build: &Build) -> bool {
    let stage = build.target.and_then(|target| build.stages.get(target));
    let text = script(repository, image, build);
    let hands = text.lines().any(|line| ["exec \"$@\"", "\"$@\"", "exec $@"].contains(&line.trim()));
    let serves = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        processes::server(processes::strip_wrappers(&words).0).is_some_and(|found| found.kind != "oneshot")
    };
    stage.is_some_and(|stage| stage.entrypoint.is_some() && stage.cmd.is_none()) && hands && !text.lines().any(serves)
}

/// Whether an image starts a server for production, by its own words or in the script that they name.
pub(super) fn serves(repository: &Repository<'_>, image: &ImageBuild, build: &Build) -> bool {
    let own = commands(build).join(" ");
    script(repository, image, build).lines().chain([own.as_str()]).any(is_server_line)
}

/// Whether a line starts a server for production.
pub(super) fn is_server_line(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().filter(|word| *word != "exec").collect();
    let found = processes::server(processes::strip_wrappers(&words).0);
    found.is_some_and(|found| found.kind == "production" && found.interface.is_some())
}

/// Whether an image says that it starts a bare shell: that is for those who work in it.
pub(super) fn idles(build: &Build) -> bool {
    let words = commands(build);
    !words.is_empty() && is_shell(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Whether what a stage is built on is an image that brings a server with it.
fn is_server(build: &Build, stage: usize) -> bool {
    let Some(base) = build.stages.get(stage).map(|stage| &stage.base) else { return false };
    let serves = |name: &str| ["gunicorn", "uvicorn", "uwsgi", "nginx-unit"].iter().any(|server| name.contains(server));
    base.stage.map_or_else(|| serves(&base.raw.value), |below| below < stage && is_server(build, below))
}

/// Whether words are a shell or an interpreter with nothing to run.
pub(super) fn is_shell(words: &[&str]) -> bool {
    let Some((program, rest)) = words.split_first() else { return false };
    let name = paths::name(program);
    (SHELLS.contains(&name) || meaning::is_python(name))
        && rest.iter().all(|word| ["-c", "-l", "-lc", "-i"].contains(word))
}

/// Whether a command only keeps a container alive.
fn waits(program: &str, rest: &[&str]) -> bool {
    match program {
        "tail" => rest.contains(&"/dev/null"),
        "sleep" => true,
        "cat" | "true" => rest.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const DEV: (&str, &str) =
        ("docker-compose.yml", "services: {web: {build: ., volumes: ['.:/app'], command: flask run}}\n");

    #[test]
    fn a_plain_compose_file_of_images_with_development_servers_is_development() {
        let image = "FROM python:3.12\nWORKDIR /shop\nADD api api\nWORKDIR /shop/api\nCMD [\"./run.sh\"]\n";
        let with = |script: &str| {
            environments(&[
                ("docker/Dockerfile.api", image),
                ("api/run.sh", script),
                ("api/main.py", "import fastapi\n"),
                (
                    "compose.yaml",
                    "services: {db: {image: 'postgres:16', restart: always}, api: {build: {context: ., dockerfile: docker/Dockerfile.api}}}\n",
                ),
            ])
        };
        let first = |script: &str| with(script).first().cloned().unwrap_or_default();
        assert_eq!(first("uvicorn main:app --reload\n"), "development development: compose.yaml");
        assert_eq!(first("uvicorn main:app\n"), "production production: compose.yaml");
    }

    #[test]
    fn a_bare_shell_is_no_command() {
        let with = |command: &str| {
            let file = format!("FROM python:3.12\nCOPY . /app\n{command}\n");
            environments(&[("Dockerfile", file.as_str()), DEV, ("app.py", "")]).len()
        };
        assert_eq!(with("CMD gunicorn a.wsgi"), 2, "the image is production's too");
        for command in
            ["ENTRYPOINT [\"/bin/bash\", \"-c\"]", "CMD [\"bash\"]", "CMD [\"python3\"]", "CMD tail -f /dev/null"]
        {
            assert_eq!(with(command), 1, "{command}");
        }
        let server = "FROM tiangolo/uvicorn-gunicorn:python3.12\nCOPY . /app\n";
        assert_eq!(environments(&[("Dockerfile", server), DEV, ("app.py", "")]).len(), 2, "its base starts one");
        assert_eq!(with("ENTRYPOINT [\"/bin/bash\", \"-c\"]\nCMD [\"gunicorn a.wsgi\"]"), 2);
    }

    #[test]
    fn a_script_that_is_copied_with_a_folder_tells_that_an_image_is_for_developers() {
        let with = |start: &str| {
            let script = format!("#!/bin/sh -e\n./manage.py migrate\n{start}\n");
            let found = environments(&[
                ("Dockerfile", "FROM python:3.12\nCOPY rootfs /\nCOPY . /app\nENTRYPOINT [\"/begin.sh\"]\n"),
                ("rootfs/begin.sh", script.as_str()),
                ("manage.py", "import os\n"),
                ("compose.yaml", "services: {web: {build: ., volumes: ['.:/app']}}\n"),
                ("requirements.txt", "django==5.2\n"),
            ]);
            found.iter().any(|line| line.contains(" production: "))
        };
        assert!(!with("./manage.py runserver 0.0.0.0:8000"));
        assert!(with("gunicorn shop.wsgi"));
    }

    #[test]
    fn a_job_that_deploys_in_a_way_that_is_not_seen_tells_of_the_only_production() {
        let flow = "on: {release: {types: [published]}}\njobs: {deploy: {runs-on: u, steps: [{uses: 'appleboy/ssh-action@v1', with: {host: h, script: ./deploy.sh}}]}}\n";
        let found = environments(&[
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"),
            ("shop/settings.py", "DATABASES = {}\nROOT_URLCONF = 'shop.urls'\nSECRET_KEY = 'x'\n"),
            ("requirements.txt", "django==5.2\n"),
            (".github/workflows/deploy.yml", flow),
        ]);
        assert_eq!(found, ["production production: .github/workflows/deploy.yml"]);
    }
}
