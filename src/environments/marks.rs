//! What says that the application is deployed, and where to, though nothing of what runs there is read from it: files of hosts and
//! tools for deploying, scripts that deploy, commands of a guide.

use super::targets::word_of;
use super::words::naming;
use crate::discover::{Kind, paths};
use crate::formats::small::tree::{self, Node};
use crate::knowledge::deployments::{Says, says};
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

/// Files of hosts by their names, or by their folder's and theirs, with a text that they hold.
const HOSTS: [(&str, &str, &str); 25] = [
    ("captain-definition", "schemaVersion", "a definition of CapRover"),
    ("nixpacks.toml", "", "a build of Nixpacks"),
    ("railpack.json", "", "a build of Railpack"),
    ("railpack.toml", "", "a build of Railpack"),
    ("apprunner.yaml", "python", "a service of App Runner"),
    (".platform.app.yaml", "python", "an application of Platform.sh"),
    (".platform/applications.yaml", "python", "an application of Platform.sh"),
    (".upsun/config.yaml", "python", "an application of Upsun"),
    ("vercel.json", ".py", "a deployment of Vercel"),
    ("vercel.json", "python", "a deployment of Vercel"),
    ("passenger_wsgi.py", "application", "an application of Passenger"),
    ("azure.yaml", "host:", "an application of the Azure Developer CLI"),
    ("waypoint.hcl", "deploy", "an application of Waypoint"),
    ("template.yaml", "AWS::Serverless", "a template of SAM"),
    ("template.yml", "AWS::Serverless", "a template of SAM"),
    ("cdk.json", "\"app\"", "an application of CDK"),
    ("Pulumi.yaml", "runtime", "a program of Pulumi"),
    ("Capfile", "", "tasks of Capistrano"),
    ("config/deploy.yml", "servers", "a deployment of Kamal"),
    ("CHECKS", "", "checks of Dokku"),
    ("DOKKU_SCALE", "", "a scale of Dokku"),
    ("service.yaml", "serving.knative.dev", "a service of Cloud Run"),
    ("service.yml", "serving.knative.dev", "a service of Cloud Run"),
    ("uwsgi.ini", "wsgi", "a server of uWSGI"),
    (".chalice/config.json", "stages", "stages of Chalice"),
];

/// Commands that deploy, in scripts and guides.
const DEPLOYING: [&str; 17] = [
    "git push heroku",
    "git push dokku",
    "gcloud app deploy",
    "gcloud run deploy",
    "fly deploy",
    "flyctl deploy",
    "eb deploy",
    "zappa deploy",
    "zappa update",
    "railway up",
    "kamal deploy",
    "caprover deploy",
    "copilot deploy",
    "docker stack deploy",
    "pa_reload_webapp.py",
    "pa_autoconfigure_django.py",
    "serverless deploy",
];

/// What a script that is named for deploying does on a server.
const ON_SERVERS: [&str; 7] =
    ["ssh ", "rsync ", "git pull", "systemctl restart", "supervisorctl restart", "kubectl ", "helm upgrade"];

