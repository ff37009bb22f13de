//! Environments that files name which describe a host and are not read: Terraform, Helm's values, Ansible's inventories.

use super::ci::words;
use super::plan::Planned;
use super::words::{naming, role_of_value};
use crate::discover::aside::is_aside;
use crate::discover::{Kind, paths};
use crate::formats::python::invoke;
use crate::links::Repository;
use crate::model::{Confidence, FileId, Role, Span};

/// Adds staging and production where only such files are named for them; what runs there is not known.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    if all.is_empty() {
        return;
    }
    confirm(repository, all);
    let charts = repository.tree.files().any(|(_, path)| paths::name(path) == "Chart.yaml");
    for (file, path) in repository.tree.files().filter(|(_, path)| !is_aside(path)) {
        let read = || chosen(repository, path).map(|word| ("a file of configuration", word));
        let Some((tool, named)) = described(path, charts).or_else(read) else { continue };
        let Some((role, word)) = naming(named).role.filter(|(_, word)| PLAIN.contains(&word.as_str())) else {
            continue;
        };
        if all.iter().any(|planned| planned.environment.role == role) {
            continue;
        }
        let mut planned = Planned::new(&word, role, Confidence::Named).because(
            Span::new(file, 0, 0),
            format!("{tool} {} named for {}", if tool.ends_with('s') { "are" } else { "is" }, role.name()),
        );
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
    if yaml && charts && name.starts_with("values") {
        return Some(("values of Helm", if exact(&last) { last } else { name }));
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
