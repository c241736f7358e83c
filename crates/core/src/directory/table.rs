//! A persistent hash table that is frugal: there are several entries per person, and a hundred thousand people.
//!
//! A tree over the bits of the hash, sixteen ways at each level, whose leaves are short lists rather than single
//! entries: an entry costs its key, its value and about twenty bytes, a third of what a tree down to single entries
//! costs. A clone is one counter; a change copies the path to one leaf, which is a few hundred bytes however large the
//! table is, and nothing where no other clone shares it.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, Hash};
use std::sync::Arc;

use super::hash::Mix;

/// Bits of the hash that one level looks at.
const BITS: u32 = 4;
/// Ways at each level.
const WAYS: usize = 1 << BITS;
/// Entries in one leaf before it is split. Beyond the last bit of the hash leaves are not split any more.
const LEAF_MAX: usize = 16;

/// A table from `K` to `V`, both cheap to clone.
pub(crate) struct Table<K, V> {
    root: Arc<Node<K, V>>,
    len: usize,
}

enum Node<K, V> {
    Leaf(Box<[(K, V)]>),
    Branch(Box<[Arc<Node<K, V>>; WAYS]>),
}

impl<K: Clone + Eq + Hash, V: Clone> Table<K, V> {
    /// The value of a key.
    pub(crate) fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (mut node, mut bits) = (&self.root, hash(key));
        while let Node::Branch(ways) = &**node {
            node = ways.get(way(bits))?;
            bits >>= BITS;
        }
        match &**node {
            Node::Leaf(entries) => entries.iter().find(|(known, _)| known.borrow() == key).map(|(_, value)| value),
            Node::Branch(_) => None,
        }
    }

    /// Is the key in it?
    pub(crate) fn contains_key<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The value of a key, to change. Other clones keep what they have.
    pub(crate) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.leaf_mut(key)?.iter_mut().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    /// The entries beside a key that is there, its own among them, to change.
    fn leaf_mut(&mut self, key: &K) -> Option<&mut Box<[(K, V)]>> {
        // Looked at first, so that asking for what is not there copies nothing.
        self.get(key)?;
        let (mut node, mut bits) = (&mut self.root, hash(key));
        loop {
            match Arc::make_mut(node) {
                Node::Branch(ways) => {
                    node = ways.get_mut(way(bits))?;
                    bits >>= BITS;
                }
                Node::Leaf(entries) => return Some(entries),
            }
        }
    }

    /// Sets the value of a key. Other clones keep what they have.
    pub(crate) fn insert_mut(&mut self, key: K, value: V) {
        if let Some(slot) = self.get_mut(&key) {
            *slot = value;
            return;
        }
        self.len = self.len.saturating_add(1);
        let (mut node, mut bits, mut used) = (&mut self.root, hash(&key), 0_u32);
        loop {
            let here = Arc::make_mut(node);
            if let Node::Leaf(entries) = here
                && entries.len() >= LEAF_MAX
                && used < u64::BITS
            {
                *here = split(std::mem::take(entries), used);
            }
            match here {
                Node::Leaf(entries) => {
                    let mut list = std::mem::take(entries).into_vec();
                    list.reserve_exact(1);
                    list.push((key, value));
                    *entries = list.into_boxed_slice();
                    return;
                }
                Node::Branch(ways) => {
                    node = ways.get_mut(way(bits)).expect("a way is below their number");
                    bits >>= BITS;
                    used = used.saturating_add(BITS);
                }
            }
        }
    }

    /// Takes a key out. Other clones keep what they have.
    pub(crate) fn remove_mut(&mut self, key: &K) -> Option<V> {
        let entries = self.leaf_mut(key)?;
        let mut list = std::mem::take(entries).into_vec();
        let place = list.iter().position(|(known, _)| known == key);
        let removed = place.map(|place| list.remove(place).1);
        *entries = list.into_boxed_slice();
        self.len = self.len.saturating_sub(usize::from(removed.is_some()));
        removed
    }

    /// All values, in no particular order, which is the same for the same history.
    pub(crate) fn values(&self) -> impl Iterator<Item = &V> + Clone {
        self.iter().map(|(_, value)| value)
    }

    /// All entries, in the order of [`values`](Self::values).
    pub(crate) fn iter(&self) -> impl Iterator<Item = &(K, V)> + Clone {
        let mut open: Vec<&Node<K, V>> = vec![&self.root];
        let leaves = std::iter::from_fn(move || {
            loop {
                match open.pop()? {
                    Node::Leaf(entries) => return Some(entries.iter()),
                    Node::Branch(ways) => open.extend(ways.iter().rev().map(|node| &**node)),
                }
            }
        });
        leaves.flatten()
    }
}

