//! Numbers drawn in the width of a letter each.

use dialoguer::console::{Alignment, measure_text_width, pad_str, truncate_str};

const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A letter for each share between 0 and 1; a blank where there is none.
pub fn line(shares: impl IntoIterator<Item = Option<f64>>) -> String {
    let last = LEVELS.len() - 1;
    let level = |share: f64| LEVELS[((share * last as f64).round().max(0.0) as usize).min(last)];
    shares.into_iter().map(|share| share.map_or(' ', level)).collect()
}

/// Text in exactly so many columns, cut with `…` where it is longer.
pub fn fitted(text: &str, columns: usize) -> String {
    let text = truncate_str(text, columns, "…");
    debug_assert!(measure_text_width(&text) <= columns);
    pad_str(&text, columns, Alignment::Left, None).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_become_heights() {
        assert_eq!(line([Some(0.0), None, Some(0.5), Some(1.0), Some(7.0), Some(f64::NAN)]), "▁ ▅██▁");
    }

    #[test]
    fn text_takes_the_columns_it_is_given() {
        for (text, fit) in [("ab", "ab  "), ("abcdef", "abc…"), ("日本語", "日… ")] {
            assert_eq!(fitted(text, 4), fit);
        }
    }
}
