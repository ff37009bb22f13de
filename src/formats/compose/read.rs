//! From YAML to values: tags, merge keys, `${X}`, numbers and switches.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::interpolate::{self, Found};
use super::scalar::{self, Kind};
use super::value::{Data, Node, Scalar, switch};
use crate::formats::yaml::NodeRef;
use crate::formats::{Var, World};
use crate::model::{Certainty, Origin, Span, SpanMap, Spanned, Step, StepKind};

/// Deeper values are not read.
const DEPTH: usize = 100;
/// Larger trees are not read: aliases could make one of any size.
const SIZE: usize = 100_000;

/// What reading takes along, and everything that it meets.
pub(super) struct Reading<'w> {
    pub(super) world: &'w World,
    pub(super) found: Vec<Found>,
    pub(super) errors: Vec<(Span, String)>,
    /// The paths that `!reset` and `!override` name.
    pub(super) resets: Vec<Vec<String>>,
    left: usize,
}

type Entries = Vec<(Spanned<String>, Node)>;

/// Where reading stands.
#[derive(Clone, Default)]
struct Place {
    /// The path of the value: keys, and `[]` for an item.
    path: Vec<String>,
    /// The same for `!reset`: items by number, merge keys where they stand.
    reset: Vec<String>,
    depth: usize,
    /// Beneath `!override`, where no other such tag counts.
    settled: bool,
}

impl Place {
    fn below(&self, key: &str, item: Option<usize>) -> Self {
        let mut place = self.clone();
        place.path.push(if item.is_some() { "[]".to_owned() } else { key.to_owned() });
        place.reset.push(item.map_or_else(|| key.to_owned(), |item| item.to_string()));
        place.depth += 1;
        place
    }
}

impl<'w> Reading<'w> {
    pub(super) fn new(world: &'w World) -> Self {
        Self { world, found: Vec::new(), errors: Vec::new(), resets: Vec::new(), left: SIZE }
    }

    /// Reads a document.
    pub(super) fn document(&mut self, root: NodeRef<'_>) -> Option<Node> {
        self.node(root, &Place::default())
    }

    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push((span, message.into()));
    }

    /// Reads a node; none where `!reset` takes it away.
    fn node(&mut self, node: NodeRef<'_>, place: &Place) -> Option<Node> {
        let mut inner = place.clone();
        let tag = node.tag().filter(|_| !place.settled);
        if let Some(tag @ ("!reset" | "!override")) = tag {
            self.resets.push(place.reset.clone());
            if tag == "!reset" {
                return None;
            }
            inner.settled = true;
        }
        if place.depth > DEPTH || self.left == 0 {
            self.error(node.span(), "too large or too deep to be read");
            return Some(Node::new(Data::Null, node.span()));
        }
        self.left -= 1;
        // The sign of a merge key in place of a value stands for nothing at all.
        if node.is_plain() && node.tag().is_none() && node.as_str() == Some("<<") {
            return None;
        }
        let mut read = Node::new(Data::Null, node.target().span());
        if node.is_alias() {
            read.steps.push(Step { kind: StepKind::Used, span: node.span(), note: None });
        }
        if node.is_map() {
            let mut entries = Vec::new();
            self.mapping(node, &inner, (&mut entries, &mut BTreeSet::new()), false);
            read.data = Data::Map(entries);
        } else if node.is_seq() {
            let items = node.items();
            let item = |(at, item): (usize, NodeRef<'_>)| self.node(item, &inner.below("", Some(at)));
            read.data = Data::Seq(items.into_iter().enumerate().filter_map(item).collect());
        } else {
            self.scalar(node, place, &mut read);
        }
        Some(read)
    }

    /// Reads the entries of a mapping, then those of its merge key that it does not have.
    fn mapping(
        &mut self,
        node: NodeRef<'_>,
        place: &Place,
        into: (&mut Entries, &mut BTreeSet<String>),
        merging: bool,
    ) {
        let (entries, known) = into;
        let mut merge = None;
        for (key, value) in node.pairs() {
            let name = key.as_str().unwrap_or_default();
            if key.is_plain() && name == "<<" && matches!(key.tag(), None | Some("!!merge")) {
                if merge.replace(value).is_some() {
                    self.error(key.span(), "the key << stands twice");
                }
                continue;
            }
            let text = matches!(key_kind(key), Some(Kind::Text));
            if !text && (!merging || key_kind(key).is_none()) {
                if !merging {
                    self.error(key.span(), "the key of a mapping must be a text");
                }
                continue;
            }
            if known.contains(name) {
                continue;
            }
            if let Some(read) = self.node(value, &place.below(name, None)) {
                known.insert(name.to_owned());
                entries.push((Spanned::new(name.to_owned(), key.span()), read));
            }
        }
        let Some(merge) = merge else { return };
        let mut within = place.clone();
        if let Some(tag @ ("!reset" | "!override")) = merge.tag().filter(|_| !place.settled) {
            self.resets.push(place.reset.clone());
            if tag == "!reset" {
                return;
            }
            within.settled = true;
        }
        within.depth += 1;
        if place.reset.is_empty() {
            within.reset.push("<<".to_owned());
        }
        let several = merge.is_seq();
        let sources = if several { merge.items() } else { vec![merge] };
        for (at, source) in sources.into_iter().enumerate() {
            if !source.is_map() || within.depth > DEPTH || self.left == 0 {
                self.error(source.span(), "a merge key takes a mapping or a list of mappings");
                continue;
            }
            self.left -= 1;
            let mut here = within.clone();
            if several {
                here.reset.push(at.to_string());
            }
            let before = entries.len();
            self.mapping(source, &here, (entries, known), true);
            if merge.is_alias() || source.is_alias() {
                let span = if source.is_alias() { source.span() } else { merge.span() };
                entries[before..].iter_mut().for_each(|(_, node)| node.step(StepKind::Used, span));
            }
        }
    }

    fn scalar(&mut self, node: NodeRef<'_>, place: &Place, into: &mut Node) {
        let written = node.as_str().unwrap_or_default();
        let map = node.scalar_map();
        let read = match node.tag() {
            None if node.is_plain() => Ok(scalar::plain(written)),
            None => Ok(Some((written.to_owned(), Kind::Text))),
            Some(tag) => scalar::tagged(tag, written),
        };
        let read = read.unwrap_or_else(|message| {
            self.error(into.span, message);
            None
        });
        let Some((text, kind)) = read else { return };
        if kind != Kind::Text {
            into.data = Data::Scalar(Scalar { text, unknown: None, certainty: Certainty::Stated, kind, pair: None });
            return;
        }
        let map = if text == written { map } else { SpanMap::Whole(into.span) };
        let here = Cell::new(self.world.is_open() && is_path(&place.path) && begins_here(&text));
        let look = |name: &str| match self.world.get(name) {
            var if var.value.one().is_none() && name == "PWD" && here.replace(false) => {
                Var::set(".", Origin::default())
            }
            var => var,
        };
        let done = interpolate::text(&text, &map, &look);
        self.found.extend(done.found);
        self.errors.extend(done.errors);
        into.steps.extend(done.steps);
        let pair = text.find('=').map(|at| (map.span(0, at), map.span(at + 1, text.len())));
        let pair = pair.filter(|_| !matches!(map, SpanMap::Whole(_)));
        let mut scalar = Scalar { text: done.text, unknown: done.unknown, certainty: done.certainty, kind, pair };
        if scalar.unknown.is_none()
            && let Some(wanted) = wanted(&place.path)
        {
            match cast(&scalar.text, wanted) {
                Some(text) => (scalar.text, scalar.kind) = (text, wanted),
                None => self.error(into.span, format!("`{}` is not of the type that stands here", scalar.text)),
            }
        }
        into.data = Data::Scalar(scalar);
    }
}

