//! Servers that a playbook of Ansible sets up: what its templates start, with the variables that it gives.

use super::plan::{CommandLine, NativeBuild, Planned, Runs, Unit};
use crate::discover::aside::is_aside;
use crate::discover::paths;
use crate::formats::shell::HOLE;
use crate::formats::small::tree::{self, Node};
use crate::formats::small::{lines, systemd};
use crate::formats::{Var, Vars};
use crate::knowledge::{images, services};
use crate::links::{Meaning, Repository, meaning};
use crate::model::{Confidence, FileId, Known, Origin, Reason, Role, Span, SpanMap};

/// How many files of one playbook are read.
const MAX_FILES: usize = 500;

/// Production as playbooks set it up, where their templates start the project; `known` are the environments of others.
pub(super) fn infer(repository: &Repository<'_>, known: &[Planned]) -> Option<Planned> {
    let there = |planned: &Planned| planned.environment.role == Role::Production && !planned.units.is_empty();
    if known.iter().any(there) {
        return None;
    }
    playbooks(repository).into_iter().find_map(|(file, span)| planned(repository, file, span))
}

/// Modules that start a container.
const CONTAINERS: [&str; 5] = [
    "docker_container",
    "community.docker.docker_container",
    "docker_swarm_service",
    "community.docker.docker_swarm_service",
    "containers.podman.podman_container",
];

/// Gives a production that is known by its image the variables with which a playbook starts the only container of it.
pub(super) fn give(repository: &Repository<'_>, all: &mut [Planned]) {
    let imaged = |planned: &Planned| {
        let image = |unit: &Unit| matches!(unit.runs, Runs::Image(_));
        planned.environment.role == Role::Production && planned.units.iter().any(image)
    };
    let mut productions = all.iter_mut().filter(|planned| imaged(planned));
    let (Some(planned), None) = (productions.next(), productions.next()) else { return };
    if planned.units.len() > 1 {
        return;
    }
    let mut started: Vec<(FileId, Span, Vars)> = Vec::new();
    for (playbook, _) in playbooks(repository) {
        for (file, _) in below(repository, playbook).into_iter().filter(|(_, path)| is_yaml(path)) {
            let parsed = repository.tree.parsed(file, tree::yaml).ok();
            if let Some(root) = parsed.as_ref().and_then(|parsed| parsed.0.as_ref()) {
                containers(root, 0, &mut |node| {
                    let given = node.get("env").map_or(&[][..], Node::entries).iter();
                    let given: Vars = given.filter_map(|(name, value)| variable(&name.value, value)).collect();
                    if !started.iter().any(|(_, span, _)| *span == node.span) {
                        started.push((file, node.span, given));
                    }
                });
            }
        }
    }
    let [(file, span, given)] = started.as_slice() else { return };
    planned.given.extend(given.clone());
    planned.add_file(*file);
    planned.add_evidence(*span, "a playbook of Ansible starts its container".to_owned());
}

/// The containers that tasks start of images that are no known product's.
fn containers(node: &Node, depth: usize, add: &mut dyn FnMut(&Node)) {
    if depth > 6 {
        return;
    }
    for (name, value) in node.entries() {
        let image = value.field("image").filter(|_| CONTAINERS.contains(&name.value.as_str()));
        match image {
            Some(image) if services::by_image(&images::describe(&image.value, "").repository).is_none() => add(value),
            Some(_) => {}
            None => containers(value, depth + 1, add),
        }
    }
    node.items().iter().for_each(|item| containers(item, depth + 1, add));
}

/// The files in and below the folder of a playbook.
fn below<'t>(repository: &Repository<'t>, playbook: FileId) -> Vec<(FileId, &'t str)> {
    let top = paths::parent(repository.tree.path(playbook)).to_owned();
    let below = |path: &str| top.is_empty() || path.strip_prefix(&top).is_some_and(|rest| rest.starts_with('/'));
    repository.tree.files().filter(|(_, path)| below(path)).take(MAX_FILES).collect()
}

