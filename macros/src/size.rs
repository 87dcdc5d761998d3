//! Sizes in bytes, checked when the code is compiled: whole numbers with a unit, as the command line takes them.

const UNITS: [(&str, u64); 7] = [
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("", 1),
];

/// What is wrong, where it is none.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim_start().to_ascii_lowercase();
    let unit = UNITS.into_iter().find(|(name, _)| *name == unit).map(|(_, bytes)| bytes);
    number
        .parse::<u64>()
        .ok()
        .zip(unit)
        .and_then(|(number, unit)| number.checked_mul(unit))
        .ok_or_else(|| format!("'{text}' is not a size; write 500KB, 64MB, 1GiB or whole bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_command_line() {
        for (text, bytes) in [("64MB", 64_000_000), ("1 GiB", 1 << 30), ("7", 7), ("0", 0), ("2kb", 2000)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "MB", "1.5MB", "-1", "64 apples", "99999999999999999999", "99999999999GB"] {
            assert!(size(bad).is_err(), "{bad}");
        }
    }
}
