//! A person's machine beside containers for development, and the virtual machine that stands for one.

use super::base_role::{may_be_ours, only_services};
use super::compose::image_of;
use super::developed::is_backing;
use super::machines::{self, is_program};
pub use super::machines::{FLASK, TOLD};
use super::plan::{Planned, Runs, Unit};
use super::told_here;
use crate::discover::{Kind, paths};
use crate::formats::compose::{Project, Service};
use crate::knowledge::{images, services};
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{Confidence, Role, Span};

/// Whether an environment for development runs the site of the repository: a tool beside it that is built from a folder of its
/// own is not what one develops in.
pub(super) fn covers(repository: &Repository<'_>, planned: &Planned) -> bool {
    let composed = |unit: &Unit| matches!(&unit.runs, Runs::Compose { .. });
    let of_unit = |unit: &Unit| match &unit.runs {
        Runs::Compose { project, service, .. } => {
            project.services.get(service).is_some_and(|service| holds_site(repository, project, service))
        }
        _ => true,
    };
    let idle = planned.units.is_empty() || is_backing(planned);
    idle || !planned.units.iter().all(composed) || !has_site(repository, "") || planned.units.iter().any(of_unit)
}

/// Whether a service may hold the site: it is built from, or has mounted, a folder with it, or is built elsewhere.
fn holds_site(repository: &Repository<'_>, project: &Project, service: &Service) -> bool {
    let mounted =
        service.volumes.iter().filter(|mount| mount.kind == "bind").filter_map(|mount| mount.source.as_deref());
    if mounted.into_iter().any(|source| has_site(repository, source.trim_end_matches('/'))) {
        return true;
    }
    match image_of(repository, project, service) {
        Some(image) => has_site(repository, &image.context),
        None => may_be_ours(service),
    }
}

/// Whether a folder has a site of Django in it or below it.
fn has_site(repository: &Repository<'_>, folder: &str) -> bool {
    let folder = folder.trim_start_matches("./");
    let inside = |site: &str| site.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ["", "."].contains(&folder) && sites(repository).next().is_some() || sites(repository).any(inside)
}

/// The folders of the sites of Django.
fn sites<'r>(repository: &'r Repository<'_>) -> impl Iterator<Item = &'r str> {
    let files = repository.of(Kind::Python).iter().map(|file| repository.tree.path(*file));
    files.filter(|path| paths::name(path) == "manage.py").map(paths::parent)
}

/// A person's machine beside containers for development: what runs the tasks of the repository, or a script at hand, starts the
/// application's server for development there, and not in those containers.
pub(super) fn beside(repository: &Repository<'_>, known: &[&Planned]) -> Option<Planned> {
    let ours = |unit: &Unit| matches!(&unit.runs, Runs::Compose { project, .. } if !only_services(project));
    // What an editor opens has tasks of its own, which are for that.
    let counts = |planned: &Planned| planned.setups.is_empty() && planned.units.iter().any(ours);
    if !known.iter().all(|planned| counts(planned)) {
        return None;
    }
    let tries = |call: &Call| paths::name(repository.tree.path(call.span.file)).contains("test");
    // What brings up the containers is their script, whatever else it may start; so are the tasks beside such a one.
    let theirs = |call: &Call| {
        let mut evidence = known.iter().flat_map(|planned| &planned.environment.because);
        evidence.any(|evidence| evidence.span.file == call.span.file) || brings_up(repository, known, call)
    };
    let by_script =
        machines::scripted(repository).filter(|call| is_application(repository, call) && !tries(call) && !theirs(call));
    let by_task = || repository.calls.iter().find(|call| is_task(repository, call) && !theirs(call)).cloned();
    // Without another database there it is the same machine.
    let apart = || known.iter().any(|planned| keeps_a_database(planned)) && defaults_to_sqlite(repository);
    let told = || repository.calls.iter().find(|call| told_here::is_apart(repository, call)).cloned();
    // Containers that load other settings, or that try what is deployed, are not what one works in.
    let differs = || {
        told_here::has_other_settings(repository, known)
            || known.iter().all(|planned| told_here::tries_deployed(repository, planned))
    };
    let outside = || repository.calls.iter().find(|call| told_here::is_way_of_its_own(repository, call)).cloned();
    let told_otherwise = || told_here::call(repository).filter(|_| differs()).or_else(|| told_here::set_up(repository));
    let by_guide = || told().filter(|_| apart()).or_else(outside).or_else(told_otherwise);
    let call = by_script.or_else(by_task).or_else(by_guide)?;
    let folder = sites(repository).next().unwrap_or(&call.folder).to_owned();
    let mut planned = Planned::new("local", Role::Development, Confidence::Named).because(call.span, machines::TOLD);
    planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder } });
    Some(planned)
}

