//! Where the parts of a text's trees are kept: those of a kind in one list, so that a text takes few allocations and
//! its trees are freed in one sweep. Parts refer to one another by their places.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Index;

use super::tree::{
    Branch, Chain, Command, Expression, Invocation, Literal, Node, Number, Pipeline, Range, Target, Variable,
};
use crate::Str;

/// A part in the list of its kind.
pub(crate) struct Place<T> {
    index: u32,
    of: PhantomData<fn() -> T>,
}

/// Parts that stand one behind the other in the list of their kind.
pub(crate) struct Run<T> {
    start: u32,
    end: u32,
    of: PhantomData<fn() -> T>,
}

/// What is kept in a list of its own.
pub(crate) trait Part: Sized {
    fn list(parts: &Parts) -> &Vec<Self>;
    fn list_mut(parts: &mut Parts) -> &mut Vec<Self>;
}

macro_rules! kinds {
    ($($list:ident: $part:ty,)+) => {
        #[derive(Debug, Default)]
        pub(crate) struct Parts {
            $($list: Vec<$part>,)+
        }

        $(impl Part for $part {
            #[inline]
            fn list(parts: &Parts) -> &Vec<Self> {
                &parts.$list
            }

            #[inline]
            fn list_mut(parts: &mut Parts) -> &mut Vec<Self> {
                &mut parts.$list
            }
        })+

        impl Parts {
            /// Takes all parts out, into lists of their size.
            pub(super) fn take(&mut self) -> Self {
                Self {
                    $($list: moved(&mut self.$list),)+
                }
            }
        }
    };
}

/// The lists that a text is read into. They are kept from text to text, so that they have grown already.
#[derive(Debug, Default)]
pub(crate) struct Lists {
    pub(super) parts: Parts,
    /// The parts of runs that are being read, the innermost last; those of a run that has ended are kept together.
    pub(super) nodes: Vec<Node>,
    pub(super) branches: Vec<Branch>,
    pub(super) commands: Vec<Command>,
    pub(super) words: Vec<Expression>,
}

kinds! {
    branches: Branch,
    chains: Chain,
    commands: Command,
    expressions: Expression,
    invocations: Invocation,
    literals: Literal,
    names: Str,
    nodes: Node,
    numbers: Number,
    pipelines: Pipeline,
    ranges: Range,
    targets: Target,
    variables: Variable,
}

impl Parts {
    pub(super) fn keep<T: Part>(&mut self, part: T) -> Place<T> {
        let list = T::list_mut(self);
        let index = place(list.len());
        list.push(part);
        Place {
            index,
            of: PhantomData,
        }
    }

    pub(super) fn change<T: Part>(&mut self, place: Place<T>) -> &mut T {
        &mut T::list_mut(self)[place.index as usize]
    }

    /// Keeps the parts of a run that has ended: those behind the first `outer` that are being read.
    pub(super) fn keep_run<T: Part + Copy>(&mut self, read: &mut Vec<T>, outer: usize) -> Run<T> {
        let start = self.next();
        T::list_mut(self).extend_from_slice(&read[outer..]);
        read.truncate(outer);
        self.since(start)
    }

    /// Where the next part of a kind will be.
    pub(super) fn next<T: Part>(&self) -> Place<T> {
        Place {
            index: place(T::list(self).len()),
            of: PhantomData,
        }
    }

    /// The parts of a kind from there on.
    pub(super) fn since<T: Part>(&self, start: Place<T>) -> Run<T> {
        Run {
            start: start.index,
            end: place(T::list(self).len()),
            of: PhantomData,
        }
    }

    pub(super) fn keep_all<T: Part>(&mut self, parts: impl IntoIterator<Item = T>) -> Run<T> {
        let start = self.next();
        T::list_mut(self).extend(parts);
        self.since(start)
    }
}

/// All parts of a list, in one of their size.
fn moved<T>(list: &mut Vec<T>) -> Vec<T> {
    let mut all = Vec::with_capacity(list.len());
    all.append(list);
    all
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the parser takes no text of 4 GiB, and each part stands for a byte at least"
)]
fn place(index: usize) -> u32 {
    index as u32
}

impl<T: Part> Index<Place<T>> for Parts {
    type Output = T;

    #[inline]
    fn index(&self, place: Place<T>) -> &T {
        &T::list(self)[place.index as usize]
    }
}

impl<T: Part> Index<Run<T>> for Parts {
    type Output = [T];

    #[inline]
    fn index(&self, run: Run<T>) -> &[T] {
        &T::list(self)[run.start as usize..run.end as usize]
    }
}

impl<T> Run<T> {
    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl<T> Default for Run<T> {
    fn default() -> Self {
        Self {
            start: 0,
            end: 0,
            of: PhantomData,
        }
    }
}

impl<T> Clone for Place<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Place<T> {}

impl<T> Clone for Run<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Run<T> {}

impl<T> fmt::Debug for Place<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.index.fmt(f)
    }
}

impl<T> fmt::Debug for Run<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.start..self.end).fmt(f)
    }
}
