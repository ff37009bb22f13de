//! What the modules of a program connect to as they are loaded: engines of SQLAlchemy, Celery's broker, clients of Redis.

use super::eval::machine::Machine;
use super::eval::values::K;
use super::{Val, parse};
use crate::discover::Tree;
use crate::formats::world::World;
use crate::model::{FileId, Span};

/// A connection that a program makes.
#[derive(Clone, PartialEq, Debug)]
pub struct Connection {
    /// database, broker, result-backend, cache.
    pub role: &'static str,
    /// The URL.
    pub url: Val,
    /// The call.
    pub span: Span,
}

/// Calls that connect, as they are written.
const CALLS: [&str; 6] =
    ["create_engine(", "create_async_engine(", "Celery(", "from_url(", "databases.Database(", "Database("];

/// Whether a module's text may connect to something.
pub fn may_connect(text: &str) -> bool {
    let libraries = ["sqlalchemy", "sqlmodel", "celery", "redis", "databases"];
    CALLS.iter().any(|call| text.contains(call)) && libraries.iter().any(|name| text.contains(name))
}

/// What a module connects to when it is loaded.
pub fn connections(tree: &Tree, roots: &[String], name: &str, file: FileId, world: &World) -> Vec<Connection> {
    let cache = parse::Cache::default();
    let mut machine = Machine::new(tree, roots, &cache, world);
    let loaded = machine.load(name, Span::new(file, 0, 0));
    if loaded.is_err() || machine.dead.is_some() {
        return Vec::new();
    }
    let own = |span: &Span| span.file == file;
    let found = machine.connections.iter().filter(|(_, to, span)| own(span) && !matches!(to.k, K::Undefined));
    found.map(|(role, to, span)| Connection { role, url: machine.export(to), span: *span }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;

    fn of(files: &[(&str, &str)]) -> Vec<(&'static str, Option<String>)> {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).ok();
        let file = tree.as_ref().and_then(|tree| tree.find("db.py"));
        let found = tree.zip(file).map(|(tree, file)| {
            let all = connections(&tree, &[String::new()], "db", file, &World::empty());
            all.into_iter().map(|one| (one.role, one.url.as_str().map(str::to_owned))).collect()
        });
        found.unwrap_or_default()
    }

    #[test]
    fn an_engine_says_which_database_a_program_uses() {
        let conf = "import os\nclass Settings:\n    host = os.getenv('H', 'db')\ns = Settings()\n";
        let db = "from sqlalchemy.ext.asyncio import create_async_engine\nfrom conf import s\n\
            engine = create_async_engine(f'postgresql+asyncpg://u:p@{s.host}/app', echo=True)\n";
        let url = "postgresql+asyncpg://u:p@db/app".to_owned();
        assert_eq!(of(&[("conf.py", conf), ("db.py", db)]), [("database", Some(url))]);
    }

    #[test]
    fn celery_names_its_broker_in_the_call_or_in_its_configuration() {
        let text = "from celery import Celery\napp = Celery('x', broker='amqp://mq//')\n\
            app.conf.update(result_backend='redis://r/1')\n";
        let got = of(&[("db.py", text)]);
        assert_eq!(got, [("broker", Some("amqp://mq//".into())), ("result-backend", Some("redis://r/1".into()))]);
    }
}