/// Whether a database runs among the containers of an environment.
fn keeps_a_database(planned: &Planned) -> bool {
    planned.units.iter().any(|unit| {
        let Runs::Compose { project, service, .. } = &unit.runs else { return false };
        let image = project.services.get(service).and_then(|service| service.image.as_ref()?.value.one());
        let product = image.and_then(|image| services::by_image(&images::describe(image, "").repository));
        product.is_some_and(|product| product.family == "relational")
    })
}

/// Whether settings of the repository speak of a database in a file.
fn defaults_to_sqlite(repository: &Repository<'_>) -> bool {
    let settings = |path: &str| path.contains("settings") || path.ends_with("config.py");
    let files = repository.of(Kind::Python).iter().filter(|file| settings(repository.tree.path(**file)));
    files.into_iter().any(|file| repository.tree.text(*file).is_ok_and(|text| text.contains("sqlite")))
}

/// Whether a task of the same file as that of a call brings up containers that are known.
fn brings_up(repository: &Repository<'_>, known: &[&Planned], task: &Call) -> bool {
    let Caller::Make { file, .. } = &task.caller else { return false };
    repository.calls.iter().any(|call| {
        let beside = matches!(&call.caller, Caller::Make { file: other, .. } if other == file);
        let Meaning::Composes(compose) = &call.meaning else { return false };
        let files = || super::ci::files_of(repository, &call.folder, compose);
        let ours = |planned: &&Planned| files().iter().any(|file| planned.environment.files.contains(file));
        beside && ["up", "start", "run"].contains(&compose.action.as_str()) && known.iter().any(ours)
    })
}

/// Whether a call starts the server of the application, for who develops it.
pub(super) fn is_application(repository: &Repository<'_>, call: &Call) -> bool {
    let reloads = || call.argv.iter().any(|word| word == "--reload" || word == "--debug");
    let serves = |found: &crate::knowledge::processes::Match| {
        found.interface.is_some() && (found.kind == "development" || reloads())
    };
    matches!(&call.meaning, Meaning::Serves(found) if serves(found)) || is_program(repository, call)
}

/// Whether a task at the top starts the application where it is called, in no container.
fn is_task(repository: &Repository<'_>, call: &Call) -> bool {
    let Caller::Make { file, target } = &call.caller else { return false };
    let path = repository.tree.path(*file);
    // A script of Node is for its own packages, whatever it calls.
    paths::parent(path).is_empty()
        && path != "package.json"
        && is_application(repository, call)
        && !is_called_inside(repository, target)
}

/// Whether containers call a task: their files do, or another task does through them.
pub fn is_called_inside(repository: &Repository<'_>, target: &str) -> bool {
    let calls = |line: &str| {
        ["make", "just", "inv", "invoke", "task", "poe", "pdm run", "pipenv run", "hatch run"].iter().any(|runner| {
            let call = format!("{runner} {target}");
            line.match_indices(&call).any(|(at, found)| {
                let rest = line.get(at + found.len()..).unwrap_or_default();
                !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_')
            })
        })
    };
    let inside = |kind: Kind| kind != Kind::Makefile;
    let through = |line: &str| ["docker", "compose", "exec "].iter().any(|sign| line.to_lowercase().contains(sign));
    [Kind::Compose, Kind::Dockerfile, Kind::Devcontainer, Kind::Makefile].into_iter().any(|kind| {
        let texts = repository.of(kind).iter().filter_map(|file| repository.tree.text(*file).ok());
        texts.flat_map(str::lines).any(|line| calls(line) && (inside(kind) || through(line)))
    })
}

