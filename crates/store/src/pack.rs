//! Legs and ceilings of a charge as two columns: fixed-width numbers, little-endian.

use purser_core::money::Nano;
use purser_ledger::{AccountNo, Leg};

/// Four bytes of account, eight of amount.
const LEG_BYTES: usize = 12;

pub(crate) fn legs(legs: impl IntoIterator<Item = Leg>) -> Vec<u8> {
    let mut out = Vec::new();
    for leg in legs {
        out.extend_from_slice(&leg.no.0.to_le_bytes());
        out.extend_from_slice(&leg.amount.get().to_le_bytes());
    }
    out
}

/// `None` for bytes that are no legs.
pub(crate) fn read_legs(bytes: &[u8]) -> Option<Vec<Leg>> {
    let (chunks, rest) = bytes.as_chunks::<LEG_BYTES>();
    rest.is_empty().then_some(())?;
    chunks
        .iter()
        .map(|chunk| {
            let (no, amount) = chunk.split_first_chunk::<4>()?;
            let amount = i64::from_le_bytes(amount.try_into().ok()?);
            Some(Leg { no: AccountNo(u32::from_le_bytes(*no)), amount: Nano::new(amount) })
        })
        .collect()
}

pub(crate) fn accounts(accounts: &[AccountNo]) -> Vec<u8> {
    accounts.iter().flat_map(|no| no.0.to_le_bytes()).collect()
}

/// `None` for bytes that are no account numbers.
pub(crate) fn read_accounts(bytes: &[u8]) -> Option<Vec<AccountNo>> {
    let (chunks, rest) = bytes.as_chunks::<4>();
    rest.is_empty().then(|| chunks.iter().map(|chunk| AccountNo(u32::from_le_bytes(*chunk))).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_reads_back(pairs in proptest::collection::vec(any::<(u32, i64)>(), 0..8)) {
            let all: Vec<Leg> =
                pairs.iter().map(|(no, nano)| Leg { no: AccountNo(*no), amount: Nano::new(*nano) }).collect();
            let numbers: Vec<AccountNo> = all.iter().map(|leg| leg.no).collect();
            prop_assert_eq!(read_legs(&legs(all.iter().copied())).unwrap(), all);
            prop_assert_eq!(read_accounts(&accounts(&numbers)).unwrap(), numbers);
        }

        #[test]
        fn strange_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(read_legs(&bytes).is_some(), bytes.len() % LEG_BYTES == 0);
            prop_assert_eq!(read_accounts(&bytes).is_some(), bytes.len() % 4 == 0);
        }
    }
}
