//! Apache Parquet: as much of it as one table without nesting needs.
//!
//! **Model.** Rows are kept by column until they are a *row group* of some megabytes; then each column is one page, plain
//! values compressed with gzip, and goes out. Where the pages are is remembered and written behind the last, with the
//! schema and notes about the file. So the file is written from front to back, and in memory there is one row group and some
//! tens of bytes for each page before it. [ADR 32](../../../../../docs/adr/0032-a-parquet-writer-of-our-own.md) says why it
//! is written here.
//!
//! <https://github.com/apache/parquet-format>

mod thrift;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use purser_core::money::Nano;
use purser_core::time::Instant;

use self::thrift::{BYTES, FIELDS, Fields, INT32, fields, int, text, varint};

/// At both ends of a file.
const MAGIC: &[u8; 4] = b"PAR1";
/// A row group goes out when it has so many bytes of plain values.
pub(super) const GROUP: usize = 8 << 20;
/// Bytes of an amount: those of 64 bits, and one more, so that 19 digits are allowed.
const MONEY: usize = 9;

// Words of the format, by the numbers that it gives them.
const OPTIONAL: i32 = 1;
const REQUIRED: i32 = 0;
const PLAIN: i32 = 0;
const RLE: i32 = 3;
const GZIP: i32 = 2;
const DATA_PAGE: i32 = 0;

/// What a column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text, or nothing.
    Text,
    /// JSON.
    Json,
    /// 64 bits.
    Number,
    /// Microseconds since 1970, UTC.
    Instant,
    /// Units of the currency with nine decimal places, exact.
    Money,
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Is there always a value?
    pub(super) is_required: bool,
}

/// What stands in a row.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// Nothing.
    Nothing,
    /// Text or JSON.
    Text(&'a str),
    /// The same, made for it.
    Made(String),
    /// A number.
    Number(i64),
    /// An instant.
    Instant(Instant),
    /// An amount.
    Money(Nano),
}

/// Why a table can't be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum ParquetError {
    /// A row is not of the table.
    #[error("column {0} does not take what a row has for it")]
    Row(String),
    /// A page is too long for its head.
    #[error("a page of {0} bytes")]
    Page(usize),
    /// Compressing failed.
    #[error(transparent)]
    Pack(#[from] std::io::Error),
}

/// Values of a row group's column.
#[derive(Debug, Default)]
struct Values {
    /// A bit for each row: is there a value?
    there: Vec<u8>,
    plain: Vec<u8>,
}

/// Where a column of a row group is.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    at: u64,
    /// With the head of its page.
    plain: u64,
    packed: u64,
}

/// A row group that went out.
#[derive(Debug)]
struct Group {
    rows: u64,
    chunks: Vec<Chunk>,
}

/// A file while it is written.
#[derive(Debug)]
pub(super) struct Parquet {
    columns: Vec<Column>,
    values: Vec<Values>,
    rows: u64,
    groups: Vec<Group>,
    at: u64,
}

impl Parquet {
    /// A table with these columns; `out` gets its first bytes.
    pub(super) fn new(columns: Vec<Column>, out: &mut Vec<u8>) -> Self {
        out.extend_from_slice(MAGIC);
        let values = columns.iter().map(|_| Values::default()).collect();
        Self { columns, values, rows: 0, groups: Vec::new(), at: length(MAGIC) }
    }

    /// Adds a row; `out` gets a row group when there is one.
    ///
    /// # Errors
    /// It is not of this table, or can't be compressed.
    pub(super) fn row(&mut self, row: Vec<Value<'_>>, out: &mut Vec<u8>) -> Result<(), ParquetError> {
        if row.len() != self.columns.len() {
            return Err(ParquetError::Row(format!("{} of {}", row.len(), self.columns.len())));
        }
        for ((column, values), value) in self.columns.iter().zip(&mut self.values).zip(row) {
            values.push(self.rows, column, &value).ok_or_else(|| ParquetError::Row(column.name.clone()))?;
        }
        self.rows = self.rows.saturating_add(1);
        if self.waiting() >= GROUP { self.group(out) } else { Ok(()) }
    }

    /// Bytes of values that did not go out yet.
    pub(super) fn waiting(&self) -> usize {
        self.values.iter().map(|values| values.plain.len().saturating_add(values.there.len())).sum()
    }

