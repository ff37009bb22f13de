//! Environments that files name which describe a host and are not read: Terraform, Helm's values, Ansible's inventories.

use super::ci::words;
use super::deployments::{DEPLOYED, canonical};
use super::marks::{self, Mark};
use super::plan::{Planned, Runs};
use super::words::{naming, role_of_value};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::python::invoke;
use crate::knowledge::deployments::{Says, says};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};

/// Adds environments that only such files are named for, of which what runs there is not known, and what further says that those
/// which are known are there. `site`: whether the repository has settings of an application.
pub(super) fn add(repository: &Repository<'_>, site: bool, all: &mut Vec<Planned>) {
    confirm(repository, all);
    let site = site || !all.is_empty();
    let charts = repository.tree.files().any(|(_, path)| paths::name(path) == "Chart.yaml");
    let mut marks = Vec::new();
    for (file, path) in repository.tree.files().filter(|(_, path)| !is_aside(path)) {
        let read = || chosen(repository, path).map(|word| ("a file of configuration", vec![word.to_owned()]));
        let named = described(path, charts).map(|(tool, named)| (tool, vec![named.to_owned()]));
        let named = named.or_else(read).or_else(|| Some(("an inventory of Ansible", hosts(repository, file, path)?)));
        for (tool, words) in named.into_iter().flat_map(|(tool, words)| words.into_iter().map(move |word| (tool, word)))
        {
            let (tool, words): (&'static str, String) = (tool, words);
            let role = naming(&words)
                .role
                .filter(|(_, word)| PLAIN.contains(&word.as_str()) || FURTHER.contains(&word.as_str()));
            marks.extend(role.map(|(role, word)| Mark { file, tool, role, word, strong: false }));
        }
        marks.extend(marks::of(repository, file, path));
    }
    // What servers are set up with may stand among documents, where nothing else says that there are any.
    let production = all.iter().any(|planned| planned.environment.role == Role::Production)
        || marks.iter().any(|mark| mark.role == Role::Production);
    if !production {
        marks.extend(repository.tree.files().filter_map(|(file, path)| marks::documented(repository, file, path)));
    }
    for mark in &mut marks {
        if mark.role == Role::Test && says(&mark.word) == Some(Says::Tried) {
            mark.role = Role::Staging;
        }
    }
    marks.retain(|mark| mark.role != Role::Test && (site || mark.strong));
    // Production first: what else there is, is beside it.
    marks.sort_by_key(|mark| mark.role != Role::Production);
    let marks: &[Mark] = &marks;
    for mark in marks {
        place(mark, marks, all);
    }
}

/// Puts a mark to the environment that it is of, or makes one.
fn place(mark: &Mark, marks: &[Mark], all: &mut Vec<Planned>) {
    let text = || {
        let tool = mark.tool;
        let is = if tool.ends_with('s') && !tool.starts_with("a ") && !tool.starts_with("an ") { "are" } else { "is" };
        format!("{tool} {is} named for {}", mark.role.name())
    };
    let start = Span::new(mark.file, 0, 0);
    let family = || marks.iter().filter(|other| other.tool == mark.tool);
    let same = |planned: &Planned| {
        let name = planned.environment.name.trim_start_matches(DEPLOYED);
        planned.environment.role == mark.role && canonical(mark.role, name) == canonical(mark.role, &mark.word)
    };
    // What runs on a person's machine is another environment than that which a server runs for developers.
    let deployed = |planned: &Planned| {
        let container = |unit: &super::Unit| matches!(unit.runs, Runs::Container(_));
        mark.role != Role::Development
            || planned.only_named
            || !planned.deployed_by.is_empty()
            || planned.units.iter().any(container)
    };
    let of_role = |planned: &Planned| planned.environment.role == mark.role;
    let at = all.iter().position(|planned| same(planned) && deployed(planned));
    let at = at.or_else(|| all.iter().position(of_role).filter(|_| mark.role == Role::Production));
    if let Some(planned) = at.and_then(|at| all.get_mut(at)) {
        let told = planned.environment.because.iter().any(|evidence| evidence.text == text());
        if !told && planned.environment.because.len() < MOST_EVIDENCE {
            planned.add_evidence(start, text());
        }
        return;
    }
    // Beside another of its role it is one of its own only where files of one kind tell the two apart.
    let told_apart = |planned: &Planned| {
        family().any(|other| {
            canonical(other.role, &other.word)
                == canonical(other.role, planned.environment.name.trim_start_matches(DEPLOYED))
        })
    };
    let beside = |mark: &Mark| {
        family().any(|other| matches!(other.role, Role::Production | Role::Staging) && other.word != mark.word)
    };
    let made = match mark.role {
        Role::Production => true,
        Role::Staging if PLAIN.contains(&mark.word.as_str()) => {
            all.iter().filter(|planned| of_role(planned)).all(told_apart)
        }
        _ => beside(mark) && !all.iter().any(|planned| of_role(planned) && deployed(planned) && !told_apart(planned)),
    };
    if made {
        let taken = all.iter().any(|planned| planned.environment.name == mark.word);
        let name = if taken { format!("{DEPLOYED}{}", mark.word) } else { mark.word.clone() };
        let mut planned = Planned::new(&name, mark.role, Confidence::Named).because(start, text());
        planned.only_named = true;
        all.push(planned);
    }
}

/// Adds production and staging where nothing else is for them but a script that starts them, beside one that starts it for
/// developers.
pub(super) fn add_by_script(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let tree = repository.tree;
    let starts = |path: &str| {
        words(paths::name(path)).any(|word| ["run", "start", "serve", "entrypoint"].contains(&word.as_str()))
    };
    let scripts: Vec<(FileId, &str)> = repository
        .of(Kind::Shell)
        .iter()
        .map(|file| (*file, tree.path(*file)))
        .filter(|(_, path)| starts(path) && !is_aside(path))
        .collect();
    let role = |path: &str| naming(paths::name(path)).role;
    let develops = |path: &str| role(path).is_some_and(|(role, _)| role == Role::Development);
    for (file, path) in &scripts {
        let beside = |(_, other): &(FileId, &str)| paths::parent(other) == paths::parent(path) && develops(other);
        let Some((role, word)) = role(path).filter(|(_, word)| PLAIN.contains(&word.as_str())) else { continue };
        if !scripts.iter().any(beside) || all.is_empty() || all.iter().any(|planned| planned.environment.role == role) {
            continue;
        }
        let mut planned = Planned::new(&word, role, Confidence::Named)
            .because(Span::new(*file, 0, 0), "a script is named for starting it");
        planned.only_named = true;
        all.push(planned);
    }
}

/// Evidence that one environment is given.
const MOST_EVIDENCE: usize = 8;

/// The names of hosts and groups in an inventory of Ansible.
fn hosts(repository: &Repository<'_>, file: FileId, path: &str) -> Option<Vec<String>> {
    const NAMES: [&str; 7] =
        ["hosts", "inventory", "hosts.ini", "inventory.ini", "hosts.yml", "inventory.yml", "inventory.yaml"];
    if !NAMES.contains(&paths::name(path)) {
        return None;
    }
    let host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let name = |line: &str| {
        let line = line.trim().trim_start_matches('[');
        let end = line.find(|c| !host(c)).unwrap_or(line.len());
        let (name, rest) = line.split_at_checked(end)?;
        let labels: Vec<&str> = name.split(['.', '-', '_']).collect();
        let plain = [labels.first(), labels.last()].into_iter().flatten().find(|word| PLAIN.contains(word))?;
        let alone = rest.is_empty() || rest.starts_with([']', ' ', ':']);
        (alone && !rest.starts_with(": ")).then(|| (*plain).to_owned())
    };
    Some(repository.tree.text(file).ok()?.lines().filter_map(name).collect())
}

/// Adds production and staging where nothing else is for them but a fabfile deploys there: by a task that is named for the
/// environment, or by one that is called `deploy` alone.
pub(super) fn add_by_fabric(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let tree = repository.tree;
    let is = |path: &str| paths::name(path) == "fabfile.py" && !is_aside(path);
    for (file, _) in tree.files().filter(|(_, path)| is(path)) {
        let mut tasks = invoke::tasks(tree, file);
        // The first Fabric takes every function for a task.
        if tasks.is_empty() {
            let defined = |line: &str| Some(line.strip_prefix("def ")?.split_once('(')?.0.to_owned());
            tasks = tree.text(file).unwrap_or_default().lines().filter_map(defined).collect();
        }
        if !tasks.iter().any(|task| words(task).any(|word| word == "deploy")) {
            continue;
        }
        let deploys = |task: &&String| task.as_str() == "deploy" || task.starts_with("deploy_");
        let said = |task: &String| {
            let rest = task.strip_prefix("deploy_").or_else(|| task.strip_suffix("_deploy")).unwrap_or(task);
            role_of_value(rest).filter(|_| PLAIN.contains(&rest))
        };
        let mut named: Vec<(Role, String)> = tasks.iter().filter_map(said).collect();
        let production = named.iter().any(|(role, _)| *role == Role::Production);
        if !production && tasks.iter().any(|task| deploys(&task) && said(task).is_none()) {
            named.push((Role::Production, "production".to_owned()));
        }
        for (role, word) in named {
            if all.iter().any(|planned| planned.environment.role == role) {
                continue;
            }
            let mut planned = Planned::new(&word, role, Confidence::Named)
                .because(Span::new(file, 0, 0), "a task of Fabric deploys to it");
            planned.only_named = true;
            all.push(planned);
        }
    }
}

/// Adds to environments that jobs deploy to the folders which are kept for them: `environments/review/variables.tfvars`.
fn confirm(repository: &Repository<'_>, all: &mut [Planned]) {
    for planned in all.iter_mut().filter(|planned| !planned.deployed_by.is_empty()) {
        let word = |folder: &str| planned.deployed_by.iter().any(|(_, _, word)| word == paths::name(folder));
        let kept = |path: &str| {
            let folder = paths::parent(path);
            ["environments", "envs"].contains(&paths::name(paths::parent(folder))) && word(folder)
        };
        let described = |path: &str| [".tfvars", ".tf", ".yaml", ".yml", ".sh"].iter().any(|end| path.ends_with(end));
        let mut files = repository.tree.files().filter(|(_, path)| described(path) && kept(path) && !is_aside(path));
        if let Some((file, _)) = files.next() {
            planned.add_evidence(Span::new(file, 0, 0), "a folder is kept for it");
        }
    }
}

/// Words that say an environment wherever they stand.
const PLAIN: [&str; 11] =
    ["stage", "staging", "stg", "uat", "qa", "preprod", "nonprod", "prod", "prd", "production", "live"];

/// Words that say one beside files of the same kind for production or staging.
const FURTHER: [&str; 7] = ["dev", "develop", "development", "test", "testing", "demo", "sandbox"];

/// The word in the name of a file of configuration that code chooses among others by it: `open(f"config.{env}.yaml")`.
fn chosen<'p>(repository: &Repository<'_>, path: &'p str) -> Option<&'p str> {
    let name = paths::name(path);
    let (stem, ending) = name.rsplit_once('.')?;
    let at = stem.rfind(['.', '-', '_'])?;
    let (before, word) = (stem.get(..=at)?, stem.get(at + 1..)?);
    if !["yaml", "yml", "toml", "json", "ini"].contains(&ending) || !PLAIN.contains(&word) {
        return None;
    }
    let asked = format!("{before}{{");
    let reads = |file: &FileId| repository.tree.text(*file).is_ok_and(|text| text.contains(&asked));
    repository.of(Kind::Python).iter().any(reads).then_some(word)
}

/// The tool whose file a path is, and the part of the path that may name an environment.
fn described(path: &str, charts: bool) -> Option<(&'static str, &str)> {
    let name = paths::name(path);
    let folder = paths::parent(path);
    let last = paths::name(folder);
    let exact = |word: &&str| PLAIN.contains(word);
    if name.ends_with(".tfvars") {
        return Some(("variables of Terraform", name));
    }
    if (name.ends_with(".tf") || name.ends_with(".hcl")) && exact(&last) {
        return Some(("a folder of Terraform", last));
    }
    let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    let stem = name.split('.').next().unwrap_or_default();
    let valued = stem.split(['-', '_']).any(|word| word == "values") || last == "values";
    if yaml && charts && valued {
        return Some(("values of Helm", if exact(&last) { last } else { name }));
    }
    if name.ends_with(".param") || name.ends_with(".params") {
        return Some(("parameters of OpenShift", name));
    }
    let mut parts = path.split('/');
    let inventory = |part: &str| ["host_vars", "group_vars", "inventory", "inventories"].contains(&part);
    parts.find(|part| inventory(part))?;
    Some(("variables of Ansible", parts.next()?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");

    #[test]
    fn staging_that_only_a_hosts_files_name_is_one_of_which_nothing_more_is_known() {
        for path in ["infra/staging/main.tf", "infra/staging/env.hcl", "staging.tfvars", "deploy/host_vars/staging.yml"]
        {
            let found = environments(&[APP, (path, "a: 1\n")]);
            assert!(found.contains(&format!("staging staging: {path}")), "{found:?}");
        }
        let charts = [APP, ("helm/Chart.yaml", "name: a\n"), ("helm/values-staging.yaml", "a: 1\n")];
        assert!(environments(&charts).contains(&"staging staging: helm/values-staging.yaml".to_owned()));
        assert_eq!(environments(&[APP, ("infra/modules/db/main.tf", "a: 1\n")]).len(), 1);
    }

    #[test]
    fn one_word_in_two_spellings_is_one_environment() {
        let flow = "on: push\njobs: {roll-out: {runs-on: u, environment: pre-prod, steps: [{run: flyctl deploy}]}}\n";
        let found = environments(&[APP, (".github/workflows/a.yml", flow), ("infra/preprod.tfvars", "a = 1\n")]);
        assert_eq!(found.iter().filter(|line| line.contains(" staging: ")).count(), 1, "{found:?}");
    }

    #[test]
    fn files_of_one_kind_tell_environments_of_one_role_apart() {
        let values = |words: &[&str]| {
            let mut files = vec![APP, ("ops/Chart.yaml", "name: a\n")];
            let paths: Vec<String> = words.iter().map(|word| format!("ops/values-{word}.yaml")).collect();
            files.extend(paths.iter().map(|path| (path.as_str(), "a: 1\n")));
            environments(&files)
        };
        let named = |found: Vec<String>| {
            found.iter().filter_map(|one| Some(one.split(':').next()?.to_owned())).collect::<Vec<_>>()
        };
        let all = named(values(&["dev", "staging", "uat", "production"]));
        assert_eq!(all, ["production production", "staging staging", "uat staging", "dev development"]);
        assert_eq!(named(values(&["dev"])), ["production production"]);
        let inventory = "all:\n  hosts:\n    staging.shop.example:\n    shop.example:\n";
        let found = environments(&[APP, ("ops/inventory.yml", inventory)]);
        assert!(found.contains(&"staging staging: ops/inventory.yml".to_owned()), "{found:?}");
    }

    #[test]
    fn a_fabfile_deploys_to_what_its_tasks_name_and_else_to_production() {
        let site = ("shop/settings.py", "DEBUG = False\nALLOWED_HOSTS = []\n");
        let with = |tasks: &str| environments(&[site, ("manage.py", "runserver\n"), ("fabfile.py", tasks)]);
        let plain = with("@task\ndef staging(c):\n    pass\n@task\ndef deploy(c):\n    pass\n");
        assert_eq!(plain, ["production production: fabfile.py", "staging staging: fabfile.py"]);
        let first = with("def live():\n    env.hosts = ['a']\ndef deploy():\n    run('git pull')\n");
        assert_eq!(first, ["live production: fabfile.py"]);
        assert!(with("@task\ndef get_live_db(c):\n    pass\n").is_empty());
        assert!(environments(&[("fabfile.py", "def deploy():\n    run('twine upload')\n")]).is_empty());
    }

    #[test]
    fn files_that_code_chooses_by_a_word_are_environments() {
        let file = ("config/config.nonprod.yaml", "a: 1\n");
        let with = |code: &str| environments(&[APP, file, ("shop/load.py", code)]);
        let found = with("def load(env):\n    return open(f'config/config.{env}.yaml')\n");
        assert!(found.contains(&"nonprod staging: config/config.nonprod.yaml".to_owned()), "{found:?}");
        assert_eq!(with("open('config/config.yaml')\n").len(), 1);
    }
}
