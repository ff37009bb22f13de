//! What says that the application is deployed, and where to, though nothing of what runs there is read from it: files of hosts and
//! tools for deploying, scripts that deploy, commands of a guide.

use super::amazon;
use super::targets::word_of;
use super::words::naming;
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::small::tree::{self, Node};
use crate::knowledge::deployments::{Says, says};
use crate::knowledge::hosts::{self, HostFile};
use crate::links::Repository;
use crate::model::{FileId, Role};

/// A file that is named for an environment.
pub(super) struct Mark {
    /// The file.
    pub(super) file: FileId,
    /// What it is.
    pub(super) tool: &'static str,
    /// The environment's role.
    pub(super) role: Role,
    /// The word for it.
    pub(super) word: String,
    /// Whether it stands where nothing else says that something runs.
    pub(super) strong: bool,
}

/// The marks that a file sets.
pub(super) fn of(repository: &Repository<'_>, file: FileId, path: &str) -> Vec<Mark> {
    let text = || repository.tree.text(file).unwrap_or_default();
    if let Some(host) = hosts::file(path, text) {
        return of_host(repository, file, path, host);
    }
    let folder = paths::parent(path);
    let mark = |tool: &'static str, strong: bool| move |(role, word)| Mark { file, tool, role, word, strong };
    if let Some((tool, named)) = amazon::stack(path, &text) {
        return named.into_iter().map(mark(tool, false)).collect();
    }
    match paths::name(path) {
        "config.yml" if paths::name(folder) == ".elasticbeanstalk" => {
            let named = named_beanstalk(repository, file);
            named.into_iter().map(mark("an environment of Elastic Beanstalk", true)).collect()
        }
        "samconfig.toml" => sections_of_sam(text()).into_iter().map(mark("a configuration of SAM", false)).collect(),
        "manifest.yml" if path.split('/').any(|part| part == "copilot") => {
            match folder.split_once("copilot/environments/") {
                Some((_, named)) => {
                    let word = word_of(named.strip_suffix("env").unwrap_or(named));
                    word.into_iter().map(mark("an environment of Copilot", true)).collect()
                }
                None => named_copilot(repository, file).into_iter().map(mark("a service of Copilot", true)).collect(),
            }
        }
        _ => {
            let found = deploying(repository, file, path).into_iter();
            found.map(|(tool, word)| mark(tool, false)(word.unwrap_or_else(production))).collect()
        }
    }
}

/// What one says that names no environment.
fn production() -> (Role, String) {
    (Role::Production, "production".to_owned())
}

/// The marks of a host's file: one for each environment that it names, or production's.
fn of_host(repository: &Repository<'_>, file: FileId, path: &str, host: &'static HostFile) -> Vec<Mark> {
    let mark = |(role, word)| Mark { file, tool: &host.is, role, word, strong: !host.weak };
    let words = host.keys.as_ref().map(|key| keys(repository, file, key)).unwrap_or_default();
    let named: Vec<Mark> = words.iter().filter_map(|word| word_of(word)).map(mark).collect();
    if !named.is_empty() {
        return named;
    }
    let free = host.free(path);
    let said = naming(free).role.filter(|(_, word)| free.contains(word.as_str()));
    said.or_else(|| (!host.named).then(production)).map(mark).into_iter().collect()
}

/// The environments that branches of an Elastic Beanstalk application go to.
fn named_beanstalk(repository: &Repository<'_>, file: FileId) -> Vec<(Role, String)> {
    let Ok(parsed) = repository.tree.parsed(file, tree::yaml) else { return Vec::new() };
    let root = parsed.0.as_ref();
    let branches = root.and_then(|root| root.get("branch-defaults")).map_or(&[][..], Node::entries);
    let nodes =
        branches.iter().map(|(_, branch)| branch).chain(root).filter_map(|node| node.get("environment")?.as_str());
    nodes.map(|name| word_of(name).unwrap_or_else(production)).collect()
}

/// The environments that sections of SAM's configuration are for; the default one is production.
fn sections_of_sam(text: &str) -> Vec<(Role, String)> {
    let sections = text.lines().filter_map(|line| line.strip_prefix('[')?.split_once(".deploy").map(|(word, _)| word));
    sections.filter_map(|word| if word == "default" { Some(production()) } else { word_of(word) }).collect()
}

/// The environments that a service of Copilot names, or production where it only has an image.
fn named_copilot(repository: &Repository<'_>, file: FileId) -> Vec<(Role, String)> {
    let named: Vec<_> = keys(repository, file, "environments").iter().filter_map(|word| word_of(word)).collect();
    let image = || repository.tree.text(file).is_ok_and(|text| text.contains("image:"));
    if named.is_empty() && image() { vec![production()] } else { named }
}

