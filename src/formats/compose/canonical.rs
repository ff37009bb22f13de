//! The one form that every value of a compose file takes: short forms spelled out, names resolved from keys.

use super::merge::{in_words, started};
use super::scalar::Kind;
use super::short;
use super::value::{Data, Node, same};
use crate::model::{Span, Spanned};

type Errors = Vec<(Span, String)>;

/// Spells everything out; gives what Compose refuses.
pub(super) fn spell_out(root: &mut Node) -> Errors {
    let mut errors = Vec::new();
    for (section, node) in root.entries_mut() {
        match section.value.as_str() {
            "services" | "jobs" => {
                for (_, service) in node.entries_mut() {
                    for (key, value) in service.entries_mut() {
                        of_service(&key.value, value, &mut errors);
                    }
                }
            }
            "volumes" | "networks" | "secrets" | "configs" => {
                for (_, resource) in node.entries_mut() {
                    external(resource, &mut errors);
                }
            }
            _ => {}
        }
    }
    errors
}

fn of_service(key: &str, node: &mut Node, errors: &mut Errors) {
    match key {
        "build" => build(node, errors),
        "depends_on" => depends_on(node, errors),
        "env_file" => env_file(node, errors),
        "label_file" | "dns" => *node = as_list(node),
        "extends" if node.text().is_some() => *node = wrapped("service", node),
        "extends" if !node.is_map() => refuse(node, errors, "`extends` is a text or a mapping"),
        "gpus" => gpus(node, errors),
        "networks" | "models" => names(node, errors),
        "volumes" => each(node, errors, &|item, errors| match short::mount(item) {
            _ if item.is_map() => {}
            Ok(mount) => *item = mount,
            Err(message) => refuse(item, errors, message),
        }),
        "devices" => each(node, errors, &device),
        "secrets" | "configs" => each(node, errors, &grant),
        "ports" => ports(node, errors),
        "ulimits" => ulimits(node, errors),
        "develop" => {
            if let Some(Data::Seq(items)) = node.get_mut("watch").map(|watch| &mut watch.data) {
                for (key, value) in items.iter_mut().flat_map(Node::entries_mut) {
                    if matches!(key.value.as_str(), "ignore" | "include") {
                        *value = as_list(value);
                    }
                }
            }
        }
        _ => {}
    }
}

/// Sets `x-…` apart where it stands among names: Compose holds it as one value of the name `#extensions`.
pub(super) fn set_extensions_apart(root: &mut Node) {
    for (_, service) in root.get_mut("services").map(Node::entries_mut).unwrap_or_default() {
        for key in ["environment", "networks", "models"] {
            apart(service.get_mut(key));
        }
        for key in ["args", "additional_contexts"] {
            apart(service.get_mut("build").and_then(|build| build.get_mut(key)));
        }
    }
}

fn apart(node: Option<&mut Node>) {
    let Some(node) = node else { return };
    let Data::Map(entries) = &mut node.data else { return };
    let (mut set, kept) =
        std::mem::take(entries).into_iter().partition::<Vec<_>, _>(|(key, _)| key.value.starts_with("x-"));
    *entries = kept;
    if set.is_empty() {
        return;
    }
    set.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
    let span = set[0].0.span;
    let words = in_words(&Node::new(Data::Map(set), span));
    node.put("#extensions", Node::made(&words, span));
}

fn refuse(node: &Node, errors: &mut Errors, message: &str) {
    errors.push((node.span, message.to_owned()));
}

fn each(node: &mut Node, errors: &mut Errors, done: &dyn Fn(&mut Node, &mut Errors)) {
    if let Data::Seq(items) = &mut node.data {
        for item in items {
            done(item, errors);
        }
    }
}

/// A text as the only entry of a mapping.
fn wrapped(key: &str, node: &Node) -> Node {
    let entry = (Spanned::new(key.to_owned(), node.span), node.clone());
    Node { data: Data::Map(vec![entry]), ..node.clone() }
}

fn as_list(node: &Node) -> Node {
    if node.text().is_none() {
        return node.clone();
    }
    Node { data: Data::Seq(vec![node.clone()]), ..node.clone() }
}

fn build(node: &mut Node, errors: &mut Errors) {
    if node.text().is_some() {
        *node = wrapped("context", node);
    } else if !node.is_map() {
        refuse(node, errors, "a build is a text or a mapping");
    }
    for (key, value) in node.entries_mut() {
        match key.value.as_str() {
            "secrets" => each(value, errors, &grant),
            "additional_contexts" => contexts(value, errors),
            "ssh" => ssh(value, errors),
            "ulimits" => ulimits(value, errors),
            _ => {}
        }
    }
}

fn contexts(node: &mut Node, errors: &mut Errors) {
    let mut entries: Vec<(Spanned<String>, Node)> = Vec::new();
    match &node.data {
        Data::Map(_) => return,
        Data::Seq(items) => {
            for item in items {
                match item.pair() {
                    Some((name, value)) if !value.is_null() => {
                        entries.retain(|(known, _)| known.value != name.value);
                        entries.push((name, value));
                    }
                    _ if item.scalar().is_some_and(|scalar| scalar.unknown.is_some()) => {}
                    _ => refuse(item, errors, "a context is `name=place`"),
                }
            }
        }
        _ => refuse(node, errors, "contexts are a list or a mapping"),
    }
    node.data = Data::Map(entries);
}

