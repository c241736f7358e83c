//! What is kept about people: every table of the database, and every kind of data.
//!
//! Two lists, of [tables](tables::TABLES) and of [kinds](kinds::KINDS). The map of data is made of them and of the real
//! database; what somebody is given of their own follows the first one. A table or a column that is not described makes a
//! test fail, and is told by the map as not described.

mod kinds;
mod map;
mod tables;

pub(crate) use kinds::{KINDS, Kind, Lasts};
pub(crate) use tables::{Given, Of, TABLES, Table};

impl Table {
    /// The names of its columns, in their order.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.columns.split(' ')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_and_tables_are_about_each_other() {
        for kind in KINDS {
            for table in kind.tables {
                assert!(TABLES.iter().any(|known| known.name == *table), "{}: no table {table}", kind.word);
            }
        }
        for table in TABLES {
            let kinds = KINDS.iter().filter(|kind| kind.tables.contains(&table.name)).count();
            assert!(kinds > 0, "{} is of no kind", table.name);
            if let Given::Rows { withheld, .. } = table.given {
                let mut columns: Vec<&str> = table.columns().collect();
                columns.retain(|column| withheld.contains(column));
                assert_eq!(columns.len(), withheld.len(), "{}: a column that is withheld is there", table.name);
            }
        }
        let mut words: Vec<&str> = KINDS.iter().map(|kind| kind.word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), KINDS.len());
    }
}
