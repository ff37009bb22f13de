//! The files of a source, sorted; each read and decoded once.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::config::packages::MARK;
use super::source::{ReadError, Source};
use crate::model::FileId;

/// Files that were read since the program started, for those who wait.
static READ: AtomicUsize = AtomicUsize::new(0);

/// How many files were read since the program started.
pub fn files_read() -> usize {
    READ.load(Ordering::Relaxed)
}

/// Whether a path is part of the tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// It is.
    Here(FileId),
    /// It exists, but git ignores it: never a fact.
    Ignored,
    /// There is no such file.
    Missing,
}

struct Entry {
    path: String,
    text: OnceLock<Result<String, ReadError>>,
}

type Memo = BTreeMap<(FileId, TypeId), Arc<dyn Any + Send + Sync>>;

/// Where a root stands, as others name it; both are empty where it is the same folder.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stand {
    /// The folder of the repository that the root is.
    pub in_repository: String,
    /// The root from the folder in which the program was started, where it lies below that.
    pub from_here: String,
}

/// The files of a source.
pub struct Tree {
    source: Box<dyn Source>,
    /// Where the root stands.
    pub stand: Stand,
    entries: Vec<Entry>,
    parsed: Mutex<Memo>,
    /// What is made of several files, by the types of its key and of itself.
    made: Mutex<BTreeMap<TypeId, Box<dyn Any + Send>>>,
}

impl Stand {
    /// How many folders of the repository lie above the root.
    pub fn depth(&self) -> usize {
        self.in_repository.split('/').filter(|part| !part.is_empty()).count()
    }
}

impl Tree {
    /// Lists a source. Fails only if the root itself cannot be listed.
    pub fn open(source: Box<dyn Source>) -> io::Result<Self> {
        let mut paths = source.list()?;
        paths.sort_unstable();
        paths.dedup();
        let entries = paths.into_iter().map(|path| Entry { path, text: OnceLock::new() }).collect();
        Ok(Self { source, stand: Stand::default(), entries, parsed: Mutex::default(), made: Mutex::default() })
    }

    /// Every file of the project, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.with_shared().filter(|(_, path)| !is_shared(path))
    }

    /// The same, and what is read from elsewhere for the configuration's sake.
    pub fn with_shared(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.entries.iter().zip(0..).map(|(entry, id)| (FileId(id), entry.path.as_str()))
    }

    /// The path of a file.
    pub fn path(&self, file: FileId) -> &str {
        self.entries.get(file.0 as usize).map_or("", |entry| entry.path.as_str())
    }

    /// The file at a path.
    pub fn find(&self, path: &str) -> Option<FileId> {
        let at = self.entries.binary_search_by(|entry| entry.path.as_str().cmp(path)).ok()?;
        u32::try_from(at).ok().map(FileId)
    }

    /// Whether a path is here, ignored by git, or missing.
    pub fn presence(&self, path: &str) -> Presence {
        match self.find(path) {
            Some(file) => Presence::Here(file),
            None if self.source.is_ignored(path) => Presence::Ignored,
            None => Presence::Missing,
        }
    }

    /// Whether any file lies under a folder (`""` is the root).
    pub fn is_dir(&self, folder: &str) -> bool {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let at = self.entries.partition_point(|entry| entry.path.as_str() < prefix.as_str());
        self.entries.get(at).is_some_and(|entry| entry.path.starts_with(&prefix))
    }

    /// The files under a folder (`""` is the root), sorted.
    pub fn under(&self, folder: &str) -> impl Iterator<Item = (FileId, &str)> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let at = self.entries.partition_point(|entry| entry.path.as_str() < prefix.as_str());
        let files = self.entries.iter().zip(0u32..).skip(at);
        files
            .take_while(move |(entry, _)| entry.path.starts_with(&prefix))
            .map(|(entry, id)| (FileId(id), entry.path.as_str()))
            .filter(|(_, path)| !is_shared(path))
    }

    /// The decoded text of a file.
    pub fn text(&self, file: FileId) -> Result<&str, &ReadError> {
        let Some(entry) = self.entries.get(file.0 as usize) else { return Ok("") };
        let read = || {
            READ.fetch_add(1, Ordering::Relaxed);
            self.source.read(&entry.path).and_then(decode)
        };
        entry.text.get_or_init(read).as_deref()
    }

    /// What a parser makes of a file, made once however many environments use the file. One parser, one result type.
    pub fn parsed<T: Any + Send + Sync>(
        &self,
        file: FileId,
        parse: impl FnOnce(FileId, &str) -> T,
    ) -> Result<Arc<T>, &ReadError> {
        let text = self.text(file)?;
        let key = (file, TypeId::of::<T>());
        let known = self.parsed.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(tree) = known.and_then(|tree| tree.downcast::<T>().ok()) {
            return Ok(tree);
        }
        let tree = Arc::new(parse(file, text));
        let mut memo = self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        memo.insert(key, Arc::clone(&tree) as Arc<dyn Any + Send + Sync>);
        Ok(tree)
    }

    /// What is made of several files together, made once; `key` is all that it depends on.
    pub fn made<K: Ord + Any + Send, T: Any + Send + Sync>(&self, key: K, make: impl FnOnce() -> T) -> Arc<T> {
        type Made<K, T> = BTreeMap<K, Arc<T>>;
        let of = TypeId::of::<Made<K, T>>();
        let known = |made: &BTreeMap<TypeId, Box<dyn Any + Send>>| {
            made.get(&of).and_then(|made| made.downcast_ref::<Made<K, T>>()?.get(&key).cloned())
        };
        if let Some(made) = known(&self.made.lock().unwrap_or_else(PoisonError::into_inner)) {
            return made;
        }
        let new = Arc::new(make());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let of_kind = made.entry(of).or_insert_with(|| Box::new(Made::<K, T>::new()));
        if let Some(of_kind) = of_kind.downcast_mut::<Made<K, T>>() {
            of_kind.insert(key, Arc::clone(&new));
        }
        new
    }

    /// The files that were read so far, with their texts.
    pub fn texts(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.entries
            .iter()
            .zip(0..)
            .filter_map(move |(entry, id)| Some((FileId(id), entry.text.get()?.as_deref().ok()?)))
    }

    /// How many parses were made so far.
    pub fn parses(&self) -> usize {
        self.parsed.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many files were read so far.
    pub fn files_read(&self) -> usize {
        self.entries.iter().filter(|entry| entry.text.get().is_some()).count()
    }
}

/// Whether a file belongs to a package or to a folder above the root: only the configuration builds on it.
fn is_shared(path: &str) -> bool {
    path.starts_with("../") || path.starts_with(MARK)
}

/// Bytes to text: UTF-16 by its mark, else UTF-8 with bad bytes replaced. A UTF-8 mark stays in the text, so that offsets
/// are those of the file.
fn decode(bytes: Vec<u8>) -> Result<String, ReadError> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => Ok(wide(rest, u16::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => Ok(wide(rest, u16::from_be_bytes)),
        _ if bytes.contains(&0) => Err(ReadError::Binary),
        _ => {
            Ok(String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
        }
    }
}
