//! Functions whose result is chance. All of it comes from the rendering's environment.

use chacha20::ChaCha20Rng;
use chacha20::rand_core::SeedableRng;

use crate::characters;
use crate::sprig::arguments::{Arguments, text};
use crate::sprig::encoding::encode64;
use crate::{Context, Error, Function, Type, Value};

use Type::{Int, String as Text};

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PRINTABLE: (u8, u8) = (b' ', b'~');

pub(in crate::sprig) static FUNCTIONS: &[Function] = &[
    Function::new("randAlphaNum", &[Int], |context, given| {
        from_alphabet(context, given, ALPHANUMERIC)
    })
    .volatile(),
    Function::new("randAlpha", &[Int], |context, given| {
        from_alphabet(context, given, LETTERS)
    })
    .volatile(),
    Function::new("randNumeric", &[Int], |context, given| {
        from_alphabet(context, given, DIGITS)
    })
    .volatile(),
    Function::new("randAscii", &[Int], |context, given| {
        let alphabet: Vec<u8> = (PRINTABLE.0..=PRINTABLE.1).collect();
        from_alphabet(context, given, &alphabet)
    })
    .volatile(),
    Function::new("randBytes", &[Int], |context, given| {
        let count = usize::try_from(Arguments(given).int(0))
            .map_err(|_| Error::new("runtime error: makeslice: len out of range"))?;
        context.allocate(count.saturating_mul(3))?;
        let mut bytes = vec![0; count];
        context.random(&mut bytes)?;
        Ok(encode64(&bytes).into())
    })
    .volatile(),
    Function::new("randInt", &[Int, Int], |context, given| {
        let (low, high) = (Arguments(given).int(0), Arguments(given).int(1));
        let span = u64::try_from(high.wrapping_sub(low)).unwrap_or(0);
        if span == 0 {
            return Err(Error::new("invalid argument to Intn"));
        }
        Ok(Value::Int(low.wrapping_add_unsigned(below(context, span)?)))
    })
    .volatile(),
    Function::new("shuffle", &[Text], |context, given| {
        let mut shuffled: Vec<char> = characters::of(Arguments(given).text(0))
            .map(|(character, _)| character)
            .collect();
        context.allocate(shuffled.len().saturating_mul(4))?;
        for index in (1..shuffled.len()).rev() {
            let other = usize::try_from(below(context, index as u64 + 1)?).unwrap_or(0);
            shuffled.swap(index, other);
        }
        text(context, shuffled.into_iter().collect::<String>())
    })
    .volatile(),
    Function::new("uuidv4", &[], |context, _| {
        let mut bytes = [0; 16];
        context.random(&mut bytes)?;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let digits = hex::encode(bytes);
        let parts = [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ];
        Ok(parts.join("-").into())
    })
    .volatile(),
    // Nobody is asked: the result of a rendering does not depend on the network.
    Function::new("getHostByName", &[Text], |_, _| Ok("".into())),
];

fn from_alphabet(context: &mut Context<'_>, given: &[Value], alphabet: &[u8]) -> Result<Value, Error> {
    let count = usize::try_from(Arguments(given).int(0)).unwrap_or(0);
    context.allocate(count.saturating_mul(2))?;
    // Bytes from here on would make some characters more likely than others.
    let fair = 256 - 256 % alphabet.len();
    let mut chosen = Vec::with_capacity(count);
    let mut bytes = [0; 64];
    while chosen.len() < count {
        context.random(&mut bytes)?;
        let fair = bytes
            .iter()
            .map(|&byte| usize::from(byte))
            .filter(|&byte| byte < fair);
        chosen.extend(
            fair.take(count - chosen.len())
                .map(|byte| alphabet[byte % alphabet.len()]),
        );
    }
    Ok(chosen.into())
}

/// A number from zero up to but not including `limit`, each as likely as any other.
fn below(context: &mut Context<'_>, limit: u64) -> Result<u64, Error> {
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let mut bytes = [0; 8];
        context.random(&mut bytes)?;
        let number = u64::from_le_bytes(bytes);
        if number < fair {
            return Ok(number % limit);
        }
    }
}

/// A generator for keys, seeded from the environment.
pub(super) fn generator(context: &mut Context<'_>) -> Result<ChaCha20Rng, Error> {
    let mut seed = [0; 32];
    context.random(&mut seed)?;
    Ok(ChaCha20Rng::from_seed(seed))
}
