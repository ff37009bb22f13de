//! Short and long forms of ports, mounts and durations.

use super::interpolate::UNKNOWN;
use super::locate::{clean, locate};
use super::value::{Data, Node};
use super::{Mount, Port};

/// The ports an item stands for; ranges are spelled out. An error says what Compose refuses.
pub(super) fn ports(node: &Node) -> Result<Vec<Port>, &'static str> {
    if let Data::Map(_) = &node.data {
        let part = |name: &str| node.get(name).and_then(Node::one).filter(|text| !text.is_empty()).map(str::to_owned);
        let target = part("target").and_then(|text| text.parse().ok()).ok_or("a port needs a target")?;
        let protocol = part("protocol").unwrap_or_else(|| "tcp".into());
        let (host_ip, published) = (part("host_ip"), part("published"));
        return Ok(vec![Port { host_ip, published, target, protocol, span: node.span }]);
    }
    let text = node.scalar().map(|scalar| scalar.text.as_str()).ok_or("a port is a text or a mapping")?;
    short_ports(text, node)
}

fn range(text: &str) -> Result<(u32, u32), &'static str> {
    let port = |text: &str| text.parse::<u16>().map(u32::from).map_err(|_| "not a port");
    match text.split_once('-') {
        Some((from, to)) => {
            let (from, to) = (port(from)?, port(to)?);
            if to < from { Err("a range of ports runs backwards") } else { Ok((from, to)) }
        }
        None => port(text).map(|port| (port, port)),
    }
}

fn short_ports(text: &str, node: &Node) -> Result<Vec<Port>, &'static str> {
    let (rest, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let protocol = protocol.to_ascii_lowercase();
    if !matches!(protocol.as_str(), "tcp" | "udp" | "sctp") {
        return Err("the protocol of a port is tcp, udp or sctp");
    }
    let (host, target) = rest.rsplit_once(':').map_or((None, rest), |(host, target)| (Some(host), target));
    if target.contains(UNKNOWN) {
        return Ok(Vec::new());
    }
    let (from, to) = range(target)?;
    let (host_ip, published) = match host.map(|host| host.rsplit_once(':').unwrap_or(("", host))) {
        None => (None, None),
        Some((ip, port)) => (Some(ip), Some(port)),
    };
    let host_ip = host_ip.map(|ip| ip.trim_matches(['[', ']']).to_owned()).filter(|ip| !ip.is_empty());
    if host_ip.as_ref().is_some_and(|ip| !ip.contains(UNKNOWN) && ip.parse::<std::net::IpAddr>().is_err()) {
        return Err("not an IP address");
    }
    let published = published.filter(|text| !text.is_empty());
    let hosts = match published {
        Some(text) if !text.contains(UNKNOWN) => Some(range(text)?),
        _ => None,
    };
    if hosts.is_some_and(|(first, last)| last - first != to - from && from != to) {
        return Err("two ranges of ports of different length");
    }
    let mut ports: Vec<Port> = (from..=to)
        .map(|target| {
            let published = match hosts {
                Some((first, last)) if from == to && first != last => Some(format!("{first}-{last}")),
                Some((first, _)) => Some((first + (target - from)).to_string()),
                None => published.filter(|text| !text.contains(UNKNOWN)).map(str::to_owned),
            };
            Port { host_ip: host_ip.clone(), published, target, protocol: protocol.clone(), span: node.span }
        })
        .collect();
    ports.sort_by_key(|port| port.target.to_string());
    Ok(ports)
}

/// A mount of `volumes`; none where it is not known.
pub(super) fn mount(node: &Node, folder: &str) -> Result<Option<Mount>, &'static str> {
    if let Data::Map(_) = &node.data {
        let part = |name: &str| node.get(name).and_then(Node::one).filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = part("type").unwrap_or_else(|| "volume".into());
        let source = part("source").map(|source| if kind == "bind" { locate(folder, &source) } else { source });
        let unknown = node.get("target").and_then(Node::scalar).is_some_and(|target| target.unknown.is_some());
        if unknown {
            return Ok(None);
        }
        if kind == "bind" && node.get("source").is_none() {
            return Err("a bind mount needs a source");
        }
        let target = match part("target") {
            Some(target) => clean_target(&target),
            None => return Err("a mount needs a target"),
        };
        let read_only = node.get("read_only").is_some_and(Node::is_true);
        return Ok(Some(Mount { kind, source, target, read_only, span: node.span }));
    }
    let text = node.scalar().map(|scalar| scalar.text.as_str()).ok_or("a mount is a text or a mapping")?;
    short_mount(text, node, folder)
}

