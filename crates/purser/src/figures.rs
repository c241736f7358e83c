//! Figures as they fit.

/// `1,234,567`
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `12.3M`: three or four figures and a letter.
pub(crate) fn compact(number: u64) -> String {
    const UNITS: [(u64, char); 4] = [(1_000_000_000_000, 'T'), (1_000_000_000, 'B'), (1_000_000, 'M'), (1_000, 'k')];
    match UNITS.into_iter().find(|(unit, _)| number >= *unit) {
        Some((unit, letter)) => format!("{}.{}{letter}", number / unit, number % unit / (unit / 10)),
        None => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_fit() {
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(grouped(12), "12");
        assert_eq!(compact(999), "999");
        assert_eq!(compact(12_345_678), "12.3M");
        assert_eq!(compact(210_000_000_000), "210.0B");
    }
}