    /// What waits goes out.
    fn group(&mut self, out: &mut Vec<u8>) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return Ok(());
        }
        let mut chunks = Vec::with_capacity(self.columns.len());
        for (column, values) in self.columns.iter().zip(&mut self.values) {
            let before = out.len();
            let plain = values.page(column, rows, out)?;
            let packed = length(out.get(before..).unwrap_or_default());
            chunks.push(Chunk { at: self.at, plain, packed });
            self.at = self.at.saturating_add(packed);
        }
        self.groups.push(Group { rows, chunks });
        Ok(())
    }

    /// The rest of the file, with notes about it: a name and a text each.
    ///
    /// # Errors
    /// It can't be compressed.
    pub(super) fn end(mut self, notes: &[(&str, String)], out: &mut Vec<u8>) -> Result<(), ParquetError> {
        self.group(out)?;
        let before = out.len();
        fields(out, |file| {
            let rows: u64 = self.groups.iter().map(|group| group.rows).sum();
            file.int32(1, 1);
            // The root of the schema, then its columns.
            let schema: Vec<Option<&Column>> = std::iter::once(None).chain(self.columns.iter().map(Some)).collect();
            file.list(2, FIELDS, &schema, |out, column| match column {
                None => fields(out, |root| {
                    root.text(4, "schema").int32(5, i32::try_from(self.columns.len()).unwrap_or(i32::MAX));
                }),
                Some(column) => fields(out, |it| column.schema(it)),
            });
            file.int64(3, signed(rows));
            file.list(4, FIELDS, &self.groups, |out, group| fields(out, |it| group.described(&self.columns, it)));
            file.list(5, FIELDS, notes, |out, (name, note)| {
                fields(out, |it| {
                    it.text(1, name).text(2, note);
                });
            });
            file.text(6, concat!("purser version ", env!("CARGO_PKG_VERSION")));
        });
        let footer = u32::try_from(out.len().saturating_sub(before)).map_err(|_| ParquetError::Page(out.len()))?;
        out.extend_from_slice(&footer.to_le_bytes());
        out.extend_from_slice(MAGIC);
        Ok(())
    }
}

impl Column {
    /// The number of its physical type: INT64, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY.
    const fn physical(&self) -> i32 {
        match self.kind {
            Kind::Number | Kind::Instant => 2,
            Kind::Text | Kind::Json => 6,
            Kind::Money => 7,
        }
    }

    /// What it is, in the older words and in the newer ones.
    fn schema(&self, it: &mut Fields<'_>) {
        it.int32(1, self.physical());
        if self.kind == Kind::Money {
            it.int32(2, i32::try_from(MONEY).unwrap_or(i32::MAX));
        }
        it.int32(3, if self.is_required { REQUIRED } else { OPTIONAL }).text(4, &self.name);
        match self.kind {
            Kind::Number => {}
            Kind::Text => {
                it.int32(6, 0).fields(10, |it| {
                    it.fields(1, |_| ());
                });
            }
            Kind::Json => {
                it.int32(6, 19).fields(10, |it| {
                    it.fields(12, |_| ());
                });
            }
            Kind::Instant => {
                it.int32(6, 10).fields(10, |it| {
                    it.fields(8, |it| {
                        it.flag(1, true).fields(2, |it| {
                            it.fields(2, |_| ());
                        });
                    });
                });
            }
            Kind::Money => {
                it.int32(6, 5).int32(7, 9).int32(8, 19).fields(10, |it| {
                    it.fields(5, |it| {
                        it.int32(1, 9).int32(2, 19);
                    });
                });
            }
        }
    }
}

impl Values {
    /// Adds the value of a row; `None` where the column does not take it.
    fn push(&mut self, row: u64, column: &Column, value: &Value<'_>) -> Option<()> {
        let bit = u8::try_from(row % 8).unwrap_or_default();
        if bit == 0 {
            self.there.push(0);
        }
        match (column.kind, value) {
            (_, Value::Nothing) => return (!column.is_required).then_some(()),
            (Kind::Text | Kind::Json, Value::Text(text)) => self.text(text)?,
            (Kind::Text | Kind::Json, Value::Made(text)) => self.text(text)?,
            (Kind::Number, Value::Number(number)) => self.plain.extend_from_slice(&number.to_le_bytes()),
            (Kind::Instant, Value::Instant(at)) => self.plain.extend_from_slice(&at.as_micros().to_le_bytes()),
            (Kind::Money, Value::Money(amount)) => {
                // Two's complement, the highest byte first.
                self.plain.push(if amount.get() < 0 { 0xff } else { 0 });
                self.plain.extend_from_slice(&amount.get().to_be_bytes());
            }
            _ => return None,
        }
        if let Some(last) = self.there.last_mut() {
            *last |= 1 << bit;
        }
        Some(())
    }

    fn text(&mut self, text: &str) -> Option<()> {
        self.plain.extend_from_slice(&u32::try_from(text.len()).ok()?.to_le_bytes());
        self.plain.extend_from_slice(text.as_bytes());
        Some(())
    }