/// The marks that a file sets.
pub(super) fn of(repository: &Repository<'_>, file: FileId, path: &str) -> Vec<Mark> {
    let name = paths::name(path);
    let text = || repository.tree.text(file).unwrap_or_default();
    let mark = |tool: &'static str, (role, word): (Role, String), strong: bool| Mark { file, tool, role, word, strong };
    let production = || (Role::Production, "production".to_owned());
    let said = |part: &str| naming(part).role.filter(|(_, word)| part.contains(word.as_str()));
    let is = |wanted: &str| {
        name == wanted || wanted.contains('/') && (path == wanted || path.ends_with(&format!("/{wanted}")))
    };
    let host = HOSTS.iter().find(|(wanted, held, _)| is(wanted) && (held.is_empty() || text().contains(held)));
    if let Some((_, _, tool)) = host {
        let words = if *tool == "stages of Chalice" { keys(repository, file, "stages") } else { Vec::new() };
        let weak = ["uwsgi.ini", "cdk.json", "CHECKS", "Pulumi.yaml"].contains(&name);
        let named: Vec<Mark> = words.iter().filter_map(|word| Some(mark(tool, word_of(word)?, true))).collect();
        return if named.is_empty() { vec![mark(tool, production(), !weak)] } else { named };
    }
    if let Some(found) = by_stack(path, &text) {
        let (tool, role) = found;
        return role.map(|role| mark(tool, role, false)).into_iter().collect();
    }
    let folder = paths::parent(path);
    let last = paths::name(folder);
    let by_name = match name {
        _ if name.ends_with(".nomad") || name.ends_with(".nomad.hcl") => Some("a job of Nomad"),
        _ if last == "config"
            && name.starts_with("deploy.")
            && name.ends_with(".yml")
            && text().contains("servers") =>
        {
            Some("a deployment of Kamal")
        }
        _ if name.ends_with(".rb") && last == "deploy" => Some("a stage of Capistrano"),
        _ if name.starts_with("Pulumi.") && name != "Pulumi.yaml" => Some("a stack of Pulumi"),
        _ if name.ends_with(".conf") && text().contains("WSGIScriptAlias") => Some("a configuration of Apache"),
        _ if name.ends_with(".py") && name.contains("pythonanywhere") => Some("an application of PythonAnywhere"),
        _ => None,
    };
    if let Some(tool) = by_name {
        let stem = name
            .split_once('.')
            .map_or(name, |(stem, rest)| if stem == "deploy" || stem == "Pulumi" { rest } else { name });
        let chosen = said(stem).or_else(|| (tool != "a stack of Pulumi").then(production));
        let weak = tool == "a configuration of Apache";
        return chosen.map(|chosen| mark(tool, chosen, !weak)).into_iter().collect();
    }
    if name == "config.yml" && last == ".elasticbeanstalk" {
        let named = text().lines().filter_map(|line| line.trim().strip_prefix("environment:"));
        let words =
            named.filter(|name| !name.contains("null")).map(|name| word_of(name.trim()).unwrap_or_else(production));
        return words.map(|word| mark("an environment of Elastic Beanstalk", word, true)).collect();
    }
    if name == "samconfig.toml" {
        let sections =
            text().lines().filter_map(|line| line.strip_prefix('[')?.split_once(".deploy").map(|(word, _)| word));
        let words = sections.filter_map(|word| if word == "default" { Some(production()) } else { word_of(word) });
        return words.map(|word| mark("a configuration of SAM", word, false)).collect();
    }
    if name == "manifest.yml" && path.split('/').any(|part| part == "copilot") {
        if let Some((_, named)) = folder.split_once("copilot/environments/") {
            let named = named.strip_suffix("env").unwrap_or(named);
            return word_of(named).map(|word| mark("an environment of Copilot", word, true)).into_iter().collect();
        }
        let words = keys(repository, file, "environments");
        let mut all: Vec<Mark> =
            words.iter().filter_map(|word| Some(mark("a service of Copilot", word_of(word)?, true))).collect();
        if all.is_empty() && text().contains("image:") {
            all.push(mark("a service of Copilot", production(), true));
        }
        return all;
    }
    deploying(repository, file, path)
        .into_iter()
        .map(|(tool, word)| mark(tool, word.unwrap_or_else(production), false))
        .collect()
}

/// The files among documents that servers are told to be set up with: units of systemd, servers of uWSGI, sites of nginx.
pub(super) fn documented(repository: &Repository<'_>, file: FileId, path: &str) -> Option<Mark> {
    let documents = paths::parent(path).split('/').any(|part| ["doc", "docs"].contains(&part));
    let name = paths::name(path);
    let (_, ending) = name.rsplit_once('.').filter(|_| documents)?;
    let text = || repository.tree.text(file).unwrap_or_default();
    let has = |signs: &[&str]| signs.iter().any(|sign| text().contains(sign));
    let tool = match ending {
        "service" if has(&["ExecStart"]) && has(&["gunicorn", "uwsgi", "uvicorn", "daphne"]) => "a unit of systemd",
        "ini" if has(&["[uwsgi]"]) => "a server of uWSGI",
        "conf" if has(&["uwsgi_pass", "proxy_pass"]) && has(&["server_name"]) => "a site of nginx",
        _ => return None,
    };
    Some(Mark { file, tool, role: Role::Production, word: "production".to_owned(), strong: false })
}

