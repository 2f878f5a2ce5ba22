//! Check sums, in hexadecimal.

use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use crate::sprig::arguments::{Arguments, text};
use crate::{Context, Error, Function, Type, Value};

use Type::String as Text;

pub(in crate::sprig) static FUNCTIONS: &[Function] = &[
    Function::new("sha1sum", &[Text], hash::<Sha1>),
    Function::new("sha256sum", &[Text], hash::<Sha256>),
    Function::new("sha512sum", &[Text], hash::<Sha512>),
    Function::new("adler32sum", &[Text], |context, given| {
        let input = Arguments(given).text(0);
        context.spend(input.len() as u64 / 64)?;
        Ok(adler32(input).to_string().into())
    }),
];

fn hash<D: Digest>(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let input = Arguments(given).text(0);
    context.spend(input.len() as u64 / 64)?;
    text(context, hex::encode(D::digest(input)))
}

fn adler32(input: &[u8]) -> u32 {
    const MODULUS: u32 = 65_521;
    let (mut low, mut high) = (1_u32, 0_u32);
    // So many bytes cannot overflow the sums.
    for chunk in input.chunks(5552) {
        for &byte in chunk {
            low += u32::from(byte);
            high += low;
        }
        (low, high) = (low % MODULUS, high % MODULUS);
    }
    high << 16 | low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adler_sums_the_known_example() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(adler32(&vec![0xff; 100_000]), 345_649_196);
    }
}
