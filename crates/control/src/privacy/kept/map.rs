//! The map of data: the lists beside this, the database as it is, the matrix under the profile, and the retention.

use purser_store::KeptTable;

use super::{Given, KINDS, Kind, Lasts, TABLES, Table};
use crate::access::{Permission, Profile, Reach, Role};
use crate::control::{Control, stored};
use crate::error::Error;
use crate::shape::{DataKind, DataMap, DataSeen, DataTable, Retention};

impl Control {
    /// What is kept, where and why, who sees it, how long it lasts and how it goes.
    ///
    /// # Errors
    /// The files.
    pub(crate) async fn privacy_map(&self) -> Result<DataMap, Error> {
        let tables = self.look(|inner, _| inner.reader.kept_tables().map_err(stored)).await?;
        let settings = self.privacy();
        let profile = settings.profile;
        let kind = |kind: &Kind| {
            let (kept, months, setting) = lasts(kind.lasts, &settings.retention, settings.candidate_months);
            DataKind {
                kind: kind.word.to_owned(),
                what: kind.what.to_owned(),
                why: kind.why.to_owned(),
                tables: kind.tables.iter().filter_map(|name| shown(&tables, name)).collect(),
                journal: kind.journal.map(str::to_owned),
                seen_by: Role::ALL.into_iter().filter_map(|role| seen(kind.seen_with, profile, role)).collect(),
                kept,
                months,
                setting: setting.map(str::to_owned),
                erased: kind.erased.to_owned(),
            }
        };
        Ok(DataMap { profile, items: KINDS.iter().map(kind).collect(), not_described: not_described(&tables) })
    }
}

impl Table {
    /// Is the table as it is described?
    fn is(&self, table: &KeptTable) -> bool {
        self.columns().eq(table.columns.iter().map(String::as_str))
    }
}

/// Tables that are not described, or have other columns than described.
fn not_described(tables: &[KeptTable]) -> Vec<String> {
    let is_so = |table: &&KeptTable| described(&table.name).is_some_and(|known| known.is(table));
    tables.iter().filter(|table| !is_so(table)).map(|table| table.name.clone()).collect()
}

fn described(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|known| known.name == name)
}

/// A table that is there, as the database has it.
fn shown(tables: &[KeptTable], name: &str) -> Option<DataTable> {
    let table = tables.iter().find(|table| table.name == name)?;
    let given = match described(name).map(|known| known.given) {
        Some(Given::Rows { withheld: [], .. }) => "rows as they are".to_owned(),
        Some(Given::Rows { withheld, .. }) => format!("rows as they are, but for {}", withheld.join(" and ")),
        Some(Given::Told(by)) => format!("as records of `{by}`"),
        Some(Given::Nothing(why)) => format!("nothing: {why}"),
        None => "nothing: it is not described".to_owned(),
    };
    Some(DataTable { table: table.name.clone(), columns: table.columns.clone(), given })
}

/// What a role sees of a kind with any of some rights.
fn seen(with: &[Permission], profile: Profile, role: Role) -> Option<DataSeen> {
    let reaches = with.iter().map(|right| (right, right.reach_under(profile, role)));
    let some: Vec<(&Permission, Reach)> = reaches.filter(|(_, reach)| *reach != Reach::Refused).collect();
    let reach = some.iter().map(|(_, reach)| *reach).max()?;
    let rights = some.iter().filter(|(_, of)| *of == reach).map(|(right, _)| right.name().to_owned()).collect();
    Some(DataSeen { role, reach, rights })
}

/// How long something is kept: in words, in months, and by which setting.
fn lasts(
    lasts: Lasts,
    retention: &Retention,
    candidate_months: Option<u16>,
) -> (String, Option<u16>, Option<&'static str>) {
    match lasts {
        Lasts::Journal => ("for good, as the journal is".to_owned(), None, None),
        Lasts::Else(how) => (how.to_owned(), None, None),
        Lasts::Months(setting, of) => match of(retention) {
            Some(months) => (format!("{months} months"), Some(months), Some(setting)),
            None => ("for good, until a number of months is set".to_owned(), None, Some(setting)),
        },
        Lasts::Candidates => match candidate_months {
            Some(months) => {
                (format!("{months} months where an offer came to nothing, else for good"), Some(months), None)
            }
            None => ("for good, until `retention.candidate_months` is set".to_owned(), None, None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_table_and_a_new_column_are_told() {
        let as_described = |table: &Table| KeptTable {
            name: table.name.to_owned(),
            columns: table.columns().map(str::to_owned).collect(),
        };
        let mut tables: Vec<KeptTable> = TABLES.iter().map(as_described).collect();
        assert_eq!(not_described(&tables), [] as [String; 0]);
        tables[0].columns.push("shoe_size".to_owned());
        tables.push(KeptTable { name: "dossier_private".to_owned(), columns: vec!["person".to_owned()] });
        assert_eq!(not_described(&tables), [tables[0].name.clone(), "dossier_private".to_owned()]);
    }
}
