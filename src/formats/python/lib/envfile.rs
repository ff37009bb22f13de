//! Dotenv files that settings code reads itself: only what is sure of each line.

use super::made::Plain;
use crate::discover::{Presence, paths};
use crate::formats::python::eval::machine::{ENVIRON, Machine};
use crate::formats::python::eval::text::normal;
use crate::formats::python::eval::truth::{placed, wrap};
use crate::formats::python::eval::values::{Args, K, Names, R, ROOT, V};
use crate::formats::python::lib::os::Found;
use crate::model::{Certainty, FileId, Span, StepKind};

/// The variable that tells python-dotenv to read nothing.
const DISABLED: &str = "PYTHON_DOTENV_DISABLED";

/// Whose rules a file is read by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    Environ,
    Decouple,
    /// The section `settings` of an INI file.
    Ini,
    Dotenv,
}

/// A line of a file; no value where it is not sure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) value: Option<String>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

fn quoted(text: &str, mark: char) -> Option<&str> {
    text.strip_prefix(mark)?.strip_suffix(mark)
}

/// `\x` becomes `x`, but for the escapes of line ends and tabs.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some(next @ ('r' | 'n' | 't'))) => out.extend(['\\', next]),
            ('\\', Some(next)) => out.push(next),
            _ => out.push(c),
        }
    }
    out
}

fn value(raw: &str, reader: Reader) -> Option<String> {
    match reader {
        Reader::Environ => {
            let raw = quoted(raw, '\'').unwrap_or(raw);
            Some(quoted(raw, '"').map_or_else(|| raw.to_owned(), unescape))
        }
        Reader::Decouple => Some(quoted(raw, '\'').or_else(|| quoted(raw, '"')).unwrap_or(raw).to_owned()),
        Reader::Ini => (!raw.contains('%')).then(|| raw.to_owned()),
        Reader::Dotenv => {
            if raw.contains(['\\', '$']) {
                return None;
            }
            let Some(mark) = raw.chars().next().filter(|c| matches!(c, '\'' | '"')) else {
                let cut = raw.find(" #").or_else(|| raw.find("\t#")).unwrap_or(raw.len());
                return (!raw.starts_with('#')).then(|| raw.get(..cut).unwrap_or(raw).trim_end().to_owned());
            };
            quoted(raw, mark).filter(|inner| !inner.contains(mark)).map(str::to_owned)
        }
    }
}

/// The variables of a file; none where its lines do not stand for themselves.
pub(crate) fn lines(text: &str, reader: Reader) -> Option<Vec<Line>> {
    let mut out: Vec<Line> = Vec::new();
    let mut at = 0;
    let mut section = "";
    for whole in text.split_inclusive('\n') {
        let start = at;
        at += whole.len();
        let line = whole.trim_end_matches(['\n', '\r']);
        if line.contains(['\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}']) {
            return None;
        }
        let trimmed = if reader == Reader::Environ { line } else { line.trim() };
        if trimmed.is_empty() || trimmed.starts_with('#') || reader == Reader::Ini && trimmed.starts_with(';') {
            continue;
        }
        if reader == Reader::Ini {
            if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
                section = name;
                continue;
            }
            if line.starts_with([' ', '\t']) || section == "DEFAULT" {
                return None;
            }
            if section != "settings" {
                continue;
            }
        }
        let unexported = match reader {
            Reader::Environ | Reader::Dotenv => trimmed.strip_prefix("export ").unwrap_or(trimmed),
            _ => trimmed,
        };
        let cut = if reader == Reader::Ini { unexported.find(['=', ':']) } else { unexported.find('=') };
        let Some(cut) = cut else { continue };
        let (name, raw) = (&unexported[..cut], &unexported[cut + 1..]);
        let (name, raw) = if reader == Reader::Environ { (name, raw) } else { (name.trim(), raw.trim()) };
        let plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if reader == Reader::Environ && !plain(name) {
            continue;
        }
        if reader == Reader::Dotenv && (!plain(name) || raw.starts_with(['\'', '"']) && value(raw, reader).is_none()) {
            return None;
        }
        let name = if reader == Reader::Ini { name.to_lowercase() } else { name.to_owned() };
        let from = start + (raw.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        out.retain(|have| have.name != name);
        out.push(Line { name, value: value(raw, reader), start: from, end: from + raw.len() });
    }
    Some(out)
}

