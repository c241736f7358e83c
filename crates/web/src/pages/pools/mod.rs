//! Pools: what was put into each, what is set aside, what is free.

pub(crate) mod list;
pub(crate) mod one;

use purser_control::shape::{Pool, PoolYear};

use crate::say::{Markup, money, percent};
use crate::visitor::Visitor;

/// A pool in one fiscal year, as it is shown.
struct YearLine {
    year: i16,
    from: String,
    to: String,
    funded: Markup,
    committed: Markup,
    free: Markup,
    committed_percent: u8,
}

fn year_line(year: &PoolYear, visitor: &Visitor) -> YearLine {
    YearLine {
        year: year.year,
        from: year.from.clone(),
        to: year.to.clone(),
        funded: money(year.funded, &visitor.currency),
        committed: money(year.committed, &visitor.currency),
        free: money(year.free, &visitor.currency),
        committed_percent: percent(year.committed, year.funded),
    }
}

fn name(pool: &Pool) -> String {
    pool.name.clone().unwrap_or_else(|| pool.id.to_string())
}

/// Whose a pool is, and who grants from it.
fn owner(pool: &Pool) -> String {
    let unit = if pool.owner == "company" { Some("The company".to_owned()) } else { pool.owner_name.clone() };
    let unit = unit.unwrap_or_else(|| pool.owner.clone());
    match &pool.manager_name {
        Some(manager) => format!("{unit}, granted by {manager}"),
        None => unit,
    }
}
