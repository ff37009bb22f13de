//! Components: the things that run in an environment.

use std::sync::Arc;

use super::span::Span;

/// Whose it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ComponentKind {
    /// Ours: web, worker, beat, release.
    App,
    /// Not ours: database, cache, proxy.
    Service,
}

impl ComponentKind {
    /// The word in rules and outputs.
    pub fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Service => "service",
        }
    }
}

/// One thing that runs in an environment, with what alignment needs to find its counterpart elsewhere.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Component {
    /// The project.
    pub project: Arc<str>,
    /// The environment.
    pub environment: Arc<str>,
    /// The name: the compose service, the Procfile process, `app` for a bare image.
    pub name: Arc<str>,
    /// Whose it is.
    pub kind: ComponentKind,
    /// The folder it is built from.
    pub build_context: Option<String>,
    /// The Dockerfile that builds it.
    pub dockerfile: Option<String>,
    /// The server or worker it runs (`gunicorn`, `celery-worker`).
    pub server: Option<String>,
    /// The module that the server loads (`shop.wsgi`).
    pub module: Option<String>,
    /// The image's repository, without registry and tag.
    pub image_repository: Option<String>,
    /// The place that declares it.
    pub span: Option<Span>,
}
