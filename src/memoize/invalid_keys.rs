//! The invalid keys of a result: names, in lists as deep as one likes, with holes.

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvalidKeys(Vec<String>);

impl InvalidKeys {
    /// The names, each once, in the order they were first given.
    pub fn names(&self) -> &[String] {
        &self.0
    }

    /// Adds more.
    pub fn add(&mut self, more: impl Into<InvalidKeys>) {
        for name in more.into().0 {
            if !self.0.contains(&name) {
                self.0.push(name);
            }
        }
    }

    pub(crate) fn into_names(self) -> Vec<String> {
        self.0
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
        Self(vec![name])
    }
}

impl From<&str> for InvalidKeys {
    fn from(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }
}

impl From<&String> for InvalidKeys {
    fn from(name: &String) -> Self {
        Self(vec![name.clone()])
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