/// The playbooks: lists of plays, each with hosts and what is done on them.
fn playbooks(repository: &Repository<'_>) -> Vec<(FileId, Span)> {
    let mut found = Vec::new();
    for (file, path) in repository.tree.files() {
        let tests = path.split('/').any(|part| ["molecule", "tests", ".github"].contains(&part));
        if tests || is_aside(path) || !is_yaml(path) {
            continue;
        }
        let Ok(text) = repository.tree.text(file) else { continue };
        if !(text.contains("hosts:") && (text.contains("roles:") || text.contains("tasks:"))) {
            continue;
        }
        let Ok(parsed) = repository.tree.parsed(file, tree::yaml) else { continue };
        let plays = parsed.0.as_ref().map(Node::items).unwrap_or_default();
        let play =
            |node: &&Node| node.get("hosts").is_some() && ["roles", "tasks"].iter().any(|key| node.get(key).is_some());
        found.extend(plays.iter().find(play).map(|node| (file, node.span)));
    }
    found
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

fn planned(repository: &Repository<'_>, playbook: FileId, span: Span) -> Option<Planned> {
    let files = below(repository, playbook);
    let mut planned = Planned::new("production", Role::Production, Confidence::Named)
        .because(Span::new(playbook, span.start as usize, span.start as usize), "a playbook of Ansible sets it up");
    for (file, path) in &files {
        for command in commands(repository, *file, path) {
            planned.add_file(*file);
            let name = command.text.split_whitespace().next().unwrap_or("app").to_owned();
            if !planned.units.iter().any(|unit| unit.name == name) {
                let native = Some(NativeBuild { folder: String::new(), build: None });
                planned.units.push(Unit { name, runs: Runs::Process { command, image: None, native } });
            }
        }
    }
    if planned.units.is_empty() {
        return None;
    }
    let mut told: Vec<&(FileId, &str)> = files.iter().filter(|(_, path)| is_yaml(path)).collect();
    told.sort_by_key(|(_, path)| precedence(path));
    for (file, path) in told {
        let given = variables(repository, *file);
        if !given.is_empty() && path.split('/').any(|part| WEAKEST_FIRST.contains(&part)) {
            planned.add_file(*file);
        }
        planned.given.extend(given);
    }
    planned.unseen = Some(Reason::at("a playbook of Ansible, which is not evaluated, sets its variables", span));
    Some(planned)
}

/// The folders of variables: what a role takes where nothing else is said, what a group and a host are given, what a play and a
/// role insist on (<https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_variables.html>).
const WEAKEST_FIRST: [&str; 4] = ["defaults", "group_vars", "host_vars", "vars"];

/// How strong the variables of a file are; those of what is none of the folders stand in plays and tasks, above all.
fn precedence(path: &str) -> usize {
    let of = |part: &str| WEAKEST_FIRST.iter().position(|folder| *folder == part);
    path.split('/').find_map(of).unwrap_or(WEAKEST_FIRST.len())
}

/// The commands of a template that serve or work a module of the repository.
fn commands(repository: &Repository<'_>, file: FileId, path: &str) -> Vec<CommandLine> {
    let name = paths::name(path);
    let template = path.split('/').any(|part| part == "templates") || name.ends_with(".j2");
    let Some(text) = repository.tree.text(file).ok().filter(|_| template) else { return Vec::new() };
    let mut found = Vec::new();
    if text.contains("[uwsgi]") {
        let module = lines(text).find_map(|(start, line)| {
            let (key, value) = line.split_once('=')?;
            let value = value.trim();
            let ours = ["module", "wsgi"].contains(&key.trim()) && is_module(repository, value);
            ours.then(|| (value.to_owned(), Span::new(file, start, start + line.len())))
        });
        found.extend(module.map(|(module, span)| (format!("uwsgi --module {module}"), span)));
    }
    if let Some(start) = text.contains("[Service]").then(|| systemd::parse(file, text).start).flatten() {
        let word = |word: &str| word.rsplit_once("/bin/").map_or(word, |(_, program)| program).to_owned();
        let words: Vec<String> = holes(&start.text).split_whitespace().map(word).collect();
        if words.iter().any(|word| is_module(repository, word)) {
            found.push((words.join(" "), start.span));
        }
    }
    let serves = |(text, _): &(String, Span)| {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        matches!(meaning::of(&words), Meaning::Serves(_))
    };
    found.retain(serves);
    found.into_iter().map(|(text, span)| CommandLine { text, map: SpanMap::Whole(span), span }).collect()
}

/// A text with holes for what a template fills in.
fn holes(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        out.push_str(HOLE);
        rest = after.split_once("}}").map_or("", |(_, after)| after);
    }
    out + rest
}

/// Whether a word names a module of the repository: `shop.wsgi:application`.
fn is_module(repository: &Repository<'_>, word: &str) -> bool {
    let module = word.split(':').next().unwrap_or(word);
    let end = format!("{}.py", module.replace('.', "/"));
    let ours = |path: &str| path.strip_suffix(&end).is_some_and(|start| start.is_empty() || start.ends_with('/'));
    module.contains('.') && repository.tree.files().any(|(_, path)| ours(path))
}

/// The variables that mappings of a file give, by their names: those of templates are known to be set, not to what.
fn variables(repository: &Repository<'_>, file: FileId) -> Vars {
    let Ok(parsed) = repository.tree.parsed(file, tree::yaml) else { return Vars::new() };
    let mut found = Vars::new();
    if let Some(root) = &parsed.0 {
        within(root, 0, &mut found);
    }
    found
}

