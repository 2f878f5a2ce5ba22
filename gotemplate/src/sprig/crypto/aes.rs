//! AES with a key of 256 bits, blocks chained, the chance of the start before the blocks.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};

use crate::sprig::arguments::{Arguments, text};
use crate::sprig::encoding::{decode64, encode64};
use crate::{Context, Error, Function, Type, Value};

use Type::String as Text;

const BLOCK: usize = 16;

pub(in crate::sprig) static FUNCTIONS: &[Function] = &[
    Function::new("encryptAES", &[Text, Text], encrypt).volatile(),
    Function::new("decryptAES", &[Text, Text], decrypt),
];

/// The password, cut or filled with zeros.
fn cipher(password: &[u8]) -> Aes256 {
    let mut key = [0; 32];
    let length = password.len().min(key.len());
    key[..length].copy_from_slice(&password[..length]);
    Aes256::new(&key.into())
}

fn xor(block: &mut [u8; BLOCK], other: &[u8; BLOCK]) {
    for (byte, other) in block.iter_mut().zip(other) {
        *byte ^= other;
    }
}

fn encrypt(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let (password, plain) = (Arguments(given).text(0), Arguments(given).text(1));
    if plain.is_empty() {
        return Ok("".into());
    }
    context.allocate(plain.len().saturating_mul(3))?;
    let padding = BLOCK - plain.len() % BLOCK;
    let mut padded = plain.to_vec();
    padded.resize(plain.len() + padding, u8::try_from(padding).unwrap_or(0));
    let cipher = cipher(password);
    let mut last = [0; BLOCK];
    context.random(&mut last)?;
    let mut encrypted = last.to_vec();
    for block in padded.as_chunks::<BLOCK>().0 {
        let mut block = *block;
        xor(&mut block, &last);
        let mut block = block.into();
        cipher.encrypt_block(&mut block);
        last = block.into();
        encrypted.extend_from_slice(&last);
    }
    text(context, encode64(&encrypted))
}

fn decrypt(context: &mut Context<'_>, given: &[Value]) -> Result<Value, Error> {
    let (password, encoded) = (Arguments(given).text(0), Arguments(given).text(1));
    if encoded.is_empty() {
        return Ok("".into());
    }
    let encrypted =
        decode64(encoded).map_err(|at| Error::new(format!("illegal base64 data at input byte {at}")))?;
    let Some((start, blocks)) = encrypted.split_first_chunk::<BLOCK>() else {
        let capacity = encoded.len() / 4 * 3;
        return Err(Error::new(format!(
            "runtime error: slice bounds out of range [:16] with capacity {capacity}"
        )));
    };
    let (blocks, []) = blocks.as_chunks::<BLOCK>() else {
        return Err(Error::new("crypto/cipher: input not full blocks"));
    };
    let cipher = cipher(password);
    let mut last = *start;
    let mut plain = Vec::with_capacity(encrypted.len());
    for encrypted in blocks {
        let mut block = (*encrypted).into();
        cipher.decrypt_block(&mut block);
        let mut block: [u8; BLOCK] = block.into();
        xor(&mut block, &last);
        plain.extend_from_slice(&block);
        last = *encrypted;
    }
    let padding = usize::from(
        *plain
            .last()
            .ok_or_else(|| Error::new("runtime error: index out of range [-1]"))?,
    );
    let length = plain.len().checked_sub(padding).ok_or_else(|| {
        Error::new(format!(
            "runtime error: slice bounds out of range [:-{}]",
            padding - plain.len()
        ))
    })?;
    plain.truncate(length);
    text(context, plain)
}
