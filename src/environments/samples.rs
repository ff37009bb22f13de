//! Samples of variables and of settings: whoever sets an environment up copies the one that is named for it.

use super::plan::{Planned, Runs};
use super::words::naming;
use crate::discover::aside::is_aside;
use crate::discover::classify::classify;
use crate::discover::{Kind, Tree, paths};
use crate::formats::{Vars, World, dotenv};
use crate::links::Repository;
use crate::model::{Certainty, FileId, Role, Span};

/// Lets samples tell of the environments that they are named for, where it is clear which one that is; they make none.
pub(super) fn tell(repository: &Repository<'_>, all: &mut [Planned]) {
    for (file, path) in repository.tree.files().filter(|(_, path)| !is_aside(path)) {
        let Some((role, of)) = kind(repository, file, path) else { continue };
        let machine = |planned: &Planned| planned.units.iter().any(|unit| matches!(unit.runs, Runs::Machine { .. }));
        let of_role = |planned: &Planned| planned.environment.role == role;
        let own = |planned: &Planned| {
            of_role(planned) && (role != Role::Development || planned.deployed_by.is_empty() && !planned.only_named)
        };
        // Settings that a person copies beside the code are for his machine, variables may be for containers.
        let by_hand = of == SETTINGS && role == Role::Development && all.iter().any(|one| own(one) && machine(one));
        let mut told = all.iter_mut().filter(|planned| own(planned) && (!by_hand || machine(planned)));
        if let (Some(planned), None) = (told.next(), told.next())
            && !planned.environment.files.contains(&file)
        {
            planned.add_evidence(Span::new(file, 0, 0), format!("a sample of its {of} is named for {}", role.name()));
        }
    }
}

const SETTINGS: &str = "settings";

/// What a file is a sample of, and for which role by its name; those below folders of tests are for the tests.
fn kind(repository: &Repository<'_>, file: FileId, path: &str) -> Option<(Role, &'static str)> {
    let named = naming(path);
    let (role, _) = named.role.filter(|(role, _)| named.template && *role != Role::Test)?;
    let below_tests = naming(paths::parent(path)).role.is_some_and(|(role, _)| role == Role::Test);
    let settings = || paths::name(path).contains(".py") && path.to_lowercase().contains(SETTINGS);
    let of = if repository.of(Kind::Dotenv).contains(&file) { "variables" } else { settings().then_some(SETTINGS)? };
    (!below_tests).then_some((role, of))
}

/// The sample that documents a file of variables: `.env.prod-sample`, `.env.example`, `example.env`.
pub fn template_of(tree: &Tree, path: &str) -> Option<FileId> {
    let (folder, name) = (paths::parent(path), paths::name(path));
    let words = ["example", "sample", "template", "dist", "tpl", "tmpl"];
    let mut names: Vec<String> = words
        .iter()
        .flat_map(|word| [format!("{name}.{word}"), format!("{name}-{word}"), format!("{name}_{word}")])
        .collect();
    let bare = name.trim_start_matches('.');
    names.extend(words.iter().flat_map(|word| {
        [format!("{word}.{bare}"), format!("{bare}.{word}"), format!("{bare}_{word}"), format!(".{word}.{bare}")]
    }));
    // The dot that hides a file is spelled out in the name of its sample: `dotenv-sample`.
    let spelled = name.strip_prefix('.').map(|bare| format!("dot{bare}"));
    names.extend(
        spelled
            .iter()
            .flat_map(|name| words.iter().map(move |word| (name, word)))
            .flat_map(|(name, word)| [format!("{name}.{word}"), format!("{name}-{word}"), format!("{name}_{word}")]),
    );
    // What the documentation offers is copied with the sample at the top.
    let folders = [Some(folder), is_aside(path).then_some("")];
    let beside = |folder| names.iter().find_map(|name| tree.find(&paths::join(folder, name)?));
    folders.into_iter().flatten().find_map(beside).or_else(|| copied(tree, path))
}

