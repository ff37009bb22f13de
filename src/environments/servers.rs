//! Servers that start the project by themselves: units of systemd, programs of supervisord outside an image.

use super::plan::{CommandLine, NativeBuild, Planned, Runs, Unit};
use super::words::naming;
use super::{code_deploy, developed, told_deploys};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::small::{CommandText, Texts, lines, quoted, supervisord, systemd};
use crate::formats::{Var, Vars};
use crate::links::{Meaning, Repository, meaning};
use crate::model::{Confidence, FileId, Origin, Reason, Role, Span, SpanMap};

/// A program that a server keeps running.
struct Service {
    file: FileId,
    name: String,
    start: CommandText,
    directory: String,
    environment: Texts,
    unseen: Option<(String, Span)>,
    why: &'static str,
}

/// The environments of servers, where nothing else is of their role.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let mut found: Vec<Planned> = Vec::new();
    let services = services(repository);
    let of_role: Vec<(Role, String)> = services.iter().map(|service| role_of(repository, service)).collect();
    let taken = |all: &[Planned], role: Role| {
        all.iter().any(|planned| planned.environment.role == role && !planned.units.is_empty())
    };
    let developed = taken(all, Role::Development);
    if of_role.iter().any(|(role, _)| *role == Role::Production) {
        developed::give_way(repository, all);
    }
    for (service, (role, word)) in services.iter().zip(of_role) {
        if taken(all, role) && (role != Role::Development || developed) {
            continue;
        }
        let at = found.iter().position(|planned| planned.environment.name == word).unwrap_or_else(|| {
            found.push(Planned::new(&word, role, Confidence::Named));
            found.len() - 1
        });
        if let Some(planned) = found.get_mut(at) {
            take(repository, service, planned);
        }
    }
    // The image that gave way is told from what else develops.
    if !developed && found.iter().any(|planned| planned.environment.role == Role::Development) {
        for planned in all.iter_mut().filter(|planned| planned.environment.role == Role::Development) {
            "docker".clone_into(&mut planned.environment.name);
        }
    }
    all.extend(found);
}

fn take(repository: &Repository<'_>, service: &Service, planned: &mut Planned) {
    planned.add_evidence(service.start.span, service.why);
    let folder = folder_of(repository, &service.directory);
    let taken = planned.units.iter().any(|unit| unit.name == service.name);
    let name = if taken { format!("{}-{}", service.name, planned.units.len()) } else { service.name.clone() };
    let vars: Vars = service
        .environment
        .iter()
        .filter(|(_, text)| !text.value.contains('%'))
        .map(|(name, text)| (name.clone(), Var::set(text.value.clone(), Origin::set(text.span))))
        .collect();
    planned.variables.insert(name.clone(), vars);
    if let Some((file, span)) = service.unseen.clone().filter(|_| planned.unseen.is_none()) {
        planned.unseen = Some(Reason::at(format!("{file} is not in the repository"), span));
    }
    let span = service.start.span;
    let command = CommandLine { text: bare(&service.start.text, &service.directory), map: SpanMap::Whole(span), span };
    let update = || updating(repository, service).filter(|_| folder.is_empty());
    let native = Some(NativeBuild { build: code_deploy::build(repository.tree).or_else(update), folder });
    planned.units.push(Unit { name, runs: Runs::Process { command, image: None, native } });
}

/// The script that brings a server up to date: it starts the unit anew, and installs what that needs.
fn updating(repository: &Repository<'_>, service: &Service) -> Option<CommandLine> {
    let tree = repository.tree;
    let restarts = |line: &str| {
        let mut words = line.split_whitespace();
        words.any(|word| word == "systemctl")
            && words.any(|word| word.strip_suffix(".service").unwrap_or(word) == service.name)
    };
    repository.of(Kind::Shell).iter().find_map(|file| {
        let text = tree.text(*file).ok().filter(|text| text.lines().any(restarts))?;
        let span = Span::new(*file, 0, text.len());
        Some(CommandLine { text: format!("bash {}", tree.path(*file)), map: SpanMap::Whole(span), span })
    })
}

