//! Which of the names that are there was probably meant.

use strsim::osa_distance;

/// Longer names are not compared.
const LONGEST: usize = 1_000;

/// The names that are so near that one of them may be meant; where several are equally near, a few of them.
pub struct Nearest<'a> {
    name: &'a str,
    found: Vec<(usize, String)>,
}

impl<'a> Nearest<'a> {
    /// So many are told.
    const MOST: usize = 3;

    pub fn to(name: &'a str) -> Self {
        Self { name, found: Vec::new() }
    }

    /// A name that is there.
    pub fn consider(&mut self, other: &str) {
        let Some(distance) = distance(self.name, other) else { return };
        if self.found.iter().any(|(_, it)| it == other) {
            return;
        }
        self.found.push((distance, other.to_owned()));
        self.found.sort();
        let least = self.found.first().map(|(distance, _)| *distance);
        self.found.retain(|(distance, _)| Some(*distance) == least);
        self.found.truncate(Self::MOST);
    }

    /// What was found.
    pub fn names(self) -> Vec<String> {
        self.found.into_iter().map(|(_, name)| name).collect()
    }
}

/// How many letters another name is from this one, where it may have been meant.
pub fn distance(name: &str, other: &str) -> Option<usize> {
    let letters = name.chars().count();
    let furthest = 1 + letters / 4;
    if other.chars().count().abs_diff(letters) > furthest || letters > LONGEST {
        return None;
    }
    let distance = osa_distance(name, other);
    (distance <= furthest && distance < letters).then_some(distance)
}

/// The name that was probably meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut near = Nearest::to(name);
    known.for_each(|other| near.consider(other));
    near.names().into_iter().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["get_owner", "product_detail", "product_details", "x"];
        let near = |name: &str| {
            let mut near = Nearest::to(name);
            known.iter().for_each(|other| near.consider(other));
            near.names()
        };
        assert_eq!(near("product_detial"), ["product_detail"]);
        assert_eq!(near("product_detailz"), ["product_detail", "product_details"]);
        assert_eq!(near("get_ownr"), ["get_owner"]);
        assert!(near("y").is_empty() && near("something_else").is_empty());
    }
}
