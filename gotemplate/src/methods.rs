//! The methods of the time types. Each gets the time or duration itself as its first argument.

use crate::Function;

/// `time.Time`'s methods.
pub(crate) static TIME: &[Function] = &[];
/// `time.Duration`'s methods.
pub(crate) static DURATION: &[Function] = &[];

/// The method of that name.
pub(crate) fn find(methods: &'static [Function], name: &[u8]) -> Option<&'static Function> {
    methods.iter().find(|method| method.name.as_bytes() == name)
}
