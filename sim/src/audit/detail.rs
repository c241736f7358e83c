//! The working of a charge, as it rides in the journal.

use super::bytes::{Bytes, Read};
use super::rating::Counts;

/// What matters of it: the price list it names and the counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Working {
    pub(super) card: u64,
    pub(super) counts: Counts,
    /// Buckets that the simulated company never uses.
    pub(super) others: u64,
    pub(super) mark: u8,
    pub(super) terms: (u64, u64),
}

impl Working {
    pub(super) fn read(detail: &[u8]) -> Read<Self> {
        let mut bytes = Bytes::new(detail);
        let version = bytes.byte()?;
        if !matches!(version, 1 | 2) {
            return Err("its working is of another version".to_owned());
        }
        let has = bytes.byte()?;
        bytes.take(32)?;
        for bit in [0, 1] {
            if has >> bit & 1 == 1 {
                bytes.take(16)?;
            }
        }
        if has >> 2 & 1 == 1 {
            bytes.take(8)?;
        }
        text(&mut bytes)?;
        text(&mut bytes)?;
        if has >> 3 & 1 == 1 {
            text(&mut bytes)?;
        }
        let packed = bytes.byte()?;
        bytes.byte()?;
        if has >> 4 & 1 == 1 {
            text(&mut bytes)?;
        }
        let (counts, others) = counts(&mut bytes)?;
        if has >> 7 & 1 == 1 {
            bytes.small()?;
        }
        let card = u64::try_from(bytes.big(8)?).unwrap_or(0);
        let terms = if has >> 5 & 1 == 1 { (bytes.small()?, bytes.small()?) } else { (1, 1) };
        if has >> 6 & 1 == 1 {
            text(&mut bytes)?;
        }
        bytes.byte()?;
        if version == 2 {
            more(&mut bytes)?;
        }
        bytes.end()?;
        Ok(Self { card, counts, others, mark: packed & 15, terms })
    }
}

/// Who started the run, the program's version, the project, the model asked for; two others say it by being there.
fn more(bytes: &mut Bytes<'_>) -> Read<()> {
    let has = bytes.byte()?;
    if has == 0 || has > 63 {
        return Err("its working has more, and nobody knows what".to_owned());
    }
    if has & 1 == 1 {
        bytes.take(16)?;
    }
    for bit in [1, 2, 5] {
        if has >> bit & 1 == 1 {
            text(bytes)?;
        }
    }
    Ok(())
}

fn text(bytes: &mut Bytes<'_>) -> Read<()> {
    let len = bytes.byte()?;
    bytes.take(usize::from(len)).map(drop)
}

/// Bits of the buckets that follow, then those; the first five are ours.
fn counts(bytes: &mut Bytes<'_>) -> Read<(Counts, u64)> {
    let used = bytes.small()?;
    let (mut counts, mut others) = (Counts::default(), 0);
    for bucket in 0..13 {
        if used >> bucket & 1 == 0 {
            continue;
        }
        let count = bytes.small()?;
        match bucket {
            0 => counts.input = count,
            1 => counts.cache_read = count,
            2 => counts.cache_write = count,
            4 => counts.output = count,
            _ => others += count,
        }
    }
    Ok((counts, others))
}
