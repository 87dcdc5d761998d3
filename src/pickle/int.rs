//! Integers of any size, as far as values need them: read, shown, written, no arithmetic.

use std::fmt;
use std::str::FromStr;

/// Decimal digits that fit a limb.
const CHUNK: usize = 9;
const CHUNK_BASE: u32 = 1_000_000_000;

/// An integer of any size: its sign and its magnitude.
///
/// ```
/// use cacheme::pickle::BigInt;
///
/// let value: BigInt = "-18446744073709551616".parse()?;
/// assert!(value.is_negative());
/// assert_eq!(value.significant_magnitude(), [1, 0, 0, 0, 0, 0, 0, 0, 0]);
/// assert_eq!(value.to_i128(), Some(-(1 << 64)));
/// assert_eq!(value.to_string(), "-18446744073709551616");
/// # Ok::<(), cacheme::pickle::NotAnInteger>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BigInt {
    negative: bool,
    /// Big end first, without zeros in front; zero has none.
    magnitude: Vec<u8>,
}

/// The text is not an integer in decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a decimal integer")]
pub struct NotAnInteger;

impl BigInt {
    fn new(negative: bool, mut magnitude: Vec<u8>) -> BigInt {
        let zeros = magnitude.iter().take_while(|byte| **byte == 0).count();
        magnitude.drain(..zeros);
        BigInt { negative: negative && !magnitude.is_empty(), magnitude }
    }

    /// From two's complement, little end first.
    pub(super) fn from_signed_bytes_le(bytes: &[u8]) -> BigInt {
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut magnitude = bytes.to_vec();
        if negative {
            negate(&mut magnitude);
        }
        magnitude.reverse();
        BigInt::new(negative, magnitude)
    }

    /// As two's complement, little end first, in as few bytes as hold it.
    pub(super) fn to_signed_bytes_le(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.magnitude.iter().rev().copied().chain([0]).collect();
        if self.negative {
            negate(&mut bytes);
        }
        let sign = if self.negative { 0xff } else { 0 };
        while let [.., below, last] = bytes[..]
            && last == sign
            && (below ^ sign) & 0x80 == 0
        {
            bytes.pop();
        }
        bytes
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        self.negative
    }

    /// The bytes of its absolute value, big end first, without zeros in front.
    pub fn significant_magnitude(&self) -> &[u8] {
        &self.magnitude
    }

    /// The value, if it fits.
    pub fn to_u128(&self) -> Option<u128> {
        if self.negative { None } else { self.absolute() }
    }

    /// The value, if it fits.
    pub fn to_i128(&self) -> Option<i128> {
        let absolute = self.absolute()?;
        match self.negative {
            true => 0i128.checked_sub_unsigned(absolute),
            false => i128::try_from(absolute).ok(),
        }
    }

    fn absolute(&self) -> Option<u128> {
        let mut bytes = [0; 16];
        let start = bytes.len().checked_sub(self.magnitude.len())?;
        bytes[start..].copy_from_slice(&self.magnitude);
        Some(u128::from_be_bytes(bytes))
    }
}

/// Turns the sign of two's complement, little end first.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        (*byte, carry) = (!*byte).overflowing_add(carry.into());
    }
}

impl From<u64> for BigInt {
    fn from(value: u64) -> Self {
        BigInt::from(u128::from(value))
    }
}

impl From<u128> for BigInt {
    fn from(value: u128) -> Self {
        BigInt::new(false, value.to_be_bytes().to_vec())
    }
}

impl From<i128> for BigInt {
    fn from(value: i128) -> Self {
        BigInt::new(value < 0, value.unsigned_abs().to_be_bytes().to_vec())
    }
}

impl FromStr for BigInt {
    type Err = NotAnInteger;

    fn from_str(text: &str) -> Result<Self, NotAnInteger> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
            return Err(NotAnInteger);
        }
        // Little end first.
        let mut limbs: Vec<u32> = Vec::new();
        let mut at = 0;
        while at < digits.len() {
            // The first chunk may be shorter, so that the others are whole.
            let len = (digits.len() - at - 1) % CHUNK + 1;
            let chunk: u32 = digits[at..at + len].parse().map_err(|_| NotAnInteger)?;
            let mut carry = chunk;
            for limb in &mut limbs {
                let value = u64::from(*limb) * u64::from(CHUNK_BASE) + u64::from(carry);
                (*limb, carry) = (value as u32, (value >> 32) as u32);
            }
            if carry > 0 {
                limbs.push(carry);
            }
            at += len;
        }
        let magnitude = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
        Ok(BigInt::new(text.starts_with('-'), magnitude))
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Limbs with the big end first, divided until nothing is left.
        let mut limbs: Vec<u32> = self
            .magnitude
            .rchunks(4)
            .rev()
            .map(|chunk| chunk.iter().fold(0, |limb, byte| limb << 8 | u32::from(*byte)))
            .collect();
        let mut chunks = Vec::new();
        while limbs.iter().any(|limb| *limb > 0) {
            let mut rest = 0;
            for limb in &mut limbs {
                let value = u64::from(rest) << 32 | u64::from(*limb);
                *limb = (value / u64::from(CHUNK_BASE)) as u32;
                rest = (value % u64::from(CHUNK_BASE)) as u32;
            }
            chunks.push(rest);
        }
        let mut digits = chunks.pop().unwrap_or(0).to_string();
        for chunk in chunks.iter().rev() {
            digits += &format!("{chunk:09}");
        }
        f.pad_integral(!self.negative, "", &digits)
    }
}