/// Whether a text begins with the folder of the shell that Compose is started in, which is the project's where nothing else is said.
fn begins_here(text: &str) -> bool {
    let rest = ["$PWD", "${PWD}"].iter().find_map(|name| text.strip_prefix(name));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', ':']))
}

/// Whether a path of the host stands at a place.
fn is_path(place: &[String]) -> bool {
    let place: Vec<&str> = place.iter().map(String::as_str).collect();
    matches!(
        place[..],
        ["services", _, "build" | "env_file"]
            | ["services", _, "build", "context"]
            | ["services", _, "env_file" | "volumes", "[]"]
            | ["services", _, "volumes", "[]", "source"]
            | ["services", _, "env_file", "[]", "path"]
    )
}

/// What a key is; none for null and for what is no scalar.
fn key_kind(key: NodeRef<'_>) -> Option<Kind> {
    let text = key.as_str()?;
    match key.tag() {
        None if key.is_plain() => scalar::plain(text).map(|(_, kind)| kind),
        None => Some(Kind::Text),
        Some(tag) => scalar::tagged(tag, text).ok().flatten().map(|(_, kind)| kind),
    }
}

/// What Compose makes of a text at a path, if not a text.
fn wanted(path: &[String]) -> Option<Kind> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let rest = match path[..] {
        ["services", _, ref rest @ ..] => rest,
        ["networks", _, "external" | "internal" | "attachable" | "enable_ipv4" | "enable_ipv6"]
        | ["volumes" | "secrets" | "configs", _, "external"] => return Some(Kind::Bool),
        _ => return None,
    };
    match rest {
        [
            "cpu_count" | "cpu_period" | "cpu_quota" | "cpu_rt_period" | "cpu_rt_runtime" | "cpu_shares"
            | "oom_score_adj" | "pids_limit" | "scale",
        ]
        | ["deploy", "replicas"]
        | ["deploy", "update_config" | "rollback_config", "parallelism"]
        | ["deploy", "restart_policy", "max_attempts"]
        | ["deploy", "placement", "max_replicas_per_node"]
        | ["healthcheck", "retries"]
        | ["ports", "[]", "target"]
        | ["ulimits", _]
        | ["ulimits", _, "hard" | "soft"] => Some(Kind::Int),
        ["cpu_percent" | "cpus"] | ["deploy", "update_config" | "rollback_config", "max_failure_ratio"] => {
            Some(Kind::Float)
        }
        ["init" | "oom_kill_disable" | "privileged" | "read_only" | "stdin_open" | "tty"]
        | ["depends_on", _, "required" | "restart"]
        | ["healthcheck", "disable"]
        | ["volumes", "[]", "read_only"]
        | ["volumes", "[]", "volume", "nocopy"] => Some(Kind::Bool),
        _ => None,
    }
}

fn cast(text: &str, wanted: Kind) -> Option<String> {
    match wanted {
        Kind::Int => text.parse::<i64>().ok().map(|number| number.to_string()),
        Kind::Float => text.parse::<f64>().ok().map(scalar::float),
        Kind::Bool => switch(text).map(|yes| yes.to_string()),
        _ => Some(text.to_owned()),
    }
}
