//! Short and long forms of ports, mounts and durations.

use super::decode::unmarked;
use super::value::{Data, Node};
use super::{Mount, Port};
use crate::model::Known;

/// The ports an item stands for; ranges are spelled out.
pub(super) fn ports(node: &Node) -> Vec<Port> {
    match &node.data {
        Data::Text { value: Known::One(text), .. } => short_ports(text, node),
        Data::Map(_) => {
            let part = |name: &str| node.get(name).and_then(Node::one).map(str::to_owned);
            let Some(target) = part("target").and_then(|text| text.parse().ok()) else { return Vec::new() };
            let protocol = part("protocol").unwrap_or_else(|| "tcp".into());
            vec![Port { host_ip: part("host_ip"), published: part("published"), target, protocol, span: node.span }]
        }
        _ => Vec::new(),
    }
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once('-') {
        Some((from, to)) => Some((from.parse().ok()?, to.parse().ok()?)),
        None => text.parse().ok().map(|port| (port, port)),
    }
}

fn short_ports(text: &str, node: &Node) -> Vec<Port> {
    let (rest, protocol) = text.rsplit_once('/').unwrap_or((text, "tcp"));
    let (host, target) = rest.rsplit_once(':').map_or((None, rest), |(host, target)| (Some(host), target));
    let Some((from, to)) = range(target).filter(|(from, to)| to >= from && to - from < 4096) else { return Vec::new() };
    let (host_ip, published) = match host {
        None => (None, None),
        Some(host) => match host.rsplit_once(':') {
            Some((ip, port)) => (Some(ip.trim_matches(['[', ']']).to_owned()), Some(port.to_owned())),
            None if host.contains('.') => (Some(host.to_owned()), None),
            None => (None, Some(host.to_owned())),
        },
    };
    let base = published.as_deref().filter(|text| !text.is_empty()).and_then(range);
    (from..=to)
        .map(|target| {
            let published = match base {
                Some((first, last)) if last - first == to - from => Some((first + (target - from)).to_string()),
                _ => published.clone().filter(|text| !text.is_empty()),
            };
            Port { host_ip: host_ip.clone(), published, target, protocol: protocol.to_owned(), span: node.span }
        })
        .collect()
}

/// A mount of `volumes`.
pub(super) fn mount(node: &Node) -> Option<Mount> {
    match &node.data {
        Data::Text { value: Known::One(text), .. } => Some(short_mount(text, node)),
        Data::Map(_) => {
            let part = |name: &str| node.get(name).and_then(Node::one).map(str::to_owned);
            Some(Mount {
                kind: part("type").unwrap_or_else(|| "volume".into()),
                source: part("source").map(|source| unmarked(&source)),
                target: part("target")?,
                read_only: part("read_only").as_deref() == Some("true"),
                span: node.span,
            })
        }
        _ => None,
    }
}

fn short_mount(text: &str, node: &Node) -> Mount {
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, mode) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, mode, ..] => (Some(source), target, mode),
        [] => (None, "", ""),
    };
    let path = source.is_some_and(|source| source.starts_with(['\u{0}', '.', '/', '~']));
    Mount {
        kind: if path { "bind" } else { "volume" }.into(),
        source: source.map(unmarked),
        target: target.trim_end_matches('/').to_owned(),
        read_only: mode.split(',').any(|word| word == "ro"),
        span: node.span,
    }
}

/// A duration such as `1m30s`, in seconds.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let mut total = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|end| *end > 0)?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |n| end + n);
        total += number
            * match &rest[end..unit_end] {
                "h" => 3600.0,
                "m" => 60.0,
                "s" => 1.0,
                "ms" => 0.001,
                "us" | "µs" => 0.000_001,
                "ns" => 0.000_000_001,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Some(total)
}
