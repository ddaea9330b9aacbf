//! The order in which npm puts names and paths: that of the English language.

use std::cmp::Ordering;

/// Visible characters of ASCII in their order, letters aside (Unicode Collation Algorithm with
/// CLDR's root table, which English leaves as it is).
const MARKS: &[u8] = b"\t\n\x0b\x0c\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789";

/// The weight of each character of ASCII; 0 for one that does not count.
const WEIGHTS: [u8; 128] = table();

const fn table() -> [u8; 128] {
    let mut weights = [0; 128];
    let mut weight = 1;
    let mut marks = MARKS;
    while let [mark, rest @ ..] = marks {
        weights[*mark as usize] = weight;
        weight += 1;
        marks = rest;
    }
    let mut letter = 0;
    while letter < 26 {
        weights[(b'a' + letter) as usize] = weight;
        weights[(b'A' + letter) as usize] = weight;
        weight += 1;
        letter += 1;
    }
    weights
}

/// Compares two texts as `left.localeCompare(right, 'en')` does in JavaScript.
///
/// Case counts only where all else is equal, and then small letters come first: `a`, `A`, `b`.
/// Marks come before digits and these before letters, in an order of their own: `a_b`, `a-b`,
/// `a.b`, `a/b`, `ab`. This is exact for ASCII, which is all that names of packages are made of;
/// other characters come behind, by their code points, which is not what ICU does with them.
pub fn locale_compare(left: &str, right: &str) -> Ordering {
    weights(left).cmp(weights(right)).then_with(|| cmp_case(left, right))
}

/// The weights of the characters that count.
fn weights(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.chars().map(weight).filter(|weight| *weight != 0)
}

/// Where two texts differ in case alone, the first small letter decides.
fn cmp_case(left: &str, right: &str) -> Ordering {
    let counted = |c: &char| weight(*c) != 0;
    let left = left.chars().filter(counted).map(|c| c.is_ascii_uppercase());
    left.cmp(right.chars().filter(counted).map(|c| c.is_ascii_uppercase()))
}

fn weight_of_byte(byte: u8) -> u8 {
    WEIGHTS.get(usize::from(byte)).copied().unwrap_or(0)
}

fn weight(c: char) -> u32 {
    match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => u32::from(weight_of_byte(byte)),
        _ => 0x100 + u32::from(c),
    }
}