impl Machine<'_> {
    /// The value of a line.
    pub(crate) fn line(&mut self, line: &Line, file: FileId, at: Span) -> V {
        let place = Span::new(file, line.start, line.end);
        let written = V::at(K::None, place);
        match &line.value {
            Some(text) => self.plain(&Plain::Str(text.clone()), &written, at),
            None => V::unknown("a value of a dotenv file that is not followed", place),
        }
    }

    /// Sets what a file says; variables that are set already stay.
    pub(crate) fn take_file(&mut self, file: FileId, reader: Reader, overwrite: bool, at: Span) {
        let text = self.tree.text(file).map(str::to_owned).unwrap_or_default();
        let Some(lines) = lines(&text, reader) else {
            self.env_open = true;
            return;
        };
        for line in lines {
            match reader {
                Reader::Environ if !overwrite => self.note_read(&line.name, None, false, "environ", at),
                Reader::Dotenv => self.unsure_reads("python-dotenv reads every variable", at),
                _ => {}
            }
            let value = self.line(&line, file, at);
            let value = value.step(StepKind::Used, at).with(|m| {
                m.vars.insert(line.name.clone());
                m.raw = Some(line.name.as_str().into());
            });
            let value = match self.find_variable(&line.name, at) {
                _ if overwrite => value,
                Found::Set(_) => continue,
                Found::Unset => value,
                Found::Open => {
                    let certainty = Certainty::Default { variable: Some(line.name.clone()) };
                    let mut vars: Names = [line.name.clone()].into();
                    vars.extend((reader == Reader::Dotenv).then(|| DISABLED.to_owned()));
                    wrap(vars, value.with(|m| m.certainty = certainty))
                }
            };
            self.from_files.insert(line.name.clone());
            self.set_name(ENVIRON, &line.name, value);
        }
    }

    /// The folder of the code at a place.
    fn folder(&self, at: Span) -> String {
        paths::parent(self.tree.path(at.file)).to_owned()
    }

    /// A file of variables at a path of the tree, if the program has it.
    pub(crate) fn config_file(&self, path: &str) -> Option<FileId> {
        match self.tree.presence(path) {
            Presence::Here(file) if !self.brought.left_out.contains(&file) => Some(file),
            _ => None,
        }
    }

    /// The nearest of these files in a folder of the tree or above it.
    pub(crate) fn nearest(&self, folder: &str, names: &[&str]) -> Option<FileId> {
        let mut folder = folder.to_owned();
        loop {
            for name in names {
                let path = paths::join(&folder, name)?;
                if let Some(file) = self.config_file(&path) {
                    return Some(file);
                }
            }
            if folder.is_empty() {
                return None;
            }
            folder = paths::parent(&folder).to_owned();
        }
    }

    /// The file that settings code names: `Err` where that is not known.
    pub(crate) fn named_file(&mut self, path: &V) -> Result<Option<FileId>, ()> {
        let Some(inside) = path.pathlike().and_then(|path| Self::inside(&normal(path))) else {
            return if path.pathlike().is_some_and(|path| self.nowhere(path)) { Ok(None) } else { Err(()) };
        };
        Ok(self.config_file(&inside))
    }

    /// The file of variables that settings code names by a path from where the program is started: `Err` where that is not
    /// known.
    pub(crate) fn started_file(&self, wanted: &str) -> Result<Option<FileId>, ()> {
        let path = normal(wanted);
        if let Some(inside) = Self::inside(&path) {
            return Ok(self.config_file(&inside));
        }
        let there = |path: String| self.brought.at.get(&path).copied();
        match (self.whole, path.starts_with('/')) {
            (true, true) if placed(&path) || self.nowhere(&path) => Ok(None),
            (true, true) => Err(()),
            (true, false) => Ok(paths::join("", &path).and_then(|path| self.config_file(&path))),
            (false, true) => Ok(there(path)),
            (false, false) => {
                let Some(workdir) = &self.brought.workdir else { return Ok(None) };
                Ok(paths::join(workdir.trim_start_matches('/'), &path).and_then(|path| there(format!("/{path}"))))
            }
        }
    }

    fn any_file(&mut self) {
        let any = self.tree.files().any(|(_, path)| paths::name(path).starts_with(".env"));
        self.env_open |= any;
    }

    /// `environ.Env.read_env(...)`.
    pub(crate) fn environ_file(&mut self, args: &Args, at: Span) -> R {
        let known = ["env_file", "overwrite", "encoding", "parse_comments"];
        let odd = args.named.iter().any(|(name, _)| !known.contains(&name.as_str()))
            || args.get(2, "parse_comments").is_some()
            || args.open;
        let given = args.get(0, "env_file").cloned().filter(|v| !matches!(v.k, K::None));
        let overwrite = args.get(1, "overwrite").map(|v| v.k.clone());
        self.read_file(given, overwrite, odd, Reader::Environ, at);
        Ok(V::at(K::None, at))
    }

    /// `dotenv.load_dotenv(...)`.
    pub(crate) fn dotenv_file(&mut self, args: &Args, at: Span) -> R {
        let odd = args.open || args.get(1, "stream").is_some_and(|v| !matches!(v.k, K::None));
        let given = args.get(0, "dotenv_path").cloned().filter(|v| !matches!(v.k, K::None) && v.text() != Some(""));
        if !self.disabled(at) {
            self.read_file(given, args.get(3, "override").map(|v| v.k.clone()), odd, Reader::Dotenv, at);
        }
        Ok(V::unknown("whether variables were read", at))
    }

    fn read_file(&mut self, given: Option<V>, overwrite: Option<K>, odd: bool, reader: Reader, at: Span) {
        let overwrite = match overwrite {
            None | Some(K::Bool(false)) => Some(false),
            Some(K::Bool(true)) => Some(true),
            Some(_) => None,
        };
        let file = match &given {
            Some(path) => self.named_file(path),
            None if reader == Reader::Environ => {
                let path = paths::join(&self.folder(at), ".env");
                Ok(path.and_then(|path| self.config_file(&path)))
            }
            None => Ok(self.nearest(&self.folder(at), &[".env"])),
        };
        match (file, overwrite) {
            _ if odd => self.any_file(),
            (Ok(Some(file)), Some(overwrite)) => self.take_file(file, reader, overwrite, at),
            (Ok(None), _) => self.env_missing |= !self.whole,
            _ => self.any_file(),
        }
    }

    /// Whether python-dotenv is surely told to read nothing.
    fn disabled(&mut self, at: Span) -> bool {
        // Releases before 1.2 do not know the variable.
        if self.whole && self.pinned_before("python-dotenv", (1, 2)) {
            self.unsure_reads("the pinned release of python-dotenv decides what it reads", at);
        }
        self.note_read(DISABLED, None, false, "dotenv", at);
        let Found::Set(value) = self.find_variable(DISABLED, at) else { return false };
        match value.text().map(str::to_lowercase).as_deref() {
            Some("1" | "true" | "t" | "yes" | "y") => true,
            Some(_) => false,
            None => {
                self.env_open = true;
                false
            }
        }
    }

    /// `dotenv.find_dotenv()`.
    pub(crate) fn find_dotenv(&mut self, args: &Args, at: Span) -> V {
        if args.open || !args.pos.is_empty() || args.named.iter().any(|(name, _)| name != "raise_error_if_not_found") {
            return V::unknown("which dotenv file is read", at);
        }
        let found = self.nearest(&self.folder(at), &[".env"]);
        let path = found.map_or_else(String::new, |file| format!("{ROOT}/{}", self.tree.path(file)));
        V::at(K::Str(path.into()), at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, reader: Reader) -> Vec<(String, Option<String>)> {
        lines(text, reader).unwrap_or_default().into_iter().map(|line| (line.name, line.value)).collect()
    }

    #[test]
    fn each_reader_has_its_own_quotes_and_comments() {
        let text = "A=two words # c\nexport B='x'\nC = \"v\"\n";
        let some = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(read(text, Reader::Environ), [some("A", "two words # c"), some("B", "x")]);
        assert_eq!(read(text, Reader::Decouple), [some("A", "two words # c"), some("export B", "x"), some("C", "v")]);
        assert_eq!(read(text, Reader::Dotenv), [some("A", "two words"), some("B", "x"), some("C", "v")]);
    }

    #[test]
    fn a_line_knows_where_its_value_is() {
        let lines = lines("A=1\nB = 22\n", Reader::Decouple).unwrap_or_default();
        assert_eq!(lines.iter().map(|l| (l.start, l.end)).collect::<Vec<_>>(), [(2, 3), (8, 10)]);
    }
}
