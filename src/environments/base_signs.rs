//! What a plain compose file is run for, as others say: the guide that tells to start it, the script that it starts, the sample
//! of its variables.

use super::base_role::{development_sign, is_debugging, is_own, is_typed_into, may_be_ours, starts_production_server};
use super::compose::{File, image_of};
use super::compose_calls::called_with;
use super::credible::serves_programs;
use super::words::{naming, selected};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, Presence, paths};
use crate::formats::compose::{EnvFileUse, Project, Service};
use crate::formats::shell::Word;
use crate::knowledge::{images, services};
use crate::links::guides::headings;
use crate::links::{Call, Caller, Meaning, Repository};
use crate::model::{FileId, Role, Span};

/// Words of headings below which a guide tells how one works on a project, and how it is put where it is used.
const DEVELOPING: [&str; 9] =
    ["contributing", "dev", "developer", "developers", "developing", "development", "local", "locally", "localhost"];
const DEPLOYING: [&str; 4] = ["deploy", "deploying", "deployment", "production"];
/// Servers for production, and what a server for development is started with.
const SERVERS: [&str; 5] = ["gunicorn", "uwsgi", "daphne", "hypercorn", "waitress"];
const RELOADING: [&str; 4] = ["runserver", "--reload", "flask run", "fastapi dev"];

/// The role that the heading says below which a guide tells to start the file as it stands.
pub(super) fn by_guide(repository: &Repository<'_>, base: &File) -> Option<Role> {
    let starts = |call: &&Call| {
        let (Caller::Guide(_), Meaning::Composes(compose)) = (&call.caller, &call.meaning) else { return false };
        let find = |path: &String| paths::join(&call.folder, path).and_then(|path| repository.tree.find(&path));
        let plain = compose.files.is_empty() && call.folder == base.folder;
        compose.action == "up" && (plain || compose.files.iter().map(find).eq([Some(base.id)]))
    };
    repository.calls.iter().filter(starts).find_map(|call| {
        let Caller::Guide(guide) = call.caller else { return None };
        // A page for those who develop may start what is deployed as well.
        let aside = is_aside(repository.tree.path(guide));
        let text = repository.tree.text(guide).ok().filter(|_| !aside)?.get(..call.span.range().start)?;
        headings(text).into_iter().rev().find_map(said)
    })
}

/// The role that a heading says; one that speaks of both says none.
pub(super) fn said(heading: &str) -> Option<Role> {
    let has = |known: &[&str]| {
        let mut words = heading.split(|c: char| !c.is_alphanumeric());
        words.any(|word| known.contains(&word.to_lowercase().as_str()))
    };
    match (has(&DEVELOPING), has(&DEPLOYING)) {
        (true, false) => Some(Role::Development),
        (false, true) => Some(Role::Production),
        _ => None,
    }
}

/// Where a service starts a script of the repository that starts a server for development, and none for production.
pub(super) fn by_script(repository: &Repository<'_>, project: &Project) -> Option<Span> {
    let develops = |text: &str| {
        RELOADING.iter().any(|sign| text.contains(sign)) && !SERVERS.iter().any(|server| text.contains(server))
    };
    let of_service = |service: &Service| {
        [&service.entrypoint, &service.command].into_iter().flatten().find_map(|line| {
            let mut words = line.words.iter().flat_map(|word| Word::written(word).split_whitespace());
            let script = words.find_map(|word| script(repository, word))?;
            develops(repository.tree.text(script).ok()?).then(|| line.origin.primary()).flatten()
        })
    };
    project.services.values().filter(|service| may_be_ours(service)).find_map(of_service)
}

/// The only script of the repository that is called as the file of a path is.
fn script(repository: &Repository<'_>, path: &str) -> Option<FileId> {
    let name = paths::name(path);
    let mut same = repository.of(Kind::Shell).iter().filter(|file| paths::name(repository.tree.path(**file)) == name);
    same.next().filter(|_| same.next().is_none()).copied()
}

/// Where the sample of the variables that a project is given turns debugging on, or chooses what is for development.
pub(super) fn by_sample(repository: &Repository<'_>, project: &Project) -> Option<Span> {
    let missing = project.env_files.iter().filter(|used| used.presence == Presence::Missing);
    let folders: Vec<&str> = missing.map(|used| paths::parent(&used.path)).collect();
    let sample = |file: &&FileId| {
        let path = repository.tree.path(**file);
        let naming = naming(paths::name(path));
        let plain = naming.role.is_none_or(|(role, _)| role == Role::Development);
        folders.contains(&paths::parent(path)) && naming.template && plain
    };
    repository.of(Kind::Dotenv).iter().filter(sample).find_map(|file| {
        let text = repository.tree.text(*file).ok()?;
        let mut at = 0;
        text.split_inclusive('\n').find_map(|line| {
            let start = at;
            at += line.len();
            let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
            let value = value.trim().trim_matches(['"', '\'']);
            let chosen = selected(name, value).is_some_and(|(role, _)| role == Role::Development);
            (chosen || is_debugging(name, value)).then(|| Span::new(*file, start, at))
        })
    })
}

