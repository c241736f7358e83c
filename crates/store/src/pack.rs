//! Account numbers as a column: fixed-width, little-endian.

use purser_ledger::AccountNo;

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
        fn what_is_packed_reads_back(numbers in proptest::collection::vec(any::<u32>().prop_map(AccountNo), 0..8)) {
            prop_assert_eq!(read_accounts(&accounts(&numbers)).unwrap(), numbers);
        }

        #[test]
        fn strange_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(read_accounts(&bytes).is_some(), bytes.len() % 4 == 0);
        }
    }
}
