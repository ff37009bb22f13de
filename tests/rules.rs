//! Every part of a rule counts: without it some fixture comes out otherwise.

use paritylint::discover::Config;
use paritylint::judge::{self, Rule, builtin, load};
use paritylint::knowledge;
use paritylint::links::Repository;
use paritylint::model::Model;
use paritylint::{environments, resolve};

use crate::fixtures::{Case, cases, files_of, wrong};
use crate::support::{deep, tree_of};

/// The model of a case: what rules are judged on.
fn model(case: &Case) -> Model {
    let tree = tree_of(files_of(case));
    let repository = Repository::read(&tree);
    let config = Config::read(&tree);
    let plan = environments::infer(&repository, &config, false);
    resolve::resolve(&repository, plan, &config, knowledge::AS_OF)
}

/// Every mutant of a rule: one conjunct, guard, row or role less, or another severity of a role.
fn mutants(path: &str, text: &str) -> Vec<(String, Rule)> {
    let table: toml::Table = toml::from_str(text).unwrap();
    let mut found = Vec::new();
    let mut add = |what: String, table: &toml::Table| {
        if let Ok(rule) = load(path, &toml::to_string(table).unwrap()) {
            found.push((what, rule));
        }
    };
    for list in ["when", "unless", "severity"] {
        let items = table.get(list).and_then(toml::Value::as_array).cloned().unwrap_or_default();
        for at in 0..items.len() {
            let mut less = items.clone();
            let gone = less.remove(at);
            let mut mutant = table.clone();
            mutant.insert(list.into(), toml::Value::Array(less));
            add(format!("{list} {gone}"), &mutant);
        }
    }
    let roles = table["roles"].as_table().unwrap();
    for role in roles.keys() {
        let mut mutant = table.clone();
        mutant["roles"].as_table_mut().unwrap().remove(role);
        add(format!("role {role}"), &mutant);
        let other = if roles[role].as_str() == Some("note") { "warning" } else { "note" };
        let mut mutant = table.clone();
        mutant["roles"].as_table_mut().unwrap().insert(role.clone(), other.into());
        add(format!("the severity of role {role}"), &mutant);
    }
    found
}

#[test]
fn a_rule_with_a_part_less_breaks_a_fixture() {
    deep(|| {
        let all = cases();
        let mut survivors = Vec::new();
        let options = judge::Options {
            as_of: knowledge::AS_OF.into(),
            profile: Some("audit".into()),
            ..judge::Options::default()
        };
        for (path, text) in builtin::FILES.iter().filter(|(path, _)| !path.starts_with("tool/")) {
            let name = path.rsplit('/').next().unwrap().trim_end_matches(".toml");
            let whole = load(path, text).unwrap();
            let mut models: Vec<(&Case, Model)> =
                all.iter().filter(|case| case.rule == name).map(|case| (case, model(case))).collect();
            models.retain(|(case, model)| {
                let (audit, records) = judge::judge_recorded(model.clone(), std::slice::from_ref(&whole), &options);
                wrong(case, &audit, &records).is_none()
            });
            for (what, mutant) in mutants(path, text) {
                let noticed = models.iter().any(|(case, model)| {
                    let (audit, records) =
                        judge::judge_recorded(model.clone(), std::slice::from_ref(&mutant), &options);
                    wrong(case, &audit, &records).is_some()
                });
                if !noticed {
                    survivors.push(format!("{name}: without {what}"));
                }
            }
        }
        assert!(survivors.is_empty(), "no fixture notices:\n{}", survivors.join("\n"));
    });
}