/// The files among documents that servers are told to be set up with: units of systemd, servers of uWSGI, sites of nginx.
pub(super) fn documented(repository: &Repository<'_>, file: FileId, path: &str) -> Option<Mark> {
    let documents = paths::parent(path).split('/').any(|part| ["doc", "docs"].contains(&part));
    let name = paths::name(path);
    let text = || repository.tree.text(file).unwrap_or_default();
    let guides = documents || repository.of(Kind::Guide).contains(&file);
    let (_, ending) = name.rsplit_once('.').filter(|_| guides)?;
    if ["md", "rst", "txt", "adoc"].contains(&ending) {
        let units = text().lines().map(str::trim).any(starts_server);
        let mark = Mark { file, tool: "a guide", role: Role::Production, word: "production".to_owned(), strong: false };
        return units.then_some(mark);
    }
    if !documents {
        return None;
    }
    let has = |signs: &[&str]| signs.iter().any(|sign| text().contains(sign));
    let tool = match ending {
        "service" if has(&["ExecStart"]) && has(&["gunicorn", "uwsgi", "uvicorn", "daphne"]) => "a unit of systemd",
        "ini" if has(&["[uwsgi]"]) => "a server of uWSGI",
        "conf" if has(&["uwsgi_pass", "proxy_pass"]) && has(&["server_name"]) => "a site of nginx",
        _ => return None,
    };
    Some(Mark { file, tool, role: Role::Production, word: "production".to_owned(), strong: false })
}

/// Whether a line of a unit of systemd starts a server of an application, in the module that it names.
fn starts_server(line: &str) -> bool {
    const SERVERS: [&str; 7] = ["gunicorn", "uwsgi", "uvicorn", "daphne", "granian", "hypercorn", "waitress-serve"];
    let words = || line.strip_prefix("ExecStart=").unwrap_or_default().split_whitespace();
    words().any(|word| SERVERS.contains(&paths::name(word)))
        && words().any(|word| word.contains("wsgi") || word.contains(':'))
}

/// The names in a mapping of a file.
fn keys(repository: &Repository<'_>, file: FileId, key: &str) -> Vec<String> {
    let Ok(parsed) = repository.tree.parsed(file, tree::yaml) else { return Vec::new() };
    let node = parsed.0.as_ref().and_then(|root| root.get(key));
    node.map_or(&[][..], Node::entries).iter().map(|(name, _)| name.value.clone()).collect()
}

/// A script, a target of make or a command of a guide that deploys, with the environment that its name says.
fn deploying(repository: &Repository<'_>, file: FileId, path: &str) -> Vec<(&'static str, Option<(Role, String)>)> {
    let text = || repository.tree.text(file).unwrap_or_default();
    let name = paths::name(path);
    if repository.of(Kind::Guide).contains(&file) && !is_aside(path) {
        let deploys = text().lines().map(plain).any(|line| hosts::commands().any(|sign| line.starts_with(sign)));
        return if deploys { vec![("a guide", None)] } else { Vec::new() };
    }
    if repository.of(Kind::Makefile).contains(&file) && name.eq_ignore_ascii_case("makefile") {
        let deploys = targets(text()).into_iter().map(|target| ("a target of make", word_of(target)));
        let chosen = choosing(text()).into_iter().map(|word| ("a target of make", Some(word)));
        return deploys.chain(chosen).collect();
    }
    let stem = name.split('.').next().unwrap_or_default();
    let script = repository.of(Kind::Shell).contains(&file) || !name.contains('.') && text().starts_with("#!");
    let deploys = script && for_deploying(stem) && text().lines().any(|line| does(line, false));
    let word = word_of(stem);
    // A cluster of a person's own machine is tried by it.
    let tried = word.as_ref().is_some_and(|(role, _)| matches!(role, Role::Development | Role::Test));
    if deploys && !tried { vec![("a script", word)] } else { Vec::new() }
}

/// The targets of a makefile that are named for deploying and deploy.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut target = "";
    for line in text.lines() {
        if !line.starts_with(['\t', ' ', '#', '.']) && line.contains(':') && !line.contains('=') {
            target = line.split(':').next().unwrap_or_default().trim();
        } else if for_deploying(target) && does(line, true) {
            found.push(std::mem::take(&mut target));
        }
    }
    found
}

/// The environments that targets of a makefile are called, which set a variable to that for what is made after them.
fn choosing(text: &str) -> Vec<(Role, String)> {
    let mut found = Vec::new();
    let mut target = "";
    for line in text.lines() {
        if !line.starts_with(['\t', ' ', '#', '.']) && line.contains(':') && !line.contains(":=") {
            target = line.split(':').next().unwrap_or_default().trim();
        } else if let Some((_, set)) = line.split_once("export ").filter(|_| line.starts_with('\t')) {
            let (name, value) = set.split_once('=').unwrap_or_default();
            let value = value.trim().trim_end_matches(')').trim_matches(['"', '\'']);
            let served = word_of(target).filter(|(role, _)| matches!(role, Role::Staging | Role::Production));
            found.extend(served.filter(|(_, word)| value == target && word == target && name.trim().ends_with("ENV")));
        }
    }
    found
}

