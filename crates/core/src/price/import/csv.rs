//! Spreadsheets: a header line that names the columns, then a model a line. Cells may be quoted (RFC 4180).

use super::{ImportError, Imported, Options, SkipReason, row};
use crate::csv::Records;
use crate::money::Currency;
use crate::price::bucket::{Bucket, Kind};
use crate::price::card::CardSpec;
use crate::price::rate::{PriceUnit, parse_price_as_typed};
use crate::time::Instant;
use crate::usage::Tier;

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Provider,
    Model,
    Aliases,
    From,
    Unit,
    Currency,
    ContextWindow,
    MaxOutput,
    Source,
    /// Price per unit of a bucket; tools per 1,000 calls.
    Price(Bucket),
}

impl Column {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "provider" => Self::Provider,
            "model" => Self::Model,
            "aliases" => Self::Aliases,
            "from" => Self::From,
            "unit" => Self::Unit,
            "currency" => Self::Currency,
            "context_window" => Self::ContextWindow,
            "max_output" => Self::MaxOutput,
            "source" => Self::Source,
            "input" => Self::Price(Bucket::InputUncached),
            "cache_write" => Self::Price(Bucket::CacheWrite5m),
            bucket => Self::Price(Bucket::from_name(bucket)?),
        })
    }
}

pub(super) fn read(text: &str, options: &Options) -> Result<Imported, ImportError> {
    let mut records = Records::of(text);
    let Some((_, header)) = records.next() else {
        return Err(ImportError::Header("the spreadsheet is empty".to_owned()));
    };
    let mut columns = Vec::with_capacity(header.len());
    for name in &header {
        let name = name.trim().to_ascii_lowercase();
        columns.push(Column::parse(&name).ok_or_else(|| {
            ImportError::Header(format!("`{name}` is not a column; columns are provider, model, aliases, from, unit, currency, context_window, max_output, source and the names of buckets"))
        })?);
    }
    for (column, name) in [(Column::Provider, "provider"), (Column::Model, "model")] {
        if !columns.contains(&column) {
            return Err(ImportError::Header(format!("the column `{name}` is missing")));
        }
    }
    let mut imported = Imported::default();
    for (line, cells) in records {
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let card = if cells.len() == columns.len() {
            card(&columns, &cells, options)
        } else {
            let (cells, columns) = (cells.len(), columns.len());
            Err(SkipReason::Malformed(format!("{cells} cells under {columns} columns")))
        };
        let wanted = |card: &CardSpec| options.provider.as_ref().is_none_or(|wanted| *wanted == card.provider);
        if card.as_ref().map_or(true, wanted) {
            row::finish(&mut imported, &format!("line {line}"), card);
        }
    }
    Ok(imported)
}

fn card(columns: &[Column], cells: &[String], options: &Options) -> Result<CardSpec, SkipReason> {
    let filled =
        || columns.iter().zip(cells).map(|(column, cell)| (*column, cell.trim())).filter(|(_, cell)| !cell.is_empty());
    let cell = |wanted: Column| filled().find(|(column, _)| *column == wanted).map_or("", |(_, cell)| cell);
    let malformed = |what: &str, cell: &str| SkipReason::Malformed(format!("`{cell}` is not {what}"));
    let unit = match cell(Column::Unit) {
        "" | "per_million" => PriceUnit::PerMillion,
        "per_thousand" => PriceUnit::PerThousand,
        "per_token" => PriceUnit::PerToken,
        other => return Err(malformed("a unit: per_million, per_thousand or per_token", other)),
    };
    let source = match cell(Column::Source) {
        "" => "spreadsheet",
        source => source,
    };
    let mut card = row::card(cell(Column::Provider), cell(Column::Model), options, source);
    for (column, cell) in filled() {
        let whole = |what: &str| cell.parse::<u64>().map(Some).map_err(|_| malformed(what, cell));
        match column {
            Column::Aliases => {
                let names = cell.split([';', ' ']).filter(|alias| !alias.is_empty());
                card.aliases = names.map(str::to_ascii_lowercase).collect();
            }
            Column::From => card.from = day(cell).ok_or_else(|| malformed("a day like 2026-11-01", cell))?,
            Column::Currency => {
                card.currency = Currency::try_new(cell).ok_or_else(|| malformed("a currency like USD", cell))?;
            }
            Column::ContextWindow => card.context_window = whole("a number of tokens")?,
            Column::MaxOutput => card.max_output = whole("a number of tokens")?,
            Column::Price(bucket) if bucket.kind() == Kind::Call => {
                let field = bucket.name();
                // Per 1,000 calls, as price pages write it: the number that a card's fees hold.
                let fee = parse_price_as_typed(cell, PriceUnit::PerMillion);
                card.fees.insert(bucket, fee.map_err(|error| SkipReason::Price { field: field.to_owned(), error })?);
            }
            Column::Price(bucket) => {
                let rate = row::price(bucket.name(), cell, unit, options)?;
                row::place(&mut card, Tier::Standard, None).insert(bucket, rate);
            }
            Column::Provider | Column::Model | Column::Unit | Column::Source => {}
        }
    }
    Ok(card)
}

fn day(text: &str) -> Option<Instant> {
    if text.len() == 10 { format!("{text}T00:00:00Z").parse().ok() } else { text.parse().ok() }
}
