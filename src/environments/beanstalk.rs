//! Elastic Beanstalk as `.ebextensions/*.config` set it up: variables, and the module that is served.

use super::plan::{CommandLine, NativeBuild, Planned, Runs, Unit};
use crate::discover::{Kind, paths};
use crate::formats::small::tree::{self, Node};
use crate::formats::{Var, Vars};
use crate::links::Repository;
use crate::model::{Confidence, FileId, Known, Origin, Reason, Role, Span, SpanMap, Spanned};

/// The namespace of variables.
const VARIABLES: &str = "aws:elasticbeanstalk:application:environment";
/// The namespaces of Python's container, of the older platform and the newer.
const PYTHON: [&str; 2] =
    ["aws:elasticbeanstalk:container:python", "aws:elasticbeanstalk:container:python:environment"];

/// What the files say together.
#[derive(Default)]
struct Said {
    files: Vec<FileId>,
    given: Vars,
    served: Option<Spanned<String>>,
}

/// Gives what runs on the platform the variables of its files; where nothing else says what runs, they do.
pub(super) fn add(repository: &Repository<'_>, all: &mut Vec<Planned>) {
    let said = read(repository);
    let Some(first) = said.files.first() else { return };
    let production = |planned: &Planned| planned.environment.role == Role::Production && !planned.units.is_empty();
    let start = Span::new(*first, 0, 0);
    if !all.iter().any(production) {
        let Some(served) = &said.served else { return };
        let module = served.value.trim_end_matches(".py").replace('/', ".");
        let target = if module.contains(':') { module } else { format!("{module}:application") };
        let command =
            CommandLine { text: format!("gunicorn {target}"), map: SpanMap::Whole(served.span), span: served.span };
        let native = Some(NativeBuild { folder: folder(repository, *first), build: None });
        let mut planned = Planned::new("production", Role::Production, Confidence::Invoked)
            .because(start, "Elastic Beanstalk reads the file");
        planned.units.push(Unit { name: "web".into(), runs: Runs::Process { command, image: None, native } });
        all.push(planned);
    }
    let others = repository
        .of(Kind::Platform)
        .iter()
        .any(|file| !paths::name(repository.tree.path(*file)).eq_ignore_ascii_case("dockerrun.aws.json"));
    let ours = |unit: &Unit| matches!(unit.runs, Runs::Process { .. } | Runs::Image(_));
    for planned in all.iter_mut().filter(|planned| production(planned) && !others) {
        if planned.units.iter().any(ours) {
            planned.given.extend(said.given.clone());
            said.files.iter().for_each(|file| planned.add_file(*file));
            planned.add_evidence(start, "Elastic Beanstalk sets its variables".to_owned());
        }
    }
}

/// The folder that the platform runs.
fn folder(repository: &Repository<'_>, file: FileId) -> String {
    paths::parent(paths::parent(repository.tree.path(file))).to_owned()
}

fn read(repository: &Repository<'_>) -> Said {
    let mut said = Said::default();
    for (file, path) in repository.tree.files() {
        let placed = paths::name(paths::parent(path)) == ".ebextensions";
        if !placed || !path.ends_with(".config") || crate::discover::aside::is_aside(path) {
            continue;
        }
        let Ok(parsed) = repository.tree.parsed(file, tree::yaml) else { continue };
        let Some(settings) = parsed.0.as_ref().and_then(|root| root.get("option_settings")) else { continue };
        let known = said.given.len();
        let served = said.served.is_some();
        for (namespace, entries) in settings.entries() {
            entries.entries().iter().for_each(|(name, value)| take(&namespace.value, name, value, &mut said));
        }
        for item in settings.items() {
            if let (Some(name), Some(value)) = (item.field("option_name"), item.get("value")) {
                let namespace = item.field("namespace").map_or_else(|| VARIABLES.to_owned(), |named| named.value);
                take(&namespace, &name, value, &mut said);
            }
        }
        if said.given.len() > known || said.served.is_some() != served {
            said.files.push(file);
        }
    }
    said
}

fn take(namespace: &str, name: &Spanned<String>, value: &Node, said: &mut Said) {
    if namespace == VARIABLES || namespace == PYTHON[1] {
        let text = value.scalar().filter(|text| !text.contains(['`', '$', '{']));
        let unknown = || Known::Unknown(Reason::at("it is filled in when it is deployed", value.span));
        let set = Var::set(text.clone().unwrap_or_default(), Origin::set(value.span));
        let var = if text.is_some() { set } else { Var { value: unknown(), ..set } };
        said.given.insert(name.value.clone(), var);
    } else if namespace == PYTHON[0] && name.value == "WSGIPath" {
        said.served = value.spanned();
    }
}

#[cfg(test)]
mod tests {
    use crate::discover::{Config, Overlay, Tree};
    use crate::environments::infer;
    use crate::links::Repository;

    fn found(more: (&str, &str)) -> Vec<String> {
        let listed = "option_settings:\n- namespace: aws:elasticbeanstalk:application:environment\n  option_name: MODE\n  value: live\n";
        let mapped = "option_settings:\n  aws:elasticbeanstalk:container:python: {WSGIPath: shop/wsgi.py}\n  aws:elasticbeanstalk:application:environment: {HOST: '`{\"Ref\": \"x\"}`'}\n";
        let files = [
            (".ebextensions/01.config", listed),
            (".ebextensions/02.config", mapped),
            ("shop/wsgi.py", ""),
            ("manage.py", ""),
            ("requirements.txt", "django\ngunicorn\n"),
            more,
        ];
        let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
        let plan = infer(&Repository::read(&tree), &Config::read(&tree), false);
        let of = |planned: &super::Planned| {
            let given =
                planned.given.iter().map(|(name, var)| format!("{name}={}", var.value.one().map_or("?", |text| text)));
            let given = given.collect::<Vec<_>>().join(" ");
            let units = planned.units.iter().map(|unit| match &unit.runs {
                super::Runs::Process { command, .. } => command.text.clone(),
                _ => unit.name.clone(),
            });
            format!("{} {}: {given}", planned.environment.name, units.collect::<Vec<_>>().join(","))
        };
        plan.environments.iter().map(of).collect()
    }

    #[test]
    fn variables_and_the_module_of_the_platform_are_productions() {
        assert_eq!(found(("x.txt", "")), ["production gunicorn shop.wsgi:application: HOST=? MODE=live"]);
        assert_eq!(
            found(("Procfile", "web: gunicorn shop.wsgi -w 2\n")),
            ["production gunicorn shop.wsgi -w 2: HOST=? MODE=live"]
        );
    }
}