/// Whether a line deploys, or works on a server as what deploys there does.
fn does(line: &str, target: bool) -> bool {
    let line = plain(line);
    let mut signs = hosts::commands().chain(hosts::remote(target));
    !line.starts_with('#') && signs.any(|sign| line.starts_with(sign) || line.contains(&format!(" {sign}")))
}

/// Whether a name has a word that says deploying, and none for something else than the application.
fn for_deploying(name: &str) -> bool {
    let said: Vec<_> = name.split(|c: char| !c.is_alphanumeric()).map(|word| says(&word.to_lowercase())).collect();
    said.contains(&Some(Says::Deploys)) && !said.contains(&Some(Says::Aside))
}

/// A line without what shows that it is typed.
fn plain(line: &str) -> &str {
    line.trim().trim_start_matches("$ ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: [(&str, &str); 2] =
        [("shop/settings.py", "DEBUG = False\nALLOWED_HOSTS = []\n"), ("requirements.txt", "django\ngunicorn\n")];

    fn with(files: &[(&str, &str)]) -> Vec<String> {
        environments(&[&APP[..], files].concat())
    }

    #[test]
    fn files_of_hosts_say_that_production_is_there() {
        for (path, text) in [
            ("captain-definition", "{\"schemaVersion\": 2}"),
            ("passenger_wsgi.py", "from shop.wsgi import application\n"),
            ("deploy/shop.nomad", "job \"shop\" {}\n"),
            ("apache/shop.conf", "WSGIScriptAlias / /srv/shop/wsgi.py\n"),
            ("template.yaml", "Transform: AWS::Serverless-2016-10-31\n"),
            ("deploy.sh", "#!/bin/sh\nssh shop@shop.example 'git pull'\n"),
            ("README.md", "# Shop\n```\n$ git push dokku main\n```\n"),
            ("Makefile", "docs-deploy:\n\trsync -a book/ shop.example:/srv\ndeploy:\n\trsync -a . shop.example:/srv\n"),
        ] {
            assert_eq!(with(&[(path, text)]), [format!("production production: {path}")], "{path}");
        }
        let site = "server {\n  server_name shop.example;\n  location / { uwsgi_pass unix:/run/shop; }\n}\n";
        assert_eq!(with(&[("docs/ops/shop.conf", site)]), ["production production: docs/ops/shop.conf"]);
        assert!(with(&[("docs/ops/shop.conf", "a = b\n")]).is_empty());
        let unit = |start: &str| format!("Install this unit::\n\n    [Service]\n    ExecStart={start}\n");
        let shop = unit("/srv/shop/.venv/bin/granian shop.wsgi:application");
        assert_eq!(with(&[("doc/misc.rst", &shop)]), ["production production: doc/misc.rst"]);
        assert!(with(&[("doc/misc.rst", &unit("/usr/bin/postgres -D /srv"))]).is_empty());
        assert!(with(&[("local_deploy.sh", "#!/bin/sh\nkubectl apply -f k8s\n")]).is_empty());
        assert!(with(&[("README.md", "One may `git push heroku`, or not.\n")]).is_empty());
        assert!(environments(&[("deploy.sh", "ssh shop.example ls\n")]).is_empty(), "nothing to deploy");
    }

    #[test]
    fn targets_of_make_choose_what_is_deployed() {
        let make = |word: &str, value: &str| format!("{word}:\n\t$(eval export DEPLOY_ENV={value})\n\t@true\n");
        let found = with(&[("Makefile", &(make("staging", "staging") + &make("production", "production")))]);
        assert_eq!(found, ["production production: Makefile", "staging staging: Makefile"]);
        assert!(with(&[("Makefile", &make("staging", "1"))]).is_empty());
    }

    #[test]
    fn files_for_deploying_name_several_environments() {
        let beanstalk = "branch-defaults:\n  main: {}\n  next:\n    environment: shop-staging\n  live:\n    environment: shop-prod\n";
        let found = with(&[(".elasticbeanstalk/config.yml", beanstalk)]);
        let file = ".elasticbeanstalk/config.yml";
        assert_eq!(found, [format!("prod production: {file}"), format!("staging staging: {file}")]);
        let copilot = "name: web\nimage: {build: Dockerfile}\nenvironments: {uat: {}, prod: {}}\n";
        let of = |name: &str| format!("copilot/environments/{name}env/manifest.yml");
        let (live, qa) = (of("prod"), of("qa"));
        let environment = "type: Environment\n";
        assert_eq!(
            with(&[(&live, environment), (&qa, environment)]),
            [format!("prod production: {live}"), format!("qa staging: {qa}")]
        );
        let file = "copilot/web/manifest.yml";
        assert_eq!(with(&[(file, copilot)]), [format!("prod production: {file}"), format!("uat staging: {file}")]);
        let stages =
            with(&[("config/deploy/staging.rb", "server 'a'\n"), ("config/deploy/production.rb", "server 'b'\n")]);
        assert_eq!(
            stages,
            ["production production: config/deploy/production.rb", "staging staging: config/deploy/staging.rb"]
        );
    }
}
