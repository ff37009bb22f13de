//! Calls of libraries, by dotted name.

use std::sync::Arc;

use super::machine::{Cond, Frame, Machine};
use super::values::{Args, K, R, V};
use crate::formats::python::lib::environ::FILE_AWARE;
use crate::formats::python::lib::trees::Syntax;
use crate::model::{Reason, Span};

/// Libraries that read variables of their own.
pub(crate) const READERS: [&str; 14] = [
    "dynaconf",
    "environ",
    "environs",
    "decouple",
    "everett",
    "dotenv",
    "prettyconf",
    "envparse",
    "boto3",
    "django_heroku",
    "configurations",
    "starlette",
    "pydantic_settings",
    "ddtrace",
];

/// How the reason begins why what a function gives is not known.
const RESULT: &str = "the result of ";

/// Whether a value is not known only because a function of Python's library computes it: a text or a number all the same.
pub(crate) fn is_computed(why: &Reason) -> bool {
    let path = why.text.strip_prefix(RESULT).and_then(|rest| rest.split("()").next());
    path.is_some_and(|path| {
        ["secrets.", "random.", "uuid.", "socket.", "datetime."].iter().any(|top| path.starts_with(top))
    })
}

/// Functions of Python's library that only compute, and do not fail on what programs hand them.
fn never_raises(path: &str) -> bool {
    const TOPS: [&str; 9] =
        ["logging", "warnings", "secrets", "random", "uuid", "functools", "operator", "contextlib", "dataclasses"];
    TOPS.contains(&path.split('.').next().unwrap_or(path))
        || matches!(path, "shlex.join" | "shlex.quote" | "mimetypes.add_type" | "datetime.datetime.now" | "time.time")
}

/// Whether a function asks the network, another program, or what is installed: it may well fail.
fn reaches_out(path: &str) -> bool {
    const TOPS: [&str; 20] = [
        "os",
        "subprocess",
        "socket",
        "requests",
        "httpx",
        "urllib",
        "urllib3",
        "http",
        "boto3",
        "botocore",
        "importlib",
        "pkg_resources",
        "locale",
        "pwd",
        "grp",
        "shutil",
        "git",
        "sys",
        "hvac",
        "ldap",
    ];
    TOPS.contains(&path.split('.').next().unwrap_or(path))
}