fn within(node: &Node, depth: usize, found: &mut Vars) {
    if depth > 6 {
        return;
    }
    for (name, value) in node.entries() {
        let name = name.value.as_str();
        let plain = ["environment", "env", "env_vars", "environment_variables"].contains(&name);
        if plain || ["_env", "_environment", "_env_vars"].iter().any(|end| name.ends_with(end)) {
            found.extend(value.entries().iter().filter_map(|(name, value)| variable(&name.value, value)));
        } else {
            within(value, depth + 1, found);
        }
    }
    node.items().iter().for_each(|item| within(item, depth + 1, found));
}

fn variable(name: &str, value: &Node) -> Option<(String, Var)> {
    let capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let text = value.scalar().filter(|_| name.chars().all(capital))?;
    let set = |text: String| Var::set(text, Origin::set(value.span));
    let var = match (value.as_bool(), text.contains("{{") || text.contains("{%")) {
        // A template writes them as Python does.
        (Some(truth), _) => set(if truth { "True" } else { "False" }.into()),
        (None, false) => set(text),
        (None, true) => {
            let unknown = Known::Unknown(Reason::at("Ansible fills it in", value.span));
            Var { value: unknown, ..set(String::new()) }
        }
    };
    Some((name.to_owned(), var))
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::environments::infer;
    use crate::links::Repository;

    const PLAY: &str = "- hosts: shop.example\n  roles: [shop]\n";
    const VARS: &str = "shop_env:\n  DEBUG: false\n  SECRET_KEY: \"{{ vault_key }}\"\nport: 1\n";

    fn found(template: &str) -> Vec<String> {
        let files = [
            ("ansible/site.yml", PLAY),
            ("ansible/group_vars/all.yml", VARS),
            ("ansible/roles/shop/templates/app.j2", template),
            ("shop/wsgi.py", ""),
            ("manage.py", ""),
            ("requirements.txt", "django\n"),
            ("Dockerfile", "FROM python:3.13\nRUN pip install poetry\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let of = |planned: &super::Planned| {
            let given =
                planned.given.iter().map(|(name, var)| format!("{name}={}", var.value.one().map_or("?", |text| text)));
            let units = planned.units.iter().map(|unit| unit.name.clone());
            format!(
                "{} {} {}",
                planned.environment.name,
                units.collect::<Vec<_>>().join(","),
                given.collect::<Vec<_>>().join(" ")
            )
        };
        plan.environments.iter().map(of).collect()
    }

    #[test]
    fn the_container_that_a_playbook_starts_is_productions_image() {
        let task = "- docker_container:\n    image: \"ghcr.io/acme/{{ name }}:1\"\n    env: {DEBUG: \"True\", KEY: \"{{ key }}\"}\n- docker_container: {image: 'postgres:16', env: {MODE: x}}\n";
        let files = [
            ("ansible/site.yml", PLAY),
            ("ansible/roles/shop/tasks/main.yml", task),
            ("requirements.txt", "django\n"),
            ("Dockerfile", "FROM python:3.13\nCOPY . .\nCMD gunicorn shop.wsgi\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let given = plan.environments[0].given.iter();
        let given = given.map(|(name, var)| format!("{name}={}", var.value.one().map_or("?", |text| text)));
        assert_eq!(given.collect::<Vec<_>>(), ["DEBUG=True", "KEY=?"]);
    }

    #[test]
    fn what_a_role_defaults_to_is_the_weakest() {
        let files = [
            ("ansible/site.yml", PLAY),
            ("ansible/inventory/host_vars/shop.yml", VARS),
            ("ansible/shop/defaults/main.yml", "shop_env: {SECRET_KEY: not-so-secret, MODE: live}\n"),
            ("ansible/shop/templates/app.j2", "[uwsgi]\nmodule = shop.wsgi\n"),
            ("shop/wsgi.py", ""),
            ("requirements.txt", "django\n"),
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let given = plan.environments[0].given.iter();
        let given = given.map(|(name, var)| format!("{name}={}", var.value.one().map_or("?", |text| text)));
        assert_eq!(given.collect::<Vec<_>>(), ["DEBUG=False", "MODE=live", "SECRET_KEY=?"]);
    }

    #[test]
    fn what_a_playbook_sets_up_is_production() {
        let said = ["production uwsgi DEBUG=False SECRET_KEY=?"];
        assert_eq!(found("[uwsgi]\nmodule = shop.wsgi:application\n"), said);
        let unit = "[Service]\nExecStart={{ venv }}/bin/gunicorn shop.wsgi -b {{ port }}\n";
        assert_eq!(found(unit), ["production gunicorn DEBUG=False SECRET_KEY=?"]);
        assert_eq!(found("[uwsgi]\nmodule = other.wsgi\n").len(), 1, "another program: the image stays");
    }
}
