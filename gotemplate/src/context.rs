//! What a function may use of the rendering that calls it.

use std::any::Any;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::environment::{Occasion, Step};
use crate::exec::{self, Operand};
use crate::limits::{self, Meter};
use crate::parse::Input;
use crate::parse::tree::Position;
use crate::templates::Template;
use crate::value::{self, Put};
use crate::{Environment, Error, Function, Functions, Limits, Map, Str, Templates, Time, Value, stack};

/// The rendering, as its functions see it.
pub struct Context<'a> {
    templates: Templates,
    meter: Meter,
    host: &'a mut dyn Any,
    environment: &'a mut dyn Environment,
    /// What has been written. A template executed by a function writes behind what its caller wrote.
    pub(crate) output: Vec<u8>,
    /// The variables of all templates that are being executed.
    pub(crate) variables: Vec<Operand>,
    /// Argument lists not in use.
    pub(crate) lists: Vec<Vec<Value>>,
    /// The templates that are being executed, the outermost first.
    pub(crate) trail: Vec<Step>,
    volatile: BTreeSet<&'static str>,
    /// Bytes of texts that were parsed while executing and are being executed.
    parsed: usize,
    /// Dropped last: most maps are gone by then, and with them what is to be looked at.
    put: Put,
}

/// The bytes that one byte of a text may give when it is parsed, as a template or as values; in a hostile one a few
/// times as many.
const MADE_OF_TEXT: usize = 16;

impl<'a> Context<'a> {
    /// A context outside of any rendering: to call functions by themselves.
    pub fn new(limits: Limits, host: &'a mut dyn Any, environment: &'a mut dyn Environment) -> Self {
        Self::of(
            Templates::new("", Functions::default()),
            limits,
            host,
            environment,
        )
    }

    pub(crate) fn of(
        templates: Templates,
        limits: Limits,
        host: &'a mut dyn Any,
        environment: &'a mut dyn Environment,
    ) -> Self {
        Self {
            templates,
            meter: Meter::new(limits),
            host,
            environment,
            output: Vec::new(),
            variables: Vec::new(),
            lists: Vec::new(),
            trail: Vec::new(),
            volatile: BTreeSet::new(),
            parsed: 0,
            put: Put::default(),
        }
    }

    /// Executes a template of the set and gives what it writes.
    pub fn execute(&mut self, name: impl AsRef<[u8]>, data: impl Into<Value>) -> Result<Str, Error> {
        let name = name.as_ref();
        let template = self
            .templates
            .find(name)
            .cloned()
            .ok_or_else(|| self.templates.unknown(name))?;
        self.capture(&template, data.into())
    }

    /// Parses a text as a template of that name and executes it, as if it had been in the set all along: it sees all
    /// templates, and those it defines are seen by whatever is executed from inside of it. Then it is gone.
    pub fn execute_text(
        &mut self,
        name: impl Into<Str>,
        text: impl AsRef<[u8]>,
        data: impl Into<Value>,
    ) -> Result<Str, Error> {
        let text = text.as_ref();
        self.spend(text.len() as u64 / 64)?;
        let most = self.limits().memory / MADE_OF_TEXT;
        if self.parsed + text.len() > most {
            return Err(limits::out_of(format_args!(
                "memory: more than {most} bytes of templates parsed within one another"
            )));
        }
        let mut layer = self.templates.layer();
        let template = layer.parse_main(&name.into(), Input::Lent(text))?;
        let below = std::mem::replace(&mut self.templates, layer);
        self.parsed += text.len();
        let result = self.capture(&template, data.into());
        self.parsed -= text.len();
        self.templates = below;
        result
    }

    fn capture(&mut self, template: &Rc<Template>, data: Value) -> Result<Str, Error> {
        let start = self.output.len();
        let result = exec::run(self, template, data);
        let written = match &result {
            Ok(()) => Str::new(&self.output[start..]),
            Err(_) => Str::EMPTY,
        };
        self.output.truncate(start);
        result?;
        self.allocate(written.len())?;
        Ok(written)
    }

    /// The templates as they are now: inside of [`Context::execute_text`] with what it defines.
    pub fn templates(&self) -> &Templates {
        &self.templates
    }

    /// The host's own state, given when the rendering was started.
    pub fn host<T: Any>(&mut self) -> Option<&mut T> {
        self.host.downcast_mut()
    }

    /// The limits of this rendering.
    pub fn limits(&self) -> &Limits {
        self.meter.limits()
    }

