//! Ids as SQLite keeps them: 16 bytes, big-endian, so that they sort as they do in text.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// The 128 bits of an id on their way in or out of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Bits([u8; 16]);

impl Bits {
    pub(crate) const fn new(bits: u128) -> Self {
        Self(bits.to_be_bytes())
    }

    pub(crate) const fn get(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

impl ToSql for Bits {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Blob(&self.0)))
    }
}

impl FromSql for Bits {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        let exact = bytes
            .try_into()
            .map_err(|_| FromSqlError::InvalidBlobSize { expected_size: 16, blob_size: bytes.len() })?;
        Ok(Self(exact))
    }
}
