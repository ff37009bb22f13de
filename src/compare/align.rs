//! Which component of one environment stands opposite which of another.

use std::sync::Arc;

use crate::knowledge::processes;
use crate::model::{Component, ComponentKind};

/// Two components that stand opposite one another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Aligned {
    /// The component here.
    pub here: Arc<str>,
    /// The component of the reference.
    pub there: Arc<str>,
}

type Test = fn(&Component, &Component) -> bool;

fn some_equal<T: PartialEq>(a: Option<&T>, b: Option<&T>) -> bool {
    a.is_some() && a == b
}

fn web(component: &Component) -> bool {
    component.server.as_deref().is_some_and(processes::may_serve)
}

/// Whether a component serves the web or runs once, as tests do.
fn serves_or_passes(component: &Component) -> bool {
    web(component) || component.server.as_deref().is_some_and(processes::passes)
}

fn same_build(a: &Component, b: &Component) -> bool {
    some_equal(a.build_context.as_ref(), b.build_context.as_ref())
        && some_equal(a.dockerfile.as_ref(), b.dockerfile.as_ref())
}

/// Strongest sign first: the same build, the same server of the same module, the same image, the same name, the same duty,
/// the same build by something that is not known.
const TESTS: [Test; 10] = [
    |a, b| same_build(a, b) && (a.name == b.name || some_equal(a.server.as_ref(), b.server.as_ref())),
    |a, b| a.kind == ComponentKind::App && a.name == b.name,
    |a, b| some_equal(a.module.as_ref(), b.module.as_ref()) && web(a) == web(b),
    |a, b| some_equal(a.image_repository.as_ref(), b.image_repository.as_ref()),
    |a, b| a.name == b.name,
    |a, b| a.kind == ComponentKind::App && !web(a) && some_equal(a.server.as_ref(), b.server.as_ref()),
    |a, b| same_build(a, b) && web(a) && web(b),
    |a, b| same_build(a, b) && serves_or_passes(a) && serves_or_passes(b),
    |a, b| a.kind == ComponentKind::App && web(a) && web(b),
    |a, b| same_build(a, b) && (a.server.is_none() || b.server.is_none()),
];

/// Aligns the components of two environments, one with one, in a fixed order. Where none of ours found
/// its opposite, what serves the web stands opposite what does, or else the first; images of others come last.
pub fn align(here: &[&Component], there: &[&Component]) -> Vec<Aligned> {
    let mut left: Vec<&Component> = here.to_vec();
    let mut right: Vec<&Component> = there.to_vec();
    let mut aligned = Vec::new();
    for test in TESTS {
        let mut at = 0;
        while at < left.len() {
            let fits = |other: &&Component| other.kind == left[at].kind && test(left[at], other);
            if let Some(opposite) = right.iter().position(fits) {
                let (a, b) = (left.remove(at), right.remove(opposite));
                aligned.push(Aligned { here: Arc::clone(&a.name), there: Arc::clone(&b.name) });
            } else {
                at += 1;
            }
        }
    }
    let main = |side: &[&Component]| {
        let ours = side.iter().filter(|component| component.kind == ComponentKind::App);
        ours.min_by_key(|component| (component.image_repository.is_some(), !web(component)))
            .map(|component| Arc::clone(&component.name))
    };
    let none_of_ours =
        !aligned.iter().any(|pair| here.iter().any(|c| c.name == pair.here && c.kind == ComponentKind::App));
    if none_of_ours && let (Some(here), Some(there)) = (main(&left), main(&right)) {
        aligned.push(Aligned { here, there });
    }
    aligned
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(name: &str, dockerfile: &str) -> Component {
        Component {
            project: ".".into(),
            environment: "x".into(),
            name: name.into(),
            kind: ComponentKind::App,
            build_context: Some(String::new()),
            dockerfile: Some(dockerfile.into()),
            server: None,
            module: None,
            image_repository: None,
            span: None,
        }
    }

    #[test]
    fn names_align_before_the_rest() {
        let (web, worker) = (app("web", "Dockerfile"), app("worker", "Dockerfile"));
        let (other_worker, other_web) = (app("worker", "Dockerfile.prod"), app("web", "Dockerfile.prod"));
        let aligned = align(&[&web, &worker], &[&other_worker, &other_web]);
        assert_eq!(aligned.len(), 2);
        assert!(aligned.iter().all(|pair| pair.here == pair.there));
    }

    #[test]
    fn the_only_application_of_each_side_is_opposite() {
        let (job, web) = (app("tests", "x"), app("web", "y"));
        assert_eq!(align(&[&job], &[&web]), [Aligned { here: "tests".into(), there: "web".into() }]);
    }

    #[test]
    fn what_serves_stands_opposite_what_serves_before_a_command_of_the_same_build() {
        let served = |name: &str, server: &str| Component { server: Some(server.into()), ..app(name, "Dockerfile") };
        let (manage, dev) = (app("manage", "Dockerfile"), served("web-dev", "flask-run"));
        let prod = served("web-prod", "gunicorn");
        assert_eq!(align(&[&manage, &dev], &[&prod]), [Aligned { here: "web-dev".into(), there: "web-prod".into() }]);
    }

    #[test]
    fn a_step_of_a_release_serves_nothing() {
        let served = |name: &str, server: &str| Component { server: Some(server.into()), ..app(name, "x") };
        let (release, web) = (served("release", "release-step"), served("web", "uwsgi"));
        let machine = Component { build_context: None, dockerfile: None, ..served("host", "django-runserver") };
        assert_eq!(align(&[&machine], &[&release, &web]), [Aligned { here: "host".into(), there: "web".into() }]);
        // What is built as production is, is production's before what another folder serves.
        let (tests, target) =
            (served("tests", "release-step"), Component { server: Some("flask-run".into()), ..app("a", "y") });
        assert_eq!(align(&[&target, &tests], &[&web])[0], Aligned { here: "tests".into(), there: "web".into() });
    }

    #[test]
    fn workers_of_other_names_and_builds_stand_opposite() {
        let served =
            |name: &str, server: &str, build: &str| Component { server: Some(server.into()), ..app(name, build) };
        let (web, worker) = (served("web", "gunicorn", "x"), served("worker", "celery-worker", "x"));
        let (queue, local) = (served("queue", "celery-worker", "y"), served("local", "flask-run", "y"));
        let pairs: Vec<_> = align(&[&queue, &local], &[&web, &worker]).into_iter().map(|p| (p.here, p.there)).collect();
        assert_eq!(pairs, [("queue".into(), "worker".into()), ("local".into(), "web".into())]);
    }

    #[test]
    fn a_pulled_image_stands_opposite_only_where_nothing_of_ours_does() {
        let pulled = Component {
            dockerfile: None,
            build_context: None,
            image_repository: Some("acme/pdf".into()),
            ..app("pdf", "")
        };
        let job = Component { dockerfile: None, build_context: None, ..app("tests", "") };
        let web = Component { server: Some("gunicorn".into()), ..app("app", "y") };
        assert_eq!(align(&[&pulled, &job], &[&web]), [Aligned { here: "tests".into(), there: "app".into() }]);
    }

    #[test]
    fn tests_stand_opposite_what_serves_the_web() {
        let job = app("tests", "x");
        let (beat, web) = (app("beat", "z"), Component { server: Some("gunicorn".into()), ..app("web", "y") });
        assert_eq!(align(&[&job], &[&beat, &web]), [Aligned { here: "tests".into(), there: "web".into() }]);
    }
}