    /// Takes steps off the fuel: call it with the size of the work before doing it.
    #[inline]
    pub fn spend(&mut self, steps: u64) -> Result<(), Error> {
        self.meter.spend(steps)
    }

    /// Takes bytes off the memory, and fuel for making them: call it before making a value of a size that a template
    /// chooses.
    #[inline]
    pub fn allocate(&mut self, bytes: usize) -> Result<(), Error> {
        self.meter.allocate(bytes)
    }

    /// Reads the values that a text holds, if there is room for as many as it may hold, and takes them off the limits.
    pub fn parsed(
        &mut self,
        text: &[u8],
        read: impl FnOnce(&[u8]) -> Result<Value, Error>,
    ) -> Result<Value, Error> {
        self.spend(text.len() as u64 / 4)?;
        self.meter.check_room(text.len().saturating_mul(MADE_OF_TEXT))?;
        let value = read(text)?;
        self.measure(&value)?;
        Ok(value)
    }

    /// Takes all of a value off the limits, each part as often as it occurs: call it before work on the whole that has
    /// no bounds of its own. A value of a few bytes is endless when its parts hold one another again and again.
    pub fn measure(&mut self, value: &Value) -> Result<(), Error> {
        let each = |context: &mut Self, items: &[Value]| {
            context.allocate(size_of_val(items))?;
            items.iter().try_for_each(|item| context.measure(item))
        };
        match value {
            Value::String(text) => self.allocate(text.heap_size()),
            Value::Bytes(bytes) => self.allocate(bytes.len()),
            Value::Strings(texts) => self.allocate(texts.iter().map(|text| text.len()).sum()),
            Value::StringMap(map) => self.allocate(map.values().map(|text| text.len()).sum()),
            Value::List(items) => stack::grow(|| each(self, items)),
            Value::Map(map) => {
                self.allocate(Map::size(map.len()))?;
                let mut entry = |(key, value): (&Str, &Value)| {
                    self.allocate(key.heap_size())?;
                    self.measure(value)
                };
                stack::grow(|| map.read().iter().try_for_each(&mut entry))
            }
            Value::Object(object) => match (object.as_map(), object.as_list()) {
                (Some(map), _) => self.measure(&Value::Map(map)),
                (_, Some(list)) => self.measure(&Value::List(list)),
                _ => {
                    let fields = object.fields().into_iter();
                    each(self, &fields.map(|(_, value)| value).collect::<Vec<_>>())
                }
            },
            _ => Ok(()),
        }
    }

    /// Whether both are deeply equal, as [`deep_equal`](crate::deep_equal) says; the work is taken off the fuel.
    pub fn equal(&mut self, a: &Value, b: &Value) -> Result<bool, Error> {
        let mut left = self.meter.left();
        let equal = value::equal_within(a, b, &mut left);
        self.spend(self.meter.left().saturating_sub(left))?;
        if left == 0 {
            self.spend(1)?;
        }
        Ok(equal)
    }

    /// Puts an entry into a map that a template made or was given. When the rendering ends, those that are part of a cycle
    /// are taken out again, as nothing else would free it.
    pub fn put(&mut self, map: &Map, key: Str, value: Value) {
        self.put.note(map, &key, &value);
        map.insert(key, value);
    }

    /// Appends to the output, within its limit.
    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.output.extend_from_slice(bytes);
        self.check_output()
    }

    #[inline]
    pub(crate) fn check_output(&self) -> Result<(), Error> {
        let most = self.meter.limits().output;
        if self.output.len() > most {
            return Err(limits::out_of(format_args!("output: more than {most} bytes")));
        }
        Ok(())
    }

    /// The template that is being executed is about to call from this place in its text.
    #[inline]
    pub(crate) fn stand_at(&mut self, position: Position) {
        if let Some(step) = self.trail.last_mut() {
            step.position = position;
        }
    }

    /// This function is about to be called.
    #[inline]
    pub(crate) fn announce(&mut self, function: &'static Function) {
        if function.volatile {
            self.volatile.insert(function.name);
            self.environment.calling(&Occasion {
                function: function.name,
                trail: &self.trail,
            });
        }
    }

    /// The functions called so far whose results may be others next time, by name.
    pub fn volatile(&self) -> impl Iterator<Item = &'static str> {
        self.volatile.iter().copied()
    }

    /// Fills the bytes with randomness.
    pub fn random(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.environment.random(bytes)
    }

    /// The time now.
    pub fn now(&mut self) -> Time {
        self.environment.now()
    }
}