    /// Writes them as a page; how long it were if it was not compressed.
    fn page(&mut self, column: &Column, rows: u64, out: &mut Vec<u8>) -> Result<u64, ParquetError> {
        let Self { there, plain } = std::mem::take(self);
        let mut levels = Vec::new();
        if !column.is_required {
            // One run of bits, in groups of eight.
            let mut head = Vec::new();
            varint(&mut head, length(&there) << 1 | 1);
            let bytes = head.len().saturating_add(there.len());
            levels.extend_from_slice(&u32::try_from(bytes).map_err(|_| ParquetError::Page(bytes))?.to_le_bytes());
            levels.extend_from_slice(&head);
            levels.extend_from_slice(&there);
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&levels)?;
        packed.write_all(&plain)?;
        let packed = packed.finish()?;
        let size = |bytes: usize| i32::try_from(bytes).map_err(|_| ParquetError::Page(bytes));
        let unpacked = levels.len().saturating_add(plain.len());
        let (rows, whole, sent) = (i32::try_from(rows).unwrap_or(i32::MAX), size(unpacked)?, size(packed.len())?);
        let before = out.len();
        fields(out, |page| {
            page.int32(1, DATA_PAGE).int32(2, whole).int32(3, sent).fields(5, |it| {
                it.int32(1, rows).int32(2, PLAIN).int32(3, RLE).int32(4, RLE);
            });
        });
        let head = length(out.get(before..).unwrap_or_default());
        out.extend_from_slice(&packed);
        Ok(head.saturating_add(u64::try_from(unpacked).unwrap_or(u64::MAX)))
    }
}

impl Group {
    fn described(&self, columns: &[Column], it: &mut Fields<'_>) {
        let columns: Vec<(&Column, &Chunk)> = columns.iter().zip(&self.chunks).collect();
        it.list(1, FIELDS, &columns, |out, (column, chunk)| {
            fields(out, |it| {
                it.int64(2, signed(chunk.at)).fields(3, |it| {
                    it.int32(1, column.physical());
                    it.list(2, INT32, &[PLAIN, RLE], |out, encoding| int(out, i64::from(*encoding)));
                    it.list(3, BYTES, &[&column.name], |out, name| text(out, name));
                    it.int32(4, GZIP).int64(5, signed(self.rows));
                    it.int64(6, signed(chunk.plain)).int64(7, signed(chunk.packed)).int64(9, signed(chunk.at));
                });
            });
        });
        let plain = self.chunks.iter().map(|chunk| chunk.plain).sum();
        it.int64(2, signed(plain)).int64(3, signed(self.rows));
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, kind: Kind, is_required: bool) -> Column {
        Column { name: name.to_owned(), kind, is_required }
    }

    #[test]
    fn however_many_rows_there_are_one_group_of_them_waits() {
        let mut out = Vec::new();
        let columns = vec![column("entry", Kind::Number, true), column("text", Kind::Text, false)];
        let mut file = Parquet::new(columns, &mut out);
        let (mut most, mut groups, long) = (0, 0, "x".repeat(1_000));
        for row in 0..50_000 {
            let value = if row % 3 == 0 { Value::Nothing } else { Value::Text(&long) };
            out.clear();
            file.row(vec![Value::Number(row), value], &mut out).unwrap();
            groups += usize::from(!out.is_empty());
            most = most.max(file.waiting());
        }
        assert!(groups >= 4 && most < GROUP, "{groups} groups, {most} bytes waited");
        let (kept, spare) =
            (file.groups.len(), file.values.iter().map(|values| values.plain.capacity()).sum::<usize>());
        assert!(kept == groups && spare <= 4 * GROUP, "{kept} groups, {spare} bytes");
        out.clear();
        file.end(&[("a note", "of it".to_owned())], &mut out).unwrap();
        assert!(out.ends_with(MAGIC), "{:?}", &out[out.len() - 8..]);
        let footer = u32::from_le_bytes(out[out.len() - 8..out.len() - 4].try_into().unwrap());
        assert!(footer > 100 && usize::try_from(footer).unwrap() < out.len(), "{footer}");
    }

    #[test]
    fn a_row_that_is_not_of_the_table_is_refused() {
        let mut out = Vec::new();
        let mut file = Parquet::new(vec![column("entry", Kind::Number, true)], &mut out);
        for row in [vec![], vec![Value::Nothing], vec![Value::Text("1")], vec![Value::Number(1), Value::Number(2)]] {
            assert!(file.row(row, &mut out).is_err());
        }
    }
}
