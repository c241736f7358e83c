//! A table of things by account number.
//!
//! Numbers are handed out one after the other, and accounts that are used together were mostly opened together, so
//! pages of neighbours beat a hash table of single accounts: the table of pages stays in the processor's cache, and an
//! account costs one cache miss instead of two. A page goes when its last account does: memory follows the accounts
//! that are open, not those that ever were.

use crate::number::{AccountNo, NumberMap};

const PAGE_BITS: u32 = 6;
const PAGE_LEN: usize = 1 << PAGE_BITS;

#[derive(Clone, Debug)]
pub(crate) struct Pages<T> {
    pages: NumberMap<u32, Box<Page<T>>>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Page<T> {
    slots: [Option<T>; PAGE_LEN],
    used: usize,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { pages: NumberMap::default(), len: 0 }
    }
}

/// Page and slot.
fn place(no: AccountNo) -> (u32, usize) {
    let slot = usize::try_from(no.0).map_or(0, |no| no & PAGE_LEN.saturating_sub(1));
    (no.0 >> PAGE_BITS, slot)
}

impl<T> Pages<T> {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn get(&self, no: AccountNo) -> Option<&T> {
        let (page, slot) = place(no);
        self.pages.get(&page)?.slots.get(slot)?.as_ref()
    }

    pub(crate) fn get_mut(&mut self, no: AccountNo) -> Option<&mut T> {
        let (page, slot) = place(no);
        self.pages.get_mut(&page)?.slots.get_mut(slot)?.as_mut()
    }

    pub(crate) fn contains(&self, no: AccountNo) -> bool {
        self.get(no).is_some()
    }

    /// What was there before.
    pub(crate) fn insert(&mut self, no: AccountNo, value: T) -> Option<T> {
        let (page, slot) = place(no);
        let page =
            self.pages.entry(page).or_insert_with(|| Box::new(Page { slots: [const { None }; PAGE_LEN], used: 0 }));
        let before = page.slots.get_mut(slot)?.replace(value);
        if before.is_none() {
            page.used = page.used.saturating_add(1);
            self.len = self.len.saturating_add(1);
        }
        before
    }

    pub(crate) fn get_or_default(&mut self, no: AccountNo) -> &mut T
    where
        T: Default,
    {
        if !self.contains(no) {
            self.insert(no, T::default());
        }
        self.get_mut(no).expect("inserted if it was not there")
    }

    pub(crate) fn remove(&mut self, no: AccountNo) -> Option<T> {
        let (number, slot) = place(no);
        let page = self.pages.get_mut(&number)?;
        let removed = page.slots.get_mut(slot)?.take()?;
        page.used = page.used.saturating_sub(1);
        if page.used == 0 {
            self.pages.remove(&number);
        }
        self.len = self.len.saturating_sub(1);
        Some(removed)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.pages.values().flat_map(|page| page.slots.iter().flatten())
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pages.values_mut().flat_map(|page| page.slots.iter_mut().flatten())
    }

    /// By number.
    pub(crate) fn sorted(&self) -> impl Iterator<Item = (AccountNo, &T)> {
        let mut pages: Vec<_> = self.pages.iter().collect();
        pages.sort_unstable_by_key(|(number, _)| **number);
        pages.into_iter().flat_map(|(number, page)| {
            let numbers = (number << PAGE_BITS)..=(number << PAGE_BITS | ((1 << PAGE_BITS) - 1));
            numbers.zip(&page.slots).filter_map(|(no, slot)| Some((AccountNo(no), slot.as_ref()?)))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_map(ops in prop::collection::vec((0..300_u32, any::<bool>()), 0..300)) {
            let (mut pages, mut map) = (Pages::default(), BTreeMap::new());
            // The ends of the range too.
            for (i, (no, insert)) in ops.into_iter().map(|(no, insert)| (no.wrapping_sub(40), insert)).enumerate() {
                let no = AccountNo(no);
                if insert {
                    prop_assert_eq!(pages.insert(no, i), map.insert(no, i));
                } else {
                    prop_assert_eq!(pages.remove(no), map.remove(&no));
                }
                prop_assert_eq!(pages.get(no), map.get(&no));
                prop_assert_eq!(pages.len(), map.len());
            }
            prop_assert!(pages.sorted().eq(map.iter().map(|(no, i)| (*no, i))));
            prop_assert_eq!(pages.values().count(), map.len());
            for no in map.keys() {
                pages.remove(*no);
            }
            prop_assert!(pages.pages.is_empty(), "nothing is kept for accounts that are gone");
        }
    }
}
