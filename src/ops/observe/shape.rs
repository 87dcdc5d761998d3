//! The shape of a key: what its siblings share, with a `*` for what tells them apart.

/// The shape of a logical key: `Book:*>owner` for `Book:100>owner`.
///
/// In base and field, what stands behind a colon varies, and so does a word with a digit in it.
pub(super) fn shape(key: &[u8]) -> Vec<u8> {
    let parts = key.split(|byte| *byte == b'>').map(part);
    parts.collect::<Vec<_>>().join(&b'>')
}

fn part(part: &[u8]) -> Vec<u8> {
    let mut segments = part.split(|byte| *byte == b':');
    let mut shape = words(segments.next().unwrap_or_default());
    segments.for_each(|_| shape.extend_from_slice(b":*"));
    shape
}

/// Words with a digit become `*`; several in a row become one.
fn words(segment: &[u8]) -> Vec<u8> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || !byte.is_ascii();
    let mut shape = Vec::with_capacity(segment.len());
    for word in segment.chunk_by(|a, b| is_letter(a) == is_letter(b)) {
        if !word.iter().any(u8::is_ascii_digit) {
            shape.extend_from_slice(word);
        } else if !(shape.len() >= 2 && shape[shape.len() - 2] == b'*') {
            shape.push(b'*');
        } else {
            shape.pop();
        }
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_have_one_shape() {
        for (key, expected) in [
            ("Book:100>owner", "Book:*>owner"),
            ("Book:100", "Book:*"),
            ("plain", "plain"),
            ("a:1>b>c", "a:*>b>c"),
            ("Book:1:2>page:3", "Book:*:*>page:*"),
            ("user-17_x>f2", "user-*_x>*"),
            ("9f8a-11aa-22bb>v", "*>v"),
            ("", ""),
        ] {
            assert_eq!(String::from_utf8(shape(key.as_bytes())).unwrap(), expected, "{key}");
        }
    }
}
