//! The one table of dimensions and attributes. Resolve's setters, the load-time check of rules, the generated reference and
//! the JSON output all come from it.

/// What a fact is about; the order is that of every report.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// The image (or host) a component runs in. Key: the component, or a stage.
    Image,
    /// Interpreters. Key: `python`, `node`.
    Runtime,
    /// Packages of the distribution. Key: the concept.
    SystemPackage,
    /// Python packages. Key: the normalized name.
    Package,
    /// Backing services. Key: the role (`database`, `cache`, `database.replica`).
    Service,
    /// Settings of the application. Key: the dotted name.
    Setting,
    /// Environment variables. Key: the name.
    Variable,
    /// What is started. Key: the process.
    Process,
    /// How it is delivered. Key: the job or target.
    Pipeline,
    /// The run itself: what could not be read. No fact has it.
    Tool,
}

impl Dimension {
    /// Every dimension of facts, in report order.
    pub const ALL: [Self; 9] = [
        Self::Image,
        Self::Runtime,
        Self::SystemPackage,
        Self::Package,
        Self::Service,
        Self::Setting,
        Self::Variable,
        Self::Process,
        Self::Pipeline,
    ];

    /// The name in outputs, rules and folders.
    pub fn name(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Runtime => "runtime",
            Self::SystemPackage => "system-package",
            Self::Package => "package",
            Self::Service => "service",
            Self::Setting => "setting",
            Self::Variable => "variable",
            Self::Process => "process",
            Self::Pipeline => "pipeline",
            Self::Tool => "tool",
        }
    }

    /// The dimension of that name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dimension| dimension.name() == name)
    }
}

/// What an attribute's value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttributeType {
    /// Any text.
    Text,
    /// A version: compared by tests, never with `<`.
    Version,
    /// Yes or no.
    Bool,
    /// A list of texts.
    List,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct AttributeRow {
    /// The dimension.
    pub dimension: Dimension,
    /// The attribute.
    pub name: &'static str,
    /// What its value is.
    pub kind: AttributeType,
    /// What it means.
    pub meaning: &'static str,
}

const fn row(dimension: Dimension, name: &'static str, kind: AttributeType, meaning: &'static str) -> AttributeRow {
    AttributeRow { dimension, name, kind, meaning }
}

use AttributeType::{Bool, List, Text, Version};
use Dimension::{Image, Package, Pipeline, Process, Runtime, Service, Setting, SystemPackage, Variable};

