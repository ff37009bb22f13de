//! `serverless.yml`: functions of Python in a folder, with the variables of the provider and their own.
//! Source: <https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml>.

use super::plan::{CommandLine, NativeBuild, Planned, Runs, SettingsChoice, Setup};
use super::platform_files::{add, planned};
use crate::discover::paths;
use crate::formats::python::{self, entry::EntryDefault};
use crate::formats::small::tree::Node;
use crate::formats::{Var, Vars};
use crate::links::Repository;
use crate::model::{FileId, Known, Origin, Reason, SpanMap, Spanned};

/// The environment of a service; nothing where it has no function of Python.
pub(super) fn of(repository: &Repository<'_>, file: FileId, root: &Node, folder: &str) -> Option<Planned> {
    let provider = root.get("provider")?;
    let whole = provider.field("runtime");
    let mut found = planned(file, "Serverless deploys the service");
    let shared = variables(provider.get("environment"));
    for (name, function) in root.get("functions").map_or(&[][..], Node::entries) {
        let runtime = function.field("runtime").or_else(|| whole.clone());
        let Some((version, runtime)) = runtime.and_then(|runtime| Some((version(&runtime.value)?, runtime))) else {
            continue;
        };
        let Some(handler) = function.field("handler") else { continue };
        // The platform's own handler loads the application: no command starts it.
        let command = CommandLine { text: String::new(), map: SpanMap::Whole(handler.span), span: handler.span };
        let native = Some(NativeBuild { folder: folder.to_owned(), build: None });
        let mut given = shared.clone();
        given.extend(variables(function.get("environment")));
        add(&mut found, &name.value, Runs::Process { command, image: None, native }, &given);
        let runtimes = vec![("python", Spanned::new(version, runtime.span))];
        let setup = Setup { runtimes, folder: folder.to_owned(), idle: true, by: "serverless.yml", ..Setup::default() };
        found.setups.insert(name.value.clone(), setup);
        found.settings = found.settings.or_else(|| settings(repository, &handler.value, root, folder));
    }
    (!found.units.is_empty()).then_some(found)
}

/// The Python of a runtime: `python3.12`.
fn version(runtime: &str) -> Option<String> {
    let version = runtime.strip_prefix("python")?;
    version.starts_with(|c: char| c.is_ascii_digit()).then(|| version.to_owned())
}

/// The settings that the module of the application, or of the handler, falls to.
fn settings(repository: &Repository<'_>, handler: &str, root: &Node, folder: &str) -> Option<SettingsChoice> {
    let app = root.path(&["custom", "wsgi", "app"]).and_then(Node::scalar);
    [app.as_deref(), Some(handler)].into_iter().flatten().find_map(|entry| {
        let (module, _) = entry.rsplit_once('.')?;
        let path = paths::join(folder, &format!("{}.py", module.replace('.', "/")))?;
        let facts = python::entry_points(repository.tree, repository.tree.find(&path)?);
        let ours =
            |default: &&EntryDefault| default.variable == "DJANGO_SETTINGS_MODULE" && default.for_tests != Some(true);
        let module = &facts.defaults.iter().find(ours)?.value;
        Some(SettingsChoice { module: module.value.clone(), class: None, span: Some(module.span) })
    })
}

/// The variables of a mapping; what is put together when it is deployed is given, its value is not known.
fn variables(node: Option<&Node>) -> Vars {
    let entries = node.map_or(&[][..], Node::entries).iter();
    let var = |(name, value): &(Spanned<String>, Node)| {
        let set = |text: String| Var::set(text, Origin::set(value.span));
        let known = value.scalar().filter(|text| !text.contains("${"));
        let unknown = || Known::Unknown(Reason::at("it is filled in when it is deployed", value.span));
        let var = known.map_or_else(|| Var { value: unknown(), ..set(String::new()) }, set);
        (name.value.clone(), var)
    };
    entries.map(var).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    #[test]
    fn functions_of_python_are_production() {
        let of = |runtime: &str| {
            let text = format!(
                "service: shop\nprovider: {{name: aws, runtime: {runtime}}}\nfunctions: {{web: {{handler: handler.run}}}}\n"
            );
            environments(&[("serverless.yml", &text), ("handler.py", ""), ("requirements.txt", "django\n")])
        };
        assert_eq!(of("python3.12"), ["production production: serverless.yml"]);
        assert!(of("nodejs20.x").is_empty());
        let text = "provider: {name: aws, runtime: python3.12}\nfunctions: {web: {handler: handler.run}}\n";
        let both = [("a/serverless.yml", text), ("b/serverless.yml", text), ("requirements.txt", "django\n")];
        assert_eq!(environments(&both), ["production production: a/serverless.yml b/serverless.yml"]);
    }
}
