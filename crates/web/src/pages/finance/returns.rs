//! `/roi`: what comes of tokens, for figures of one's own and for what was measured.

use askama::Template;
use axum::response::Response;
use purser_control::shape::{Basis, NamedStudy, ReturnCase, ReturnReport, WhatIf, WhatIfReport};
use purser_control::{Code, Problem};
use purser_core::money::Nano;

use crate::ask::to;
use crate::chart::{self, Gain, Kind, Measured, Spec, Unit};
use crate::form::{Asked, Fields};
use crate::frame::Frame;
use crate::say::{Markup, money, sentence};
use crate::visitor::Visitor;

/// The case that everybody heard of: somebody for half a million a year, a hundred thousand of tokens, three times as much done.
const PRESET: [(&str, &str); 3] = [("cost", "500000"), ("tokens", "100000"), ("multiplier", "3")];
/// Multipliers at which the curve is asked for.
const CURVE: [&str; 7] = ["0.8", "1", "1.2", "1.5", "2", "2.5", "3"];

#[derive(Template)]
#[template(path = "finance/returns.html")]
struct Returns {
    frame: Frame,
    cost: String,
    tokens: String,
    multiplier: String,
    is_preset: bool,
    wrong: Option<String>,
    break_even: Option<String>,
    cases: Vec<CaseLine>,
    studies: Vec<NamedStudy>,
    curve: Option<Markup>,
    measured: MeasuredPart,
    measured_chart: Option<Markup>,
}

/// What was measured in the company, as far as this visitor may see it.
struct MeasuredPart {
    /// Why there is nothing.
    instead: Option<String>,
    about: String,
    days: String,
    tokens: Option<Markup>,
    break_even: Option<String>,
    cases: Vec<CaseLine>,
    outcomes: Vec<OutcomeRow>,
    notes: Vec<String>,
}

struct CaseLine {
    label: String,
    source: Option<String>,
    multiplier: String,
    /// Value, cost, net, gain, gain less tokens; what is confidential is missing.
    cells: [Option<Markup>; 5],
    per_unit: Option<String>,
    is_loss: bool,
}

struct OutcomeRow {
    kind: String,
    outcomes: u64,
    taken_back: u64,
    tokens_per: Option<Markup>,
    says: Option<String>,
}

/// `GET /roi`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked).await)
}

async fn look(visitor: &Visitor, asked: &Fields) -> Result<Returns, Problem> {
    let is_preset = PRESET.iter().all(|(name, _)| asked.some(name).is_none());
    let text = |at: usize| {
        let (name, preset) = PRESET[at];
        if is_preset { preset.to_owned() } else { asked.text(name).replace(',', "") }
    };
    let (cost, tokens, multiplier) = (text(0), text(1), text(2));
    let report: Option<ReturnReport> = match visitor.ask.get(&to(&["roi"])).await {
        Ok(report) => Some(report),
        // What is measured is not for them; figures of their own are for everybody.
        Err(problem) if matches!(problem.code, Code::Forbidden | Code::NotFound) => None,
        Err(problem) => return Err(problem),
    };
    let measured = measured(report.as_ref(), visitor);
    let mut page = Returns {
        frame: visitor.frame("Return on tokens"),
        cost: cost.clone(),
        tokens: tokens.clone(),
        multiplier: multiplier.clone(),
        is_preset,
        wrong: None,
        break_even: None,
        cases: Vec::new(),
        studies: Vec::new(),
        curve: None,
        measured_chart: measured.chart(report.as_ref(), visitor),
        measured,
    };
    match reckoned(visitor, &cost, &tokens, Some(multiplier).filter(|text| !text.is_empty())).await {
        Ok((what, points)) => {
            page.cases = what.cases.iter().map(|case| line(case, visitor)).collect();
            page.curve = Some(curve(points, what.break_even.as_deref(), visitor));
            page.break_even = what.break_even;
            page.studies = what.studies;
        }
        Err(problem) if problem.code == Code::Invalid => page.wrong = Some(sentence(&problem.message)),
        Err(problem) => return Err(problem),
    }
    Ok(page)
}

/// The case that was asked for, and what is gained along the curve.
async fn reckoned(
    visitor: &Visitor,
    cost: &str,
    tokens: &str,
    multiplier: Option<String>,
) -> Result<(WhatIfReport, Vec<(i64, i64)>), Problem> {
    let amount = |text: &str| -> Result<Nano, Problem> {
        text.parse().map_err(|error: purser_core::money::AmountError| Problem {
            code: Code::Invalid,
            message: error.to_string(),
            hint: None,
        })
    };
    let what = WhatIf { cost: amount(cost)?, tokens: amount(tokens)?, output: None, multiplier };
    let report = visitor.ask.what_if(&what).await?;
    let mut points = Vec::new();
    for at in CURVE {
        let there = visitor.ask.what_if(&WhatIf { multiplier: Some(at.to_owned()), ..what.clone() }).await?;
        points.extend(there.cases.iter().filter_map(point));
    }
    points.extend(report.cases.iter().filter_map(point));
    points.sort_unstable();
    points.dedup();
    Ok((report, points))
}

