//! stub
#![allow(missing_docs)]
use std::collections::BTreeMap;
use crate::discover::{Presence, Tree};
use crate::formats::{Var, Vars, World};
use crate::model::{Certainty, FileId, Known, Origin, Problem, Span, Spanned};
pub enum Profiles { All, None }
pub struct Options { pub env: World, pub profiles: Profiles, pub project_dir: String }
pub fn load(_t: &Tree, _f: &[FileId], _o: &Options) -> Project { Project { services: BTreeMap::new(), inactive: BTreeMap::new(), problems: vec![], env_files: vec![] } }
pub fn dot_env(_t: &Tree, _f: &str) -> Option<Vars> { None }
pub struct EnvFileUse { pub service: String, pub path: String, pub span: Span, pub presence: Presence, pub required: bool }
pub struct Project { pub services: BTreeMap<String, Service>, pub inactive: BTreeMap<String, Service>, pub problems: Vec<Problem>, pub env_files: Vec<EnvFileUse> }
pub struct Field<T> { pub value: Known<T>, pub certainty: Certainty, pub origin: Origin }
pub struct BuildSpec { pub context: Field<String>, pub dockerfile: Option<Field<String>>, pub target: Option<Field<String>>, pub args: BTreeMap<String, Option<Var>> }
#[derive(Clone, Copy)] pub enum Provider { EnvFile, Environment }
pub struct EnvVar { pub var: Var, pub provider: Provider, pub pass_through: bool }
pub struct Mount { pub kind: String, pub source: Option<String>, pub target: String, pub read_only: bool, pub span: Span }
pub struct Service { pub name: Spanned<String>, pub image: Option<Field<String>>, pub build: Option<BuildSpec>, pub command: Option<Field<Vec<String>>>, pub entrypoint: Option<Field<Vec<String>>>, pub environment: BTreeMap<String, EnvVar>, pub volumes: Vec<Mount>, pub restart: Option<Field<String>>, pub user: Option<Field<String>>, pub working_dir: Option<Field<String>> }
impl Service { pub fn env_count(&self) -> usize { self.environment.len() } }
