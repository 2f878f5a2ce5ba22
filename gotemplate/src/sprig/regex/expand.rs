//! Replacement templates: `$name`, `${name}`, `$1`, `$$`.

/// A replacement cut into its pieces.
pub(super) struct Template<'t> {
    pieces: Vec<Piece<'t>>,
}

enum Piece<'t> {
    Text(&'t [u8]),
    /// The groups that may give the text: the first that took part does.
    Groups(Vec<usize>),
}

impl<'t> Template<'t> {
    pub(super) fn new(mut template: &'t [u8], names: &[Option<String>]) -> Self {
        let mut pieces = Vec::new();
        while let Some(dollar) = template.iter().position(|&byte| byte == b'$') {
            pieces.push(Piece::Text(&template[..dollar]));
            let after = &template[dollar + 1..];
            if after.first() == Some(&b'$') {
                pieces.push(Piece::Text(b"$"));
                template = &after[1..];
            } else if let Some((name, rest)) = reference(after) {
                pieces.push(Piece::Groups(groups(name, names)));
                template = rest;
            } else {
                pieces.push(Piece::Text(b"$"));
                template = after;
            }
        }
        pieces.push(Piece::Text(template));
        Self { pieces }
    }

    pub(super) fn expand<'s>(&self, output: &mut Vec<u8>, group: impl Fn(usize) -> Option<&'s [u8]>) {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => output.extend_from_slice(text),
                Piece::Groups(groups) => {
                    let found = groups.iter().find_map(|&index| group(index));
                    output.extend_from_slice(found.unwrap_or_default());
                }
            }
        }
    }
}

/// The name behind a dollar sign and what follows it.
fn reference(text: &[u8]) -> Option<(&str, &[u8])> {
    let braced = text.first() == Some(&b'{');
    let text = if braced { &text[1..] } else { text };
    let valid = match std::str::from_utf8(text) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&text[..error.valid_up_to()]).unwrap_or_default(),
    };
    let is_name = |character: char| character == '_' || character.is_alphanumeric();
    let length = valid.find(|character| !is_name(character)).unwrap_or(valid.len());
    let (name, rest) = (&valid[..length], &text[length..]);
    match (name.is_empty(), braced, rest.first()) {
        (false, false, _) => Some((name, rest)),
        (false, true, Some(b'}')) => Some((name, &rest[1..])),
        _ => None,
    }
}

fn groups(name: &str, names: &[Option<String>]) -> Vec<usize> {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit()) && (name == "0" || !name.starts_with('0'));
    match name.parse::<usize>() {
        Ok(index) if is_number && name.len() < 10 => vec![index],
        _ => (0..names.len())
            .filter(|&index| names[index].as_deref() == Some(name))
            .collect(),
    }
}
