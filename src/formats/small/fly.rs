//! `fly.toml`.

use super::tree::{self, Node};
use super::{CommandText, Texts, texts};
use crate::model::{FileId, Problem, Spanned};

/// An app on Fly.io.
#[derive(Clone, Default, Debug)]
pub struct Fly {
    /// `app`.
    pub app: Option<Spanned<String>>,
    /// `[env]`.
    pub env: Texts,
    /// `[processes]`: groups and their commands, in source order.
    pub processes: Vec<(Spanned<String>, CommandText)>,
    /// `[build] dockerfile`.
    pub dockerfile: Option<Spanned<String>>,
    /// `[build] image`.
    pub image: Option<Spanned<String>>,
    /// `[build] builder` or `buildpacks`: an image without a Dockerfile.
    pub builder: Option<Spanned<String>>,
    /// `[build] build-target`.
    pub target: Option<Spanned<String>>,
    /// `[build.args]`.
    pub args: Texts,
    /// `[deploy] release_command`.
    pub release_command: Option<CommandText>,
    /// `[experimental] cmd`, in words, which stands for the image's command.
    pub cmd: Vec<Spanned<String>>,
    /// `[experimental] entrypoint`, in words.
    pub entrypoint: Vec<Spanned<String>>,
    /// `[mounts]`.
    pub mounts: Vec<Mount>,
    /// `[http_service]` and `[[services]]`.
    pub services: Vec<Service>,
    /// `[[statics]]`: the folder in the image and the path of its address.
    pub statics: Vec<Static>,
}

/// A folder in the image and the path of its address.
pub type Static = (Option<Spanned<String>>, Option<Spanned<String>>);

/// A volume.
#[derive(Clone, Debug)]
pub struct Mount {
    /// `source`.
    pub source: Option<Spanned<String>>,
    /// `destination`.
    pub destination: Option<Spanned<String>>,
    /// The groups that have it; all where none is named.
    pub processes: Vec<Spanned<String>>,
}

/// What is open to the outside.
#[derive(Clone, Debug)]
pub struct Service {
    /// `internal_port`.
    pub internal_port: Option<Spanned<String>>,
    /// The groups behind it; all where none is named.
    pub processes: Vec<Spanned<String>>,
}

/// Reads `fly.toml`.
pub fn parse(file: FileId, text: &str) -> (Fly, Vec<Problem>) {
    let (root, problems) = tree::toml(file, text);
    let Some(root) = root else { return (Fly::default(), problems) };
    let build = |key: &str| root.path(&["build", key]).and_then(Node::spanned);
    let many = |key: &str| root.get(key).map_or(&[][..], Node::one_or_many);
    let groups = |node: &Node| node.get("processes").map(Node::texts).unwrap_or_default();
    let processes = root.get("processes").map_or(&[][..], Node::entries);
    let packs = || root.path(&["build", "buildpacks"]).and_then(|node| node.texts().into_iter().next());
    let words = |key: &str| root.path(&["experimental", key]).map(Node::texts).unwrap_or_default();
    let fly = Fly {
        app: root.field("app"),
        env: texts(root.get("env")),
        processes: processes.iter().filter_map(|(name, node)| Some((name.clone(), CommandText::of(node)?))).collect(),
        dockerfile: build("dockerfile"),
        image: build("image"),
        builder: build("builder").or_else(packs),
        target: build("build-target").or_else(|| build("build_target")),
        args: texts(root.path(&["build", "args"])),
        release_command: root.path(&["deploy", "release_command"]).and_then(CommandText::of),
        cmd: words("cmd"),
        entrypoint: words("entrypoint"),
        mounts: [many("mounts"), many("mount")]
            .concat()
            .iter()
            .map(|node| Mount {
                source: node.field("source"),
                destination: node.field("destination"),
                processes: groups(node),
            })
            .collect(),
        services: [many("http_service"), many("services")]
            .concat()
            .iter()
            .map(|node| Service { internal_port: node.field("internal_port"), processes: groups(node) })
            .collect(),
        statics: many("statics").iter().map(|node| (node.field("guest_path"), node.field("url_prefix"))).collect(),
    };
    (fly, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_and_new_forms_are_read() {
        let text = "app = 'x'\nprocesses = []\n[env]\nPORT = 8080\nA = \"b\"\n[build]\ndockerfile = 'd/Dockerfile'\nbuild-target = 'prod'\n\
                    [build.args]\nV = '1'\n[deploy]\nrelease_command = 'migrate'\n[[statics]]\nguest_path = '/s'\nurl_prefix = '/static'\n\
                    [mounts]\nsource = 'data'\ndestination = '/data'\n[[services]]\ninternal_port = 8000\nprocesses = ['app']\n[experimental]\ncmd = ['a', 'b c']\n";
        let (fly, problems) = parse(FileId(0), text);
        assert!(problems.is_empty() && fly.processes.is_empty());
        assert_eq!((fly.env["PORT"].value.as_str(), fly.args["V"].value.as_str()), ("8080", "1"));
        assert_eq!(fly.target.map(|text| text.value).as_deref(), Some("prod"));
        assert_eq!(
            fly.release_command.map(|command| text[command.map.span(0, 7).range()].to_owned()).as_deref(),
            Some("migrate")
        );
        assert_eq!((fly.mounts.len(), fly.statics.len(), fly.cmd.len()), (1, 1, 2));
        assert_eq!(fly.services[0].internal_port.as_ref().map(|port| port.value.as_str()), Some("8000"));
        let text = "[processes]\nweb = 'gunicorn'\nb = 'celery'\n[http_service]\ninternal_port = 1\n[[mounts]]\nsource = 'a'\nprocesses = ['b']\n[build]\nimage = 'i'\n";
        let (fly, _) = parse(FileId(0), text);
        assert_eq!(fly.processes.iter().map(|(name, _)| name.value.as_str()).collect::<Vec<_>>(), ["web", "b"]);
        assert_eq!((fly.mounts[0].processes.len(), fly.services.len()), (1, 1));
    }
}
