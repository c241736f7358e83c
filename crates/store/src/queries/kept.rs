//! Tables as they are, whatever stands in them: for whoever describes what is kept, and for the people whom it is about.

use std::ops::ControlFlow;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::{PAGE_MAX, Reader};
use crate::error::StoreError;

/// Bytes of rows read at once, give or take one.
const PAGE_BYTES: usize = 1 << 20;

/// A table, as the database itself describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptTable {
    /// Its name.
    pub name: String,
    /// The names of its columns, in their order.
    pub columns: Vec<String>,
}

/// Which rows of a table. Both are written by this program, never by whoever asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeptRows {
    /// The table; it has a primary key.
    pub table: &'static str,
    /// What has to be true of a row, `?1` being the 16 bytes of an id: `person = ?1`.
    pub condition: &'static str,
}

/// What stands in a column of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Nothing.
    Nothing,
    /// A number: a count, an amount in nano-units, an instant in microseconds, as the column has it.
    Number(i64),
    /// A text.
    Text(String),
    /// An id's 16 bytes, or something packed.
    Bytes(Vec<u8>),
}

/// Takes the names of a row's columns and what stands in them, and may break.
type Each<'e> = &'e mut dyn FnMut(&[String], Vec<Field>) -> ControlFlow<()>;

impl Reader {
    /// The tables that there are, by name.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`].
    pub fn kept_tables(&self) -> Result<Vec<KeptTable>, StoreError> {
        self.ask("read which tables there are", |conn| {
            let mut tables = conn.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name",
            )?;
            let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
            let table = |name: String| {
                let columns = columns(conn, &name, "SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
                Ok(KeptTable { name, columns })
            };
            names.into_iter().map(table).collect()
        })
    }

    /// Rows about something, in the order of their primary key, each with the names of its columns, until `each` breaks. Read
    /// in pieces, so that no reading transaction is open while `each` works.
    ///
    /// # Errors
    /// [`StoreError::Sqlite`], also where there is no such table or column.
    pub fn each_kept_row(&self, rows: KeptRows, of: u128, each: Each<'_>) -> Result<(), StoreError> {
        let mut after: Option<Vec<Value>> = None;
        loop {
            let piece = self.ask("read what is kept about somebody", |conn| piece(conn, rows, of, after.as_deref()))?;
            let Piece { columns, rows: found, last } = piece;
            for row in found {
                if each(&columns, row).is_break() {
                    return Ok(());
                }
            }
            let Some(last) = last else { return Ok(()) };
            after = Some(last);
        }
    }
}

/// Some rows.
struct Piece {
    columns: Vec<String>,
    rows: Vec<Vec<Field>>,
    /// The key of the last one, where more may follow.
    last: Option<Vec<Value>>,
}

fn piece(conn: &Connection, of: KeptRows, id: u128, after: Option<&[Value]>) -> rusqlite::Result<Piece> {
    let KeptRows { table, condition } = of;
    let key = columns(conn, table, "SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    let quoted: Vec<String> = key.iter().map(|column| format!("\"{column}\"")).collect();
    let quoted = quoted.join(", ");
    let behind = after.map_or_else(String::new, |after| {
        let places: Vec<String> = (2..).take(after.len()).map(|place| format!("?{place}")).collect();
        format!(" AND ({quoted}) > ({})", places.join(", "))
    });
    let sql = format!("SELECT * FROM {table} WHERE ({condition}){behind} ORDER BY {quoted} LIMIT {PAGE_MAX}");
    let mut select = conn.prepare(&sql)?;
    let names: Vec<String> = select.column_names().map(str::to_owned).collect();
    let id = Value::Blob(id.to_be_bytes().to_vec());
    let params = [id].into_iter().chain(after.unwrap_or_default().iter().cloned());
    let mut found = select.query(params_from_iter(params))?;
    let (mut rows, mut last, mut bytes) = (Vec::new(), None, 0_usize);
    while let Some(row) = found.next()? {
        let fields: Vec<Value> = (0..names.len()).map(|place| row.get(place)).collect::<rusqlite::Result<_>>()?;
        bytes = bytes.saturating_add(fields.iter().map(size).sum());
        let is_full = bytes >= PAGE_BYTES || rows.len() + 1 >= usize::try_from(PAGE_MAX).unwrap_or(usize::MAX);
        if is_full {
            last = Some(key.iter().map(|column| row.get(column.as_str())).collect::<rusqlite::Result<_>>()?);
        }
        rows.push(fields.into_iter().map(field).collect::<rusqlite::Result<_>>()?);
        if is_full {
            break;
        }
    }
    Ok(Piece { columns: names, rows, last })
}

fn columns(conn: &Connection, table: &str, sql: &str) -> rusqlite::Result<Vec<String>> {
    conn.prepare_cached(sql)?.query_map((table,), |row| row.get(0))?.collect()
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        Value::Null | Value::Integer(_) | Value::Real(_) => 8,
    }
}

fn field(value: Value) -> rusqlite::Result<Field> {
    Ok(match value {
        Value::Null => Field::Nothing,
        Value::Integer(number) => Field::Number(number),
        Value::Text(text) => Field::Text(text),
        Value::Blob(bytes) => Field::Bytes(bytes),
        // No column is of that type: the tables are strict.
        Value::Real(_) => {
            return Err(rusqlite::Error::InvalidColumnType(0, "a column".to_owned(), rusqlite::types::Type::Real));
        }
    })
}
