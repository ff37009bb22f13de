use crate::discover::{Overlay, Tree};
use crate::formats::python::{Evaluator, Kind, Settings};
use crate::formats::world::{Var, World};
use crate::model::Origin;

const FILE: &str = "[default]\nname = 'app'\nport = '@int 8000'\n[default.db]\nurl = 'sqlite://'\nsize = 5\n\
    [development]\nname = 'dev'\n[production]\nname = '@format {this.port}-prod'\n[production.db]\n\
    url = 'postgresql://h/d'\ndynaconf_merge = true\n";
const CODE: &str = "from dynaconf import Dynaconf\n\
    settings = Dynaconf(envvar_prefix='APP', settings_files=['settings.toml', '.secrets.toml'], environments=True)\n\
    URL = settings.DB.url\nSIZE = settings.get('db.size')\nNAME = settings.name\nPORT = settings['PORT']\n\
    NOPE = settings.get('NOPE', 'none')\n";

fn run(world: &World, class: Option<&str>) -> Settings {
    let files = [("s.py", CODE), ("settings.toml", FILE)];
    let tree = Tree::open(Box::new(Overlay::of(files))).ok();
    tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).whole().module("s", world, class)).unwrap_or_default()
}

fn closed(vars: &[(&str, &str)]) -> World {
    World::Closed(vars.iter().map(|(name, text)| ((*name).to_owned(), Var::set(*text, Origin::default()))).collect())
}

fn text(of: &Settings, name: &str) -> Option<String> {
    of.values.get(name).and_then(|v| v.settled()).and_then(|v| v.as_str()).map(str::to_owned)
}

#[test]
fn the_section_of_the_environment_lies_over_the_default_one() {
    let got = run(&closed(&[]), None);
    assert_eq!((text(&got, "NAME"), text(&got, "URL")), (Some("dev".into()), Some("sqlite://".into())));
    assert_eq!(got.values["PORT"].kind, Kind::Int(8000));
    let got = run(&closed(&[("ENV_FOR_DYNACONF", "production")]), None);
    assert_eq!((text(&got, "NAME"), text(&got, "URL")), (Some("8000-prod".into()), Some("postgresql://h/d".into())));
    assert_eq!(got.values["SIZE"].kind, Kind::Int(5));
}

#[test]
fn variables_with_the_prefix_lie_over_the_files_and_are_read_as_toml() {
    let got = run(&closed(&[("APP_DB__URL", "mysql://h/d"), ("APP_PORT", "9"), ("APP_NOPE", "[1, 2]")]), None);
    assert_eq!(text(&got, "URL").as_deref(), Some("mysql://h/d"));
    assert_eq!((&got.values["SIZE"].kind, &got.values["PORT"].kind), (&Kind::Int(5), &Kind::Int(9)));
    assert_eq!(got.values["NOPE"].items().map(<[_]>::len), Some(2));
    let got = run(&closed(&[("APP_DB", "{}"), ("APP_DB__URL", "x")]), None);
    assert!(matches!(got.values["URL"].kind, Kind::Unknown(_)));
}

#[test]
fn in_an_open_world_each_setting_is_a_default() {
    let got = run(&World::Open(std::collections::BTreeMap::new()), Some("settings"));
    assert!(got.incomplete.is_some());
    assert_eq!(text(&got, "NAME").as_deref(), Some("dev"));
    let production = [("ENV_FOR_DYNACONF".to_owned(), Var::set("production", Origin::default()))];
    let made = run(&World::Open(production.into()), Some("settings"));
    assert_eq!(text(&made, "NAME").as_deref(), Some("8000-prod"));
    assert!(matches!(&made.values["NAME"].kind, Kind::Depends { variables, .. } if variables.contains("APP_PORT")));
    let wanted = ["APP_NAME", "ENV_FOR_DYNACONF", "DYNACONF_NAME"];
    assert!(
        matches!(&got.values["NAME"].kind, Kind::Depends { variables, .. } if wanted.iter().all(|name| variables.contains(*name)))
    );
}

#[test]
fn the_settings_of_django_are_overridden_in_place() {
    let code = "DEBUG = True\nD = {'default': {'ENGINE': 'a'}}\nimport dynaconf\n\
        settings = dynaconf.DjangoDynaconf(__name__)\nAFTER = DEBUG\n";
    let files = [("s.py", code), ("settings.yaml", "default:\n  DEBUG: false\n  D__default__ENGINE: b\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).ok();
    let got = tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).whole().module("s", &closed(&[]), None));
    let got = got.unwrap_or_default();
    assert_eq!(got.values["AFTER"].kind, Kind::Bool(false));
    assert_eq!(got.values["D"].get("default").and_then(|d| d.get("ENGINE")).and_then(|v| v.as_str()), Some("b"));
}