/// Whether a guide is by its path for those who deploy or try the application, not for those who work on it.
pub fn is_for_others(path: &str) -> bool {
    super::words::naming(path).role.is_some_and(|(role, _)| role != Role::Development)
}

/// Whether a place of a guide lies behind the command that opens a shell in a container.
pub fn is_in_container(text: &str, at: usize) -> bool {
    is_behind(text, at, |line| {
        let enters = [" exec ", " run "].iter().any(|verb| line.contains(verb));
        let shell = ["bash", "/sh", " sh", "shell"].iter().any(|shell| line.trim_end_matches('`').ends_with(shell));
        enters && shell && ["docker", "podman", "kubectl"].iter().any(|tool| line.contains(tool))
    })
}

/// Whether a place of a guide lies behind the command that opens a shell in a virtual machine.
pub fn is_in_machine(text: &str, at: usize) -> bool {
    is_behind(text, at, |line| line.trim_end_matches('`').ends_with("vagrant ssh"))
}

/// Whether a place of a guide lies in the same block of commands as one before it that opens a shell elsewhere.
fn is_behind(text: &str, at: usize, opens: impl Fn(&str) -> bool) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.get(..before.rfind('\n').unwrap_or(0)).unwrap_or_default();
    let block = before.lines().rev().take(12).map(str::trim);
    let mut block = block.take_while(|line| !line.starts_with("```") && !line.starts_with("##") && *line != "exit");
    block.any(opens)
}

/// The description of the virtual machine at the top.
fn vagrantfile(repository: &Repository<'_>) -> Option<Span> {
    repository.tree.find("Vagrantfile").map(|file| Span::new(file, 0, 0))
}

/// Adds that Vagrant brings the machine up, where it does and sets up nothing of its own in it.
pub(super) fn in_vagrant(repository: &Repository<'_>, mut planned: Planned) -> Planned {
    if let Some(span) = vagrantfile(repository).filter(|_| !sets_up(repository)) {
        planned.add_evidence(span, BROUGHT);
    }
    planned
}

/// Why a virtual machine is one to develop on.
pub const BROUGHT: &str = "Vagrant brings up a machine for it";

/// Whether scripts of the shell set up what the virtual machine at the top runs.
fn sets_up(repository: &Repository<'_>) -> bool {
    let text = vagrantfile(repository).and_then(|span| repository.tree.text(span.file).ok()).unwrap_or_default();
    text.lines().map(str::trim).any(|line| {
        let rest =
            line.split_once(".vm.provision").map_or("", |(before, rest)| if before.contains('#') { "" } else { rest });
        rest.trim_start().trim_start_matches(['(', ' ', '"', '\'', ':']).starts_with("shell")
    })
}

/// Whether an environment is a virtual machine in which scripts set up what it runs.
pub fn is_provisioned(repository: &Repository<'_>, planned: &Planned) -> bool {
    planned.environment.because.first().is_some_and(|evidence| evidence.text == BROUGHT) && sets_up(repository)
}

/// The interpreter that the box of a virtual machine brings, where it is known and scripts put no other in, and where the box is named.
/// None for what is no virtual machine.
pub fn box_of(repository: &Repository<'_>, planned: &Planned) -> Option<(Option<&'static str>, Span)> {
    let evidence = planned.environment.because.first().filter(|evidence| evidence.text == BROUGHT)?;
    let text = repository.tree.text(evidence.span.file).ok()?;
    let Some((at, name)) = boxed(text) else { return Some((None, evidence.span)) };
    let scripts = repository.of(Kind::Shell).iter().filter(|file| {
        let name = paths::name(repository.tree.path(**file));
        text.contains(name)
    });
    let mut texts = scripts.filter_map(|file| repository.tree.text(*file).ok()).chain([text]);
    let other = texts.any(|text| OTHERS.iter().any(|sign| text.contains(sign)));
    let span = Span::new(evidence.span.file, at, at + name.len());
    Some((system_of(name).filter(|_| !other), span))
}

