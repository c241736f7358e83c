//! What several dialects' readers have in common.

use crate::bound::schema_tokens;
use crate::ids::{ID_BYTES_MAX, IdKind, ProviderId};
use crate::json::{Count, Cursor, Kind, Read, What};

use super::{Hosted, HostedKind, Inside, OutputField, OutputMax, Outside, RequestFacts};

/// Notices a field that is given twice. Readers differ in which of the two they take, so neither can be trusted.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// More than any dialect has fields to be seen once.
    fields: [&'static str; 16],
    count: usize,
}

impl Seen {
    pub(super) fn once(&mut self, at: &Cursor<'_>, field: &'static str) -> Read<()> {
        let (seen, free) = self.fields.split_at_mut_checked(self.count).unwrap_or((&mut [], &mut []));
        match free.first_mut() {
            Some(place) if !seen.contains(&field) => *place = field,
            _ => return at.fault(What::Twice(field)),
        }
        self.count = self.count.saturating_add(1);
        Ok(())
    }
}

const WHOLE: &str = "a whole number";

/// A whole number or `null`; negative is a fault.
pub(super) fn whole(cursor: &mut Cursor<'_>, name: &'static str) -> Read<Option<u64>> {
    match cursor.count_or_text()? {
        Count::Is(value) => Ok(Some(value)),
        Count::Null => Ok(None),
        Count::Negative | Count::Bad => cursor.fault(What::Field(name, WHOLE)),
    }
}

/// A whole number or `null`; negative means "none set".
pub(super) fn whole_or_negative(cursor: &mut Cursor<'_>, name: &'static str) -> Read<Option<u64>> {
    match cursor.count_or_text()? {
        Count::Is(value) => Ok(Some(value)),
        Count::Null | Count::Negative => Ok(None),
        Count::Bad => cursor.fault(What::Field(name, WHOLE)),
    }
}

/// A field that limits the output.
pub(super) fn output(
    cursor: &mut Cursor<'_>,
    facts: &mut RequestFacts,
    field: OutputField,
    name: &'static str,
) -> Read<()> {
    let start = cursor.value_start();
    let value = whole_or_negative(cursor, name)?;
    facts.output_fields.push(OutputMax { field, value, at: start..cursor.position(), of_fallback: false });
    Ok(())
}

/// Answers asked for. Zero is left to the provider to refuse and counts as one.
pub(super) fn candidates(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, name: &'static str) -> Read<()> {
    facts.candidates = whole(cursor, name)?.unwrap_or(1).max(1);
    Ok(())
}

/// `true`, `false` or `null`.
pub(super) fn flag(cursor: &mut Cursor<'_>, name: &'static str) -> Read<Option<bool>> {
    let start = cursor.value_start();
    let value = cursor.boolean()?;
    if value.is_none() && cursor.slice(start..cursor.position()) != b"null" {
        return cursor.fault(What::Field(name, "true or false"));
    }
    Ok(value)
}

/// The model's name.
pub(super) fn model(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let start = cursor.value_start();
    match cursor.text()? {
        Some(model) => (facts.model, facts.places.model) = (model, Some(start..cursor.position())),
        None => return cursor.fault(What::Field("model", "a string")),
    }
    Ok(())
}

/// Reads an object, remembering where its inside is. Anything else is a fault: an edit would have no place.
pub(super) fn object_inside<'a>(
    cursor: &mut Cursor<'a>,
    name: &'static str,
    field: impl FnMut(&mut Cursor<'a>, crate::json::Str<'a>) -> Read<()>,
) -> Read<Inside> {
    if cursor.kind()? != Kind::Object {
        return cursor.fault(What::Field(name, "an object"));
    }
    let at = cursor.value_start().saturating_add(1);
    let has_fields = cursor.object(field)?;
    Ok(Inside { at, empty: !has_fields })
}

impl RequestFacts {
    /// Notes an id that the request names, and that the body does not hold what it names.
    pub(super) fn refer(&mut self, outside: Outside, kind: IdKind, id: impl Into<String>) {
        self.outside(outside);
        let id = ProviderId { kind, id: id.into() };
        if id.id.len() <= ID_BYTES_MAX && !self.refs.contains(&id) {
            self.refs.push(id);
        }
    }

    /// As [`refer`](Self::refer) for the next value, where it is a string.
    pub(super) fn refer_next(&mut self, cursor: &mut Cursor<'_>, outside: Outside, kind: IdKind) -> Read<()> {
        if let Some(id) = cursor.text()? {
            if id.len() > ID_BYTES_MAX {
                return cursor.fault(What::Field("id", "shorter"));
            }
            self.refer(outside, kind, id);
        }
        Ok(())
    }

    /// As [`refer_next`](Self::refer_next) for an array of strings.
    pub(super) fn refer_each(&mut self, cursor: &mut Cursor<'_>, outside: Outside, kind: IdKind) -> Read<()> {
        cursor.each(|cursor| self.refer_next(cursor, outside, kind))
    }

    pub(super) fn outside(&mut self, outside: Outside) {
        if !self.outside.contains(&outside) {
            self.outside.push(outside);
        }
    }

    /// Notes a tool that the client runs and whose schema the provider adds.
    pub(super) fn hidden_schema(&mut self, tool_type: &str) {
        match schema_tokens(tool_type) {
            Some(tokens) => self.schema_tokens = self.schema_tokens.saturating_add(tokens),
            None => self.outside(Outside::ToolSchema),
        }
    }

    pub(super) fn host(&mut self, kind: HostedKind) {
        self.hosted.push(Hosted::new(kind));
    }

    /// Takes bytes of inline media out of the text.
    pub(super) fn exclude(&mut self, bytes: usize) {
        self.text_bytes = self.text_bytes.saturating_sub(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}
