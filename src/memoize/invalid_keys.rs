//! The invalid keys of a result: names, in lists as deep as one likes, with holes.

use std::collections::HashSet;
use std::fmt;

/// Names under which a value is listed, so that invalidating one of them reaches it. Given without the prefix and
/// without `:invalid`.
///
/// Anything that converts will do: one name, an `Option`, lists, arrays and tuples of these, nested. They are
/// flattened, `None` is left out, and each name is used once, as the library does it.
///
/// ```
/// use cacheme::memoize::InvalidKeys;
///
/// let nested = InvalidKeys::from(("User:1", [Some("Team:1"), None], vec![vec!["User:1", "Team:2"]]));
/// assert_eq!(nested.names(), ["User:1", "Team:1", "Team:2"]);
/// assert!(InvalidKeys::from(()).names().is_empty());
/// ```
#[derive(Clone, Default)]
pub struct InvalidKeys {
    names: Vec<String>,
    /// The same names, once more have been added to some; nothing before.
    seen: HashSet<String>,
}

impl InvalidKeys {
    /// The names, each once, in the order they were first given.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Adds more.
    pub fn add(&mut self, more: impl Into<InvalidKeys>) {
        let more = more.into();
        if self.names.is_empty() {
            *self = more;
            return;
        }
        if self.seen.is_empty() {
            self.seen.extend(self.names.iter().cloned());
        }
        self.names.extend(more.names.into_iter().filter(|name| self.seen.insert(name.clone())));
    }

    pub(crate) fn into_names(self) -> Vec<String> {
        self.names
    }
}

impl PartialEq for InvalidKeys {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
    }
}

impl Eq for InvalidKeys {}

impl fmt::Debug for InvalidKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InvalidKeys").field(&self.names).finish()
    }
}

impl<T: Into<InvalidKeys>> FromIterator<T> for InvalidKeys {
    fn from_iter<I: IntoIterator<Item = T>>(keys: I) -> Self {
        let mut all = Self::default();
        keys.into_iter().for_each(|key| all.add(key));
        all
    }
}

impl From<()> for InvalidKeys {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<String> for InvalidKeys {
    fn from(name: String) -> Self {
        Self { names: vec![name], seen: HashSet::new() }
    }
}

impl From<&str> for InvalidKeys {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl From<&String> for InvalidKeys {
    fn from(name: &String) -> Self {
        name.clone().into()
    }
}

impl<T: Into<InvalidKeys>> From<Option<T>> for InvalidKeys {
    fn from(key: Option<T>) -> Self {
        key.map(Into::into).unwrap_or_default()
    }
}

impl<T: Into<InvalidKeys>> From<Vec<T>> for InvalidKeys {
    fn from(keys: Vec<T>) -> Self {
        keys.into_iter().collect()
    }
}

impl<T: Into<InvalidKeys>, const N: usize> From<[T; N]> for InvalidKeys {
    fn from(keys: [T; N]) -> Self {
        keys.into_iter().collect()
    }
}

macro_rules! tuples {
    ($($name:ident)*) => {
        impl<$($name: Into<InvalidKeys>),*> From<($($name,)*)> for InvalidKeys {
            #[allow(non_snake_case)]
            fn from(($($name,)*): ($($name,)*)) -> Self {
                let mut all = Self::default();
                $(all.add($name);)*
                all
            }
        }
    };
}

tuples!(A);
tuples!(A B);
tuples!(A B C);
tuples!(A B C D);

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn how_they_were_put_together_makes_no_difference() {
        let mut added = InvalidKeys::from("a");
        added.add(["b", "a"]);
        added.add(());
        added.add(Some("c"));
        let given = InvalidKeys::from(vec!["a", "b", "c", "b"]);
        assert_eq!((&added, added.names()), (&given, &["a", "b", "c"].map(str::to_owned)[..]));
        assert_ne!(added, InvalidKeys::from(["a", "c", "b"]));
        assert_eq!(format!("{added:?}"), r#"InvalidKeys(["a", "b", "c"])"#);
    }

    #[test]
    fn many_are_taken_in_one_pass() {
        let begin = Instant::now();
        let mut all: InvalidKeys = (0..200_000).map(|n| format!("User:{n:06}")).collect();
        (0..200_000).for_each(|n| all.add(format!("User:{n:06}")));
        assert_eq!(all.names().len(), 200_000);
        // Each with each took minutes.
        assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
    }
}
