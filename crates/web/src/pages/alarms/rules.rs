//! `/alarms/rules`: when there is an alarm, and how many people other rules would find. What is tried stands in the address.

use askama::Template;
use axum::http::{Method, StatusCode};
use axum::response::Response;
use purser_control::shape::{AlarmPreview, AlarmRules};
use purser_control::{Permission, Problem};
use purser_core::alarm::{Rules, Shortest};

use super::label;
use crate::ask::to;
use crate::form::{Asked, Fields, Sent, Wrong};
use crate::frame::Frame;
use crate::say::{Markup, sentence, when};
use crate::visitor::{Visitor, see};

/// The shortest period that is told of: words of addresses and of people.
const SHORTEST: [(&str, &str, Shortest); 5] = [
    ("day", "a day", Shortest::Day),
    ("week", "a week", Shortest::Week),
    ("month", "a month", Shortest::Month),
    ("quarter", "a quarter", Shortest::Quarter),
    ("year", "a year", Shortest::Year),
];

#[derive(Template)]
#[template(path = "alarms/rules.html")]
struct RulesPage {
    frame: Frame,
    version: u32,
    by: Option<(String, Markup)>,
    may_preview: bool,
    may_change: bool,
    preview: Option<Preview>,
    used: String,
    shortest: Vec<(&'static str, &'static str, bool)>,
    runs_out: String,
    speed: bool,
    warn: String,
    critical: String,
    weeks: String,
    first_weeks: String,
    families: usize,
    /// What stands in the form, to be sent again as a change.
    tried: Vec<(&'static str, String)>,
    wrong: Option<Wrong>,
    json: String,
}

struct Preview {
    said: String,
    now: usize,
    people: usize,
    alarmed: usize,
    noise: bool,
    kinds: Vec<(&'static str, usize, usize, usize)>,
}

/// `GET /alarms/rules`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, &asked, None).await)
}

async fn look(visitor: &Visitor, asked: &Fields, wrong: Option<Wrong>) -> Result<RulesPage, Problem> {
    let address = to(&["alarms", "rules"]);
    let in_force: AlarmRules = visitor.ask.get(&address).await?;
    let may_preview = visitor.may(Permission::AlarmRulesPreview);
    let is_tried = asked.some("weeks").is_some();
    let (mut rules, mut wrong) = (in_force.rules.clone(), wrong);
    let mut preview = None;
    if is_tried {
        match filled(asked, &in_force.rules) {
            Ok(tried) => rules = tried,
            Err(not) => wrong = wrong.or(Some(not)),
        }
    }
    if is_tried && may_preview && wrong.is_none() {
        match visitor.ask.reckoned::<AlarmPreview>(&to(&["alarms", "preview"]), &rules).await {
            Ok(found) => preview = Some(shown(found)),
            Err(problem) => wrong = Some(Wrong::of(problem)),
        }
    }
    let names = ["used", "shortest", "runs_out", "speed", "warn", "critical", "weeks", "first_weeks"];
    let percents: Vec<String> = rules.used_percent.iter().map(ToString::to_string).collect();
    let as_typed = |name: &str, is: String| if is_tried { asked.text(name).to_owned() } else { is };
    Ok(RulesPage {
        frame: visitor.frame("When there is an alarm").having(match asked.text("done") {
            "set" => Some("The rules are set: they hold from the next look on, within a minute."),
            _ => None,
        }),
        version: in_force.version,
        by: in_force.by.clone().zip(in_force.at.map(|at| when(at, &visitor.zone, visitor.now))),
        may_preview,
        may_change: visitor.may(Permission::AlarmRulesChange),
        preview,
        used: as_typed("used", percents.join(", ")),
        shortest: SHORTEST.map(|(word, label, one)| (word, label, one == rules.shortest)).to_vec(),
        runs_out: as_typed("runs_out", rules.runs_out_days.to_string()),
        speed: rules.speed,
        warn: as_typed("warn", rules.under_use.warn_percent.to_string()),
        critical: as_typed("critical", rules.under_use.critical_per_mille.to_string()),
        weeks: as_typed("weeks", rules.under_use.weeks.to_string()),
        first_weeks: as_typed("first_weeks", rules.under_use.first_weeks.to_string()),
        tried: names.into_iter().filter_map(|name| Some((name, asked.some(name)?))).collect(),
        families: rules.under_use.warn_percent_of.len(),
        wrong,
        json: address.link().to_owned(),
    })
}

fn shown(found: AlarmPreview) -> Preview {
    Preview {
        said: sentence(&found.said),
        now: found.alarmed_now,
        people: found.people,
        alarmed: found.alarmed,
        noise: found.noise,
        kinds: found
            .kinds
            .into_iter()
            .map(|kind| (label(kind.kind), kind.people, kind.alarms, kind.critical))
            .collect(),
    }
}

/// Rules as they were filled in. What the form has no field for stays as it is.
fn filled(fields: &Fields, is: &Rules) -> Result<Rules, Wrong> {
    let mut rules = is.clone();
    let used = fields.text("used").split([',', ' ']).filter(|part| !part.is_empty()).map(str::parse);
    rules.used_percent = used
        .collect::<Result<_, _>>()
        .map_err(|_| Wrong::in_field("used", "thresholds are numbers such as 50, 80, 100", StatusCode::BAD_REQUEST))?;
    if let Some((.., one)) = SHORTEST.into_iter().find(|(word, ..)| *word == fields.text("shortest")) {
        rules.shortest = one;
    }
    rules.runs_out_days = number(fields, "runs_out")?;
    rules.speed = fields.text("speed") == "yes";
    rules.under_use.warn_percent = number(fields, "warn")?;
    rules.under_use.critical_per_mille = number(fields, "critical")?;
    rules.under_use.weeks = number(fields, "weeks")?;
    rules.under_use.first_weeks = number(fields, "first_weeks")?;
    Ok(rules)
}

fn number<T: std::str::FromStr>(fields: &Fields, name: &'static str) -> Result<T, Wrong> {
    let what = "this is a whole number; 0 where the rule is to be off";
    fields.text(name).parse().map_err(|_| Wrong::in_field(name, what, StatusCode::BAD_REQUEST))
}

/// `POST /alarms/rules`
pub(crate) async fn set(Sent { by, fields, once }: Sent) -> Response {
    if let Err(problem) = by.must(Permission::AlarmRulesChange) {
        return by.answer::<RulesPage>(Err(problem));
    }
    let address = to(&["alarms", "rules"]);
    let set = match by.ask.get::<AlarmRules>(&address).await.map_err(Wrong::of) {
        Ok(is) => match filled(&fields, &is.rules) {
            Ok(rules) => {
                by.ask.done::<AlarmRules>(Method::POST, &address, &once, &rules).await.map(|_| ()).map_err(Wrong::of)
            }
            Err(wrong) => Err(wrong),
        },
        Err(wrong) => Err(wrong),
    };
    match set {
        Ok(()) => see("/alarms/rules?done=set"),
        Err(wrong) => {
            let status = wrong.status();
            by.answer_with(status, look(&by, &fields, Some(wrong)).await)
        }
    }
}