fn ssh(node: &mut Node, errors: &mut Errors) {
    match &node.data {
        Data::Map(_) => {}
        Data::Seq(items) => {
            for item in items {
                if item.text().is_none_or(|text| !text.contains('=') && text != "default") {
                    refuse(item, errors, "an SSH key is `default` or `id=place`");
                }
            }
        }
        _ => refuse(node, errors, "SSH keys are a list or a mapping"),
    }
}

fn depends_on(node: &mut Node, errors: &mut Errors) {
    match &mut node.data {
        Data::Map(entries) => {
            for (_, node) in entries {
                if !node.is_map() {
                    refuse(node, errors, "a dependency in full is a mapping");
                    continue;
                }
                let defaults = Node::new(started(node.span), node.span);
                for (key, value) in defaults.entries() {
                    if node.get(&key.value).is_none() {
                        node.put(&key.value, value.clone());
                    }
                }
            }
        }
        Data::Seq(items) => {
            let mut entries: Vec<(Spanned<String>, Node)> = Vec::new();
            for item in items {
                let Some(name) = item.text() else {
                    errors.push((item.span, "the name of a service is expected".to_owned()));
                    continue;
                };
                let node = Node { data: started(item.span), ..item.clone() };
                entries.push((Spanned::new(name.to_owned(), item.span), node));
            }
            node.data = Data::Map(entries);
        }
        _ => refuse(node, errors, "dependencies are a list or a mapping"),
    }
}

fn env_file(node: &mut Node, errors: &mut Errors) {
    *node = as_list(node);
    let Data::Seq(items) = &mut node.data else {
        return refuse(node, errors, "files of variables are a text or a list");
    };
    for item in items {
        if item.text().is_some() {
            *item = wrapped("path", item);
        }
        if item.is_map() && item.get("required").is_none() {
            item.put("required", Node::of_kind("true", Kind::Bool, item.span));
        }
    }
}

fn gpus(node: &mut Node, errors: &mut Errors) {
    if node.text().is_some() {
        let all = wrapped("count", &Node::made("all", node.span));
        *node = Node { data: Data::Seq(vec![all]), ..node.clone() };
    } else if !matches!(node.data, Data::Seq(_)) {
        refuse(node, errors, "gpus are a text or a list");
    }
}

/// A list of names as a mapping to nothing.
fn names(node: &mut Node, errors: &mut Errors) {
    let Data::Seq(items) = &node.data else { return };
    let mut entries = Vec::new();
    for item in items {
        match item.text() {
            Some(name) => {
                let nothing = Node { data: Data::Null, ..item.clone() };
                entries.push((Spanned::new(name.to_owned(), item.span), nothing));
            }
            None => refuse(item, errors, "a name is expected"),
        }
    }
    node.data = Data::Map(entries);
}

fn device(item: &mut Node, errors: &mut Errors) {
    let Some(text) = item.text() else {
        if !item.is_map() {
            refuse(item, errors, "a device is a text or a mapping");
        }
        return;
    };
    let parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 3 {
        return refuse(item, errors, "too many colons in a device");
    }
    let source = parts[0];
    let target = parts.get(1).copied().filter(|target| !target.is_empty()).unwrap_or(source);
    let made = [("source", source), ("target", target), ("permissions", parts.get(2).copied().unwrap_or("rwm"))];
    let entries = made.map(|(key, text)| (Spanned::new(key.to_owned(), item.span), item.part(text)));
    item.data = Data::Map(entries.into());
}

fn grant(item: &mut Node, errors: &mut Errors) {
    if item.text().is_some() {
        *item = wrapped("source", item);
    } else if !item.is_map() {
        refuse(item, errors, "a text or a mapping is expected");
    }
}

fn ports(node: &mut Node, errors: &mut Errors) {
    let Data::Seq(items) = &node.data else { return refuse(node, errors, "ports are a list") };
    let mut found = Vec::new();
    for item in items {
        if item.is_map() {
            found.push(item.clone());
            continue;
        }
        match short::ports(item) {
            Ok(ports) => found.extend(ports),
            Err(message) => refuse(item, errors, message),
        }
    }
    node.data = Data::Seq(found);
}

fn ulimits(node: &mut Node, errors: &mut Errors) {
    for (_, limit) in node.entries() {
        let whole = limit.scalar().is_some_and(|scalar| scalar.kind == Kind::Int || scalar.unknown.is_some());
        if !whole && !limit.is_map() {
            refuse(limit, errors, "a limit is a whole number or a mapping");
        }
    }
}

/// What is external need not say so with a name.
fn external(node: &mut Node, errors: &mut Errors) {
    if node.is_null() {
        return;
    }
    if !node.is_map() {
        return refuse(node, errors, "a mapping is expected");
    }
    let Some(outside) = node.get("external").filter(|outside| outside.is_map()).cloned() else { return };
    node.put("external", Node::of_kind("true", Kind::Bool, outside.span));
    let Some(name) = outside.get("name") else { return };
    match node.get("name") {
        Some(known) if !same(known, name) => refuse(name, errors, "two names for one resource"),
        Some(_) => {}
        None => node.put("name", name.clone()),
    }
}