/// Whether all files of variables that a project names are named for development: of a file for one machine, `.env.local`, a
/// server may have one as well.
pub(super) fn by_env_files(project: &Project) -> bool {
    let develops = |used: &EnvFileUse| {
        let role = naming(&used.path).role;
        role.is_some_and(|(role, word)| role == Role::Development && word != "local")
    };
    !project.env_files.is_empty() && project.env_files.iter().all(develops)
}

/// Whether a service starts a shell in the image that another service of the project runs, and mounts no code of its own: to
/// look into what runs there.
pub(super) fn looks_into_another(project: &Project, service: &Service) -> bool {
    let pulled = |one: &Service| one.image.as_ref().and_then(|image| image.value.one()).cloned();
    let image = pulled(service).filter(|_| service.build.is_none());
    let runs = |other: &Service| !is_typed_into(other) && other.build.is_none() && pulled(other) == image;
    image.is_some() && is_typed_into(service) && project.services.values().any(runs)
}

/// Whether a project stands behind a proxy that is open to others, and what it runs there is a server for production which does
/// not reload: who develops on the code that it may mount does without both.
/// Of services that mount the code one is that server.
pub(super) fn is_fronted(repository: &Repository<'_>, base: &File, project: &Project) -> bool {
    let proxies = |service: &Service| {
        let named = |reference: &str| services::is_proxy(&images::describe(reference, "").repository);
        let pulled = service.image.as_ref().and_then(|image| image.value.one()).is_some_and(|image| named(image));
        let built = || {
            let image = image_of(repository, project, service)?;
            let build = super::images::build(repository, &image)?;
            build.target.and_then(|target| build.stages.get(target)).map(|stage| named(&stage.base.raw.value))
        };
        !service.ports.is_empty() && (pulled && service.build.is_none() || built() == Some(true))
    };
    let serves = |service: &Service| {
        let image = image_of(repository, project, service);
        let build = image.as_ref().and_then(|image| super::images::build(repository, image));
        let built = || image.as_ref().zip(build.as_ref());
        let develops = built().is_some_and(|(image, build)| super::developed::develops(repository, image, build));
        let own = service.command.is_some();
        may_be_ours(service) && (own || !develops) && serves_programs(repository, project, service)
    };
    let mounts = |service: &Service| development_sign(repository.tree, service, &base.folder).is_some();
    // A proxy serves files of the checkout, whoever runs it.
    let mounted = project.services.values().any(|service| mounts(service) && !proxies(service));
    project.services.values().any(|service| serves(service) && !proxies(service) && (mounts(service) || !mounted))
        && project.services.values().any(proxies)
}

