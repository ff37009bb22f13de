use crate::discover::{Overlay, Tree};
use crate::formats::python::{Evaluator, Kind, Settings};
use crate::formats::world::World;
use crate::model::Certainty;

fn run(text: &str, class: Option<&str>) -> Settings {
    let files = [("s.py", text), (".env", "KEY=from the file\n")];
    let tree = Tree::open(Box::new(Overlay::of(files))).ok();
    let open = World::Open(std::collections::BTreeMap::new());
    tree.map(|tree| Evaluator::new(&tree, vec![String::new()]).module("s", &open, class)).unwrap_or_default()
}

#[test]
fn a_database_url_is_a_default_with_the_place_of_its_literal() {
    let text = "import dj_database_url\nD = {'default': dj_database_url.config(default='postgres://h/n')}\n\
        D['default']['ATOMIC_REQUESTS'] = True\n";
    let got = run(text, None);
    let engine = got.values["D"].get("default").and_then(|d| d.get("ENGINE"));
    assert_eq!(engine.and_then(|v| v.as_str()), Some("django.db.backends.postgresql"));
    assert_eq!(engine.map(|v| v.certainty.clone()), Some(Certainty::Default { variable: Some("DATABASE_URL".into()) }));
    let first = engine.and_then(|v| v.origin.steps.first()).map(|step| step.span);
    assert_eq!(first.map(|at| &text[at.start as usize..at.end as usize]), Some("'postgres://h/n'"));
    let atomic = got.values["D"].get("default").and_then(|d| d.get("ATOMIC_REQUESTS"));
    assert_eq!(atomic.and_then(super::super::Val::as_bool), Some(true));
}

#[test]
fn the_scheme_of_a_url_is_known_where_its_parts_are_not() {
    let got = run("import os\nURI = f\"postgresql+psycopg2://{os.environ['U']}@{os.getenv('H', 'db')}/x\"\n", None);
    assert_eq!(got.values["URI"].prefix.as_deref(), Some("postgresql+psycopg2://"));
    let got = run("import os\nURI = 'mysql://' + os.environ['U'] + '@h'\n", None);
    assert_eq!(got.values["URI"].prefix.as_deref(), Some("mysql://"));
}

#[test]
fn a_built_url_of_pydantic_has_the_defaults_of_its_parts() {
    let text = "from pydantic import PostgresDsn, computed_field\nfrom pydantic_settings import BaseSettings\n\
        class S(BaseSettings):\n    HOST: str = 'db'\n    USER: str\n    @computed_field\n    @property\n    \
        def A(self) -> PostgresDsn:\n        return PostgresDsn.build(scheme='postgresql', host=self.HOST, path='x')\n    \
        @property\n    def B(self):\n        return str(PostgresDsn.build(scheme='pg+a', username=self.USER, host='h'))\n";
    let got = run(text, Some("S"));
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("postgresql://db/x"));
    assert_eq!(got.values["B"].prefix.as_deref(), Some("pg+a://"));
}

#[test]
fn a_file_of_the_repository_gives_decouple_the_keys_it_holds() {
    let got = run("from decouple import config\nA = config('KEY')\nB = config('OTHER', default='x')\n", None);
    assert_eq!(got.values["A"].settled().and_then(|v| v.as_str()), Some("from the file"));
    assert_eq!(got.values["B"].settled().and_then(|v| v.as_str()), Some("x"));
}

#[test]
fn what_an_update_by_a_variable_overrides_is_a_default() {
    let text = "import dj_database_url\nD = {'ENGINE': 'x'}\nD.update(dj_database_url.config())\n";
    let got = run(text, None);
    assert!(matches!(&got.values["D"].kind, Kind::Depends { variables, .. } if variables.contains("DATABASE_URL")));
}

#[test]
fn fields_of_pydantic_are_what_their_types_and_validators_make_of_them() {
    let text = "from typing import Annotated\nfrom pydantic import BaseModel, BeforeValidator, Field, SecretStr, field_validator\n\
        from pydantic_settings import BaseSettings\n\
        class Db(BaseModel):\n    host: str = 'db'\n\
        class S(BaseSettings):\n    DB: Db = Db()\n    KEYS: list[str] = Field(default_factory=list)\n    \
        ALL: Annotated[list[str] | str, BeforeValidator(lambda v: v.split(';'))] = 'a;b'\n    \
        HIDDEN: SecretStr = SecretStr('x')\n    UP: str = 'low'\n    \
        @field_validator('UP')\n    @classmethod\n    def up(cls, v):\n        return v.upper()\n";
    let got = run(text, Some("S"));
    let settled = |name: &str| got.values.get(name).and_then(|v| v.settled());
    assert_eq!(settled("DB").and_then(|v| v.get("host")).and_then(|v| v.as_str()), Some("db"));
    assert_eq!(settled("KEYS").and_then(|v| v.items()).map(<[_]>::len), Some(0));
    assert_eq!(settled("ALL").and_then(|v| v.items()).map(<[_]>::len), Some(2));
    assert!(matches!(settled("HIDDEN").map(|v| &v.kind), Some(Kind::Secret(inner)) if inner.as_str() == Some("x")));
    assert_eq!(settled("UP").and_then(|v| v.as_str()), Some("LOW"));
}
