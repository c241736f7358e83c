//! One alarm, at the right of the list: what there was to see when it was raised, and what may be done.

use askama::Template;
use jiff::Span;
use purser_control::shape::Alarm;
use purser_control::{Permission, Problem};

use super::list::{Row, row};
use crate::ask::to;
use crate::drawer::{Detail, Place};
use crate::form::Wrong;
use crate::say::{Markup, day, escaped, money, when};
use crate::visitor::Visitor;

/// For how many days a mute holds where nobody says otherwise.
const MUTED_DAYS: i32 = 7;

#[derive(Template)]
#[template(path = "alarms/detail.html")]
struct AlarmDetail {
    place: Place,
    alarm: Row,
    facts: Vec<(&'static str, Markup)>,
    /// Whose it is, for whoever may look at them.
    person: Option<String>,
    grant: Option<String>,
    may_acknowledge: bool,
    mute: Option<MuteForm>,
    wrong: Option<Wrong>,
}

/// What of an alarm's kind and of whom is not to be raised.
struct MuteForm {
    person: Option<String>,
    unit: Option<String>,
    kind: &'static str,
    until: String,
}

/// What there is to know of an alarm.
///
/// # Errors
/// What the API says.
pub(super) async fn detail(visitor: &Visitor, id: &str, place: Place, wrong: Option<Wrong>) -> Result<Detail, Problem> {
    let alarm: Alarm = visitor.ask.get(&to(&["alarms", id])).await?;
    let told = row(&alarm, visitor);
    let (person, unit) = (alarm.person.map(|id| id.to_string()), alarm.unit.map(|id| id.to_string()));
    let until = visitor.zone.date(visitor.now).checked_add(Span::new().days(MUTED_DAYS));
    let is_muted_here = visitor.may(Permission::AlarmsMute) && told.is_open && (person.is_some() || unit.is_some());
    let title = format!("{}: {}", told.name, told.kind);
    let body = AlarmDetail {
        place,
        facts: facts(&alarm, visitor),
        mute: is_muted_here.then(|| MuteForm {
            person: person.clone(),
            unit,
            kind: alarm.kind.word(),
            until: until.map(|day| day.to_string()).unwrap_or_default(),
        }),
        person: person.filter(|_| visitor.may(Permission::PeopleRead)),
        grant: alarm.grant.map(|id| id.to_string()).filter(|_| visitor.may(Permission::UsageRead)),
        may_acknowledge: visitor.may(Permission::AlarmsAcknowledge),
        alarm: told,
        wrong,
    };
    Detail::try_new(title, None, &body)
}

fn facts(alarm: &Alarm, visitor: &Visitor) -> Vec<(&'static str, Markup)> {
    let (currency, zone, now) = (&visitor.currency, &visitor.zone, visitor.now);
    let mut facts = vec![("Raised", when(alarm.raised, zone, now))];
    if alarm.out_of.is_positive() {
        let used = format!("{} of {}", money(alarm.used, currency), money(alarm.out_of, currency));
        facts.push(("Used by then", Markup::new(used)));
    }
    if let Some(percent) = alarm.percent {
        facts.push(("Told at", Markup::new(format!("{percent} %"))));
    }
    if let Some(gone) = alarm.gone {
        facts.push(("Gone at that pace", when(gone, zone, now)));
    }
    let window = format!("{} until before {}", day(alarm.from, zone), day(alarm.to, zone));
    facts.push(("Told once from", Markup::new(window)));
    for look in &alarm.acknowledged {
        let who = escaped(look.name.as_ref().unwrap_or(&look.by));
        facts.push(("Looked at by", Markup::new(format!("{who}, {}", when(look.at, zone, now)))));
    }
    facts
}
