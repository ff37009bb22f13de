//! What kind of file a path is, by its name alone: one table, from which the pattern of the pre-commit hook is made too.

use super::paths;

/// The kinds of files that are read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Dockerfile or Containerfile.
    Dockerfile,
    /// A compose file.
    Compose,
    /// A file of variables.
    Dotenv,
    /// pip requirements or constraints.
    Requirements,
    /// pyproject.toml, setup.cfg, setup.py, Pipfile.
    Project,
    /// A lock file.
    Lock,
    /// Python code.
    Python,
    /// A workflow of GitHub Actions, a pipeline of GitLab, a configuration of CircleCI, Travis CI and others.
    Workflow,
    /// A Procfile.
    Procfile,
    /// Heroku's app.json.
    AppJson,
    /// A development container.
    Devcontainer,
    /// .python-version, runtime.txt, .tool-versions …
    Runtime,
    /// Tasks: a Makefile, a justfile, the scripts of package.json, a gulpfile.
    Makefile,
    /// A shell script.
    Shell,
    /// A README or another guide.
    Guide,
    /// A manifest of Kubernetes, or a kustomization.
    Kubernetes,
    /// A task definition of ECS.
    TaskDefinition,
    /// A platform's file (fly.toml, render.yaml, heroku.yml).
    Platform,
}

/// What a name is like, in small letters.
#[derive(Clone, Copy)]
enum Like {
    /// One of these.
    Is(&'static [&'static str]),
    /// Begins with one of these.
    Starts(&'static [&'static str]),
    /// Ends with one of these.
    Ends(&'static [&'static str]),
    /// Holds one of these.
    Has(&'static [&'static str]),
    /// One of these is a word of it: `.`, `-` and `_` divide words.
    Word(&'static [&'static str]),
    /// One of these stands before the first dot.
    Stem(&'static [&'static str]),
    /// One word before the ending.
    OneWord,
}

/// What the folder is like.
#[derive(Clone, Copy)]
enum Folder {
    /// Any.
    Any,
    /// One of these is a part of it.
    Part(&'static [&'static str]),
    /// One of these is within a part of it.
    PartHas(&'static [&'static str]),
    /// It is one of these, or lies somewhere as one.
    Last(&'static [&'static str]),
    /// Its own name ends so.
    LastEnds(&'static str),
}

/// A row: the first whose folder and name are like that says the kind.
struct Row(Kind, Folder, &'static [Like], &'static [Like]);

/// What compose files are called that are only named for their environment; what they hold tells them from other files.
const ENVIRONMENTS: &[&str] = &[
    "local",
    "dev",
    "develop",
    "development",
    "test",
    "tests",
    "testing",
    "ci",
    "qa",
    "uat",
    "demo",
    "stage",
    "staging",
    "prod",
    "production",
    "base",
    "common",
    "docs",
    "deploy",
    "services",
];
/// Folders that hold pipelines of Azure.
const AZURE: &[&str] = &["pipelines", "azure-pipelines", ".azure-pipelines", ".azuredevops", ".pipelines", ".azdo"];
/// What files with a pipeline of a CI are called, and what the names of others begin with.
const WORKFLOWS: &[&str] = &[".gitlab-ci.yml", ".gitlab-ci.yaml", ".travis.yml", ".taskcluster.yml"];
const PIPELINES: &[&str] = &["azure-pipelines", "buildspec", "cloudbuild", ".woodpecker."];
/// Folders that hold manifests of Kubernetes.
const ORCHESTRATED: &[&str] = &["kube", "kustomize", "manifests", "overlays", "k3s", "eks", "gke", "aks", "minikube"];
/// What their names hold.
const CLUSTERS: &[&str] = &["k8s", "kubernetes", "openshift"];
/// What manifests are called, wherever they are.
const MANIFESTS: &[&str] = &[
    "deployment.yaml",
    "deployment.yml",
    "deployments.yaml",
    "statefulset.yaml",
    "statefulset.yml",
    "cronjob.yaml",
    "cronjob.yml",
    "configmap.yaml",
    "configmap.yml",
];
/// Files in which hosts are told what to run.
const HOSTS: &[&str] = &[
    "railway.json",
    "railway.toml",
    "captain-definition",
    "zappa_settings.json",
    "zappa_settings.yml",
    "zappa_settings.yaml",
    "zappa_settings.toml",
    "dockerrun.aws.json",
    "app.yaml",
    "app.yml",
    "serverless.yml",
    "serverless.yaml",
    ".platform.app.yaml",
];
/// Files of go-task.
const TASKFILES: &[&str] = &["taskfile.yml", "taskfile.yaml", "taskfile.dist.yml", "taskfile.dist.yaml"];
const YAML: Like = Like::Ends(&[".yml", ".yaml"]);
/// Manifests in which a deployment puts names in.
const FILLED_IN: Like = Like::Ends(&[
    ".tmpl",
    ".yml.tpl",
    ".yaml.tpl",
    ".yml.template",
    ".yaml.template",
    ".yml.in",
    ".yaml.in",
    ".envsubst",
]);
const LIST: Like = Like::Ends(&[".txt", ".in", ".pip"]);
const PAGE: Like = Like::Ends(&[".md", ".mdx", ".rst"]);
/// What the names of pages, or of their folders, hold that tell how one installs a project and works on it.
const INSTRUCTING: &[&str] = &[
    "develop", "contrib", "hacking", "install", "setup", "set_up", "dev_env", "quick", "getting", "running", "locally",
    "build.",
];
/// What the names of pages in any folder have that instruct who works on it.
const LOCALLY: &[&str] =
    &["local_dev", "local-dev", "localdev", "local_setup", "local-setup", "dev_setup", "dev-setup"];
