//! The letters of Helvetica, one of the fonts that every PDF reader brings along: what each is called, and how wide it is.
//!
//! Nothing is embedded, so a letter takes a few kilobytes. What every reader has is the standard Latin set of
//! PDF: WinAnsi (Windows-1252) and three letters more by their names. Some readers have others too, some leave a gap in
//! their place, which no signed letter may have.

/// Widths of the codes from 32 to 255 in thousandths of the size, by the metrics that Adobe publishes for its core fonts.
const WIDTHS: [u16; 224] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
    556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
    260, 334, 584, 350, 556, 350, 222, 556, 333, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350, 350, 222,
    222, 333, 333, 350, 556, 1000, 333, 1000, 500, 333, 944, 350, 500, 667, 278, 333, 556, 556, 556, 556, 260, 556,
    333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 556, 537, 278, 333, 333, 365, 556, 834, 834, 834,
    611, 667, 667, 667, 667, 667, 667, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778,
    778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556, 556, 556, 889, 500, 556, 556, 556, 556, 278,
    278, 278, 278, 556, 556, 556, 556, 556, 556, 556, 584, 611, 556, 556, 556, 556, 500, 556, 500,
];

/// The same in bold.
const BOLD_WIDTHS: [u16; 224] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
    556, 556, 556, 333, 333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833,
    722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611,
    556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389,
    280, 389, 584, 350, 556, 350, 278, 556, 500, 1000, 556, 556, 333, 1000, 667, 333, 1000, 350, 611, 350, 350, 278,
    278, 500, 500, 350, 556, 1000, 333, 1000, 556, 333, 944, 350, 500, 667, 278, 333, 556, 556, 556, 556, 280, 556,
    333, 737, 370, 556, 584, 333, 737, 333, 400, 584, 333, 333, 333, 611, 556, 278, 333, 333, 365, 556, 834, 834, 834,
    611, 722, 722, 722, 722, 722, 722, 1000, 722, 667, 667, 667, 667, 278, 278, 278, 278, 722, 722, 778, 778, 778, 778,
    778, 584, 778, 722, 722, 722, 722, 667, 667, 611, 556, 556, 556, 556, 556, 556, 889, 556, 556, 556, 556, 556, 278,
    278, 278, 278, 611, 611, 611, 611, 611, 611, 611, 584, 611, 611, 611, 611, 611, 556, 611, 556,
];

/// Letters that WinAnsi lacks: each with its name, and the letter below its accent, which is as wide.
const MORE: &[(char, &str, u8)] = &[('Ł', "Lslash", b'L'), ('ł', "lslash", b'l'), ('ı', "dotlessi", b'i')];

/// The first code of [`MORE`] in the font that has them.
pub(super) const MORE_FIRST: u8 = 33;

/// The codes of WinAnsi from 128 to 159; a space where it has none.
const HIGH: [char; 32] = [
    '€', ' ', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', ' ', 'Ž', ' ', ' ', '‘', '’', '“', '”', '•', '–',
    '—', '˜', '™', 'š', '›', 'œ', ' ', 'ž', 'Ÿ',
];

/// Which of the document's fonts a letter is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// WinAnsi.
    Usual,
    /// The letters that it lacks.
    More,
}

/// Regular or bold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Bold,
}

/// Where a letter is; `None` when no font of the document has it.
pub(super) fn code(letter: char) -> Option<(Table, u8)> {
    let usual = match letter {
        ' '..='~' | '\u{a0}'..='ÿ' => u8::try_from(u32::from(letter)).ok(),
        ' '.. => {
            let place = HIGH.iter().position(|high| *high == letter && letter != ' ');
            place.and_then(|place| u8::try_from(place).ok()?.checked_add(128))
        }
        _ => None,
    };
    let more = || {
        let place = MORE.iter().position(|(more, ..)| *more == letter)?;
        Some((Table::More, u8::try_from(place).ok()?.checked_add(MORE_FIRST)?))
    };
    usual.map(|code| (Table::Usual, code)).or_else(more)
}

/// How wide a letter is, in thousandths of the size.
pub(super) fn width(letter: char, weight: Weight) -> u16 {
    let widths = match weight {
        Weight::Regular => &WIDTHS,
        Weight::Bold => &BOLD_WIDTHS,
    };
    let of = |code: u8| code.checked_sub(32).and_then(|place| widths.get(usize::from(place))).copied();
    let below = match code(letter) {
        Some((Table::Usual, code)) => Some(code),
        Some((Table::More, code)) => {
            let place = code.checked_sub(MORE_FIRST).map(usize::from);
            place.and_then(|place| MORE.get(place)).map(|(_, _, below)| *below)
        }
        None => None,
    };
    below.and_then(of).unwrap_or(556)
}

/// The names of the letters that WinAnsi lacks, by their codes.
pub(super) fn more_names() -> impl Iterator<Item = &'static str> {
    MORE.iter().map(|(_, name, _)| *name)
}

/// What each of their codes stands for.
pub(super) fn more_letters() -> impl Iterator<Item = (u8, char)> {
    (MORE_FIRST..=u8::MAX).zip(MORE.iter().map(|(letter, ..)| *letter))
}

/// How wide each of them is.
pub(super) fn more_widths(weight: Weight) -> impl Iterator<Item = u16> {
    MORE.iter().map(move |(letter, ..)| width(*letter, weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_the_codes_of_windows_1252_and_beyond_it_their_own() {
        for (letter, expected) in [
            ('A', Some((Table::Usual, 65))),
            ('€', Some((Table::Usual, 128))),
            ('–', Some((Table::Usual, 150))),
            ('ü', Some((Table::Usual, 252))),
            ('Ł', Some((Table::More, 33))),
            ('ı', Some((Table::More, 35))),
            ('ż', None),
            ('Ж', None),
            ('\n', None),
            ('\u{81}', None),
        ] {
            assert_eq!(code(letter), expected, "{letter:?}");
        }
        assert_eq!(
            (width('ł', Weight::Regular), width('m', Weight::Bold), width('€', Weight::Regular)),
            (222, 889, 556)
        );
        let codes: Vec<u8> = more_letters().map(|(code, _)| code).collect();
        assert!(codes.len() == MORE.len() && !codes.contains(&u8::MAX), "every letter has a code");
        assert!(
            more_letters().all(|(code, letter)| super::code(letter) == Some((Table::More, code))),
            "in one table only"
        );
    }
}
