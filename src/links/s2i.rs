//! Source-to-Image with the builders of Python: what their scripts install and start.
//! Source: <https://github.com/sclorg/s2i-python-container>, `s2i/bin/assemble` and `s2i/bin/run` of its versions.

use crate::discover::Tree;
use crate::formats::Vars;
use crate::formats::small::quoted;
use crate::model::{FileId, Span};

/// Where the scripts of a builder lie in it.
const SCRIPTS: [&str; 3] = ["/usr/libexec/s2i/", "${STI_SCRIPTS_PATH}/", "$STI_SCRIPTS_PATH/"];

/// The sources that a builder is given: a look at a path below their folder.
pub struct Sources<'a, 't> {
    /// The tree.
    pub tree: &'t Tree,
    /// The file at a path of the sources.
    pub find: &'a dyn Fn(&str) -> Option<FileId>,
    /// The variables that the builder has.
    pub given: &'a Vars,
}

/// Whether a word of a command is a script of the builder: `assemble`, `run`.
pub fn is_script(word: &str, name: &str) -> bool {
    SCRIPTS.iter().any(|folder| word.strip_prefix(folder) == Some(name))
}

impl Sources<'_, '_> {
    fn text(&self, path: &str) -> Option<&str> {
        self.tree.text((self.find)(path)?).ok()
    }

    fn value(&self, name: &str) -> Option<(&str, Span)> {
        let var = self.given.get(name)?;
        Some((var.value.one()?.as_str(), var.origin.primary()?)).filter(|(value, _)| !value.is_empty())
    }