/// Every attribute a fact may have, by dimension. The first of a dimension is its plain value.
pub const ATTRIBUTES: &[AttributeRow] = &[
    row(Image, "reference", Text, "the image as the files name it, `build:NAME` for one without a base that is known"),
    row(Image, "registry", Text, "the registry, docker.io when none is written"),
    row(Image, "repository", Text, "the repository, mirrors of the Docker library folded"),
    row(Image, "tag", Text, "the tag, `latest` when none is written"),
    row(Image, "digest", Text, "the digest, where one is written"),
    row(Image, "pin", Text, "digest, exact, floating or none"),
    row(Image, "distro", Text, "debian, ubuntu, alpine …"),
    row(Image, "release", Version, "the distribution's release (12, 3.20)"),
    row(Image, "libc", Text, "glibc or musl"),
    row(Image, "variant", Text, "full, slim, alpine …"),
    row(Image, "platform", Text, "the platform that is asked for"),
    row(Image, "product", Text, "the service it is, where it is one that is known"),
    row(Image, "moving", Bool, "whether the tag names no version, so that any release may come"),
    row(Image, "distro_floats", Bool, "whether the tag leaves the distribution's release open"),
    row(Image, "settled", Text, "the reference with the distribution's release that its tag means today"),
    row(Image, "retired", Bool, "whether the tag is no longer rebuilt, or its publisher has withdrawn it"),
    row(Image, "ended", Text, "the day the distribution's support ended, if it has"),
    row(Image, "for_ci", Bool, "whether it is an image with the tools of a CI, which nobody ships"),
    row(Image, "beside_job", Bool, "whether it is a container beside a CI job, which the job's file declares"),
    row(Image, "host", Text, "container, runner or machine"),
    row(Image, "dockerfile", Text, "the Dockerfile that builds it"),
    row(Image, "pulled_as", Text, "the name under which what the repository builds is pulled"),
    row(Image, "target", Text, "the stage that is built, where it is not the last"),
    row(
        Image,
        "dev_build",
        Bool,
        "whether the build belongs to a development environment by name or by what it installs",
    ),
    row(Image, "upgraded", Text, "the command that upgrades every package of the distribution while it is built"),
    row(
        Image,
        "missing_sources",
        List,
        "what it copies of its context although nothing in the repository is called so",
    ),
    row(Image, "secret_args", List, "secrets that it is told as build arguments and that its commands use"),
    row(Image, "dotenv_files", List, "files of variables that are copied into it"),
    row(Image, "ignore_file", Text, "the last line of the ignore file of a build that copies such files"),
    row(Runtime, "version", Version, "the version as declared"),
    row(Runtime, "minor", Version, "X.Y, where the declaration fixes it"),
    row(Runtime, "exact", Version, "X.Y.Z, where the declaration fixes it"),
    row(Runtime, "excluded_by", Text, "the range of versions the project says it needs, if it leaves this one out"),
    row(Runtime, "ended", Text, "the day its support ended, if it has"),
    row(Runtime, "floating", Bool, "whether the declaration leaves the minor open"),
    row(Runtime, "allowed", Text, "where nothing names a version: the range from which the installer picks one"),
    row(Runtime, "offered", Bool, "whether it is of a production that is merely offered to others, as by a button"),
    row(
        Runtime,
        "declared_in",
        Text,
        "image, build stage, installer, unpinned, platform, setup-python, setup-uv, uv, conda, system package, .python-version …",
    ),
    row(SystemPackage, "package", Text, "the package as it is named there"),
    row(SystemPackage, "left_behind", Bool, "whether only the build has it, and not what runs"),
    row(SystemPackage, "manager", Text, "apt, apk, dnf …"),
    row(SystemPackage, "version", Version, "the version, where one is asked for"),
    row(SystemPackage, "stage", Text, "the stage that installs it"),
    row(SystemPackage, "purpose", Text, "build, headers, convenience or runtime"),
    row(SystemPackage, "gone", Text, "the release it is asked of, if that has no such package any more"),
    row(SystemPackage, "instead", Text, "what to write instead of a package that is gone"),
    row(SystemPackage, "client", Version, "for a client of PostgreSQL: its major"),
    row(
        SystemPackage,
        "dumps",
        Bool,
        "for a client of PostgreSQL: whether a program of the image dumps or restores with it",
    ),
    row(SystemPackage, "needed_by", List, "the Python packages that need it at run time"),
    row(SystemPackage, "beside", Text, "where nothing brings it: the last package that the image installs"),
    row(SystemPackage, "would_bring", Text, "the package that would, by its name there"),
    row(
        SystemPackage,
        "unneeded",
        Bool,
        "whether only packages need it that no code imports, and drivers of databases that the settings do not use",
    ),
    row(
        SystemPackage,
        "provided_by",
        Text,
        "the system package, image or wheel that brings it; absent if nothing does",
    ),
    row(Package, "version", Version, "the version that is installed"),
    row(Package, "left_behind", Bool, "whether only the build has it, and not what runs"),
    row(Package, "specifier", Text, "the range, where no version is fixed"),
    row(Package, "extras", List, "the extras that are asked for"),
    row(Package, "group", Text, "the file, group or extra that brings it"),
    row(Package, "installed_by", Text, "the installing command"),
    row(Package, "direct", Bool, "whether a file of the project names it"),
    row(Package, "pinned", Bool, "whether the version is fixed"),
    row(Package, "kind", Text, "library, dev-tool, ambiguous, server, operations; of the set: its role"),
    row(Package, "dev_group", Bool, "whether a group or file for development brings it"),
    row(Package, "twin", Text, "the family of distributions that give the same import"),
    row(Package, "unfit", Bool, "whether its authors advise against it in production"),
    row(
        Package,
        "conflict",
        Bool,
        "for a family's fact: whether two distributions that own the same files are installed",
    ),
    row(Package, "out_of_range", Bool, "whether the locked version is outside the range that the project declares"),
    row(Package, "ignored_lock", Text, "of the set: the lock beside it that the installation does not read"),
    row(Package, "skipped_by", Text, "of the set: the option that keeps the installer from reading its lock"),
    row(Package, "passed_over", List, "of the set: files named for production that nothing installs"),
    row(Package, "excluded", List, "of the set: packages whose marker on Python leaves them out here"),
    row(Package, "needed_by", Text, "what the settings load of it"),
    row(Package, "pin", Text, "the version, where a line of requirements fixes it"),
    row(Package, "native", Bool, "whether it needs a system library or a compiler"),
    row(Package, "root", Bool, "whether it is there only where it is asked for, as a server or a database's driver is"),
    row(Package, "speaks_to", List, "the database products whose driver it is"),
    row(Service, "product", Text, "postgres, redis, sqlite, locmem …"),
    row(Service, "each", List, "what each run of the tests uses, where they use different ones: `postgres:16`"),
    row(Service, "family", Text, "relational, keyvalue, broker, mail …"),
    row(Service, "flavour", Text, "postgis, pgvector …"),
    row(Service, "version", Version, "the version"),
    row(Service, "variant", Text, "alpine, slim …, of the service's image"),
    row(Service, "image", Text, "the image as the files name it"),
    row(Service, "pinned", Bool, "whether a version is fixed; not, where the image's tag names none"),
    row(Service, "make", Text, "the product with its flavour, where an image says it"),
    row(Service, "protocol", Text, "the product whose protocol it speaks: redis for valkey, mysql for mariadb"),
    row(Service, "line", Version, "the part of the version that decides compatibility: 16 of PostgreSQL, 7.2 of Redis"),
    row(Service, "ended", Text, "the day its line's support ended, if it has"),
    row(Service, "libc", Text, "glibc or musl, of the service's image"),
    row(Service, "driver", Text, "the client driver or backend class"),
    row(Service, "host", Text, "the host at which it is reached"),
    row(Service, "name", Text, "of a database: its name on the server, or its file"),
    row(Service, "in_process", Bool, "whether nothing outside the application's own process and disk is used"),
    row(Service, "several", Bool, "whether more than one process of the application uses it"),
    row(
        Service,
        "assumed",
        Bool,
        "of a store of keys that no settings speak of: whether only its make tells what it is for",
    ),
    row(Service, "called", Bool, "of a cache and of Django's uploads: whether anything of the project uses it"),
    row(Service, "developed", Bool, "of a deployed default: whether it is that of a switch named for development"),
    row(Service, "memory", Bool, "of SQLite: whether it is kept in memory, and nothing of it on disk"),
    row(
        Service,
        "reach",
        Text,
        "of a cache: nothing where it keeps nothing, process where it stays on the machine, shared where all see it",
    ),
    row(Service, "misplaced", Text, "the folder of its volume, where its data does not lie"),
    row(Service, "emulated", Bool, "whether an emulator or mail catcher stands in"),
    row(Service, "stored", Bool, "whether a volume keeps its data"),
    row(Service, "reasoned", Bool, "of a stand-in: whether a comment beside it says why it is taken"),
    row(Service, "lacks", Text, "the product that production uses, and that surely nothing stands for here"),
    row(
        Service,
        "unread",
        Text,
        "the variable that gives its address to settings which do not read it, as production's do",
    ),
    row(
        Service,
        "usual",
        Bool,
        "of a default: whether it is what such an environment usually runs, a server where it is deployed, else a stand-in",
    ),
    row(
        Service,
        "tuned",
        Bool,
        "of SQLite: whether its options make it fit for several writers: a log ahead, locks at once",
    ),
    row(Service, "options", List, "options that change behaviour"),
    row(Setting, "value", Text, "the value"),
    row(Setting, "type", Text, "its Python type"),
    row(Setting, "variable", Text, "the variable that decides it"),
    row(Setting, "fallback", Bool, "whether it is the program's own default, for want of its variable"),
    row(Setting, "overridable", Bool, "whether something outside the repository may set another"),
    row(Setting, "sampled", Bool, "whether a sample of a variables file gives it"),
    row(Setting, "told_by_sample", Bool, "whether a sample stands for a file of variables that may give another"),
    row(Setting, "developed", Bool, "of a key: whether its text is taken only where the program is developed"),
    row(Setting, "unseen", Bool, "whether a file of variables that is not in the repository may set another"),
    row(Setting, "asked", Bool, "whether a file that describes what is deployed names its variable"),
    row(
        Setting,
        "hosts_looked_up",
        Bool,
        "of ALLOWED_HOSTS: whether the program refuses hosts by itself, as one that serves tenants does",
    ),
    row(Setting, "served", Bool, "of DEBUG: whether a server made for production surely runs with it"),
    row(Setting, "said_for", Text, "the role that the file which states it is named for"),
    row(Setting, "reasoned", Bool, "of ALLOWED_HOSTS: whether a comment right above says why every host is let in"),
    row(Setting, "routed_by_host", Bool, "of ALLOWED_HOSTS: whether a proxy in front passes on only those it names"),
    row(Setting, "by_presence", Bool, "whether the mere presence of its variable turns it on"),
    row(Setting, "empty", Bool, "whether it is an empty text"),
    row(Setting, "signs", Bool, "whether it signs sessions or tokens"),
    row(Setting, "credential", Bool, "whether it is a password or key that the code gives away"),
    row(Setting, "renewed", Text, "for what signs: always or by-default, if it is made anew at each start"),
    row(Setting, "placeholder", Bool, "whether the value is a placeholder"),
    row(Setting, "refused", Bool, "whether the program refuses to start with some values of it"),
    row(
        Setting,
        "checked_for",
        Text,
        "the name of which one value brings the program to look at it, and that is not given",
    ),
    row(Setting, "chosen_by", Text, "the variable that may choose another module, where a default chose this one"),
    row(Setting, "items", List, "its items but for those that are normal on one side only"),
    row(Setting, "own", List, "of its items: code of the repository, but for tests, development and samples"),
    row(Setting, "named_for", Text, "for the settings module: the role that its name speaks of"),
    row(
        Setting,
        "falls_back_to",
        Text,
        "of the settings module: development's, if they are chosen where nothing is set",
    ),
    row(
        Setting,
        "tested",
        Bool,
        "for production's settings module: whether a job, a test or a build loads it before a release",
    ),
    row(Setting, "critical", Bool, "whether a difference of it changes what the program does"),
    row(Setting, "protects", Bool, "whether it protects transport, cookies or requests"),
    row(Setting, "required", Text, "the value that production must have, where there is one"),
    row(Setting, "names_product", Text, "of a choice of backends that is no service: the server it is called after"),
    row(Setting, "file_unless", Text, "of the database's address: the variable without which it is a SQLite file"),
    row(Setting, "options_of_server", Bool, "of the database's address: whether its options are those of no file"),
    row(Setting, "dev_tools", List, "its items that are development tools"),
    row(Setting, "taken_text", Text, "of DEBUG: the text, meant for no, that it is and that turns it on"),
    row(Setting, "true_for", List, "texts of the variable that look false and make it true"),
    row(Setting, "false_looking_given", Bool, "whether this environment gives such a text"),
    row(Variable, "value", Text, "the value"),
    row(Variable, "secret", Bool, "whether its name or value is a secret's"),
    row(Variable, "placeholder", Bool, "whether the value is a placeholder"),
    row(Variable, "default_credential", Bool, "whether it is a password that anyone tries first, as a product's own"),
    row(Variable, "credential", Bool, "whether it is a password or key whose text opens something of its own"),
    row(Variable, "fallback", Bool, "whether it holds only where something outside does not set another"),
    row(Variable, "provider", Text, "compose, dotenv, image, ci, configuration …"),
    row(Variable, "file_for", Text, "the role that the name of the variables file speaks of"),
    row(Variable, "shape", Text, "the kind of credential that its shape tells, such as aws-access-key"),
    row(Variable, "committed", Bool, "whether it is a secret that no one invented: random, or of a credential's shape"),
    row(Variable, "live", Text, "the product whose live world a key opens, not its test world"),
    row(
        Variable,
        "meant",
        Text,
        "the variable that it is one slip, a prefix or two letters away from and that the program reads in vain",
    ),
    row(Variable, "required", Bool, "whether the program fails or goes wrong without it"),
    row(Variable, "beside", Text, "where nothing gives it: the last value that a compose file gives in its own line"),
    row(Variable, "would_ask", Text, "the line below it that would ask for it from outside"),
    row(Variable, "default", Text, "the program's own default"),
    row(Process, "command", Text, "the command as it runs"),
    row(Process, "server", Text, "gunicorn, django-runserver, celery-worker …"),
    row(Process, "engine", Text, "the program that serves, with or without reloading: uvicorn, gunicorn, django …"),
    row(Process, "kind", Text, "production, development, worker, scheduler, oneshot, registration, entrypoint, other"),
    row(Process, "interface", Text, "wsgi or asgi"),
    row(Process, "bind", Text, "the address it listens on"),
    row(Process, "proxied", Bool, "whether a web server in the same container passes requests on to it"),
    row(Process, "port", Text, "the port it listens on"),
    row(Process, "runs", List, "of an environment: the kinds of its processes"),
    row(Process, "makes_migrations", Text, "the command with which its start writes migrations"),
    row(Process, "resyncs", Text, "the words of its only command that installs what the build has installed"),
    row(Process, "installs", List, "what it installs each time it starts"),
    row(Process, "reload", Bool, "whether it reloads on changes"),
    row(Process, "debug", Bool, "whether an interactive debugger is on"),
    row(Process, "started", Bool, "for a scheduler that is registered: whether something starts it"),
    row(Process, "user", Text, "the user it runs as"),
    row(Process, "mounts", List, "host directories mounted over the code"),
    row(Process, "missing", List, "programs that it or its health check runs and that its image surely lacks"),
    row(Process, "folder", Text, "the folder of the repository that its image is built from"),
    row(Process, "healthcheck", Text, "the health check"),
    row(Process, "usual", Bool, "whether only it is installed, or a switch would start a server of development"),
    row(Process, "script", Text, "the start script, where there is one"),
    row(Pipeline, "deploys", Text, "the environment it deploys to"),
    row(Pipeline, "trigger", List, "the events that start it"),
    row(Pipeline, "needs", List, "the jobs it waits for"),
    row(Pipeline, "gate", Text, "tests, other-workflow, preview or none: what must pass before it runs"),
    row(Pipeline, "published_after", Text, "where it publishes production's image and nothing deploys it: its gate"),
    row(Pipeline, "reasoned", Bool, "whether a comment says that what is merged has passed the tests"),
    row(Pipeline, "gate_path", List, "the jobs between the tests and it"),
    row(Pipeline, "approval", Text, "environment, manual or none"),
    row(Pipeline, "artifact", Text, "what it delivers"),
    row(Pipeline, "override", Text, "the compose override for development that the deploying command loads"),
    row(Pipeline, "copies", Text, "what it copies into this environment without a word of masking"),
    row(Pipeline, "tests", Bool, "whether it runs the tests"),
    row(Pipeline, "ground", Bool, "whether it only sets up what the application stands on (Terraform)"),
];

/// The rows of one dimension, in table order.
pub fn attributes(dimension: Dimension) -> impl Iterator<Item = &'static AttributeRow> {
    ATTRIBUTES.iter().filter(move |row| row.dimension == dimension)
}

/// The row of an attribute.
pub fn attribute(dimension: Dimension, name: &str) -> Option<&'static AttributeRow> {
    attributes(dimension).find(|row| row.name == name)
}

/// The attribute that is a dimension's plain value.
pub fn plain(dimension: Dimension) -> &'static str {
    attributes(dimension).next().map_or("value", |row| row.name)
}