/// What puts another interpreter into a machine.
const OTHERS: [&str; 6] = ["python3.", "pyenv", "deadsnakes", "conda", "uv ", "Python-3"];
/// Who publishes distributions as they are; in the boxes of others anything may be.
const PUBLISHERS: [&str; 6] = ["ubuntu", "debian", "bento", "generic", "hashicorp", "alpine"];

/// The name of the box that is asked for, and where.
fn boxed(text: &str) -> Option<(usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let start = at;
        at += line.len();
        let (before, rest) = line.split_once(".vm.box")?;
        let value = rest.trim_start().strip_prefix('=')?.trim().trim_matches(['"', '\'']);
        let plain = !before.contains('#') && value.contains(['/', '-']);
        plain.then(|| Some((start + line.find(value)?, value))).flatten()
    })
}

/// The interpreter of the distribution that a box is named for: `ubuntu/jammy64`, `bento/ubuntu-16.04`, `generic/ubuntu2004`.
fn system_of(name: &str) -> Option<&'static str> {
    let plain = name.split_once('/').is_some_and(|(publisher, _)| PUBLISHERS.contains(&publisher));
    let words = || name.split(['/', '-', '_']).map(|word| word.trim_end_matches("64").trim_end_matches("32"));
    let by_codename = || words().filter_map(images::codename).find_map(|(distro, release)| Some((distro, release?)));
    let by_number = || {
        let rest = name.split_once("ubuntu").map(|(_, rest)| rest.trim_start_matches(['-', '/', '_']))?;
        let digits: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let dotted = if digits.len() == 4 { format!("{}.{}", &digits[..2], &digits[2..]) } else { digits };
        (dotted.len() == 5).then_some(("ubuntu", dotted))
    };
    let (distro, release) = by_number().or_else(by_codename).filter(|_| plain)?;
    images::system_python(distro, &release)
}

/// The virtual machine beside other ways to develop, where scripts set up in it what it runs.
pub(super) fn provisioned(repository: &Repository<'_>, all: &[Planned]) -> Option<Planned> {
    let known = || all.iter().flat_map(|planned| &planned.environment.because);
    let mut planned = vagrant(repository).filter(|_| sets_up(repository))?;
    if known().any(|evidence| evidence.text == BROUGHT) {
        return None;
    }
    planned.environment.confidence = Confidence::Named;
    if all.iter().any(|planned| planned.environment.role == Role::Development) {
        "vagrant".clone_into(&mut planned.environment.name);
    }
    Some(planned)
}