/// Those of pages among documents that tell how it is started in no container.
const UNCONTAINED: &[&str] = &["virtualenv", "virtual-env", "virtual_env", "venv", "without-docker", "without_docker"];
/// Those of pages that tell how it is deployed.
const DEPLOYING: &[&str] = &["deploy", "production", "self-host", "selfhost"];
const NO_DOCKERFILE: Like =
    Like::Ends(&[".md", ".txt", ".j2", ".jinja", ".py", ".yml", ".yaml", ".json", ".tpl", ".sh", ".dockerignore"]);
const NO_JENKINSFILE: Like = Like::Ends(&[".md", ".txt", ".param", ".sh", ".yml", ".yaml", ".json"]);
const NO_PROCFILE: Like = Like::Ends(&[".sh", ".md", ".py"]);

const ROWS: &[Row] = &[
    Row(Kind::Workflow, Folder::Last(&[".github/workflows"]), &[YAML], &[]),
    Row(Kind::Workflow, Folder::Any, &[Like::Is(WORKFLOWS)], &[]),
    Row(Kind::Workflow, Folder::Part(&[".circleci"]), &[YAML], &[]),
    Row(Kind::Workflow, Folder::Any, &[Like::Is(&["bitbucket-pipelines.yml", ".drone.yml", ".drone.yaml"])], &[]),
    Row(Kind::Workflow, Folder::Any, &[YAML, Like::Starts(PIPELINES)], &[]),
    Row(Kind::Workflow, Folder::Last(&[".woodpecker"]), &[YAML], &[]),
    Row(Kind::Workflow, Folder::Last(AZURE), &[YAML], &[]),
    Row(Kind::Workflow, Folder::Any, &[Like::Starts(&["jenkinsfile"])], &[NO_JENKINSFILE]),
    Row(Kind::Compose, Folder::Any, &[YAML, Like::Word(&["compose"])], &[]),
    Row(Kind::Compose, Folder::Any, &[Like::Is(&["stack.yml", "stack.yaml"])], &[]),
    Row(Kind::Compose, Folder::LastEnds("docker-compose"), &[YAML, Like::OneWord], &[]),
    Row(Kind::Dockerfile, Folder::Any, &[Like::Word(&["dockerfile", "containerfile"])], &[NO_DOCKERFILE]),
    Row(Kind::Kubernetes, Folder::Any, &[Like::Is(&["kustomization.yaml", "kustomization.yml", "kustomization"])], &[]),
    Row(Kind::Kubernetes, Folder::Part(ORCHESTRATED), &[YAML], &[]),
    Row(Kind::Kubernetes, Folder::PartHas(CLUSTERS), &[YAML], &[]),
    Row(Kind::Kubernetes, Folder::PartHas(&["openshift"]), &[Like::Ends(&[".json"])], &[]),
    Row(Kind::Kubernetes, Folder::Any, &[Like::Is(MANIFESTS)], &[]),
    Row(Kind::Kubernetes, Folder::Any, &[YAML, Like::Starts(&["clowdapp"])], &[]),
    Row(Kind::Kubernetes, Folder::Part(ORCHESTRATED), &[FILLED_IN], &[]),
    Row(Kind::Kubernetes, Folder::PartHas(CLUSTERS), &[FILLED_IN], &[]),
    Row(
        Kind::TaskDefinition,
        Folder::Any,
        &[Like::Ends(&[".json"]), Like::Has(&["task-def", "taskdef", "task_def"])],
        &[],
    ),
    Row(Kind::TaskDefinition, Folder::Part(&["aws", "ecs"]), &[Like::Ends(&[".json"])], &[]),
    Row(Kind::Procfile, Folder::Any, &[Like::Is(&["procfile"])], &[]),
    Row(Kind::AppJson, Folder::Any, &[Like::Is(&["app.json"])], &[]),
    Row(Kind::Devcontainer, Folder::Any, &[Like::Ends(&["devcontainer.json"])], &[]),
    Row(
        Kind::Makefile,
        Folder::Any,
        &[Like::Is(&["makefile", "gnumakefile", "justfile", ".justfile", "package.json"])],
        &[],
    ),
    Row(Kind::Makefile, Folder::Any, &[YAML, Like::Is(TASKFILES)], &[]),
    Row(Kind::Makefile, Folder::Any, &[Like::Is(&["gulpfile.js", "gulpfile.mjs", "gulpfile.cjs"])], &[]),
    Row(
        Kind::Runtime,
        Folder::Any,
        &[Like::Is(&[
            ".python-version",
            "runtime.txt",
            ".tool-versions",
            "mise.toml",
            ".mise.toml",
            ".nvmrc",
            ".node-version",
        ])],
        &[],
    ),
    Row(
        Kind::Project,
        Folder::Any,
        &[Like::Is(&["pyproject.toml", "setup.cfg", "setup.py", "pipfile", "hatch.toml", "tox.ini", "pytest.ini"])],
        &[],
    ),
    Row(
        Kind::Lock,
        Folder::Any,
        &[Like::Is(&["uv.lock", "poetry.lock", "pdm.lock", "pipfile.lock", "pylock.toml"])],
        &[],
    ),
    Row(Kind::Platform, Folder::Any, &[Like::Is(&["fly.toml", "render.yaml", "render.yml", "heroku.yml"])], &[]),
    Row(Kind::Platform, Folder::Last(&[".do"]), &[YAML], &[]),
    Row(
        Kind::Platform,
        Folder::Any,
        &[YAML, Like::Has(&["app-spec", "app_spec", "do-app", "do_app", "digitalocean"])],
        &[],
    ),
    Row(Kind::Platform, Folder::Last(&["clevercloud"]), &[Like::Is(&["python.json"])], &[]),
    Row(Kind::Platform, Folder::Last(&[".platform"]), &[Like::Is(&["applications.yaml"])], &[]),
    Row(Kind::Platform, Folder::Last(&[".upsun"]), &[Like::Is(&["config.yaml"])], &[]),
    Row(Kind::Platform, Folder::Any, &[Like::Starts(&["fly."]), Like::Ends(&[".toml"])], &[]),
    Row(Kind::Platform, Folder::Any, &[Like::Is(HOSTS)], &[]),
    Row(Kind::Platform, Folder::Any, &[YAML, Like::Starts(&["manifest", "app.", "app-", "app_"])], &[]),
    Row(Kind::Procfile, Folder::Any, &[Like::Starts(&["procfile.", "procfile-"])], &[NO_PROCFILE]),
    Row(Kind::Procfile, Folder::Any, &[Like::Ends(&[".procfile"])], &[]),
    Row(
        Kind::Dotenv,
        Folder::Any,
        &[Like::Is(&[".envrc", ".flaskenv", "env_sample", "env-example", "env_example"])],
        &[],
    ),
    Row(Kind::Dotenv, Folder::Any, &[Like::Starts(&[".env.", ".env-", ".env_"])], &[]),
    Row(Kind::Dotenv, Folder::Any, &[Like::Ends(&[".env"])], &[]),
    Row(Kind::Dotenv, Folder::Any, &[Like::Starts(&["env.", "dotenv.", "dotenv-"])], &[Like::Ends(&[".py", ".js"])]),
    Row(
        Kind::Dotenv,
        Folder::Part(&["env", "envs", ".env", ".envs", "env_files"]),
        &[Like::Starts(&["."])],
        &[Like::Has(&["ignore"])],
    ),
    Row(Kind::Requirements, Folder::Any, &[LIST, Like::Stem(&["requirements", "reqs", "constraints"])], &[]),
    Row(Kind::Requirements, Folder::Last(&["requirements", "reqs", "deps"]), &[LIST], &[]),
    Row(Kind::Python, Folder::Any, &[Like::Ends(&[".py"])], &[]),
    Row(Kind::Shell, Folder::Any, &[Like::Ends(&[".sh", ".bash"])], &[]),
    Row(Kind::Compose, Folder::Any, &[YAML, Like::OneWord, Like::Word(ENVIRONMENTS)], &[]),
    Row(Kind::Guide, Folder::Any, &[Like::Starts(&["readme", "contributing", "deploy"])], &[]),
    Row(Kind::Guide, Folder::Any, &[PAGE, Like::Starts(INSTRUCTING)], &[]),
    Row(Kind::Guide, Folder::Any, &[PAGE, Like::Has(LOCALLY)], &[]),
    Row(Kind::Guide, Folder::Part(&["docs", "doc", "documentation"]), &[PAGE, Like::Has(INSTRUCTING)], &[]),
    Row(Kind::Guide, Folder::Part(&["docs", "doc", "documentation"]), &[PAGE, Like::Has(UNCONTAINED)], &[]),
    Row(Kind::Guide, Folder::Part(&["docs", "doc", "documentation"]), &[PAGE, Like::Has(DEPLOYING)], &[]),
    Row(Kind::Guide, Folder::PartHas(INSTRUCTING), &[PAGE], &[]),
];