/// `1.25` as 1250.
fn thousandths(text: &str) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let part = format!("{part:0<3}");
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(part.get(..3)?.parse().ok()?)
}

fn point(case: &ReturnCase) -> Option<(i64, i64)> {
    let figures = case.figures.amount()?.as_ref()?;
    Some((thousandths(&case.multiplier)?, figures.gain_net.get()))
}

fn curve(points: Vec<(i64, i64)>, break_even: Option<&str>, visitor: &Visitor) -> Markup {
    drawn("curve", "Net gain by multiplier", points, break_even, None, visitor)
}

fn drawn(
    id: &str,
    title: &str,
    points: Vec<(i64, i64)>,
    break_even: Option<&str>,
    measured: Option<Measured>,
    visitor: &Visitor,
) -> Markup {
    let unit = Unit::Money(visitor.currency.clone());
    let break_even = break_even.and_then(thousandths);
    let kind = Kind::Gain(Gain { unit, points, break_even, measured });
    Markup::new(chart::svg(&Spec { id: id.to_owned(), title: title.to_owned(), kind }).html())
}

fn line(case: &ReturnCase, visitor: &Visitor) -> CaseLine {
    let figures = case.figures.amount().and_then(Option::as_ref);
    let amount = |nano: Option<Nano>| nano.map(|nano| money(nano, &visitor.currency));
    CaseLine {
        label: case.label.clone(),
        source: case.source.clone(),
        multiplier: case.multiplier.clone(),
        cells: [
            amount(figures.map(|figures| figures.value)),
            amount(figures.map(|figures| figures.total_cost)),
            amount(figures.map(|figures| figures.net)),
            amount(figures.map(|figures| figures.gain)),
            amount(figures.map(|figures| figures.gain_net)),
        ],
        per_unit: figures.and_then(|figures| figures.net_per_token_unit.clone()),
        is_loss: figures.is_some_and(|figures| figures.gain_net.is_negative()),
    }
}

fn measured(report: Option<&ReturnReport>, visitor: &Visitor) -> MeasuredPart {
    let mut part = MeasuredPart {
        instead: None,
        about: String::new(),
        days: String::new(),
        tokens: None,
        break_even: None,
        cases: Vec::new(),
        outcomes: Vec::new(),
        notes: Vec::new(),
    };
    let Some(report) = report else {
        part.instead =
            Some("What was measured here is not for you to see; the figures above are anybody's.".to_owned());
        return part;
    };
    if report.hidden {
        part.instead = Some("These are so few people that nothing is told of them.".to_owned());
        return part;
    }
    part.about = sentence(&report.about);
    part.days = format!("{} to {}", report.from, report.to);
    part.tokens = report.tokens.map(|tokens| money(tokens, &visitor.currency));
    part.break_even = report.break_even.amount().and_then(Clone::clone);
    let is_measured =
        |case: &&ReturnCase| matches!(case.basis, Basis::Measured | Basis::MeasuredLow | Basis::MeasuredHigh);
    part.cases = report.cases.iter().filter(is_measured).map(|case| line(case, visitor)).collect();
    part.outcomes = report
        .outcomes
        .iter()
        .map(|outcome| OutcomeRow {
            kind: outcome.kind.clone(),
            outcomes: outcome.outcomes,
            taken_back: outcome.taken_back,
            tokens_per: outcome.tokens_per_outcome.map(|each| money(each, &visitor.currency)),
            says: outcome.compared.as_ref().map(|compared| {
                let interval = match (&compared.ratio, &compared.low, &compared.high) {
                    (Some(ratio), Some(low), Some(high)) => {
                        format!("{ratio} times as many (between {low} and {high}). ")
                    }
                    _ => String::new(),
                };
                format!("{interval}{}", sentence(&compared.says))
            }),
        })
        .collect();
    part.notes = report.notes.iter().map(|note| sentence(note)).collect();
    part
}

impl MeasuredPart {
    /// What was measured, on the curve between its two ends.
    fn chart(&self, report: Option<&ReturnReport>, visitor: &Visitor) -> Option<Markup> {
        let report = report?;
        let of = |basis: Basis| report.cases.iter().find(|case| case.basis == basis).and_then(point);
        let (low, at, high) = (of(Basis::MeasuredLow)?, of(Basis::Measured)?, of(Basis::MeasuredHigh)?);
        let mut points = vec![low, at, high];
        points.sort_unstable();
        points.dedup();
        let mark = Measured { at: at.0, low: low.0, high: high.0, gain: at.1 };
        Some(drawn("measured", "What was measured", points, self.break_even.as_deref(), Some(mark), visitor))
    }
}

#[cfg(test)]
mod tests {
    use super::thousandths;

    #[test]
    fn multipliers_are_thousandths() {
        assert_eq!(
            ["3", "1.2", "0.850", "2.0009", "x", "1.x", "-1"].map(thousandths),
            [Some(3_000), Some(1_200), Some(850), Some(2_000), None, None, Some(-1_000)]
        );
    }
}