/// What a guide, task or script tells to copy to where a file of variables is read.
fn copied(tree: &Tree, path: &str) -> Option<FileId> {
    let tells = |path: &str| matches!(classify(path), Some(Kind::Guide | Kind::Makefile | Kind::Shell));
    let bare = |word: &str| word.trim_start_matches(['`', '"', '(', '@', '$', '-']).to_owned();
    let source = |folder: &str, line: &str| {
        let mut words = line.split_whitespace().skip_while(|word| bare(word) != "cp").skip(1);
        let mut named = words.by_ref().filter(|word| !word.starts_with('-'));
        let (from, to) =
            (paths::join(folder, &unquoted(named.next()?))?, paths::join(folder, &unquoted(named.next()?))?);
        (to == path).then(|| tree.find(&from)).flatten()
    };
    tree.files().filter(|(_, guide)| tells(guide)).find_map(|(file, guide)| {
        let text = tree.text(file).ok().filter(|text| text.contains(paths::name(path)))?;
        let folders = ["", paths::parent(guide)];
        text.lines()
            .filter(|line| line.contains("cp "))
            .find_map(|line| folders.iter().find_map(|folder| source(folder, line)))
    })
}

/// A word of a command as it stands in a sentence.
fn unquoted(word: &str) -> String {
    word.trim_end_matches(['`', '"', '\'', ',', ';', ')']).trim_start_matches(['`', '"', '\'']).to_owned()
}

/// What the sample of a `.env` gives compose files beside it: whoever copies it may change it, and which files run together is
/// not for a sample to say.
pub(super) fn of_dot_env(tree: &Tree, folder: &str) -> Option<Vars> {
    let sample = template_of(tree, &paths::join(folder, ".env")?)?;
    let read = dotenv::parse(sample, tree.text(sample).ok()?, dotenv::Dialect::Compose, &World::empty());
    let mut vars = dotenv::vars(&read);
    vars.retain(|name, _| !name.starts_with("COMPOSE_"));
    for (name, var) in &mut vars {
        var.certainty = Certainty::Default { variable: Some(name.clone()) };
    }
    Some(vars)
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const APP: (&str, &str) = ("Dockerfile", "FROM python:3.12\nCOPY . /app\nCMD gunicorn a.wsgi\n");

    #[test]
    fn what_is_told_to_be_copied_to_a_file_of_variables_is_its_sample() {
        use crate::discover::{Overlay, Tree};
        let of = |line: &str| {
            let guide = format!("# Shop\n\n{line}\n");
            let files = [("README.md", guide.as_str()), ("compose.local-template.env", "A=1\n")];
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            super::template_of(&tree, "compose.env").map(|file| tree.path(file).to_owned())
        };
        let sample = Some("compose.local-template.env");
        assert_eq!(of("4. Copy it - `cp compose.local-template.env compose.env`").as_deref(), sample);
        assert_eq!(of("    $ cp -n ./compose.local-template.env compose.env").as_deref(), sample);
        assert_eq!(of("`cp compose.local-template.env other.env`"), None);
        assert_eq!(of("`cp gone.env compose.env`"), None);
    }

    #[test]
    fn samples_tell_of_the_only_environment_that_they_are_named_for() {
        let of = |role: &str, files: &[(&str, &str)]| {
            let found = environments(files);
            found.into_iter().filter(|line| line.contains(&format!(" {role}: "))).collect::<Vec<_>>()
        };
        let sample = |path: &'static str| (path, "DEBUG=False\n");
        let prod = |path| of("production", &[APP, sample(path)]);
        assert_eq!(prod("app/.env.prod.sample"), ["production production: Dockerfile app/.env.prod.sample"]);
        assert_eq!(prod("tests/e2e/.env.prod.sample"), ["production production: Dockerfile"]);
        let live = "services: {web: {image: acme/shop, command: gunicorn a.wsgi}}\n";
        let two = [("compose.prod.yml", live), ("compose.live.yml", live), sample(".env.prod.sample")];
        assert!(!of("production", &two).iter().any(|line| line.contains("sample")), "it may be of either");
        let guide = ("README.md", "```\npython manage.py runserver\n```\n");
        let settings = ("shop/settings/local.example.py", "DEBUG = True\n");
        let found = of("development", &[APP, ("manage.py", "import os\n"), guide, settings]);
        assert_eq!(found, ["development development: README.md shop/settings/local.example.py"]);
    }
}
