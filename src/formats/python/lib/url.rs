//! `dj_database_url`: reads are noted; the dict itself is followed as far as it is sure.

use crate::formats::python::eval::machine::Machine;
use crate::formats::python::eval::values::{Args, R, V};
use crate::model::Span;

impl Machine<'_> {
    /// `dj_database_url.config(...)`.
    pub(crate) fn database_url(&mut self, args: &Args, at: Span) -> R {
        let name = args.get(0, "env").map_or(Some("DATABASE_URL"), V::text).map(str::to_owned);
        let default = args.get(1, "default").cloned();
        if let Some(name) = name {
            self.note_read(&name, default.as_ref(), false, "dj_database_url", at);
        }
        Ok(V::unknown("a database URL that is not followed", at))
    }
}