impl Machine<'_> {
    /// Calls something of a library or of Python itself.
    pub(crate) fn library(&mut self, path: &str, args: &Args, at: Span, f: &mut Frame) -> R {
        if let Some(name) =
            path.strip_prefix("builtins.").or(matches!(path, "io.open" | "codecs.open").then_some("open"))
        {
            return self.builtin(name, args, at);
        }
        if let Some(name) = path.strip_prefix("os.path.") {
            return self.os_path(name, args, at);
        }
        if let Some(known) = self.standard(path, args, at).or_else(|| self.surrounding(path, args, at)) {
            return known;
        }
        match path {
            "os.environ.get" | "os.getenv" => {
                let name = args.get(0, "key").and_then(V::text).map(str::to_owned);
                let default = args.get(1, "default").cloned().unwrap_or_else(|| V::at(K::None, at));
                match name {
                    Some(name) if !args.open => self.env_get(&name, Some(default), false, "os", at),
                    _ => Ok(self.foreign("a variable that is not known", args, at)),
                }
            }
            "os.environ.pop" if args.pos.len() < 3 && args.named.is_empty() => {
                let Some(name) = args.pos.first().and_then(V::text).map(str::to_owned) else {
                    self.env_open = true;
                    return Ok(V::unknown("which variable is taken out", at));
                };
                let default = args.pos.get(1).cloned();
                let required = default.is_none();
                let now = self.env_get(&name, default, required, "os", at)?;
                self.set_name(super::machine::ENVIRON, &name, V::at(K::Undefined, at));
                Ok(now)
            }
            "os.environ.update" | "os.environ.clear" | "os.environ.pop" | "os.environ.popitem" | "os.putenv" => {
                for value in &args.pos {
                    for (name, value) in self.pairs(value).unwrap_or_default() {
                        if let Some(name) = name.text() {
                            self.set_name(super::machine::ENVIRON, name, value);
                        }
                    }
                }
                for (name, value) in &args.named {
                    self.set_name(super::machine::ENVIRON, name, value.clone());
                }
                let followed = path == "os.environ.update" && args.pos.iter().all(|v| self.pairs(v).is_some());
                if !followed || args.open {
                    self.dead.get_or_insert_with(|| crate::model::Reason::at("variables are changed at run time", at));
                }
                Ok(V::at(K::None, at))
            }
            "os.environ.setdefault" => {
                let (Some(name), Some(value)) = (args.pos.first().and_then(V::text), args.pos.get(1)) else {
                    self.env_open = true;
                    return Ok(V::unknown("which variable is set", at));
                };
                let now = self.env_get(name, Some(value.clone()), false, "os", at)?;
                let kept = self.kept_variable(now.clone(), at);
                self.set_name(super::machine::ENVIRON, name, kept);
                Ok(now)
            }
            "pathlib.Path" | "pathlib.PurePath" => {
                let args = if args.pos.is_empty() { vec![V::str(".")] } else { args.pos.clone() };
                self.lift_all(&args, at, &mut |_, v| {
                    let parts: Option<Vec<&str>> = v.iter().map(V::pathlike).collect();
                    Ok(match parts {
                        Some(parts) => {
                            let start = super::text::normal(parts[0]);
                            let path = parts[1..].iter().fold(start, |a, b| super::text::join_path(&a, b));
                            V::at(K::Path(path.into()), at).resting(v)
                        }
                        None => V::unknown("a path", at),
                    })
                })
            }
            "os.fspath" => match args.pos.first() {
                Some(v) => self.to_text(v, at),
                None => Ok(V::unknown("a path", at)),
            },
            "datetime.timedelta" => Ok(super::text::timedelta(args, at)),
            "dataclasses.field" if !args.open => Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at)),
            "copy.deepcopy" | "copy.copy" => Ok(match args.pos.first() {
                Some(v) => self.copied(v, at, 0),
                None => V::unknown("a copy", at),
            }),
            "django.utils.translation.gettext_lazy" | "django.utils.translation.ugettext_lazy" => {
                Ok(match args.pos.first().map(|v| &v.k) {
                    Some(K::Str(text)) => V::at(K::Lazy(Arc::clone(text)), at),
                    _ => V::unknown("a text to be translated", at),
                })
            }
            "environ.Env" | "environ.FileAwareEnv" => {
                let mut args = args.clone();
                if path.ends_with("FileAwareEnv") {
                    args.named.push((FILE_AWARE.to_owned(), V::bool(true)));
                }
                Ok(Self::make_env(&args, at))
            }
            "environ.Env.read_env" => self.environ_file(args, at),
            "environ.Env.db_url_config"
            | "environ.Env.cache_url_config"
            | "environ.Env.email_url_config"
            | "environ.Env.search_url_config"
            | "environ.Env.channels_url_config" => {
                let method = path.rsplit('.').next().unwrap_or(path);
                self.environ_method(&V::none(), method, args, at)
            }
            "dotenv.load_dotenv" => self.dotenv_file(args, at),
            "django_heroku.settings" | "django_on_heroku.settings" => Ok(self.heroku_settings(args, at)),
            "dotenv.read_dotenv" if self.whole && args.pos.first().is_some_and(|p| self.named_file(p) == Ok(None)) => {
                Ok(V::at(K::None, at))
            }
            "dotenv.find_dotenv" => Ok(self.find_dotenv(args, at)),
            _ if path.starts_with("everett.") => self.everett(path, args, at),
            "decouple.config.get" => self.decouple(args, at),
            "pydantic.Field"
            | "pydantic.v1.Field"
            | "pydantic.AliasChoices"
            | "pydantic.BeforeValidator"
            | "pydantic.AfterValidator"
            | "pydantic.functional_validators.BeforeValidator"
            | "pydantic.functional_validators.AfterValidator"
            | "pydantic_settings.SettingsConfigDict"
            | "pydantic.ConfigDict" => Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at)),
            _ if crate::formats::python::lib::is_reader(path) => {
                Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at))
            }
            _ if crate::formats::python::lib::configurations::is_value(path) => {
                self.configurations_value(path, args, at)
            }
            "pydantic.SecretStr" if args.pos.len() == 1 && args.named.is_empty() && !args.open => {
                Ok(V::at(K::Made("pydantic.Secret".into(), Arc::new(args.clone())), at))
            }
            _ if path.starts_with("pydantic") && (path.ends_with("Dsn.build") || path.ends_with("Url.build")) => {
                self.pydantic_url(args, at)
            }
            "environs.env" => self.environs_method(&V::none(), "__call__", args, at),
            _ if path.starts_with("environs.env.") => {
                self.environs_method(&V::none(), path.rsplit('.').next().unwrap_or(path), args, at)
            }
            "celery.Celery" => {
                // Its configuration is read when it is asked for, not here.
                let plain = |name: &str| args.named(name).is_none_or(|v| matches!(v.k, K::None));
                if args.get(1, "loader").is_none_or(|v| matches!(v.k, K::None)) {
                    self.note_read("CELERY_LOADER", None, false, "celery", at);
                }
                if plain("fixups") {
                    self.note_read("DJANGO_SETTINGS_MODULE", None, false, "celery", at);
                }
                if args.open || !plain("fixups") {
                    self.unsure_reads("Celery may look at variables", at);
                }
                self.connects_celery(&args.named, at);
                self.forget_args(args, at);
                Ok(V::at(K::Made("celery.Celery".into(), Arc::new(args.clone())), at))
            }
            "distutils.util.strtobool"
            | "setuptools._distutils.util.strtobool"
            | "strtobool.strtobool"
            | "str2bool.str2bool"
            | "str2bool.str2bool_exc" => self.truth_word(path, args, at),
            "dynaconf.Dynaconf" | "dynaconf.LazySettings" | "dynaconf.base.LazySettings" => self.dynaconf(args, at),
            "dynaconf.DjangoDynaconf"
            | "dynaconf.contrib.DjangoDynaconf"
            | "dynaconf.contrib.django_dynaconf_v2.load"
            | "dynaconf.contrib.django_dynaconf_v2.DjangoDynaconf" => self.dynaconf_django(args, f.scope.globals, at),
            "dynaconf.FlaskDynaconf" | "dynaconf.contrib.FlaskDynaconf" => self.dynaconf_flask(args, at),
            "dynaconf.Validator" | "dynaconf.validator.Validator" => {
                Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at))
            }
            "flask.Flask" | "flask.app.Flask" => Ok(self.flask_app(args, at)),
            "json.loads" if args.pos.len() == 1 && args.named.is_empty() && !args.open => self.json(&args.pos[0], at),
            "json.load" if matches!(args.pos.as_slice(), [V { k: K::Made(class, _), .. }] if &**class == "file") => {
                let text = self.file_method(&args.pos[0], "read", &Args::default(), at)?;
                self.json(&text, at)
            }
            _ if Syntax::of_loader(path).is_some_and(|syntax| syntax != Syntax::Json)
                || matches!(path, "yaml.load" | "yaml.full_load") =>
            {
                let syntax = Syntax::of_loader(path).unwrap_or(Syntax::Yaml);
                Ok(self.load_tree(syntax, args, at))
            }
            "configparser.BasicInterpolation.before_get" => self.plain_interpolation(args, at),
            "configparser.ConfigParser" | "configparser.RawConfigParser" | "configparser.SafeConfigParser" => {
                Ok(self.ini_parser(path, args, at))
            }
            "enum.auto" if args.pos.is_empty() => Ok(V::at(K::Made(path.into(), Arc::default()), at)),
            "celery.schedules.crontab" => Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at)),
            "starlette.datastructures.Secret" if args.pos.len() == 1 && args.named.is_empty() && !args.open => {
                Ok(V::at(K::Made(path.into(), Arc::new(args.clone())), at))
            }
            "starlette.datastructures.CommaSeparatedStrings" if args.pos.len() == 1 && !args.open => {
                self.comma_separated(&args.pos[0], at)
            }
            "sqlalchemy.create_engine"
            | "sqlalchemy.engine.create_engine"
            | "sqlalchemy.ext.asyncio.create_async_engine"
            | "sqlmodel.create_engine"
            | "databases.Database"
            | "databases.core.Database" => {
                self.connects("database", args.get(0, "url"), at);
                Ok(self.foreign("an engine", args, at))
            }
            "redis.from_url"
            | "redis.Redis.from_url"
            | "redis.asyncio.from_url"
            | "redis.asyncio.Redis.from_url"
            | "redis.StrictRedis.from_url"
            | "aioredis.from_url" => {
                self.connects("cache", args.get(0, "url"), at);
                Ok(self.foreign("a client", args, at))
            }
            "databases.DatabaseURL" | "databases.core.DatabaseURL" if args.pos.len() == 1 && !args.open => {
                Ok(V::at(K::Made("databases.DatabaseURL".into(), Arc::new(args.clone())), at).from(&args.pos[0]))
            }
            _ if matches!(
                path,
                "sqlalchemy.URL.create"
                    | "sqlalchemy.engine.URL.create"
                    | "sqlalchemy.engine.url.URL.create"
                    | "sqlalchemy.engine.make_url"
                    | "sqlalchemy.make_url"
                    | "sqlalchemy.engine.url.make_url"
            ) =>
            {
                Ok(self.sqlalchemy_url(path, args, at))
            }
            "decouple.config" => self.decouple(args, at),
            "dj_database_url.config" => self.database_config(args, at),
            "dj_database_url.parse" => self.database_parse(args, at),
            "dj_email_url.config" => self.mail_config(args, at),
            "dj_email_url.parse" => self.mail_parse(args, at),
            "importlib.import_module" | "split_settings.tools.include" => {
                if path.ends_with("include") {
                    if !self.split_settings(args, f, at)? {
                        self.forget_scopes(f, "files that are included are not followed", at);
                    }
                    return Ok(V::none());
                }
                let name = args.pos.first().and_then(V::text).map(str::to_owned);
                match name {
                    Some(name) if args.pos.len() == 1 => match self.load(&name, at)? {
                        Some(module) => Ok(module),
                        None => Ok(self.foreign(&name, args, at)),
                    },
                    _ => Ok(self.foreign("a module that is not known", args, at)),
                }
            }
            _ if path.starts_with("logging.") || path.starts_with("warnings.") || path.starts_with("sentry_sdk.") => {
                self.may_raise(None, at, Cond::default());
                Ok(V::unknown(format!("the result of {path}()"), at))
            }
            _ => {
                if let Some(read) = self.read_by_helper(path, args, at) {
                    return read;
                }
                if !self.quiet_args(args) || READERS.iter().any(|lib| path.split('.').next() == Some(lib)) {
                    self.unsure_reads("a library may read variables", at);
                }
                if !never_raises(path) {
                    self.may_fail(reaches_out(path), args.all(), at);
                }
                self.forget_args(args, at);
                let what = V::unknown(format!("{RESULT}{path}(), which is not followed"), at);
                Ok(if path.ends_with("Error") || path.ends_with("Configured") || path.ends_with("Exception") {
                    V::at(K::Made(path.into(), Arc::new(args.clone())), at)
                } else {
                    what.resting(args.all())
                })
            }
        }
    }

    /// A method of an object that a library made.
    pub(crate) fn library_method(&mut self, class: &str, object: &V, name: &str, args: &Args, at: Span) -> R {
        match class {
            "file" => self.file_method(object, name, args, at),
            "environ.Env" => self.environ_method(object, name, args, at),
            "celery.conf" | "celery.Celery" => self.celery_method(class, name, args, at),
            "sqlalchemy.URL" => self.sqlalchemy_method(object, name, args, at),
            "configparser.Section" => match &object.k {
                K::Made(_, made) => self.ini_within(&Arc::clone(made), name, args, at),
                _ => Ok(self.foreign(name, args, at)),
            },
            "environs.Env" | "environs.FileAwareEnv" => self.environs_method(object, name, args, at),
            _ if class.starts_with("everett.") => self.everett_method(class, object, name, args, at),
            _ if class.starts_with("decouple.") || class == "starlette.config.Config" => {
                self.decouple_method(class, object, name, args, at)
            }
            _ => Ok(self.foreign(name, args, at)),
        }
    }

    /// A copy, containers and all.
    pub(crate) fn copied(&mut self, value: &V, at: Span, depth: usize) -> V {
        use super::values::Data;
        let K::Ref(id) = value.k else { return value.clone() };
        let Some(obj) = self.heap.get(&id).cloned() else { return value.clone() };
        if depth > 20 {
            return V::unknown("a copy of what is not known", at);
        }
        let data = match &obj.data {
            Data::List(items) => Data::List(items.iter().map(|v| self.copied(v, at, depth + 1)).collect()),
            Data::Set(items) => Data::Set(items.clone()),
            Data::Dict(items) => {
                Data::Dict(items.iter().map(|(k, v)| (k.clone(), self.copied(v, at, depth + 1))).collect())
            }
            _ => return V::unknown("a copy of what is not known", at),
        };
        let id = self.alloc(data);
        if let Some(vars) = &obj.doubt {
            self.doubt(id, vars);
        }
        V { k: K::Ref(id), m: Arc::clone(&value.m) }
    }
}