fn clean_target(target: &str) -> String {
    if target.is_empty() { String::new() } else { clean(target) }
}

/// The sections between colons; the colon of a drive letter divides nothing.
fn sections(text: &str) -> Vec<&str> {
    if text.len() <= 2 {
        return vec![text];
    }
    let mut found = Vec::new();
    let mut start = 0;
    for (at, _) in text.match_indices(':') {
        let drive = at == start + 1 && text.as_bytes().get(start).is_some_and(u8::is_ascii_alphabetic);
        if !drive {
            found.push(&text[start..at]);
            start = at + 1;
        }
    }
    found.push(&text[start..]);
    found
}

fn short_mount(text: &str, node: &Node, folder: &str) -> Result<Option<Mount>, &'static str> {
    let parts = sections(text);
    if parts.iter().any(|part| part.is_empty()) {
        return Err("an empty section between the colons of a mount");
    }
    let (source, target, mode) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, mode] => (Some(source), target, mode),
        _ => return Err("too many colons in a mount"),
    };
    if target.contains(UNKNOWN) {
        return Ok(None);
    }
    let path = source.is_some_and(|source| {
        let drive = source.as_bytes().get(1) == Some(&b':') && source.as_bytes()[0].is_ascii_alphabetic();
        source.starts_with(['.', '/', '~']) || source.starts_with("\\\\") || drive
    });
    let known = source.filter(|source| !source.contains(UNKNOWN));
    let kind = match source {
        Some(source) if source.starts_with(UNKNOWN) => "",
        _ if path => "bind",
        _ => "volume",
    };
    Ok(Some(Mount {
        kind: kind.into(),
        source: known.map(|source| if path { locate(folder, source) } else { source.to_owned() }),
        target: clean_target(target),
        read_only: mode.split(',').rfind(|word| matches!(*word, "ro" | "rw")) == Some("ro"),
        span: node.span,
    }))
}

/// A duration such as `1m30s`, in seconds.
pub(super) fn seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0.0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total = 0.0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|end| *end > 0)?;
        let number: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit() || c == '.').map_or(rest.len(), |n| end + n);
        total += number
            * match &rest[end..unit_end] {
                "w" => 604_800.0,
                "d" => 86_400.0,
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
    Some(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FileId, Span};

    fn node(text: &str) -> Node {
        Node::made(text, Span::new(FileId(0), 0, 0), 0)
    }

    #[test]
    fn short_ports_are_spelled_out() {
        let show = |text: &str| -> Vec<String> {
            let port = |p: Port| format!("{:?} {:?} {}/{}", p.host_ip, p.published, p.target, p.protocol);
            ports(&node(text)).unwrap().into_iter().map(port).collect()
        };
        assert_eq!(show("127.0.0.1::53/udp"), ["Some(\"127.0.0.1\") None 53/udp"]);
        assert_eq!(show("[::1]:80:81"), ["Some(\"::1\") Some(\"80\") 81/tcp"]);
        assert_eq!(show("1000-1010:22"), ["None Some(\"1000-1010\") 22/tcp"]);
        assert_eq!(show("1-2:3-4"), ["None Some(\"1\") 3/tcp", "None Some(\"2\") 4/tcp"]);
        assert!(ports(&node("1-3:3-4")).is_err() && ports(&node("x")).is_err() && ports(&node("h:1:2")).is_err());
    }

    #[test]
    fn durations_need_units_except_nothing_at_all() {
        let rows = [
            ("1m30s", Some(90.0)),
            ("500ms", Some(0.5)),
            ("0", Some(0.0)),
            ("-5s", Some(-5.0)),
            ("10", None),
            ("", None),
        ];
        for (text, wanted) in rows {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }

    #[test]
    fn mounts_are_binds_only_by_their_looks() {
        let show = |text: &str| {
            let mount = mount(&node(text), "sub").unwrap().unwrap();
            format!("{} {:?} {} {}", mount.kind, mount.source, mount.target, mount.read_only)
        };
        assert_eq!(show("./x:/y/:ro,z"), "bind Some(\"sub/x\") /y true");
        assert_eq!(show("data:/data"), "volume Some(\"data\") /data false");
        assert_eq!(show("/only"), "volume None /only false");
        assert!(mount(&node("ab::c"), "").is_err());
    }
}
