//! Redis globs: escaping names for them, checking them, matching them as the server does.
//!
//! The rules are those of Redis' `stringmatchlen`: `*`, `?`, `[a-z]`, `[^a]`, and `\` before a literal, over bytes.

pub use crate::error::GlobError;

/// Puts a backslash before every byte that has a meaning in a Redis glob.
///
/// ```
/// use cacheme::namespace::glob::escape;
/// assert_eq!(escape(b"a*b[1]"), br"a\*b\[1\]");
/// ```
pub fn escape(literal: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(literal.len());
    for &byte in literal {
        if matches!(byte, b'\\' | b'*' | b'?' | b'[' | b']') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Literal(u8),
    Class { negated: bool, ranges: Vec<(u8, u8)> },
}

/// A checked glob over bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    source: Vec<u8>,
    tokens: Vec<Token>,
}

impl Glob {
    /// Checks a glob.
    ///
    /// # Errors
    /// [`GlobError`] where the glob is empty, holds an unclosed class or ends in a backslash.
    pub fn parse(source: &[u8]) -> Result<Self, GlobError> {
        if source.is_empty() {
            return Err(GlobError::Empty);
        }
        let tokens = tokenize(source)?.into_iter().map(|(_, token)| token).collect();
        Ok(Self { source: source.to_vec(), tokens })
    }

    /// The glob as it was given, for a `MATCH` on the server.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// The one name this glob matches, where it has no wildcard.
    pub fn literal(&self) -> Option<Vec<u8>> {
        self.tokens
            .iter()
            .map(|token| if let Token::Literal(byte) = token { Some(*byte) } else { None })
            .collect()
    }

    /// Whether every name, or every name of at least one byte, matches.
    pub fn is_everything(&self) -> bool {
        self.tokens.contains(&Token::Any)
            && self.tokens.iter().all(|token| matches!(token, Token::Any | Token::One))
            && self.tokens.iter().filter(|token| **token == Token::One).count() <= 1
    }

    /// Whether the glob matches, byte for byte as Redis would.
    pub fn matches(&self, name: &[u8]) -> bool {
        let (mut t, mut n) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        loop {
            match self.tokens.get(t) {
                Some(Token::Any) => {
                    star = Some((t + 1, n));
                    t += 1;
                    continue;
                }
                Some(token) if n < name.len() && token.accepts(name[n]) => {
                    t += 1;
                    n += 1;
                    continue;
                }
                None if n == name.len() => return true,
                _ => {}
            }
            match star {
                Some((after, from)) if from < name.len() => {
                    star = Some((after, from + 1));
                    t = after;
                    n = from + 1;
                }
                _ => return false,
            }
        }
    }
}

impl Token {
    fn accepts(&self, byte: u8) -> bool {
        match self {
            Self::Any | Self::One => true,
            Self::Literal(literal) => *literal == byte,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&byte)) != *negated
            }
        }
    }
}

/// A glob over logical keys: one part for the base, one for the field where the glob holds a `>`.
///
/// Without a `>` it matches the base, and so every field that shares it, as the library's own patterns do.
/// What stands behind a second `>` has no meaning: the library cuts `a>b>c` to the field `b` of `a`.
///
/// ```
/// use cacheme::namespace::glob::KeyGlob;
/// let owners = KeyGlob::parse(b"Book:*>owner").unwrap();
/// assert!(owners.matches(b"Book:100", b"owner"));
/// assert!(!owners.matches(b"Book:100", b"title"));
/// assert!(KeyGlob::parse(b"Book:*").unwrap().matches(b"Book:100", b"title"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyGlob {
    /// Matches the part before the first `>`. `None` stands for the empty base.
    pub base: Option<Glob>,
    /// Matches the part between the first and the second `>`; `None` where the glob has no `>`.
    pub field: Option<FieldGlob>,
}

/// The field half of a [`KeyGlob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldGlob {
    /// One field, named in full (the empty name included).
    Name(Vec<u8>),
    /// Whatever matches.
    Glob(Glob),
}

impl FieldGlob {
    /// Whether this field is meant.
    pub fn matches(&self, field: &[u8]) -> bool {
        match self {
            Self::Name(name) => name == field,
            Self::Glob(glob) => glob.matches(field),
        }
    }
}

impl KeyGlob {
    /// Checks a glob and cuts it at its `>`.
    ///
    /// # Errors
    /// [`GlobError`] as for [`Glob::parse`].
    pub fn parse(source: &[u8]) -> Result<Self, GlobError> {
        if source.is_empty() {
            return Err(GlobError::Empty);
        }
        let tokens = tokenize(source)?;
        let mut cuts = tokens.iter().enumerate().filter(|(_, (_, token))| *token == Token::Literal(b'>'));
        let Some((first, (at, _))) = cuts.next() else {
            return Ok(Self { base: Some(Glob::parse(source)?), field: None });
        };
        let base = (*at > 0).then(|| Glob::parse(&source[..*at])).transpose()?;
        let from = tokens.get(first + 1).map_or(source.len(), |(at, _)| *at);
        let to = cuts.next().map_or(source.len(), |(_, (at, _))| *at);
        let field = if from == to {
            FieldGlob::Name(Vec::new())
        } else {
            let glob = Glob::parse(&source[from..to])?;
            glob.literal().map_or(FieldGlob::Glob(glob), FieldGlob::Name)
        };
        Ok(Self { base, field: Some(field) })
    }

    /// Whether the value at this base and field is meant.
    pub fn matches(&self, base: &[u8], field: &[u8]) -> bool {
        self.matches_base(base) && self.field.as_ref().is_none_or(|glob| glob.matches(field))
    }