/// Whether a file away from the root that no command names starts images of others alone, where other files say what the project
/// builds: that is a tool beside it.
pub(super) fn is_foreign(repository: &Repository<'_>, base: &File) -> bool {
    let services = || base.alone.services.values();
    let ours = |service: &Service| {
        service.build.is_some()
            || image_of(repository, &base.alone, service).is_some()
            || is_own(repository, service)
            || starts_production_server(service)
    };
    let builds = |file: &FileId| repository.tree.text(*file).is_ok_and(|text| text.contains("build:"));
    !base.folder.is_empty()
        && base.naming.role.is_none()
        && !services().any(ours)
        && called_with(repository, base).is_none()
        && repository.of(Kind::Compose).iter().any(builds)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    /// Whether the plain file is for development, beside these files.
    fn develops(service: &str, files: &[(&str, &str)]) -> bool {
        let compose =
            format!("services:\n  web: {{build: ., restart: always, {service}}}\n  db: {{image: 'postgres:16'}}\n");
        let own = [
            ("compose.yaml", compose.as_str()),
            ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
            ("a/wsgi.py", "application = None\n"),
        ];
        let found = environments(&[&own[..], files].concat());
        found.iter().any(|line| line.starts_with("development development: compose.yaml"))
    }

    #[test]
    fn a_guide_says_by_its_headings_what_a_plain_file_is_for() {
        let guide = |heading: &str| format!("# Shop\n\n{heading}\n\n### Start\n\n```\ndocker compose up\n```\n");
        let with = |heading: &str| develops("ports: ['80:80']", &[("README.md", &guide(heading))]);
        assert!(with("## Local development"));
        assert!(with("Running it locally\n------------------"));
        for heading in ["## Start", "## Deployment", "## Development and production", "```\n# local\n```"] {
            assert!(!with(heading), "{heading}");
        }
    }

    #[test]
    fn a_server_behind_a_proxy_is_for_production_though_the_code_is_mounted() {
        let with = |web: &str, proxy: &str| {
            let compose = format!(
                "services:\n  web: {{build: ., volumes: ['.:/app:ro']{web}}}\n  proxy: {{image: 'nginx:1', depends_on: [web]{proxy}}}\n"
            );
            let found = environments(&[
                ("compose.yaml", compose.as_str()),
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD [\"gunicorn\", \"a.wsgi\"]\n"),
                ("a/wsgi.py", "application = None\n"),
            ]);
            found.into_iter().find(|line| line.contains(": compose.yaml")).unwrap_or_default()
        };
        let open = ", ports: ['80:80']";
        assert_eq!(with("", open), "production production: compose.yaml");
        assert_eq!(with(", command: gunicorn a.wsgi", open), "production production: compose.yaml");
        for (web, proxy) in [
            ("", ""),
            (", command: gunicorn --reload a.wsgi", open),
            (", command: flask run", open),
            (", environment: {DEBUG: '1'}", open),
        ] {
            assert_eq!(with(web, proxy), "development development: compose.yaml", "{web}{proxy}");
        }
    }

    #[test]
    fn what_is_published_and_told_to_show_errors_is_offered_so() {
        let with = |image: &str, page: &str| {
            let compose = format!(
                "services:\n  web: {{image: '{image}', environment: {{DEBUG: '1'}}, depends_on: [db]}}\n  db: {{image: 'postgres:16'}}\n"
            );
            let found = environments(&[
                ("compose.yaml", compose.as_str()),
                ("Dockerfile", "FROM python:3.13\nCOPY . /srv/maps\nCMD gunicorn maps.wsgi\n"),
                ("docs/docker.md", page),
            ]);
            found.iter().any(|line| line.starts_with("production production: compose.yaml"))
        };
        let page = "See [the image](https://hub.docker.com/r/acme/maps).\n";
        assert!(with("docker.io/acme/maps:3.1", page));
        assert!(!with("acme/maps:3.1", "See elsewhere.\n"), "nobody says whose it is");
        assert!(!with("acme/tiles:3.1", "See https://hub.docker.com/r/acme/tiles\n"), "the image is none of this");
    }

    #[test]
    fn images_of_others_away_from_what_the_project_builds_are_no_environment() {
        let with = |image: &str| {
            let tool = format!("services: {{net: {{image: {image}, restart: always, environment: {{A: b}}}}}}\n");
            let own = ("compose.yaml", "services: {web: {build: ., volumes: ['.:/app']}}\n");
            let found =
                environments(&[own, ("Dockerfile", "FROM python:3.13\n"), ("ops/net/docker-compose.yml", &tool)]);
            found.iter().filter(|line| line.contains("ops/net")).count()
        };
        assert_eq!((with("acme/tunnel:14"), with("acme/shop, command: gunicorn a.wsgi")), (0, 1));
    }

    #[test]
    fn a_script_that_starts_a_server_for_development_is_for_that() {
        let with = |script: &str| develops("entrypoint: /app/start.sh", &[("ops/start.sh", script)]);
        assert!(with("#!/bin/sh\npython manage.py runserver\n"));
        assert!(!with("#!/bin/sh\nif [ \"$DEBUG\" ]; then python manage.py runserver; else gunicorn a.wsgi; fi\n"));
    }

    #[test]
    fn a_sample_that_turns_debugging_on_is_for_development() {
        let with = |path: &str, text: &str| develops("env_file: .env", &[(path, text)]);
        assert!(with(".env.example", "A=b\nDEBUG=True\n"));
        assert!(with("env.sample", "APP_ENV=local\n"));
        assert!(!with(".env.example", "DEBUG=False\n"));
        assert!(!with(".env.prod.example", "DEBUG=True\n"));
        let served = "env_file: .env, command: gunicorn a.wsgi";
        assert!(!develops(served, &[(".env.example", "DEBUG=True\n")]), "its server is for production");
    }

    #[test]
    fn a_shell_in_the_image_that_runs_beside_it_says_nothing_of_a_file_for_development() {
        let with = |shell: &str| {
            let compose = format!(
                "services:\n  api: {{image: 'ghcr.io/acme/maps:3.1', env_file: maps.env}}\n  shell: {{image: '{shell}', command: /bin/bash}}\n  db: {{image: 'postgres:12'}}\n"
            );
            let dev =
                "services:\n  app: {build: ., command: /bin/bash, volumes: ['.:/app']}\n  db: {image: 'postgres:15'}\n";
            let found = environments(&[
                ("compose.yaml", compose.as_str()),
                ("compose.dev.yaml", dev),
                ("Dockerfile", "FROM python:3.13\nCOPY . /app\nCMD gunicorn a.wsgi\n"),
                ("a/wsgi.py", "application = None\n"),
            ]);
            found.iter().any(|line| line.starts_with("production production: compose.yaml"))
        };
        assert!(with("ghcr.io/acme/maps:3.1"));
        assert!(!with("ghcr.io/acme/tools:3.1"), "it is all that a person works in");
    }

    #[test]
    fn a_proxy_with_files_of_the_checkout_stands_before_a_production() {
        let compose = "services:\n  web: {build: web, restart: always, command: gunicorn app:app}\n  \
                       nginx: {build: nginx, ports: ['80:80'], volumes: ['.:/www/static']}\n";
        let found = environments(&[
            ("docker-compose.yml", compose),
            ("web/Dockerfile", "FROM python:3.12\nCOPY . .\n"),
            ("web/app.py", "app = None\n"),
            ("nginx/Dockerfile", "FROM nginx:1.27\nCOPY sites /etc/nginx\n"),
        ]);
        assert!(found.iter().any(|line| line.starts_with("production production: docker-compose.yml")), "{found:?}");
    }
}
