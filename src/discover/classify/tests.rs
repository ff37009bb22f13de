//! What kinds paths are.

use super::*;

#[test]
fn names_decide_kinds() {
    let rows: [(&str, Option<Kind>); 38] = [
        ("openshift/templates/web.yaml", Some(Kind::Kubernetes)),
        ("azure-pipelines.yml", Some(Kind::Workflow)),
        (".azure/azure-pipelines-ci.yml", Some(Kind::Workflow)),
        ("bitbucket-pipelines.yml", Some(Kind::Workflow)),
        (".woodpecker/test.yaml", Some(Kind::Workflow)),
        (".drone.yml", Some(Kind::Workflow)),
        ("buildspec.yml", Some(Kind::Workflow)),
        ("k8s/web.yaml", Some(Kind::Kubernetes)),
        ("kubernetes/deployment-production.tmpl", Some(Kind::Kubernetes)),
        ("deploy/kustomization.yml", Some(Kind::Kubernetes)),
        ("task-definition.prod.json", Some(Kind::TaskDefinition)),
        ("deploy/aws/web.json", Some(Kind::TaskDefinition)),
        ("Dockerfile", Some(Kind::Dockerfile)),
        ("dev.Dockerfile", Some(Kind::Dockerfile)),
        ("docker/web.Dockerfile.prod", Some(Kind::Dockerfile)),
        ("Dockerfile.md", None),
        (".dockerfilelintrc", None),
        ("compose.yaml", Some(Kind::Compose)),
        ("docker-compose.ci-test.yml", Some(Kind::Compose)),
        ("docker-compose/db.yml", Some(Kind::Compose)),
        ("production.yml", Some(Kind::Compose)),
        ("localization.yml", None),
        (".github/workflows/ci.yml", Some(Kind::Workflow)),
        (".envs/.production/.django", Some(Kind::Dotenv)),
        (".envs/.gitignore", None),
        (".env.prod-sample", Some(Kind::Dotenv)),
        ("requirements/dev.txt", Some(Kind::Requirements)),
        ("requirements-prod.txt", Some(Kind::Requirements)),
        ("notes.txt", None),
        ("Procfile", Some(Kind::Procfile)),
        ("Procfile.dev", Some(Kind::Procfile)),
        ("uv.lock", Some(Kind::Lock)),
        ("INSTALL.rst", Some(Kind::Guide)),
        ("api/DEVELOPMENT.md", Some(Kind::Guide)),
        ("docs/running-locally.md", Some(Kind::Guide)),
        ("docs/virtual-env.md", Some(Kind::Guide)),
        ("docs/models.md", None),
        ("CHANGELOG.md", None),
    ];
    for (path, kind) in rows {
        assert_eq!(classify(path), kind, "{path}");
    }
}