/// The kind of a file, if it is one that is read.
pub fn classify(path: &str) -> Option<Kind> {
    let path = path.to_ascii_lowercase();
    let (folder, name) = (paths::parent(&path), paths::name(&path));
    let row = ROWS.iter().find(|Row(_, place, like, unlike)| {
        place.holds(folder) && like.iter().all(|one| one.holds(name)) && !unlike.iter().any(|one| one.holds(name))
    });
    row.map(|Row(kind, ..)| *kind)
}

/// A regular expression, one alternative a line, that finds just the paths that are read, and the configuration.
pub fn pattern() -> String {
    let own = Row(Kind::Project, Folder::Any, &[Like::Is(&super::config::NAMES)], &[]);
    let rows = ROWS.iter().chain([&own]).map(Row::pattern);
    format!("(?xi)^(?:\n{}\n)$", rows.collect::<Vec<_>>().join("|\n"))
}

impl Row {
    fn pattern(&self) -> String {
        let Self(_, folder, like, unlike) = self;
        let like = like.iter().map(|one| format!("(?={})", one.pattern()));
        let unlike = unlike.iter().map(|one| format!("(?!{})", one.pattern()));
        format!("  {}{}[^/]+", folder.pattern(), like.chain(unlike).collect::<String>())
    }
}

