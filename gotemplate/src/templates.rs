//! Sets of templates that call one another by name.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::format::quote;
use crate::parse::tree::Tree;
use crate::parse::{Input, tokens};
use crate::{Context, Environment, Error, Functions, Limits, Site, Str, System, Value};

/// A set of templates. A clone is cheap and its own: what is parsed into it the other does not see.
///
/// ```
/// use gotemplate::{Functions, Map, Templates, Value};
///
/// let mut templates = Templates::new("page", Functions::default());
/// templates.parse("greeting.tpl", r#"{{ define "greet" }}Hello, {{ . }}!{{ end }}"#)?;
/// templates.parse("page.txt", r#"{{ range .names }}{{ template "greet" . }} {{ end }}"#)?;
/// let names: Vec<Value> = vec!["Ann".into(), "Bob".into()];
/// let page = templates.execute("page.txt", Map::from([("names", names)]))?;
/// assert_eq!(page, "Hello, Ann! Hello, Bob! ");
/// # Ok::<(), gotemplate::Error>(())
/// ```
#[derive(Clone)]
pub struct Templates(Rc<Set>);

#[derive(Clone)]
struct Set {
    name: Str,
    functions: Functions,
    missing_key: MissingKey,
    own: HashMap<Str, Rc<Template>, RandomState>,
    /// The set that this one was layered upon, for all names that it does not define itself.
    below: Option<Templates>,
}

/// A template under its name in a set.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) name: Str,
    pub(crate) file: Str,
    pub(crate) tree: Rc<Tree>,
}

/// What `.key` gives when a map has no such key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingKey {
    /// Nothing, which prints as `<no value>`, and fields of it are nothing again.
    #[default]
    Default,
    /// The zero of the map's values: nil in `map[string]interface{}`, of which a field is an error.
    Zero,
    /// An error.
    Error,
}

impl Templates {
    /// An empty set. Its own name appears in errors about unknown templates.
    pub fn new(name: impl Into<Str>, functions: Functions) -> Self {
        Self(Rc::new(Set {
            name: name.into(),
            functions,
            missing_key: MissingKey::default(),
            own: HashMap::default(),
            below: None,
        }))
    }

    /// The same set with another rule for missing keys.
    #[must_use]
    pub fn missing_key(mut self, rule: MissingKey) -> Self {
        Rc::make_mut(&mut self.0).missing_key = rule;
        self
    }

    /// An empty layer upon this set: it sees all templates, and what is parsed into it hides those below.
    #[must_use]
    pub fn layer(&self) -> Self {
        let set = &*self.0;
        Self(Rc::new(Set {
            name: set.name.clone(),
            functions: set.functions.clone(),
            missing_key: set.missing_key,
            own: HashMap::with_hasher(set.own.hasher().clone()),
            below: Some(self.clone()),
        }))
    }

    /// Parses a text: its definitions, and what stands outside of them under the name of the file. Later definitions
    /// replace earlier ones, unless they are empty.
    pub fn parse(&mut self, file: impl Into<Str>, text: impl AsRef<[u8]>) -> Result<(), Error> {
        self.parse_main(&file.into(), Input::Lent(text.as_ref()))
            .map(|_| ())
    }

    /// The same for a text that is shared: the templates keep no copy of it.
    pub fn parse_shared(&mut self, file: impl Into<Str>, text: &Arc<Vec<u8>>) -> Result<(), Error> {
        self.parse_main(&file.into(), Input::Shared(text)).map(|_| ())
    }

    /// The same; gives what stands outside of definitions, also where it is empty and so replaces nothing.
    pub(crate) fn parse_main(&mut self, file: &Str, text: Input<'_>) -> Result<Rc<Template>, Error> {
        let parsed = self.0.functions.parse(&file.to_text(), text)?;
        let same = parsed
            .definitions
            .iter()
            .find(|definition| definition.name == *file && !definition.tree.is_empty);
        let main = match same {
            Some(_) if !parsed.main.is_empty => return Err(defined_twice(file, text.bytes())),
            Some(same) => &same.tree,
            None => &parsed.main,
        };
        if same.is_none() {
            self.add(file.clone(), file, main);
        }
        for definition in &parsed.definitions {
            self.add(definition.name.clone(), file, &definition.tree);
        }
        Ok(Rc::new(Template {
            name: file.clone(),
            file: file.clone(),
            tree: Rc::clone(main),
        }))
    }

    fn add(&mut self, name: Str, file: &Str, tree: &Rc<Tree>) {
        if tree.is_empty && self.find(&name).is_some() {
            return;
        }
        let template = Template {
            name: name.clone(),
            file: file.clone(),
            tree: Rc::clone(tree),
        };
        Rc::make_mut(&mut self.0).own.insert(name, Rc::new(template));
    }

    /// Whether there is a template of that name.
    pub fn contains(&self, name: impl AsRef<[u8]>) -> bool {
        self.find(name.as_ref()).is_some()
    }

    /// The names of all templates, sorted.
    pub fn names(&self) -> Vec<Str> {
        let mut names: Vec<_> = std::iter::successors(Some(self), |set| set.0.below.as_ref())
            .flat_map(|set| set.0.own.keys().cloned())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The functions that the templates may call.
    pub fn functions(&self) -> &Functions {
        &self.0.functions
    }

    pub(crate) fn find(&self, name: &[u8]) -> Option<&Rc<Template>> {
        let mut layer = self;
        loop {
            if let Some(template) = layer.0.own.get(name) {
                return Some(template);
            }
            layer = layer.0.below.as_ref()?;
        }
    }

    pub(crate) fn rule(&self) -> MissingKey {
        self.0.missing_key
    }

    pub(crate) fn unknown(&self, name: &[u8]) -> Error {
        let (name, set) = (quote::quoted(name), quote::quoted(&self.0.name));
        Error::new(format!(
            "template: no template {name} associated with template {set}"
        ))
    }

    /// A context in which templates of this set can be executed one after the other, within common limits.
    pub fn context<'a>(
        &self,
        limits: Limits,
        host: &'a mut dyn std::any::Any,
        environment: &'a mut dyn Environment,
    ) -> Context<'a> {
        Context::of(self.clone(), limits, host, environment)
    }

    /// Executes a template of this set, within the default limits.
    pub fn execute(&self, name: impl AsRef<[u8]>, data: impl Into<Value>) -> Result<Str, Error> {
        self.context(Limits::default(), &mut (), &mut System)
            .execute(name, data)
    }
}

impl fmt::Debug for Templates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

fn defined_twice(file: &Str, text: &[u8]) -> Error {
    let site = Site {
        file: file.to_string(),
        line: tokens::line(text, u32::try_from(text.len()).unwrap_or(u32::MAX)),
        column: None,
        executing: None,
        at: None,
    };
    let name = quote::quoted(file);
    let message = format!("template: multiple definition of template {name}");
    Error::of(crate::ErrorKind::Parse, message).at(site)
}
