//! Clusters on a developer's machine: manifests that are named for nothing and are no production.

use super::developed;
use super::plan::Planned;
use crate::formats::kubernetes::{Container, Objects};
use crate::model::{Confidence, Evidence, Role};

/// What takes images only from the node itself runs where they are built (kind, minikube): that is how an image is tried
/// (<https://kind.sigs.k8s.io/docs/user/quick-start/#loading-an-image-into-your-cluster>). What starts a development server may
/// as well be such a cluster.
pub(super) fn doubt(objects: &Objects, planned: &mut Planned) {
    let containers = || objects.workloads.iter().flat_map(|workload| &workload.containers);
    if let Some(span) = containers().find_map(Container::never_pulled) {
        planned.environment.role = Role::Development;
        planned.environment.name = "kubernetes".into();
        planned.add_evidence(span, "its images are never pulled: they are built on the machine");
        return;
    }
    let mut words = containers().flat_map(|container| container.command.iter().chain(&container.args));
    if let Some(told) = words.find(|word| developed::SIGNS.iter().any(|sign| word.value.contains(sign))) {
        planned.environment.confidence = Confidence::Guessed;
        planned.environment.although.push(Evidence { span: told.span, text: "a development server is started".into() });
    }
}

#[cfg(test)]
mod tests {
    use super::super::kubernetes::infer;
    use crate::discover::{Overlay, Tree};
    use crate::links::Repository;
    use crate::model::{Confidence, Role};

    fn inferred(path: &str, container: &str) -> (Role, Confidence) {
        let manifest = format!(
            "{{kind: Deployment, apiVersion: apps/v1, metadata: {{name: web}}, spec: {{template: {{spec: {{containers: [{{name: web, image: acme/shop, {container}}}]}}}}}}}}"
        );
        let tree = Tree::open(Box::new(Overlay::of([(path, manifest.as_str())]))).unwrap();
        let about = infer(&Repository::read(&tree), &[]).remove(0).environment;
        (about.role, about.confidence)
    }

    #[test]
    fn manifests_that_start_a_development_server_are_no_sure_production() {
        let sure =
            |path: &str, command: &str| inferred(path, &format!("args: [sh, -c, '{command}']")).1 > Confidence::Guessed;
        assert!(sure("k8s/web.yaml", "gunicorn shop.wsgi") && !sure("k8s/web.yaml", "migrate && manage.py runserver"));
        assert!(sure("k8s/production/web.yaml", "manage.py runserver 0.0.0.0:8000"), "it is named for it");
    }

    #[test]
    fn images_that_are_never_pulled_lie_on_the_machine_of_a_developer() {
        let role = |path: &str, policy: &str| inferred(path, &format!("imagePullPolicy: {policy}")).0;
        assert_eq!(role("k8s/web.yaml", "Never"), Role::Development);
        assert_eq!(role("k8s/web.yaml", "IfNotPresent"), Role::Production);
        assert_eq!(role("k8s/production/web.yaml", "Never"), Role::Production, "it is named for it");
    }
}
