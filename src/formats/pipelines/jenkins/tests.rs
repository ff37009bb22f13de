use super::workflow;
use crate::discover::{Overlay, Tree};

/// `id [image] (needs) condition environment: commands` of each job.
fn read(text: &str) -> Vec<String> {
    let tree = Tree::open(Box::new(Overlay::of([("Jenkinsfile", text)]))).unwrap();
    let workflow = workflow(&tree, tree.find("Jenkinsfile").unwrap());
    let jobs = workflow.jobs.iter().map(|job| {
        let image = job.container.as_ref().map_or("", |container| container.image.value.as_str());
        let needs: Vec<&str> = job.needs.iter().map(|id| id.value.as_str()).collect();
        let condition = job.condition.as_ref().map_or("", |condition| condition.value.as_str());
        let place = job.environment.as_ref().map_or("", |place| place.value.as_str());
        let runs = job.steps.iter().filter_map(|step| Some(step.run.as_ref()?.text.as_str()));
        let runs: Vec<&str> = runs.collect();
        format!("{} [{image}] ({}) {condition} {place}: {}", job.id.value, needs.join(","), runs.join("; "))
    });
    jobs.collect()
}

#[test]
fn stages_of_a_declarative_pipeline_are_jobs() {
    let text = "pipeline {
  agent { docker { image 'python:3.12' } }
  environment { MODE = 'ci' }
  stages {
    stage('Install') { steps { sh 'pip install -r requirements.txt' } }
    stage('Unit test') { steps { sh '''
pytest
''' } }
    stage('Deploy to staging') {
      when { anyOf { branch 'develop'; branch 'next' } }
      steps { sh \"./ship.sh ${env.TARGET}\" } // sh 'never'
    }
    stage('Deploy to production') { steps { input 'Sure?'; roll('live') } }
  }
  post { always { sh 'cleanup' } }
}";
    let found = read(text);
    assert_eq!(
        found,
        [
            "Unit-test [python:3.12] ()  : pip install -r requirements.txt; \npytest\n",
            "Deploy-to-staging [python:3.12] (Unit-test) github.ref == 'refs/heads/develop' || github.ref == 'refs/heads/next' : ./ship.sh ${TARGET}",
            "Deploy-to-production [python:3.12] (Deploy-to-staging)  : ",
        ]
    );
}

#[test]
fn a_scripted_pipeline_runs_in_images_and_on_branches() {
    let text = "node('x') {
  try {
    stage('checkout') { checkout scm }
    def app = docker.build(\"shop:${env.BUILD_ID}\")
    docker.image('python:3.11').inside('-u root') {
      stage('test') { dir('api') { sh(returnStdout: true, script: 'pytest') } }
    }
    if (env.BRANCH_NAME == 'main') { stage('roll out') { sh \"kubectl apply -f k8s\" } }
    if (env.BRANCH_NAME != 'main') { sh 'echo no' }
  } catch (err) { sh 'echo failed' }
}";
    let found = read(text);
    assert!(found.iter().any(|job| job.starts_with("test [python:3.11]") && job.ends_with(": pytest")), "{found:?}");
    let main = "github.ref == 'refs/heads/main' : kubectl apply -f k8s";
    assert!(found.iter().any(|job| job.starts_with("roll-out ") && job.ends_with(main)), "{found:?}");
    assert!(found.iter().any(|job| job.contains("docker build -t 'shop:${BUILD_ID}' .")), "{found:?}");
    assert!(!found.iter().any(|job| job.contains("failed")), "{found:?}");
}

#[test]
fn a_parameter_says_where_to() {
    let text = "pipeline { agent any
  parameters { choice(name: 'TARGET_ENV', choices: ['uat', 'prod'], description: 'where') }
  stages { stage('Roll') { steps { sh \"./roll ${params.TARGET_ENV}\" } } } }";
    assert_eq!(read(text), ["Roll [] ()  ${{ inputs.TARGET_ENV }}: ./roll ${TARGET_ENV}"]);
}

#[test]
fn what_is_broken_ends_somewhere() {
    for text in ["stage('a') { sh 'x", "}}}", "sh \"${", "\\", "stage(\"\"\"", "node { /* ", "é { 'ß\\"] {
        read(text);
    }
    read(&"{".repeat(500));
}
