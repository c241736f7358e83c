//! Cases of one's own figures, and multipliers as they are named.

use purser_core::money::Nano;
use purser_core::package::Exact;
use purser_core::price::Ratio;
use purser_core::roi::{Case, Return, Study, StudyKind, decimal, studies};

use crate::error::{Code, Error, Refused};
use crate::shape::{Basis, Confidential, NamedStudy, ReturnCase, ReturnFigures, WhatIf, WhatIfReport};

/// More than anybody will tell of.
const MULTIPLIER_MAX: u64 = 1_000;

/// One multiplier and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Multiplier {
    pub(super) basis: Basis,
    pub(super) label: String,
    pub(super) source: Option<String>,
    pub(super) number: Exact,
}

impl Multiplier {
    fn of(study: &Study) -> Self {
        let label = format!("{}: {}", study.name, study.says);
        Self { basis: Basis::Study, label, source: Some(study.source.to_owned()), number: study.multiplier() }
    }
}

/// The multipliers that are looked at: the one that is named, else all that were measured.
///
/// # Errors
/// It is neither a number nor the name of a study.
pub(super) fn multipliers(named: Option<&str>) -> Result<Vec<Multiplier>, Error> {
    let Some(text) = named.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(studies().iter().filter(|study| study.kind != StudyKind::Asserted).map(Multiplier::of).collect());
    };
    if let Some(study) = studies().iter().find(|study| study.name == text.to_lowercase()) {
        return Ok(vec![Multiplier::of(study)]);
    }
    let number = text.trim_start_matches(['x', '×']).trim().parse::<Ratio>().ok();
    let most = Ratio::try_new(MULTIPLIER_MAX, 1).unwrap_or_default();
    let exact = number
        .filter(|number| !number.exceeds(most))
        .and_then(|number| Exact::try_new(i128::from(number.num()), i128::from(number.den())));
    let names: Vec<&str> = studies().iter().map(|study| study.name).collect();
    let number = exact.ok_or_else(|| {
        Refused::new(Code::Invalid, format!("`{text}` is no multiplier"))
            .hint(format!("write a number such as 1.3, or one of {}", names.join(", ")))
    })?;
    let label = "assumed by whoever asks, not measured".to_owned();
    Ok(vec![Multiplier { basis: Basis::Assumed, label, source: None, number }])
}

/// A case at a multiplier, as it is shown to those who may see it.
pub(super) fn shown_case(
    case: Option<&Case>,
    at: &Multiplier,
    confidential: impl Fn(Option<ReturnFigures>) -> Confidential<Option<ReturnFigures>>,
) -> ReturnCase {
    ReturnCase {
        basis: at.basis,
        label: at.label.clone(),
        source: at.source.clone(),
        multiplier: thousandths(at.number),
        figures: confidential(case.and_then(|case| case.at(at.number)).as_ref().and_then(figures)),
    }
}

/// A pure number as it is shown.
pub(super) fn thousandths(number: Exact) -> String {
    decimal(number, 3).unwrap_or_else(|| "beyond all bounds".to_owned())
}

fn figures(of: &Return) -> Option<ReturnFigures> {
    let hundredths = |number: Option<Exact>| number.and_then(|number| decimal(number, 2));
    Some(ReturnFigures {
        value: of.value.round()?,
        total_cost: of.total_cost.round()?,
        net: of.net.round()?,
        gain: of.gain.round()?,
        gain_net: of.gain_net.round()?,
        gross_per_token_unit: hundredths(of.gross_per_token_unit),
        net_per_token_unit: hundredths(of.net_per_token_unit),
        unit_cost_change_percent: hundredths(of.unit_cost_change.and_then(|change| change.times(100))),
    })
}

/// What would come of figures that somebody gives.
///
/// # Errors
/// An amount below zero, or a multiplier that is none.
pub(crate) fn what_if(what: &WhatIf) -> Result<WhatIfReport, Error> {
    let negative = [Some(what.cost), Some(what.tokens), what.output].into_iter().flatten().any(Nano::is_negative);
    if negative {
        return Err(Refused::new(Code::Invalid, "an amount is below zero").hint("write what it costs").into());
    }
    let (cost, tokens) = (Exact::of(what.cost), Exact::of(what.tokens));
    let case = Case { cost, tokens, output: what.output.map_or(cost, Exact::of) };
    let cases = multipliers(what.multiplier.as_deref())?;
    let study = |study: &Study| NamedStudy {
        name: study.name.to_owned(),
        says: study.says.to_owned(),
        kind: study.kind,
        multiplier: thousandths(study.multiplier()),
        source: study.source.to_owned(),
    };
    Ok(WhatIfReport {
        break_even: case.break_even().map(thousandths),
        cases: cases.iter().map(|at| shown_case(Some(&case), at, Confidential::open)).collect(),
        studies: studies().iter().map(study).collect(),
    })
}