    fn set(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|var| var.value.one().is_none_or(|value| !value.is_empty()))
    }

    /// Whether the text of the project's own script of a name has the builder's done too.
    fn calls(&self, name: &str) -> bool {
        let text = self.text(&format!(".s2i/bin/{name}")).unwrap_or_default();
        text.lines()
            .filter(|line| !line.trim_start().starts_with('#'))
            .any(|line| line.split_whitespace().any(|word| is_script(word.trim_matches(['"', '\'']), name)))
    }

    /// Whether what the project asks for holds a package.
    fn asks_for(&self, package: &str) -> bool {
        let lists =
            ["requirements.txt", "setup.py", "setup.cfg", "pyproject.toml", "Pipfile", "Pipfile.lock", "poetry.lock"];
        lists.iter().any(|list| self.text(list).is_some_and(|text| text.to_ascii_lowercase().contains(package)))
    }

    /// What the assembling comes to, as commands of a shell: the builder's, and the project's own.
    pub fn assembled(&self) -> String {
        let own = self.text(".s2i/bin/assemble");
        let micro = self.set("ENABLE_MICROPIPENV") || own.is_some_and(|text| text.contains("micropipenv install"));
        let mut lines = Vec::new();
        if own.is_none() || self.calls("assemble") {
            lines.extend(self.installed(micro));
            if (self.find)("setup.py").is_some() && !self.set("DISABLE_SETUP_PY_PROCESSING") {
                lines.push("pip install .");
            }
        } else if micro {
            lines.extend(self.installed(true));
        }
        lines.extend(own.map(|_| "bash .s2i/bin/assemble"));
        lines.join("\n")
    }

    /// The command that brings the packages. What micropipenv takes of a lock of Poetry is all but its groups.
    fn installed(&self, micro: bool) -> Option<&'static str> {
        let here = |name: &str| (self.find)(name).is_some();
        if self.set("ENABLE_PIPENV") {
            return Some(if here("Pipfile.lock") { "pipenv install --deploy" } else { "pipenv install" });
        }
        if micro && here("Pipfile.lock") {
            return Some("pipenv install --deploy");
        }
        if micro && here("poetry.lock") {
            return Some("poetry install --only main --all-extras --no-root");
        }
        here("requirements.txt").then_some("pip install -r requirements.txt")
    }

    /// What is started, as commands of a shell, and the variable that says it.
    pub fn started(&self) -> Option<(String, Option<Span>)> {
        let here = |name: &str| (self.find)(name).is_some();
        if let Some(own) = (self.find)(".s2i/bin/run").filter(|_| !self.calls("run")) {
            return Some(("bash .s2i/bin/run".into(), Some(Span::new(own, 0, 0))));
        }
        let told = ["APP_SCRIPT", "APP_FILE", "APP_MODULE"].iter().any(|name| self.given.contains_key(*name));
        for (variable, default, program) in [("APP_SCRIPT", "app.sh", "bash"), ("APP_FILE", "app.py", "python")] {
            match self.value(variable) {
                // The builder's script ends where it is not there.
                Some((file, span)) => {
                    let file = file.trim_start_matches("./");
                    return here(file).then(|| (format!("{program} ./{}", quoted(file)), Some(span)));
                }
                None if !told && here(default) => return Some((format!("{program} ./{default}"), None)),
                None => {}
            }
        }
        self.served()
    }

    /// The server that is started where no script or file is named.
    fn served(&self) -> Option<(String, Option<Span>)> {
        let here = |name: &str| (self.find)(name).is_some();
        let manages = here("manage.py") && self.asks_for("django");
        let before = if manages && !self.set("DISABLE_MIGRATE") { "python manage.py migrate --noinput\n" } else { "" };
        let port = self.value("PORT").map_or("8080", |(port, _)| port);
        let module = self.value("APP_MODULE").map(|(module, span)| (module, Some(span)));
        let module = module.or_else(|| here("wsgi.py").then_some(("wsgi", None)));
        if let Some((module, span)) = module.filter(|(_, span)| span.is_some() || self.asks_for("gunicorn")) {
            let args = self.value("GUNICORN_CMD_ARGS").map(|(args, _)| args.to_owned());
            let config = self.value("APP_CONFIG").map(|(config, _)| format!("--config {}", quoted(config)));
            let own = || format!("--bind=0.0.0.0:{port} --access-logfile=-");
            let own = (args.is_none() && config.is_none()).then(own);
            let args: Vec<String> = args.into_iter().chain(config).chain(own).collect();
            return Some((format!("{before}gunicorn {} {}", quoted(module), args.join(" ")), span));
        }
        manages.then(|| (format!("{before}python manage.py runserver 0.0.0.0:{port}"), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discover::Overlay;
    use crate::formats::Var;
    use crate::model::Origin;

    fn of(files: &[(&str, &str)], given: &[(&str, &str)]) -> (String, Option<String>) {
        let tree = Tree::open(Box::new(Overlay::of(files.iter().copied()))).unwrap();
        let at = Origin::set(Span::new(tree.find(files[0].0).unwrap(), 0, 0));
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), Var::set(*value, at.clone()))).collect();
        let find = |path: &str| tree.find(path);
        let sources = Sources { tree: &tree, find: &find, given: &given };
        (sources.assembled(), sources.started().map(|(text, _)| text))
    }

    const NEEDS: (&str, &str) = ("requirements.txt", "Django\ngunicorn\n");

    #[test]
    fn what_is_started_is_chosen_as_the_builder_does() {
        let started = |files: &[(&str, &str)], given: &[(&str, &str)]| of(files, given).1.unwrap_or_default();
        let plain = [NEEDS, ("wsgi.py", ""), ("manage.py", "")];
        let migrate = "python manage.py migrate --noinput\n";
        let bind = "--bind=0.0.0.0:8080 --access-logfile=-";
        assert_eq!(started(&plain, &[]), format!("{migrate}gunicorn wsgi {bind}"));
        let module = ("APP_MODULE", "shop:create_app()");
        assert_eq!(
            started(&plain, &[module, ("DISABLE_MIGRATE", "1")]),
            format!("gunicorn 'shop:create_app()' {bind}")
        );
        assert_eq!(started(&[NEEDS, ("app.py", "")], &[module]), format!("gunicorn 'shop:create_app()' {bind}"));
        assert_eq!(started(&[NEEDS, ("app.py", ""), ("wsgi.py", "")], &[]), "python ./app.py");
        assert_eq!(started(&[NEEDS, ("app.py", ""), ("app.sh", "")], &[]), "bash ./app.sh");
        assert_eq!(started(&[NEEDS, ("run.sh", "")], &[("APP_SCRIPT", "run.sh")]), "bash ./run.sh");
        assert_eq!(started(&[NEEDS], &[("APP_SCRIPT", "run.sh")]), "", "it is not there");
        let config = [module, ("APP_CONFIG", "conf.py"), ("GUNICORN_CMD_ARGS", "-w 2")];
        assert_eq!(started(&[NEEDS], &config), "gunicorn 'shop:create_app()' -w 2 --config conf.py");
        let bare = [("requirements.txt", "Django\n"), ("manage.py", "")];
        assert_eq!(started(&bare, &[("PORT", "80")]), format!("{migrate}python manage.py runserver 0.0.0.0:80"));
        assert_eq!(started(&[NEEDS, (".s2i/bin/run", "#!/bin/bash\nexec gunicorn a\n")], &[]), "bash .s2i/bin/run");
        let more = [NEEDS, ("app.py", ""), (".s2i/bin/run", "export A=1\nexec /usr/libexec/s2i/run\n")];
        assert_eq!(started(&more, &[]), "python ./app.py");
    }

    #[test]
    fn what_is_installed_is_the_builders_and_the_projects_own() {
        let lock = ("poetry.lock", "");
        assert_eq!(of(&[NEEDS, lock, ("setup.py", "")], &[]).0, "pip install -r requirements.txt\npip install .");
        let micro = "poetry install --only main --all-extras --no-root";
        assert_eq!(of(&[NEEDS, lock], &[("ENABLE_MICROPIPENV", "true")]).0, micro);
        let own = |text: &str| of(&[NEEDS, lock, (".s2i/bin/assemble", text)], &[]).0;
        assert_eq!(own("poetry install\n"), "bash .s2i/bin/assemble");
        assert_eq!(own(". /usr/libexec/s2i/assemble\n"), "pip install -r requirements.txt\nbash .s2i/bin/assemble");
        assert_eq!(own("micropipenv install --deploy\n"), format!("{micro}\nbash .s2i/bin/assemble"));
    }
}
