//! Variables that templates of OpenShift give to containers, in their secrets and in their maps of configuration.
//!
//! A parameter that has a value is that value unless whoever fills the template in says another.
//! Source: <https://docs.openshift.com/container-platform/latest/openshift_images/using-templates.html>.

use std::collections::BTreeMap;

use super::charts::{is_variable, is_yaml};
use crate::discover::Tree;
use crate::discover::aside::is_aside;
use crate::formats::kubernetes::template::{SAYING, parameter};
use crate::formats::small::tree::{self, Node};
use crate::knowledge::environments::selector;
use crate::model::{Span, Spanned};

/// A variable that is given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Given {
    /// The first place that gives it.
    pub span: Span,
    /// What it is unless another value is said, where all that give it agree.
    pub default: Option<Spanned<String>>,
}

/// The variables of all templates.
///
/// Their folder is often called `templates`; what they say of themselves is proof enough that they are no text to fill in.
pub(super) fn variables(tree: &Tree) -> BTreeMap<String, Given> {
    let elsewhere = |path: &str| path.split('/').filter(|part| *part != "templates").collect::<Vec<_>>().join("/");
    let mut found = BTreeMap::new();
    for (file, _) in tree.files().filter(|(_, path)| is_yaml(path) && !is_aside(&elsewhere(path))) {
        let Some(text) = tree.text(file).ok().filter(|text| text.contains("kind: Template")) else { continue };
        let parsed = tree::yaml(file, text).0;
        let Some(root) = parsed.as_ref() else { continue };
        let parameters = root.get("parameters").map_or(&[][..], Node::items).iter();
        let defaults = parameters.filter_map(|one| Some((one.field("name")?.value, one.field("value")?)));
        // Which environment it is filled in for, each says for itself.
        let defaults = defaults.filter(|(name, value)| !SAYING.contains(&name.as_str()) && !value.value.is_empty());
        let defaults: BTreeMap<String, Spanned<String>> = defaults.collect();
        root.get("objects").map_or(&[][..], Node::items).iter().for_each(|object| of(object, &defaults, &mut found));
    }
    found
}

fn of(node: &Node, defaults: &BTreeMap<String, Spanned<String>>, found: &mut BTreeMap<String, Given>) {
    for (name, value) in node.entries() {
        if is_variable(&name.value) {
            add(found, name.clone(), None);
        }
        of(value, defaults, found);
    }
    for item in node.items() {
        if let Some(name) = item.field("name").filter(|name| is_variable(&name.value)) {
            let value = item.field("value").and_then(|value| known(value, defaults));
            add(found, name, value);
        }
        of(item, defaults, found);
    }
}

fn add(found: &mut BTreeMap<String, Given>, name: Spanned<String>, default: Option<Spanned<String>>) {
    let default = default.filter(|_| selector(&name.value).is_none());
    let said = default.as_ref().map(|default| default.value.clone());
    let given = found.entry(name.value).or_insert(Given { span: name.span, default });
    if given.default.as_ref().map(|default| &default.value) != said.as_ref() {
        given.default = None;
    }
}

/// A text as it is written, or the default of the parameter that it consists of.
fn known(value: Spanned<String>, defaults: &BTreeMap<String, Spanned<String>>) -> Option<Spanned<String>> {
    match parameter(&value.value) {
        Some(name) => defaults.get(name).cloned(),
        None => Some(value).filter(|value| !value.value.contains('$')),
    }
}

#[cfg(test)]
mod tests {
    use super::variables;
    use crate::discover::{Overlay, Tree};

    #[test]
    fn a_parameter_with_a_value_is_that_unless_another_is_said() {
        let env = "env: [{name: LEVEL, value: '${SHOP_LEVEL}'}, {name: KEY, value: '${KEY}'}, {name: HOST, value: 'x${SHOP_LEVEL}'}, {name: ENVIRONMENT, value: '${ENV}'}, {name: SIZE, value: '3'}]";
        let text = |mode: &str| {
            format!(
                "kind: Template\nparameters: [{{name: SHOP_LEVEL, value: {mode}}}, {{name: KEY}}, {{name: ENV, value: dev}}]\nobjects:\n- {{kind: Deployment, spec: {{containers: [{{{env}}}]}}}}\n"
            )
        };
        let of = |files: &[(&str, String)]| {
            let files = files.iter().map(|(path, text)| (*path, text.as_str()));
            let tree = Tree::open(Box::new(Overlay::of(files))).unwrap();
            let default = |given: super::Given| given.default.map_or("?".into(), |default| default.value);
            let all = variables(&tree).into_iter().map(|(name, given)| format!("{name}={}", default(given)));
            all.collect::<Vec<_>>().join(" ")
        };
        let one = ("a.yaml", text("live"));
        assert_eq!(of(std::slice::from_ref(&one)), "ENVIRONMENT=? HOST=? KEY=? LEVEL=live SIZE=3");
        assert_eq!(of(&[one, ("b.yaml", text("other"))]), "ENVIRONMENT=? HOST=? KEY=? LEVEL=? SIZE=3");
    }
}