/// A command without the folders of the server: of programs of virtual environments, of files below the working directory.
fn bare(command: &str, directory: &str) -> String {
    let below = format!("{}/", directory.trim_end_matches('/'));
    let word = |word: &str| {
        let own = word.strip_prefix(&below).filter(|_| directory.len() > 1).unwrap_or(word);
        let program = own.rsplit_once("/bin/").filter(|(before, name)| before.starts_with('/') && !name.contains('/'));
        program.map_or(own, |(_, name)| name).to_owned()
    };
    command.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// The folder of the repository that a folder of the server is: the one with a project of its own that its path ends in.
fn folder_of(repository: &Repository<'_>, directory: &str) -> String {
    let parts: Vec<&str> = directory.split('/').filter(|part| !part.is_empty()).collect();
    let ours = |folder: &String| {
        ["manage.py", "pyproject.toml", "requirements.txt", "Pipfile", "setup.py"]
            .iter()
            .any(|name| repository.tree.find(&format!("{folder}/{name}")).is_some())
    };
    (0..parts.len()).map(|from| parts[from..].join("/")).find(ours).unwrap_or_default()
}

/// The role that the names of a service say, its own folder and files before its unit's; else production.
fn role_of(repository: &Repository<'_>, service: &Service) -> (Role, String) {
    let path = repository.tree.path(service.file);
    // The machine that Vagrant makes is a developer's.
    let homes = service.environment.values().map(|text| text.value.as_str()).chain([service.directory.as_str()]);
    if homes.chain([service.start.text.as_str()]).any(|text| text.split(['/', ' ']).any(|part| part == "vagrant")) {
        return (Role::Development, "vagrant".to_owned());
    }
    let folders = service.directory.replace('/', "-");
    let file = service.unseen.as_ref().map(|(file, _)| paths::name(file).trim_start_matches('.').to_owned());
    let texts = [Some(folders), file, Some(paths::name(path).to_owned())];
    let said = |text: String| naming(&text).role.filter(|(role, _)| *role != Role::Test);
    // What reloads its code is started for whoever writes it.
    let develops = matches!(meaning::of(&words(service)), Meaning::Serves(found) if found.kind == "development");
    let plain = if develops { Role::Development } else { Role::Production };
    texts.into_iter().flatten().find_map(said).unwrap_or((plain, plain.name().to_owned()))
}

/// The services that work for the project; those that serve or work it must be among them.
fn services(repository: &Repository<'_>) -> Vec<Service> {
    let mut all = Vec::new();
    for (file, path) in repository.tree.files() {
        let name = paths::name(path);
        let unit = name.ends_with(".service");
        let supervised = name.contains("supervisor") && (name.ends_with(".conf") || name.ends_with(".ini"));
        if !(unit || supervised) || is_aside(path) || naming(path).template || is_copied(repository, name) {
            continue;
        }
        if unit {
            all.extend(of_unit(repository, file, name));
        } else if let Ok(config) = repository.tree.parsed(file, supervisord::parse) {
            all.extend(config.programs.iter().map(|program| Service {
                file,
                name: program.name.value.clone(),
                start: program.command.clone(),
                directory: program.directory.as_ref().map(|to| to.value.clone()).unwrap_or_default(),
                environment: program.environment.clone(),
                unseen: None,
                why: "a program of supervisord starts it",
            }));
        }
    }
    all.retain(|service| is_ours(repository, service));
    if all.is_empty() {
        let told = repository.of(Kind::Guide).iter().map(|file| of_guide(repository, *file));
        all = told.into_iter().find(|units| !units.is_empty()).unwrap_or_default();
    }
    if all.is_empty() {
        all.extend(of_command(repository));
    }
    let serves = |service: &Service| matches!(meaning::of(&words(service)), Meaning::Serves(_));
    if all.iter().any(serves) { all } else { Vec::new() }
}

fn of_unit(repository: &Repository<'_>, file: FileId, name: &str) -> Option<Service> {
    let unit = repository.tree.parsed(file, systemd::parse).ok()?;
    let unseen = unit.files.first().map(|path| (path.value.clone(), path.span));
    Some(Service {
        file,
        name: name.trim_end_matches(".service").trim_end_matches('@').to_owned(),
        start: unit.start.clone()?,
        directory: unit.directory.as_ref().map(|to| to.value.clone()).unwrap_or_default(),
        environment: unit.environment.clone(),
        unseen,
        why: "a unit of systemd starts it",
    })
}

/// The units that a guide tells to write which start a module of the repository.
fn of_guide(repository: &Repository<'_>, file: FileId) -> Vec<Service> {
    let text = repository.tree.text(file).unwrap_or_default();
    let heads = lines(text).filter(|(_, line)| line.trim() == "[Service]").map(|(start, _)| start);
    let unit = |start: usize| {
        let rest = text.get(start..)?;
        let ends = |line: &str| line.trim_start().starts_with(['[', '`', '~']) || line.contains("EOF");
        let end = lines(rest).skip(1).find(|(_, line)| ends(line)).map_or(rest.len(), |(at, _)| at);
        // Places stay those of the guide.
        let unit = systemd::parse(file, &format!("{}{}", " ".repeat(start), rest.get(..end)?));
        let before = text.get(..start)?.rsplit_once(".service").map_or("", |(before, _)| before);
        let name = before.rsplit(|c: char| !c.is_alphanumeric() && !['-', '_'].contains(&c)).next();
        let service = Service {
            file,
            name: name.filter(|name| !name.is_empty()).unwrap_or("app").to_owned(),
            start: unit.start?,
            directory: unit.directory.map(|to| to.value).unwrap_or_default(),
            environment: unit.environment,
            unseen: unit.files.first().map(|path| (path.value.clone(), path.span)),
            why: "a guide has a unit of systemd start it",
        };
        let ours = words(&service).iter().any(|word| is_module(repository, word));
        (ours && is_ours(repository, &service)).then_some(service)
    };
    heads.filter_map(unit).collect()
}

/// The server of the repository that a guide has people start where it tells how the project is deployed.
fn of_command(repository: &Repository<'_>) -> Option<Service> {
    let call = told_deploys::call(repository)?;
    let directory = call.argv.iter().find_map(|word| folder_with(repository, word))?;
    let text = call.argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    Some(Service {
        file: call.span.file,
        name: "web".to_owned(),
        start: CommandText { text, map: SpanMap::Whole(call.span), span: call.span },
        directory,
        environment: Texts::new(),
        unseen: None,
        why: "a guide starts it where it is deployed",
    })
}

/// Whether a word names a module of the repository: `shop.wsgi`, `app:app`.
fn is_module(repository: &Repository<'_>, word: &str) -> bool {
    folder_with(repository, word).is_some()
}

/// The folder of the repository in which a word names a module.
fn folder_with(repository: &Repository<'_>, word: &str) -> Option<String> {
    let (module, object) = word.split_once(':').map_or((word, None), |(module, object)| (module, Some(object)));
    let end = format!("{}.py", module.replace('.', "/"));
    let above = |path: &str| {
        let start = path.strip_suffix(&end).filter(|start| start.is_empty() || start.ends_with('/'))?;
        Some(start.trim_end_matches('/').to_owned())
    };
    let named = (object.is_some() || module.contains('.')) && !module.is_empty();
    repository.of(Kind::Python).iter().find_map(|file| above(repository.tree.path(*file)).filter(|_| named))
}

fn words(service: &Service) -> Vec<String> {
    let words: Vec<String> =
        bare(&service.start.text, &service.directory).split_whitespace().map(str::to_owned).collect();
    match &words[..] {
        [shell, flag, rest @ ..] if ["sh", "bash"].contains(&paths::name(shell)) && flag.ends_with('c') => {
            let quotes = ['"', '\''];
            let bare = rest.iter().map(|word| word.trim_matches(quotes)).filter(|word| *word != "exec");
            bare.map(str::to_owned).collect()
        }
        _ => words,
    }
}

/// Whether a service works for the project: by a server or worker, a command of Django, or a script of the repository.
fn is_ours(repository: &Repository<'_>, service: &Service) -> bool {
    let words = words(service);
    let folder = folder_of(repository, &service.directory);
    match meaning::of(&words) {
        Meaning::Serves(_) | Meaning::Manages(_) => true,
        Meaning::Runs(words) => {
            let script = words.iter().find(|word| word.ends_with(".py"));
            script.is_some_and(|path| {
                paths::join(&folder, path).is_some_and(|path| repository.tree.find(&path).is_some())
            })
        }
        _ => false,
    }
}

/// Whether a Dockerfile takes a file of this name: then it is of its image.
fn is_copied(repository: &Repository<'_>, name: &str) -> bool {
    repository.of(Kind::Dockerfile).iter().any(|file| repository.tree.text(*file).is_ok_and(|text| text.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: &str = "[Service]\nWorkingDirectory=/srv/staging/shop\nEnvironmentFile=/srv/staging/shop/.env\nExecStart=/srv/staging/venv/bin/gunicorn shop.wsgi -w 3\n";
    const NEEDS: (&str, &str) = ("requirements.txt", "django\ngunicorn\n");

    #[test]
    fn units_that_a_guide_tells_to_write_are_production() {
        let guide = |module: &str| {
            format!(
                "Install\n=======\n\nCreate ``/etc/systemd/system/shop-web.service``::\n\n    [Unit]\n    Description=x\n\n    \
                 [Service]\n    WorkingDirectory=/srv/shop\n    ExecStart=/srv/venv/bin/gunicorn {module} \\\n      --workers 4\n\n    \
                 [Install]\n    WantedBy=multi-user.target\n\n[Service]\nExecStart=/srv/venv/bin/celery -A {module} worker\n"
            )
        };
        let with = |module: &str| {
            let guide = guide(module);
            environments(&[("docs/install.rst", guide.as_str()), ("shop/wsgi.py", ""), ("manage.py", ""), NEEDS])
        };
        assert_eq!(with("shop.wsgi"), ["production production: docs/install.rst"]);
        assert!(with("other.wsgi").is_empty(), "another program");
    }

    #[test]
    fn servers_that_a_guide_starts_where_it_tells_of_deployments_are_production() {
        let guide = |heading: &str, command: &str| {
            let text = format!("# Shop\n\n## {heading}\n\n```bash\ncd app\n{command}\n```\n");
            let files = [("README.md", text.as_str()), ("app/shop/wsgi.py", ""), ("app/manage.py", ""), NEEDS];
            environments(&files)
        };
        let gunicorn = "uv run gunicorn shop.wsgi:application --bind 0.0.0.0:8000";
        assert_eq!(guide("Production deployment", gunicorn), ["production production: README.md"]);
        assert_eq!(guide("Self-hosting", gunicorn), ["production production: README.md"]);
        assert!(guide("Try it", gunicorn).is_empty(), "it does not say what for");
        let page = ["# Server\n\n```bash\n", gunicorn, "\n```\n"].concat();
        let files = [("docs/hosting/production.md", page.as_str()), ("app/shop/wsgi.py", ""), NEEDS];
        assert_eq!(environments(&files), ["production production: docs/hosting/production.md"]);
        assert!(guide("Deployment", "gunicorn other.wsgi").is_empty(), "another program");
        assert!(guide("Deploy to a container", &format!("docker run shop {gunicorn}")).is_empty(), "an image");
    }

    #[test]
    fn units_of_a_server_are_its_environments() {
        let worker = APP.replace("staging", "prod").replace("gunicorn shop.wsgi -w 3", "celery -A shop worker");
        let files = [("etc/web.service", APP), ("etc/worker.service", worker.as_str()), ("manage.py", ""), NEEDS];
        assert_eq!(environments(&files), ["prod production: etc/worker.service", "staging staging: etc/web.service"]);
        let plain = [("etc/web.service", "[Service]\nExecStart=gunicorn shop.wsgi\n"), ("manage.py", ""), NEEDS];
        assert_eq!(environments(&plain), ["production production: etc/web.service"]);
        let own = APP.replace("/srv/staging", "/home/vagrant");
        let guest = [("devel/web.service", own.as_str()), ("manage.py", ""), NEEDS];
        assert_eq!(environments(&guest), ["vagrant development: devel/web.service"]);
        let shell = [
            ("etc/web.service", "[Service]\nExecStart=sh -c \"exec gunicorn-3 $OPTS 'shop.wsgi'\"\n"),
            ("manage.py", ""),
            NEEDS,
        ];
        assert!(environments(&shell).iter().any(|line| line.contains("production: etc/web.service")));
        let told = "[Service]\nEnvironment=\"SHOP_CONFIG=/home/vagrant/shop.toml\"\nExecStart=flask run --port 80\n";
        let guest = [("roles/shop/web.service", told), ("manage.py", ""), NEEDS];
        assert_eq!(environments(&guest), ["vagrant development: roles/shop/web.service"]);
        let other = [("etc/web.service", "[Service]\nExecStart=/usr/bin/redis-server\n"), ("manage.py", ""), NEEDS];
        assert!(environments(&other).is_empty());
        let image = ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn shop.wsgi\n");
        assert_eq!(
            environments(&[plain[0], image, NEEDS]),
            ["production production: Dockerfile"],
            "it is offered beside"
        );
        let reloads = ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD flask run\n");
        let found = environments(&[plain[0], reloads, NEEDS]);
        assert_eq!(found, ["production production: etc/web.service", "development development: Dockerfile"]);
        let beside = environments(&[plain[0], guest[0], reloads, NEEDS]);
        assert!(beside.contains(&"vagrant development: roles/shop/web.service".to_owned()), "{beside:?}");
        assert_eq!(environments(&[other[0], reloads, NEEDS]), ["production production: Dockerfile"]);
    }
}
