//! Steps of Azure Pipelines: scripts, and the tasks that stand for actions of GitHub.

use super::super::{building, running, using, variables};
use crate::discover::{Tree, paths};
use crate::formats::small::CommandText;
use crate::formats::small::tree::Node;
use crate::formats::workflow::{Step, Texts};
use crate::model::{FileId, Span, SpanMap, Spanned};

/// Tasks that deploy, and the actions that do the same.
const DEPLOYING: [(&str, &str); 9] = [
    ("AzureWebApp", "azure/webapps-deploy@v3"),
    ("AzureWebAppContainer", "azure/webapps-deploy@v3"),
    ("AzureRmWebAppDeployment", "azure/webapps-deploy@v3"),
    ("AzureFunctionApp", "azure/webapps-deploy@v3"),
    ("AzureFunctionAppContainer", "azure/webapps-deploy@v3"),
    ("AzureContainerApps", "azure/container-apps-deploy-action@v2"),
    ("KubernetesManifest", "azure/k8s-deploy@v5"),
    ("Kubernetes", "azure/k8s-deploy@v5"),
    ("HelmDeploy", "azure/k8s-deploy@v5"),
];

/// A step, where it does something that is known.
pub(super) fn step(node: &Node, tree: &Tree, file: FileId) -> Option<Step> {
    let script = ["script", "bash"].iter().find_map(|key| node.get(key)).and_then(CommandText::of);
    let mut step = match (script, node.field("task")) {
        (Some(script), _) => running(&script),
        (None, Some(task)) => of_task(&task, node, tree, file)?,
        (None, None) => return None,
    };
    let inputs = node.get("inputs");
    let folder = node.field("workingDirectory").or_else(|| inputs?.field("workingDirectory"));
    let folder = folder.map(|folder| Spanned::new(in_checkout(&folder.value), folder.span));
    step.run.iter_mut().for_each(|run| run.working_directory = folder.clone().filter(|own| !own.value.is_empty()));
    step.env = variables(node.get("env"));
    step.name = node.field("displayName");
    step.continue_on_error = node.get("continueOnError").and_then(Node::as_bool) == Some(true);
    Some(step)
}

/// A folder as it is called from where the code is checked out.
fn in_checkout(path: &str) -> String {
    let roots = ["$(System.DefaultWorkingDirectory)", "$(Build.SourcesDirectory)", "$(Build.Repository.LocalPath)"];
    let own = roots.iter().find_map(|root| path.strip_prefix(root)).unwrap_or(path);
    own.trim_start_matches("./").trim_start_matches('/').to_owned()
}

fn of_task(task: &Spanned<String>, node: &Node, tree: &Tree, file: FileId) -> Option<Step> {
    let name = task.value.split('@').next().unwrap_or_default();
    let inputs = node.get("inputs");
    let input = |key: &str| inputs.and_then(|inputs| inputs.field(key));
    let with =
        |name: &str, text: Option<Spanned<String>>| text.map(|text| (name.to_owned(), text)).into_iter().collect();
    match name {
        "UsePythonVersion" => {
            Some(using("actions/setup-python@v5", task.span, with("python-version", input("versionSpec"))))
        }
        "NodeTool" | "UseNode" => {
            let version = input("versionSpec").or_else(|| input("version"));
            Some(using("actions/setup-node@v4", task.span, with("node-version", version)))
        }
        "Bash" | "AzureCLI" | "ShellScript" | "CmdLine" => {
            let inline = ["script", "inlineScript"].iter().find_map(|key| inputs?.get(key)).and_then(CommandText::of);
            let path = || input("filePath").or_else(|| input("scriptPath"));
            inline.map(|script| running(&script)).or_else(|| {
                let path = path()?;
                let arguments = input("arguments").map_or(String::new(), |text| format!(" {}", text.value));
                Some(spoken(&format!("bash {}{arguments}", in_checkout(&path.value)), path.span))
            })
        }
        "Docker" => Some(docker(task.span, inputs?, tree, file)),
        "DockerCompose" => {
            let compose =
                input("dockerComposeFile").map_or(String::new(), |file| format!(" -f {}", in_checkout(&file.value)));
            let command = input("dockerComposeCommand").or_else(|| input("action"))?;
            Some(spoken(&format!("docker compose{compose} {}", command.value), command.span))
        }
        _ => {
            let (_, action) = DEPLOYING.iter().find(|(known, _)| *known == name)?;
            Some(using(action, task.span, settings(inputs)))
        }
    }
}

fn spoken(text: &str, span: Span) -> Step {
    running(&CommandText { text: text.to_owned(), span, map: SpanMap::Whole(span) })
}

/// `appSettings`: `-NAME value -OTHER value`.
fn settings(inputs: Option<&Node>) -> Texts {
    let mut with = variables(inputs);
    if let Some(text) = with.get("appSettings").or_else(|| with.get("AppSettings")).cloned() {
        let names = text.value.split_whitespace().filter_map(|word| word.strip_prefix('-'));
        let names: Vec<String> = names.map(|name| format!("{name}=")).collect();
        with.insert("env_vars".to_owned(), Spanned::new(names.join(","), text.span));
    }
    with
}

/// `Docker@2`: a build, a push, or both; the first Dockerfile that a pattern finds.
fn docker(span: Span, inputs: &Node, tree: &Tree, file: FileId) -> Step {
    let command = inputs.field("command").map_or_else(|| "buildAndPush".to_owned(), |command| command.value);
    let named =
        inputs.field("Dockerfile").or_else(|| inputs.field("dockerfile")).or_else(|| inputs.field("dockerFile"));
    let found = match &named {
        Some(named) if !named.value.contains('*') => Some(in_checkout(&named.value)),
        _ => {
            let plain = |path: &&str| paths::name(path) == "Dockerfile";
            let all = tree.files().map(|(_, path)| path).filter(plain);
            all.min_by_key(|path| path.matches('/').count()).map(str::to_owned)
        }
    };
    let at = named.map_or(span, |named| named.span);
    let at = if at.file == file { at } else { span };
    let context =
        inputs.field("buildContext").map(|context| in_checkout(&context.value)).filter(|own| !own.contains('*'));
    let context = context.or_else(|| found.as_deref().map(|path| paths::parent(path).to_owned()));
    if !command.starts_with("build") {
        return spoken(&format!("docker {command}"), span);
    }
    let text = |text: String| Some(Spanned::new(text, at));
    let with = [
        ("file", found.and_then(text)),
        ("context", context.and_then(text)),
        ("tags", inputs.field("repository")),
        ("push", text((command == "buildAndPush").to_string())),
    ];
    building(span, with)
}
