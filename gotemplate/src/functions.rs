//! The functions that a set of templates may call, and the texts parsed with them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::hash::BuildHasher as _;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::parse::parts::Lists;
use crate::parse::{self, Input, Parsed};
use crate::{Error, Function, builtins};

/// When the parsed texts take more than this, all are forgotten.
const MOST_CACHED: usize = 64 << 20;

/// A table of functions, Go's own among them. A clone shares the table and what was parsed with it, so keep one for
/// all renderings of a thread: a text is then parsed once, in whatever chart or `tpl` it stands.
#[derive(Clone)]
pub struct Functions(Rc<Table>);

/// Functions by name, from which tables for any number of threads are made at once.
#[derive(Clone)]
pub struct Catalog(Arc<ByName>);

type ByName = HashMap<&'static [u8], &'static Function, RandomState>;

struct Table {
    by_name: Catalog,
    parsed: RefCell<Cache>,
    lists: RefCell<Lists>,
}

#[derive(Default)]
struct Cache {
    /// By their hashes; where two texts have the same, the later one stays.
    texts: HashMap<u64, Rc<Parsed>, RandomState>,
    bytes: usize,
}

impl Catalog {
    /// Go's functions and these; where a name comes twice, the later one counts.
    pub fn new(tables: &[&'static [Function]]) -> Self {
        let tables = || std::iter::once(&builtins::FUNCTIONS).chain(tables);
        let count = tables().map(|table| table.len()).sum();
        let mut by_name = HashMap::with_capacity_and_hasher(count, RandomState::default());
        by_name.extend(
            tables()
                .flat_map(|table| table.iter())
                .map(|function| (function.name.as_bytes(), function)),
        );
        Self(Arc::new(by_name))
    }
}

impl Functions {
    /// Go's functions and these; where a name comes twice, the later one counts.
    pub fn new(tables: &[&'static [Function]]) -> Self {
        Self::of(&Catalog::new(tables))
    }

    /// A table of the functions of a catalog.
    pub fn of(catalog: &Catalog) -> Self {
        Self(Rc::new(Table {
            by_name: catalog.clone(),
            parsed: RefCell::default(),
            lists: RefCell::default(),
        }))
    }

    /// The function of that name.
    pub fn get(&self, name: &[u8]) -> Option<&'static Function> {
        self.0.by_name.0.get(name).copied()
    }

    /// All functions, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Function> {
        self.0.by_name.0.values().copied()
    }

    pub(crate) fn lists(&self) -> &RefCell<Lists> {
        &self.0.lists
    }

    /// The templates of a text; the file is named in errors.
    pub(crate) fn parse(&self, file: &str, input: Input<'_>) -> Result<Rc<Parsed>, Error> {
        let text = input.bytes();
        let hash = self.0.parsed.borrow().texts.hasher().hash_one(text);
        if let Some(parsed) = self.0.parsed.borrow().texts.get(&hash)
            && parsed.main.source.text.as_slice() == text
        {
            return Ok(Rc::clone(parsed));
        }
        let parsed = Rc::new(parse::parse(file, input, self)?);
        let mut cache = self.0.parsed.borrow_mut();
        cache.bytes += text.len();
        if cache.bytes > MOST_CACHED {
            cache.texts.clear();
            cache.bytes = text.len();
        }
        cache.texts.insert(hash, Rc::clone(&parsed));
        Ok(parsed)
    }
}

/// Go's functions alone.
impl Default for Functions {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.values().map(|function| function.name))
            .finish()
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.iter().map(|function| function.name))
            .finish()
    }
}