/// The virtual machine that one develops on, where nothing else says it.
pub(super) fn vagrant(repository: &Repository<'_>) -> Option<Planned> {
    let span = vagrantfile(repository)?;
    let folder = sites(repository).next().unwrap_or_default().to_owned();
    let mut planned = Planned::new("development", Role::Development, Confidence::Guessed).because(span, BROUGHT);
    planned.units.push(Unit { name: "host".into(), runs: Runs::Machine { folder } });
    Some(planned)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");
    const SITE: (&str, &str) = ("manage.py", "import os\n");
    const WEB: (&str, &str) =
        ("compose.yaml", "services: {web: {build: ., volumes: ['.:/app'], command: python manage.py runserver}}\n");

    fn developed(files: &[(&str, &str)]) -> Vec<String> {
        environments(files).into_iter().filter(|line| line.contains(" development: ")).collect()
    }

    #[test]
    fn a_task_that_starts_the_server_outside_containers_tells_of_a_machine_beside_them() {
        let with = |make: &str| developed(&[APP, SITE, WEB, ("Makefile", make)]);
        let run = "run:\n\tvenv/bin/python manage.py runserver\n";
        assert_eq!(with(run), ["development development: compose.yaml", "local development: Makefile"]);
        let inside = format!("{run}up:\n\tdocker compose exec web make run\n");
        assert_eq!(with(&inside).len(), 1, "the task is for the container");
        assert_eq!(with(&format!("{run}up:\n\tdocker compose up -d\n")).len(), 1, "one way among others beside it");
        assert_eq!(with("up:\n\tdocker compose run web python manage.py runserver\n").len(), 1);
    }

    #[test]
    fn a_tool_beside_the_site_is_not_what_one_develops_in() {
        let tool = ("data/compose.yaml", "services: {make: {build: ., volumes: ['.:/src'], command: make all}}\n");
        let image = ("data/Dockerfile", "FROM python:3.12\nCOPY . /src\n");
        let guide = ("README.md", "```\npython manage.py runserver\n```\n");
        let found = developed(&[APP, SITE, tool, image, ("data/merge.py", ""), guide]);
        assert!(found.iter().any(|line| line.contains("README.md")), "{found:?}");
    }

    #[test]
    fn a_virtual_machine_is_one_to_develop_on() {
        let vagrant = ("Vagrantfile", "Vagrant.configure('2') do |config|\nend\n");
        assert_eq!(developed(&[APP, SITE, vagrant]), ["development development: Vagrantfile"]);
        assert_eq!(developed(&[APP, SITE, WEB, vagrant]).len(), 1, "containers in it are the same one");
    }

    #[test]
    fn a_virtual_machine_that_is_set_up_by_scripts_is_one_beside_containers() {
        let with = |more: &str| {
            let text = format!("Vagrant.configure('2') do |config|\n{more}end\n");
            developed(&[APP, SITE, WEB, ("Vagrantfile", &text)])
        };
        let all = ["development development: compose.yaml", "vagrant development: Vagrantfile"];
        assert_eq!(with("  config.vm.provision \"shell\", path: 'setup.sh'\n"), all);
        assert_eq!(with("  config.vm.provision :shell, :path => 'setup.sh'\n"), all);
        assert_eq!(with("  # config.vm.provision :shell, :path => 'setup.sh'\n").len(), 1);
        assert_eq!(with("  config.vm.provision 'ansible' do |ansible|\n  end\n").len(), 1);
    }

    #[test]
    fn a_box_brings_the_interpreter_of_its_distribution() {
        for (name, python) in [
            ("ubuntu/jammy64", Some("3.10")),
            ("debian/contrib-buster64", Some("3.7")),
            ("bento/ubuntu-20.04", Some("3.8")),
            ("generic/ubuntu2204", Some("3.10")),
            ("acme/jammy64", None),
        ] {
            assert_eq!(super::system_of(name), python, "{name}");
        }
        let text = "Vagrant.configure(2) do |config|\n  # config.vm.box = \"a/b\"\n  config.vm.box = \"ubuntu/jammy64\"\nend\n";
        assert_eq!(super::boxed(text).map(|(_, name)| name), Some("ubuntu/jammy64"));
        assert_eq!(super::boxed("config.vm.box = BOX\n"), None);
    }

    #[test]
    fn a_guide_tells_of_a_machine_with_another_database_beside_containers() {
        let stack = "services: {web: {build: ., volumes: ['.:/app']}, db: {image: 'postgres:16'}}\n";
        let with = |heading: &str, engine: &str| {
            let guide = format!("# Shop\n## {heading}\n```\npython manage.py runserver\n```\n");
            let settings = format!("DATABASES = {{'default': {{'ENGINE': 'django.db.backends.{engine}'}}}}\n");
            let files = [("compose.yaml", stack), ("README.md", &guide), ("shop/settings.py", &settings)];
            developed(&[&[APP, SITE][..], &files].concat()).len()
        };
        assert_eq!((with("Setup with venv", "sqlite3"), with("Start without Docker", "sqlite3")), (2, 2));
        assert_eq!(with("Setup with venv", "postgresql"), 1, "the same database");
        assert_eq!(with("Development without Docker", "postgresql"), 2, "a way of its own");
        assert_eq!(with("Quick start", "sqlite3"), 1, "it may be one in the container");
    }

    #[test]
    fn what_a_guide_tells_in_a_container_is_no_machine() {
        let with = |before: &str| {
            let guide = format!("```\n{before}\npython manage.py runserver\n```\n");
            developed(&[APP, SITE, ("README.md", &guide)]).len()
        };
        assert_eq!(with("docker exec -it shop_web /bin/bash"), 0);
        assert_eq!(with("docker run -d redis"), 1);
    }
}