/// A full leaf as a branch; `used` bits of the hash led to it.
fn split<K: Hash, V>(entries: Box<[(K, V)]>, used: u32) -> Node<K, V> {
    let mut ways: [Vec<(K, V)>; WAYS] = std::array::from_fn(|_| Vec::new());
    for entry in entries.into_vec() {
        let bits = hash(&entry.0) >> used;
        ways.get_mut(way(bits)).expect("a way is below their number").push(entry);
    }
    Node::Branch(Box::new(ways.map(|entries| Arc::new(Node::Leaf(entries.into_boxed_slice())))))
}

fn hash<Q: Hash + ?Sized>(key: &Q) -> u64 {
    BuildHasherDefault::<Mix>::default().hash_one(key)
}

fn way(bits: u64) -> usize {
    usize::try_from(bits).unwrap_or(usize::MAX) % WAYS
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { root: Arc::new(Node::Leaf(Box::default())), len: 0 }
    }
}

impl<K, V> Clone for Table<K, V> {
    fn clone(&self) -> Self {
        Self { root: Arc::clone(&self.root), len: self.len }
    }
}

impl<K: Clone, V: Clone> Clone for Node<K, V> {
    fn clone(&self) -> Self {
        match self {
            Self::Leaf(entries) => Self::Leaf(entries.clone()),
            Self::Branch(ways) => Self::Branch(ways.clone()),
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone + PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: Clone + Eq + Hash, V: Clone + Eq> Eq for Table<K, V> {}

impl<K: Clone + Eq + Hash + fmt::Debug, V: Clone + fmt::Debug> fmt::Debug for Table<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(key, value)| (key, value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::hash::Hasher;

    use proptest::prelude::*;

    use super::*;

    /// A key of which only some bits count in the hash, so that leaves fill up beyond the last bit.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    struct Alike(u16);

    impl Hash for Alike {
        fn hash<H: Hasher>(&self, state: &mut H) {
            state.write_u64(u64::from(self.0 % 3));
        }
    }

    fn check<K: Clone + Copy + Eq + Hash + fmt::Debug>(changes: &[(K, u32)], as_key: impl Fn(&K) -> u64) {
        let (mut table, mut model) = (Table::default(), HashMap::new());
        let mut before = Vec::new();
        for (place, (key, value)) in changes.iter().enumerate() {
            if place % 7 == 0 {
                before.push((table.clone(), model.clone()));
            }
            if value % 5 == 0 {
                assert_eq!(table.remove_mut(key), model.remove(&as_key(key)));
                continue;
            }
            match table.get_mut(key) {
                Some(slot) if value % 2 == 0 => *slot = *value,
                _ => table.insert_mut(*key, *value),
            }
            model.insert(as_key(key), *value);
        }
        before.push((table, model));
        // What a clone was is what it stays, however the others went on.
        for (table, model) in before {
            let found: HashMap<u64, u32> = table.iter().map(|(key, value)| (as_key(key), *value)).collect();
            assert_eq!((table.iter().count(), &found), (model.len(), &model));
            assert_eq!(table.len, model.len());
            for (key, _) in changes {
                assert_eq!(table.get(key), model.get(&as_key(key)));
                assert_eq!(table.contains_key(key), model.contains_key(&as_key(key)));
            }
        }
    }

    proptest! {
        #[test]
        fn it_holds_what_a_map_holds(changes in prop::collection::vec((0_u64..400, any::<u32>()), 0..600)) {
            check(&changes, |key| *key);
        }

        #[test]
        fn keys_of_one_hash_are_told_apart(changes in prop::collection::vec((any::<u16>(), any::<u32>()), 0..150)) {
            let changes: Vec<(Alike, u32)> = changes.into_iter().map(|(key, value)| (Alike(key), value)).collect();
            check(&changes, |key| u64::from(key.0));
        }

        #[test]
        fn equal_is_what_holds_the_same(entries in prop::collection::hash_map(0_u64..90, any::<u32>(), 0..80)) {
            let of = |entries: Vec<(&u64, &u32)>| {
                entries.into_iter().fold(Table::default(), |mut table, (key, value)| {
                    table.insert_mut(*key, *value);
                    table
                })
            };
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_unstable();
            let (table, mut other) = (of(entries.iter().collect()), of(sorted));
            prop_assert_eq!(&table, &other);
            other.insert_mut(1_000, 0);
            prop_assert_ne!(&table, &other);
        }
    }
}