/// Parameters and templates of CloudFormation, task definitions of ECS: the environment that they are named for; of what the
/// application runs in it is production where they are named for none.
fn by_stack<'t>(path: &str, text: &dyn Fn() -> &'t str) -> Option<(&'static str, Option<(Role, String)>)> {
    let name = paths::name(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let json = ending == "json";
    let lower = path.to_ascii_lowercase();
    let near = ["aws", "cfn", "cloudformation", "ecs", "infra", "param", "stack", "task", "template"];
    if !(json || ["yml", "yaml", "template"].contains(&ending)) || !near.iter().any(|word| lower.contains(word)) {
        return None;
    }
    let named = || naming(name).role.or_else(|| naming(path).role).filter(|(role, _)| *role != Role::Test);
    let production = || Some((Role::Production, "production".to_owned()));
    if json && text().contains("\"ParameterKey\"") {
        return Some(("parameters of CloudFormation", named()));
    }
    if json && text().contains("\"containerDefinitions\"") {
        return Some(("a task definition of ECS", named().or_else(production)));
    }
    let runs = ["AWS::ECS::TaskDefinition", "AWS::ElasticBeanstalk::Environment", "AWS::AppRunner::Service"];
    runs.iter().any(|kind| text().contains(kind)).then(|| ("a template of CloudFormation", named().or_else(production)))
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
    let does = |text: &str, signs: &[&str]| {
        text.lines().map(|line| line.trim().trim_start_matches("$ ")).any(|line| {
            !line.starts_with('#')
                && signs.iter().any(|sign| line.starts_with(sign) || line.contains(&format!(" {sign}")))
        })
    };
    let named = |name: &str| {
        let mut words = name.split(|c: char| !c.is_alphanumeric());
        words.any(|word| says(&word.to_lowercase()) == Some(Says::Deploys))
    };
    let name = paths::name(path);
    let stem = name.split('.').next().unwrap_or_default();
    if repository.of(Kind::Guide).contains(&file) {
        let plain = |line: &&str| {
            let line = line.trim().trim_start_matches("$ ");
            DEPLOYING.iter().any(|sign| line.starts_with(sign))
        };
        return text().lines().find(plain).map(|_| ("a guide", None)).into_iter().collect();
    }
    if repository.of(Kind::Makefile).contains(&file) && name.eq_ignore_ascii_case("makefile") {
        let mut found = Vec::new();
        let mut target = "";
        for line in text().lines() {
            if !line.starts_with(['\t', ' ', '#', '.']) && line.contains(':') && !line.contains('=') {
                target = line.split(':').next().unwrap_or_default().trim();
            } else if named(target) && (does(line, &DEPLOYING) || does(line, &["ssh ", "rsync "])) {
                found.push(("a target of make", word_of(target)));
                target = "";
            }
        }
        return found;
    }
    let script = repository.of(Kind::Shell).contains(&file) || !name.contains('.') && text().starts_with("#!");
    let deploys = script && named(stem) && (does(text(), &DEPLOYING) || does(text(), &ON_SERVERS));
    let word = word_of(stem);
    // A cluster of a person's own machine is tried by it.
    let tried = word.as_ref().is_some_and(|(role, _)| matches!(role, Role::Development | Role::Test));
    if deploys && !tried { vec![("a script", word)] } else { Vec::new() }
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
            ("Makefile", "deploy:\n\trsync -a . shop.example:/srv\n"),
        ] {
            assert_eq!(with(&[(path, text)]), [format!("production production: {path}")], "{path}");
        }
        let site = "server {\n  server_name shop.example;\n  location / { uwsgi_pass unix:/run/shop; }\n}\n";
        assert_eq!(with(&[("docs/ops/shop.conf", site)]), ["production production: docs/ops/shop.conf"]);
        assert!(with(&[("docs/ops/shop.conf", "a = b\n")]).is_empty());
        assert!(with(&[("local_deploy.sh", "#!/bin/sh\nkubectl apply -f k8s\n")]).is_empty());
        assert!(with(&[("README.md", "One may `git push heroku`, or not.\n")]).is_empty());
        assert!(environments(&[("deploy.sh", "ssh shop.example ls\n")]).is_empty(), "nothing to deploy");
    }

    #[test]
    fn stacks_of_amazon_are_of_the_environments_that_they_are_named_for() {
        let parameters = "[{\"ParameterKey\": \"Size\", \"ParameterValue\": \"2\"}]\n";
        let stack = "Resources:\n  Task: {Type: 'AWS::ECS::TaskDefinition'}\n";
        let found = with(&[
            ("cloudformation/shop.yml", stack),
            ("cloudformation/params-staging.json", parameters),
            ("cloudformation/params.json", parameters),
        ]);
        assert_eq!(
            found,
            ["production production: cloudformation/shop.yml", "staging staging: cloudformation/params-staging.json"]
        );
        let task = "{\"containerDefinitions\": [{\"name\": \"web\"}]}\n";
        let found = with(&[("aws/live-task.json", task), ("aws/qa-task.json", task)]);
        assert_eq!(found, ["live production: aws/live-task.json", "qa staging: aws/qa-task.json"]);
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
