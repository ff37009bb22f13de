//! Hosts whose file says what to run: App Engine, Cloud Foundry, Railway, CapRover, Zappa, Elastic Beanstalk.

use super::plan::{CommandLine, ImageBuild, NativeBuild, Planned, Runs, SettingsChoice, Setup};
use super::platform::line;
use super::platform_files::{add, context, in_image, planned};
use super::words::{naming, role_of_value};
use super::{app_platform, cloud_foundry, platform_sh, serverless, shipped};
use crate::discover::paths;
use crate::formats::small::tree::{self, Node};
use crate::formats::small::{CommandText, procfile, texts};
use crate::formats::{Var, Vars};
use crate::links::Repository;
use crate::model::{FileId, Origin, Role, SpanMap, Spanned};

/// What a file says: the host's name, and the environments.
type Said = (&'static str, Vec<Planned>);

/// One file on its way to environments.
pub(super) struct Reading<'r, 't> {
    pub(super) repository: &'r Repository<'t>,
    pub(super) file: FileId,
    /// The folder of the file.
    pub(super) folder: String,
}

/// The environments of a file that a host reads; nothing where it is another's.
pub(super) fn of(repository: &Repository<'_>, file: FileId) -> Said {
    let path = repository.tree.path(file);
    let name = paths::name(path).to_ascii_lowercase();
    let read = if name.ends_with(".toml") { tree::toml } else { tree::yaml };
    let Ok(parsed) = repository.tree.parsed(file, read) else { return ("", Vec::new()) };
    let Some(root) = &parsed.0 else { return ("", Vec::new()) };
    let reading = Reading { repository, file, folder: paths::parent(path).to_owned() };
    match name.as_str() {
        "railway.json" | "railway.toml" => ("railway", reading.railway(root).into_iter().collect()),
        "python.json" => ("clever-cloud", vec![reading.clever_cloud(root)]),
        "captain-definition" => ("caprover", reading.caprover(root).into_iter().collect()),
        name if name.starts_with("zappa_settings.") => ("zappa", reading.zappa(root)),
        "dockerrun.aws.json" => ("aws", reading.beanstalk(root).into_iter().collect()),
        name if name.starts_with("manifest") => {
            ("cloud-foundry", cloud_foundry::read(&reading, root).into_iter().collect())
        }
        "serverless.yml" | "serverless.yaml" => {
            ("serverless", serverless::of(repository, file, root, &reading.folder).into_iter().collect())
        }
        ".platform.app.yaml" | "applications.yaml" | "config.yaml" => {
            ("platform-sh", platform_sh::of(repository, file, root).into_iter().collect())
        }
        _ if root.get("runtime").is_none() => {
            ("digitalocean", app_platform::of(repository, file, root).into_iter().collect())
        }
        _ => ("app-engine", reading.app_engine(root).into_iter().collect()),
    }
}

pub(super) fn vars(node: Option<&Node>) -> Vars {
    let texts = texts(node).into_iter();
    texts.map(|(name, text)| (name, Var::set(text.value, Origin::set(text.span)))).collect()
}

/// The Python of a runtime of App Engine: `python39` is 3.9.
fn of_runtime(runtime: &str) -> Option<String> {
    let digits = runtime.strip_prefix("python").filter(|digits| digits.chars().all(|c| c.is_ascii_digit()))?;
    let (major, minor) = (digits.get(..1)?, digits.get(1..)?);
    (!minor.is_empty()).then(|| format!("{major}.{minor}"))
}

/// What a builder makes of a folder, with a command.
pub(super) fn native(command: CommandLine, folder: &str) -> Runs {
    let native = Some(NativeBuild { folder: folder.to_owned(), build: None });
    Runs::Process { command, image: None, native }
}

impl Reading<'_, '_> {
    fn image(&self, name: &str) -> Option<ImageBuild> {
        let dockerfile = self.repository.tree.find(&paths::join(&self.folder, name)?)?;
        let context = context(self.repository, dockerfile, &self.folder);
        Some(ImageBuild { dockerfile, context, target: None, args: Default::default(), span: None })
    }

    /// `app.yaml`: an entry point of its own, or `main:app` by gunicorn.
    fn app_engine(&self, root: &Node) -> Option<Planned> {
        let runtime = root.field("runtime")?;
        let mut found = planned(self.file, "App Engine reads the file");
        let given = vars(root.get("env_variables"));
        if runtime.value == "custom" {
            add(&mut found, "app", in_image(&self.image("Dockerfile")?, None), &given);
            return Some(found);
        }
        if !runtime.value.starts_with("python") {
            return None;
        }
        let own = root.get("entrypoint").and_then(CommandText::of).map(|command| line(&command));
        let command = own.unwrap_or_else(|| CommandLine {
            text: "gunicorn -b :$PORT main:app".into(),
            map: SpanMap::Whole(runtime.span),
            span: runtime.span,
        });
        let name = root.field("service").map_or_else(|| "default".to_owned(), |name| name.value);
        add(&mut found, &name, native(command, &self.folder), &given);
        let configured = || root.get("runtime_config")?.field("runtime_version");
        let version = of_runtime(&runtime.value).map(|version| Spanned::new(version, runtime.span));
        if let Some(version) = version.or_else(configured) {
            let runtimes = vec![("python", version)];
            let setup = Setup { runtimes, folder: self.folder.clone(), by: "app.yaml", ..Setup::default() };
            found.setups.insert(name, setup);
        }
        Some(found)
    }

    /// The processes of the Procfile of a folder.
    pub(super) fn processes(&self, folder: &str) -> Vec<(String, CommandLine)> {
        let file = paths::join(folder, "Procfile").and_then(|path| self.repository.tree.find(&path));
        let read = file.and_then(|file| self.repository.tree.parsed(file, procfile::read).ok());
        let processes = read.iter().flat_map(|read| &read.0);
        processes.map(|process| (process.name.value.clone(), line(&process.command))).collect()
    }

    /// `railway.json`: a Dockerfile or what its builder makes of the folder, and the command.
    fn railway(&self, root: &Node) -> Option<Planned> {
        let mut found = planned(self.file, "Railway reads the file");
        let named = root.path(&["build", "dockerfilePath"]).and_then(Node::scalar);
        let command = root.path(&["deploy", "startCommand"]).and_then(CommandText::of).map(|command| line(&command));
        let builder = root.path(&["build", "builder"]).and_then(Node::scalar).unwrap_or_default();
        let built = named.is_some() || builder.is_empty() || builder.eq_ignore_ascii_case("dockerfile");
        let image = built.then(|| self.image(named.as_deref().unwrap_or("Dockerfile"))).flatten();
        match (image, command) {
            (Some(image), command) => add(&mut found, "app", in_image(&image, command), &Vars::new()),
            (None, Some(command)) => add(&mut found, "app", native(command, &self.folder), &Vars::new()),
            (None, None) => {
                for (process, command) in self.processes(&self.folder) {
                    add(&mut found, &process, native(command, &self.folder), &Vars::new());
                }
            }
        }
        if let Some(release) = root.path(&["deploy", "preDeployCommand"]).and_then(CommandText::of) {
            add(&mut found, "release", native(line(&release), &self.folder), &Vars::new());
        }
        (!found.units.is_empty()).then_some(found)
    }

    fn caprover(&self, root: &Node) -> Option<Planned> {
        let mut found = planned(self.file, "CapRover reads the file");
        let image = self.image(root.field("dockerfilePath")?.value.trim_start_matches("./"))?;
        add(&mut found, "app", in_image(&image, None), &Vars::new());
        Some(found)
    }

    /// `clevercloud/python.json`: an application of Python, started as variables of the platform say.
    fn clever_cloud(&self, root: &Node) -> Planned {
        let mut found = planned(self.file, "Clever Cloud reads the file");
        let whole = CommandLine { text: String::new(), map: SpanMap::Whole(root.span), span: root.span };
        let folder = paths::parent(&self.folder).to_owned();
        add(&mut found, "app", native(whole, &folder), &Vars::new());
        let setup = Setup { folder, idle: true, by: "clevercloud/python.json", ..Setup::default() };
        found.setups.insert("app".to_owned(), setup);
        found
    }

    /// `zappa_settings.json`: one environment a stage.
    fn zappa(&self, root: &Node) -> Vec<Planned> {
        let stages = root.entries().iter();
        let stage = |(name, node): &(crate::model::Spanned<String>, Node)| {
            let module = node.field("django_settings");
            let function = node.field("app_function");
            let span = module.as_ref().or(function.as_ref())?.span;
            let (role, word) = role_of_value(&name.value).unwrap_or((Role::Production, name.value.clone()));
            let mut found = planned(self.file, "Zappa deploys the stage");
            found.environment.role = role;
            found.environment.name = word;
            found.environment.because.iter_mut().for_each(|evidence| evidence.span = name.span);
            let choice = |module: String| SettingsChoice { module, class: None, span: Some(span) };
            found.settings = module.map(|module| choice(module.value));
            // The function has no command: Zappa's own handler loads the application.
            let mut given = vars(node.get("aws_environment_variables"));
            given.extend(vars(node.get("environment_variables")));
            let whole = CommandLine { text: String::new(), map: SpanMap::Whole(span), span };
            add(&mut found, "lambda", native(whole, &self.folder), &given);
            let version = node.field("runtime").and_then(|runtime| {
                let version = runtime.value.strip_prefix("python")?.to_owned();
                Some(("python", Spanned::new(version, runtime.span)))
            });
            let runtimes = version.into_iter().collect();
            let setup =
                Setup { runtimes, folder: self.folder.clone(), idle: true, by: "zappa_settings", ..Setup::default() };
            found.setups.insert("lambda".to_owned(), setup);
            Some(found)
        };
        stages.filter_map(stage).collect()
    }

    /// `Dockerrun.aws.json` of one container: an image by name, or the Dockerfile beside.
    fn beanstalk(&self, root: &Node) -> Option<Planned> {
        let mut found = planned(self.file, "Elastic Beanstalk reads the file");
        let image = root.path(&["Image", "Name"]).and_then(Node::spanned);
        let container = root.get("containerDefinitions").map_or(&[][..], Node::items);
        if let Some(image) = image.filter(|image| !image.value.contains(['<', '$'])) {
            let own = shipped::shipped_as(self.repository, &image.value);
            let own = own.or_else(|| shipped::own(self.repository, &image.value, false));
            let runs = own.map_or_else(|| Runs::Pulled { image, command: None }, |image| in_image(&image, None));
            add(&mut found, "app", runs, &Vars::new());
        } else if let Some(image) = self.image("Dockerfile").filter(|_| container.is_empty()) {
            add(&mut found, "app", in_image(&image, None), &Vars::new());
        }
        for one in container {
            if let (Some(name), Some(image)) = (one.field("name"), one.field("image")) {
                add(&mut found, &name.value, Runs::Pulled { image, command: None }, &Vars::new());
            }
        }
        found.only_named = found.units.is_empty() && naming(self.repository.tree.path(self.file)).role.is_some();
        (found.only_named || !found.units.is_empty()).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::environments;

    const NEEDS: (&str, &str) = ("requirements.txt", "django\ngunicorn\n");

    #[test]
    fn each_host_reads_its_file_and_nothing_else_does() {
        let one = |path: &str, text: &str| environments(&[(path, text), NEEDS]);
        assert_eq!(
            one("app.yaml", "runtime: python312\nentrypoint: gunicorn a.wsgi\n"),
            ["production production: app.yaml"]
        );
        assert_eq!(one("app.staging.yaml", "runtime: python312\n"), ["staging staging: app.staging.yaml"]);
        assert!(one("app.yaml", "kind: Deployment\nspec: {}\n").is_empty());
        assert_eq!(
            one("railway.json", "{\"deploy\": {\"startCommand\": \"gunicorn a.wsgi\"}}"),
            ["production production: railway.json"]
        );
        let spec = "services:\n- {name: web, run_command: gunicorn a.wsgi}\n";
        assert_eq!(one("do-app-spec.yaml", spec), ["production production: do-app-spec.yaml"]);
        let clever = "{\"deploy\": {\"managetasks\": [\"migrate\"]}}";
        assert_eq!(one("clevercloud/python.json", clever), ["production production: clevercloud/python.json"]);
        let zappa = "{\"dev\": {\"django_settings\": \"a.dev\"}, \"live\": {\"django_settings\": \"a.live\"}}";
        assert_eq!(
            one("zappa_settings.json", zappa),
            ["live production: zappa_settings.json", "dev development: zappa_settings.json"]
        );
        let run = "{\"AWSEBDockerrunVersion\": \"1\", \"Image\": {\"Name\": \"acme/shop\"}}";
        assert_eq!(one("Dockerrun.aws.json", run), ["production production: Dockerrun.aws.json"]);
    }

    #[test]
    fn services_of_app_engine_are_one_environment_whatever_their_files_are_called() {
        let service =
            |name: &str| format!("service: {name}\nruntime: python\nenv: flex\nentrypoint: gunicorn {name}:app\n");
        let (router, hub) = (service("router"), service("hub"));
        let found = environments(&[("router.yaml", router.as_str()), ("hub.yaml", hub.as_str()), NEEDS]);
        assert_eq!(found, ["production production: hub.yaml router.yaml"]);
        assert!(environments(&[("router.yaml", "service: a\nport: 80\n"), NEEDS]).is_empty());
    }
}
