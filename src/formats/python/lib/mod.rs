//! What is known of libraries: one file a modelled library.

pub(crate) mod builtins;
pub(crate) mod casts;
pub(crate) mod configurations;
pub(crate) mod databases;
pub(crate) mod decouple;
pub(crate) mod dsn;
pub(crate) mod dynaconf;
pub(crate) mod envfile;
pub(crate) mod environ;
pub(crate) mod environ_urls;
pub(crate) mod environs;
pub(crate) mod everett;
pub(crate) mod fields;
pub(crate) mod flask;
pub(crate) mod helpers;
pub(crate) mod ini;
pub(crate) mod interpolation;
pub(crate) mod json;
pub(crate) mod made;
pub(crate) mod mail_urls;
pub(crate) mod os;
pub(crate) mod parts;
pub(crate) mod pydantic;
pub(crate) mod run;
pub(crate) mod schemes;
pub(crate) mod sequences;
pub(crate) mod sqlalchemy;
pub(crate) mod standard;
pub(crate) mod starlette;
pub(crate) mod surroundings;
pub(crate) mod trees;
pub(crate) mod types;
pub(crate) mod url;
pub(crate) mod validated;

#[cfg(test)]
pub(in crate::formats::python) mod tests;

use super::eval::values::{ROOT, V};

/// Modules of Python itself: their import does not fail.
const STANDARD: &[&str] = &[
    "os",
    "sys",
    "re",
    "json",
    "pathlib",
    "datetime",
    "typing",
    "logging",
    "collections",
    "functools",
    "itertools",
    "importlib",
    "socket",
    "ssl",
    "tempfile",
    "urllib",
    "warnings",
    "copy",
    "enum",
    "dataclasses",
    "math",
    "random",
    "string",
    "secrets",
    "base64",
    "hashlib",
    "decimal",
    "uuid",
    "platform",
    "subprocess",
    "ast",
    "contextlib",
    "abc",
    "time",
    "multiprocessing",
    "threading",
    "shutil",
    "glob",
    "inspect",
    "io",
    "pickle",
    "types",
    "email",
    "ipaddress",
    "__future__",
    "configparser",
    "codecs",
    "operator",
    "textwrap",
    "traceback",
    "distutils",
    "pprint",
    "zoneinfo",
    "getpass",
    "locale",
    "gettext",
    "csv",
    "hmac",
    "struct",
    "mimetypes",
    "tomllib",
    "http",
    "concurrent",
    "asyncio",
    "argparse",
    "array",
    "atexit",
    "bisect",
    "builtins",
    "bz2",
    "calendar",
    "cmath",
    "ctypes",
    "curses",
    "dis",
    "errno",
    "fcntl",
    "fileinput",
    "fnmatch",
    "fractions",
    "ftplib",
    "gc",
    "graphlib",
    "grp",
    "gzip",
    "heapq",
    "html",
    "keyword",
    "linecache",
    "lzma",
    "marshal",
    "mmap",
    "numbers",
    "optparse",
    "pkgutil",
    "pwd",
    "queue",
    "readline",
    "reprlib",
    "resource",
    "runpy",
    "sched",
    "select",
    "selectors",
    "shelve",
    "shlex",
    "signal",
    "site",
    "smtplib",
    "socketserver",
    "sqlite3",
    "stat",
    "statistics",
    "symtable",
    "syslog",
    "sysconfig",
    "tarfile",
    "termios",
    "timeit",
    "token",
    "tokenize",
    "trace",
    "unicodedata",
    "unittest",
    "venv",
    "wave",
    "weakref",
    "webbrowser",
    "wsgiref",
    "xml",
    "xmlrpc",
    "zipfile",
    "zipimport",
    "zlib",
];

/// Whether a module belongs to Python itself.
pub(crate) fn is_standard(name: &str) -> bool {
    STANDARD.contains(&name.split('.').next().unwrap_or(name))
}

/// Bases that bring no settings of their own.
pub(crate) fn bare_base(path: &str) -> bool {
    matches!(
        path,
        "builtins.object"
            | "typing.Generic"
            | "abc.ABC"
            | "typing.Protocol"
            | "configurations.Configuration"
            | "configurations.base.Configuration"
    ) || pydantic::is_model(path)
}

/// Whether a setting is one that a file outside of the repository commonly holds: a secret, or an address with one.
pub(crate) fn kept_outside(name: &str) -> bool {
    let address = ["_URI", "_URL", "_DSN", "DATABASES"].iter().any(|end| name.ends_with(end));
    address || crate::knowledge::variables::is_secret_name(name)
}

/// Whether what a library makes only holds what it was made with, until it is asked for a variable.
pub(crate) fn is_reader(path: &str) -> bool {
    matches!(
        path,
        "decouple.Csv"
            | "decouple.Choices"
            | "decouple.Config"
            | "decouple.AutoConfig"
            | "decouple.RepositoryEnv"
            | "decouple.RepositoryIni"
            | "decouple.RepositoryEmpty"
            | "starlette.config.Config"
            | "environs.Env"
            | "environs.FileAwareEnv"
    )
}

/// Whether methods of a library's object are followed.
pub(crate) fn has_methods(class: &str) -> bool {
    matches!(
        class,
        "environ.Env"
            | "environs.Env"
            | "environs.FileAwareEnv"
            | "celery.conf"
            | "sqlalchemy.URL"
            | "configparser.Section"
            | "decouple.Config"
            | "decouple.AutoConfig"
            | "starlette.config.Config"
            | "file"
    ) || class.starts_with("lib:")
        || class.starts_with("everett.")
}

/// Constants of libraries.
pub(crate) fn constant(path: &str) -> Option<V> {
    Some(match path {
        "os.sep" | "os.path.sep" => V::str("/"),
        "os.pathsep" => V::str(":"),
        "os.linesep" => V::str("\n"),
        "os.curdir" => V::str("."),
        "os.pardir" => V::str(".."),
        "os.name" => V::str("posix"),
        "logging.DEBUG" => V::int(10),
        "logging.INFO" => V::int(20),
        "logging.WARNING" | "logging.WARN" => V::int(30),
        "logging.ERROR" => V::int(40),
        "logging.CRITICAL" => V::int(50),
        "string.ascii_lowercase" => V::str("abcdefghijklmnopqrstuvwxyz"),
        "string.ascii_uppercase" => V::str("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "string.ascii_letters" => V::str("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        "string.digits" => V::str("0123456789"),
        "sys.platform" => V::str("linux"),
        "sys.version_info.major" => V::int(3),
        "sys.byteorder" => V::str("little"),
        "typing.TYPE_CHECKING" => V::bool(false),
        "django.contrib.messages.constants.DEBUG" | "django.contrib.messages.DEBUG" => V::int(10),
        "django.contrib.messages.constants.INFO" | "django.contrib.messages.INFO" => V::int(20),
        "django.contrib.messages.constants.SUCCESS" | "django.contrib.messages.SUCCESS" => V::int(25),
        "django.contrib.messages.constants.WARNING" | "django.contrib.messages.WARNING" => V::int(30),
        "django.contrib.messages.constants.ERROR" | "django.contrib.messages.ERROR" => V::int(40),
        _ => return None,
    })
}

/// The text of a path or text with the root's mark spelled out.
pub(crate) fn spelled(text: &str) -> String {
    text.replace(ROOT, "${ROOT}")
}