    /// The glob of every key.
    pub fn everything() -> Self {
        Self { base: Some(Glob { source: b"*".to_vec(), tokens: vec![Token::Any] }), field: None }
    }

    /// The base's part as it was given; empty for the empty base.
    pub fn base_source(&self) -> &[u8] {
        self.base.as_ref().map_or(b"", Glob::source)
    }

    /// Whether values of this base may be meant.
    pub fn matches_base(&self, base: &[u8]) -> bool {
        self.base.as_ref().map_or(base.is_empty(), |glob| glob.matches(base))
    }

    /// Whether this is the whole namespace.
    pub fn is_everything(&self) -> bool {
        let all_fields = match &self.field {
            None => true,
            Some(FieldGlob::Glob(glob)) => glob.is_everything(),
            Some(FieldGlob::Name(_)) => false,
        };
        all_fields && self.base.as_ref().is_some_and(Glob::is_everything)
    }
}

/// Tokens with the offset each starts at.
fn tokenize(source: &[u8]) -> Result<Vec<(usize, Token)>, GlobError> {
    let mut tokens = Vec::with_capacity(source.len());
    let mut at = 0;
    while let Some(&byte) = source.get(at) {
        let start = at;
        at += 1;
        let token = match byte {
            b'*' => Token::Any,
            b'?' => Token::One,
            b'\\' => {
                let literal = *source.get(at).ok_or(GlobError::TrailingBackslash)?;
                at += 1;
                Token::Literal(literal)
            }
            b'[' => {
                let (class, end) = class(source, at)?;
                at = end;
                class
            }
            literal => Token::Literal(literal),
        };
        tokens.push((start, token));
    }
    Ok(tokens)
}

/// Reads a class from behind its `[` to behind its `]`, with the server's own reading of odd ones such as `[a-]`.
fn class(source: &[u8], mut at: usize) -> Result<(Token, usize), GlobError> {
    let negated = source.get(at) == Some(&b'^');
    at += usize::from(negated);
    let mut ranges = Vec::new();
    loop {
        match source.get(at..).unwrap_or_default() {
            [] => return Err(GlobError::UnclosedClass),
            [b'\\', literal, ..] => {
                ranges.push((*literal, *literal));
                at += 2;
            }
            [b']', ..] => return Ok((Token::Class { negated, ranges }, at + 1)),
            [from, b'-', to, ..] => {
                ranges.push((*from.min(to), *from.max(to)));
                at += 3;
            }
            [literal, ..] => {
                ranges.push((*literal, *literal));
                at += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(glob: &str, name: &str) -> bool {
        Glob::parse(glob.as_bytes()).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn matches_as_redis_does() {
        for (glob, name, expected) in [
            ("*", "", true),
            ("?", "", false),
            ("a*c", "abbc", true),
            ("a*c*e", "abcde", true),
            ("a*c*e", "abcd", false),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[^a]x", "bx", true),
            ("[^a]x", "ax", false),
            ("[]x", "x", false),
            (r"\*x", "*x", true),
            (r"\*x", "ax", false),
            (r"[\]]", "]", true),
        ] {
            assert_eq!(matches(glob, name), expected, "{glob} against {name}");
        }
    }

    #[test]
    fn refuses_what_redis_would_misread() {
        assert_eq!(Glob::parse(b"Book:[1"), Err(GlobError::UnclosedClass));
        assert_eq!(Glob::parse(b"[a-]"), Err(GlobError::UnclosedClass));
        assert_eq!(Glob::parse(b"Book\\"), Err(GlobError::TrailingBackslash));
        assert_eq!(KeyGlob::parse(b""), Err(GlobError::Empty));
    }

    #[test]
    fn a_key_glob_is_cut_at_its_arrow() {
        let empty_base = KeyGlob::parse(b">f*").unwrap();
        assert!(empty_base.matches(b"", b"fx") && !empty_base.matches(b"a", b"fx"));
        let empty_field = KeyGlob::parse(b"a>").unwrap();
        assert!(empty_field.matches(b"a", b"") && !empty_field.matches(b"a", b"x"));
        let three = KeyGlob::parse(b"a>b>c*").unwrap();
        assert!(three.matches(b"a", b"b") && !three.matches(b"a", b"bc"));
        assert_eq!(
            KeyGlob::parse(br"a\>own*").unwrap(),
            KeyGlob { base: Some(Glob::parse(b"a").unwrap()), ..KeyGlob::parse(b"a>own*").unwrap() }
        );
    }

    #[test]
    fn the_whole_namespace_is_recognised() {
        for all in ["*", "**", "*>*", "?*", "*>**"] {
            assert!(KeyGlob::parse(all.as_bytes()).unwrap().is_everything(), "{all}");
        }
        for some in ["a*", "*a", "*>owner", "?", "*>?"] {
            assert!(!KeyGlob::parse(some.as_bytes()).unwrap().is_everything(), "{some}");
        }
    }

    proptest! {
        #[test]
        fn an_escaped_name_matches_itself_and_nothing_else(name: Vec<u8>, other: Vec<u8>) {
            prop_assume!(!name.is_empty());
            let glob = Glob::parse(&escape(&name)).unwrap();
            prop_assert!(glob.matches(&name));
            prop_assert_eq!(glob.matches(&other), name == other);
            prop_assert_eq!(glob.literal(), Some(name));
        }

        #[test]
        fn no_glob_panics(source: Vec<u8>, name: Vec<u8>) {
            if let Ok(glob) = KeyGlob::parse(&source) {
                glob.matches(&name, &name);
            }
        }
    }
}