fn divides(c: char) -> bool {
    matches!(c, '.' | '-' | '_')
}

impl Like {
    fn holds(self, name: &str) -> bool {
        match self {
            Self::Is(words) => words.contains(&name),
            Self::Starts(words) => words.iter().any(|word| name.starts_with(word)),
            Self::Ends(words) => words.iter().any(|word| name.ends_with(word)),
            Self::Has(words) => words.iter().any(|word| name.contains(word)),
            Self::Word(words) => name.split(divides).any(|part| words.contains(&part)),
            Self::Stem(words) => {
                let stem = name.split('.').next().unwrap_or_default();
                words.iter().any(|word| stem.contains(word))
            }
            Self::OneWord => name.split(divides).count() == 2 && !name.starts_with(divides),
        }
    }

    fn pattern(self) -> String {
        match self {
            Self::Is(words) => format!("{}$", any(words)),
            Self::Starts(words) => any(words),
            Self::Ends(words) => format!("[^/]*{}$", any(words)),
            Self::Has(words) => format!("[^/]*{}", any(words)),
            Self::Word(words) => format!("(?:[^/]*[._-])?{}(?:[._-]|$)", any(words)),
            Self::Stem(words) => format!("[^/.]*{}", any(words)),
            Self::OneWord => "[^/._-]+[._-][^/._-]*$".into(),
        }
    }
}

impl Folder {
    fn holds(self, folder: &str) -> bool {
        let last = |tail: &str| folder == tail || folder.strip_suffix(tail).is_some_and(|before| before.ends_with('/'));
        match self {
            Self::Any => true,
            Self::Part(words) => folder.split('/').any(|part| words.contains(&part)),
            Self::PartHas(words) => folder.split('/').any(|part| words.iter().any(|word| part.contains(word))),
            Self::Last(words) => words.iter().any(|word| last(word)),
            Self::LastEnds(word) => folder.ends_with(word),
        }
    }

    fn pattern(self) -> String {
        match self {
            Self::Any => "(?:.*/)?".into(),
            Self::Part(words) => format!("(?:.*/)?{}/(?:.*/)?", any(words)),
            Self::PartHas(words) => format!("(?:.*/)?[^/]*{}[^/]*/(?:.*/)?", any(words)),
            Self::Last(words) => format!("(?:.*/)?{}/", any(words)),
            Self::LastEnds(word) => format!("(?:.*/)?[^/]*{}/", any(&[word])),
        }
    }
}

fn any(words: &[&str]) -> String {
    let quoted = words.iter().map(|word| word.replace('.', "\\."));
    format!("(?:{})", quoted.collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests;
