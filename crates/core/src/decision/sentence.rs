//! The one line that people read in their own tool: what happened, the figures, when it changes, whom to ask.

use std::fmt::Write as _;

use super::{Decision, LimitMet, LimitOf, Refused};
use crate::calendar::{Cadence, Days};
use crate::id::UnitId;
use crate::money::{Currency, Nano};
use crate::run::RunLimit;
use crate::scope::Pattern;
use crate::time::Instant;
use crate::zone::Zone;

/// The most of a stranger's text that a sentence repeats.
const QUOTED_CHARS_MAX: usize = 80;

/// Words that the directory does not have.
pub trait Names {
    /// The name of a unit.
    fn unit(&self, _id: UnitId) -> Option<String> {
        None
    }

    /// Whom to ask for more: a role or team, or an address ([`crate::policy::Policy::ask_more`]).
    fn ask_more(&self) -> Option<&str> {
        None
    }
}

/// No names known.
impl Names for () {}

impl Decision {
    /// One line for people. Instants are shown in `zone`, the person's; amounts in the ledger's `currency`, rounded
    /// away from promising too much.
    pub fn sentence(&self, zone: &Zone, currency: &Currency, names: &dyn Names) -> String {
        let words = Words { zone, currency, names };
        match self {
            Self::Allowed => "Allowed.".to_owned(),
            Self::Held(met) => words.held(met),
            Self::Exhausted(met) => words.exhausted(met),
            Self::Refused(refused) => words.refused(refused),
        }
    }
}

struct Words<'a> {
    zone: &'a Zone,
    currency: &'a Currency,
    names: &'a dyn Names,
}

impl Words<'_> {
    fn exhausted(&self, met: &LimitMet) -> String {
        let (used, limit, this) = (self.money(met.used()), self.money(met.figures.limit), this(met.cadence));
        let (whose, is) = self.whose(met);
        let mut line = if met.figures.limit.is_zero() && met.days == Days::Workdays {
            format!("{whose} {is}empty{this}: it fills on workdays")
        } else if met.left().is_zero() {
            format!("{whose} {is}exhausted: {used} of {limit} used{this}{}", self.suspense(met, " of it"))
        } else {
            let (needed, left) = (self.money(rounded_up(met.needed)), self.money(met.left()));
            format!(
                "{whose} {is}too low for this call: it needs at least {needed}, and {left} of {limit} is left{this}{}",
                self.suspense(met, "")
            )
        };
        match met.resets_at {
            Some(at) => _ = write!(line, ", resets {}.", self.instant(at, met.cadence, met.days)),
            None => line.push_str(", does not reset."),
        }
        self.add_kept(&mut line, met);
        add_others(&mut line, met);
        self.add_ask(&mut line, met);
        line
    }

    fn held(&self, met: &LimitMet) -> String {
        let (used, held, limit) = (self.money(met.used()), self.money(met.figures.held), self.money(met.figures.limit));
        let mut line = format!(
            "{} is set aside by calls under way: {used} of {limit} used{}{}, {held} set aside. Try again in a moment.",
            self.whose(met).0,
            this(met.cadence),
            self.suspense(met, " of it")
        );
        add_others(&mut line, met);
        line
    }

    fn refused(&self, refused: &Refused) -> String {
        let at = |at: &Instant| self.instant(*at, None, Days::All);
        match refused {
            Refused::KeyUnknown => format!("Purser does not know this key. {} for one (`purser key add`).", self.ask()),
            Refused::KeyRevoked { revoked_at } => {
                format!(
                    "This Purser key was revoked {}. {} for a new one (`purser key add`).",
                    at(revoked_at),
                    self.ask()
                )
            }
            Refused::KeyExpired { expired_at } => {
                format!("This Purser key expired {}. {} for a new one (`purser key add`).", at(expired_at), self.ask())
            }
            Refused::PersonLeft { left_at } => {
                format!("This Purser key belongs to somebody who left {}. Use a key of your own.", at(left_at))
            }
            Refused::ProviderNotAllowed { provider, allowed } => format!(
                "This Purser key may not call {} (it may call {allowed}). {} for a key that may (`purser key add`).",
                quoted(provider),
                self.ask()
            ),
            Refused::ModelNotAllowed { model, allowed } => format!(
                "This Purser key may not call {} (it may call {allowed}). {} for a key that may (`purser key add`).",
                quoted(model),
                self.ask()
            ),
            Refused::ToolNotAllowed { tool, allowed } => format!(
                "This Purser key may not be used with {} (it may call {allowed}). {} for a key that may (`purser key add`).",
                program(tool),
                self.ask()
            ),
            Refused::NoGrant => {
                format!("No budget has been granted to you yet. {} for one (`purser grant add`).", self.ask())
            }
            Refused::GrantNotStarted { starts_at } => {
                format!("Your budget starts {}. {} for an earlier one (`purser grant add`).", at(starts_at), self.ask())
            }
            Refused::GrantEnded { ended_at } => {
                format!("Your budget ended {}. {} for a new one (`purser grant add`).", at(ended_at), self.ask())
            }
            Refused::NotCovered { model, provider, grants } => {
                let others = if grants.is_empty() { "" } else { "; it is for other models" };
                format!(
                    "Your budget does not pay for {} of {}{others}. Use another model, or {} for a grant that covers it (`purser grant add --models`).",
                    quoted(model),
                    quoted(provider),
                    lower_first(&self.ask())
                )
            }
            Refused::ToolNotCovered { tool, covered } => {
                let covered: Vec<_> = covered.iter().map(|tool| quoted(tool)).collect();
                format!(
                    "Your budget does not pay for calls from {}; it pays for {}. Use one of these, or {} for a grant that covers it (`purser grant add --tools`).",
                    program(tool),
                    covered.join(" or "),
                    lower_first(&self.ask())
                )
            }
            Refused::UnknownModel { model, nearest } => {
                let near = if nearest.is_empty() {
                    String::new()
                } else {
                    let nearest: Vec<_> = nearest.iter().map(|name| quoted(name)).collect();
                    format!(" Did you mean {}?", nearest.join(" or "))
                };
                format!(
                    "Model {} has no price here, so no money can be set aside for it.{near} {} to add its price (`purser price set`).",
                    quoted(model),
                    self.ask()
                )
            }
            Refused::Unmetered { what } => {
                format!(
                    "Nobody can say beforehand what this call may cost: it asks for {}. Leave that out.",
                    plain(what)
                )
            }
            Refused::Stopped { what } => format!("{} is stopped. {} when it goes on.", plain(what), self.ask()),
            Refused::RunLimit { limit, .. } => run_limit(*limit),
            Refused::RunPaused { run, tripped } => format!(
                "Purser has paused this run: {}. If that is as it should be, let it go on: `purser resume {run}`.",
                plain(&tripped.seen)
            ),
            Refused::RateLimited { per_minute, retry_at } => {
                let wall = self.zone.wall(retry_at.saturating_add(std::time::Duration::from_micros(999_999)));
                format!(
                    "This Purser key made the {per_minute} requests that it may make in a minute. Try again at {}.",
                    wall.strftime("%H:%M:%S")
                )
            }
        }
    }

    /// Whose budget, as the beginning of a sentence, and its verb: one's own goes without, as a headline does.
    fn whose(&self, met: &LimitMet) -> (String, &'static str) {
        let whose = match met.of {
            LimitOf::Person(_) => return ("Budget".to_owned(), ""),
            LimitOf::Unit(id) => {
                let name = self.names.unit(id).map_or_else(|| id.to_string(), |name| plain(&name));
                format!("The budget of unit {name}")
            }
            LimitOf::Company => "The company's budget".to_owned(),
            LimitOf::Key(_) => "The budget of this key".to_owned(),
            LimitOf::Run(_) => "The budget of this run".to_owned(),
            LimitOf::Tools(_) => format!("Your budget for {}", tools(met)),
        };
        (whose, "is ")
    }

    fn suspense(&self, met: &LimitMet, of: &str) -> String {
        if !met.figures.suspense.is_positive() {
            return String::new();
        }
        format!(" ({}{of} is being checked after a restart)", self.money(met.figures.suspense))
    }

    /// Where the call would fit if nothing were kept for others, that is said: the budget looks larger elsewhere.
    fn add_kept(&self, line: &mut String, met: &LimitMet) {
        let is_why = met.left().saturating_add(met.kept) >= met.needed && met.left() < met.needed.max(Nano::new(1));
        if met.kept.is_positive() && is_why {
            _ = write!(line, " {} more is kept for what is guaranteed to others.", self.money(met.kept));
        }
    }

    fn add_ask(&self, line: &mut String, met: &LimitMet) {
        let often = per(met.cadence.unwrap_or(Cadence::Day));
        let ask = self.ask();
        _ = match met.of {
            LimitOf::Person(id) => write!(line, " {ask} for more: `purser grant add {id} AMOUNT{often}`."),
            LimitOf::Unit(id) => write!(line, " {ask} for more: `purser budget set {id} AMOUNT{often}`."),
            LimitOf::Company => write!(line, " {ask} for more: `purser budget set company AMOUNT{often}`."),
            LimitOf::Key(id) => write!(line, " {ask} for more: `purser budget set {id} AMOUNT{often}`."),
            LimitOf::Run(_) => write!(line, " Start the next one with more: `purser run --budget AMOUNT`."),
            LimitOf::Tools(id) => write!(
                line,
                " Use another tool, or {} for more: `purser budget set {id} AMOUNT{often} --tool {}`.",
                lower_first(&ask),
                tools(met)
            ),
        };
    }

    fn ask(&self) -> String {
        match self.names.ask_more().map(plain).filter(|whom| !whom.is_empty()) {
            Some(address) if address.starts_with("https://") || address.starts_with("http://") => {
                format!("Ask at {address}")
            }
            Some(whom) => format!("Ask {whom}"),
            None => "Ask your Purser admin".to_owned(),
        }
    }

    fn money(&self, amount: Nano) -> String {
        amount.for_people(self.currency)
    }

    /// `25 Nov 00:00 (Europe/Berlin)`; with the weekday where weeks matter, with the year where the next one may be meant.
    fn instant(&self, at: Instant, cadence: Option<Cadence>, days: Days) -> String {
        let form = match (cadence, days) {
            (Some(Cadence::Week), _) | (Some(Cadence::Day), Days::Workdays) => "%a %-d %b %H:%M",
            (Some(Cadence::Day | Cadence::Month), _) => "%-d %b %H:%M",
            _ => "%-d %b %Y %H:%M",
        };
        format!("{} ({})", self.zone.wall(at).strftime(form), self.zone)
    }
}

/// The tools that a budget is for.
fn tools(met: &LimitMet) -> &str {
    met.tools.as_ref().map_or("this tool", Pattern::as_str)
}

/// What a run has done as often as it may.
fn run_limit(limit: RunLimit) -> String {
    let (what, most) = match limit {
        RunLimit::Tokens(most) => ("used the tokens that it may use", most),
        RunLimit::Requests(most) => ("made the calls that it may make", most),
        RunLimit::Minutes(most) => ("run for the minutes that it may run", most),
        RunLimit::Depth(most) => ("started runs below it on as many levels as it may", u64::from(most)),
        RunLimit::Children(most) => ("started the runs that it may start", most),
    };
    format!("This run has {what}: {most}. Start a new one, or raise the limit where it was set.")
}

fn add_others(line: &mut String, met: &LimitMet) {
    if !met.not_covering.is_empty() {
        line.push_str(" Your other grants have money but do not pay for this call.");
    }
}

/// ` today`, or nothing where no one word fits.
fn this(cadence: Option<Cadence>) -> String {
    match cadence.map_or("", Cadence::this) {
        "" => String::new(),
        this => format!(" {this}"),
    }
}

/// How the command line writes a cadence after an amount.
const fn per(cadence: Cadence) -> &'static str {
    match cadence {
        Cadence::Day => "/day",
        Cadence::Week => "/week",
        Cadence::Month => "/month",
        Cadence::Quarter => "/quarter",
        Cadence::Year => "/year",
        Cadence::Once => " once",
    }
}

/// Up to the place that people see, so that a need is never shown smaller than it is.
fn rounded_up(amount: Nano) -> Nano {
    /// From one cent on two places are shown, below it six (see [`Nano::for_people`]).
    const CENT: i64 = 10_000_000;
    const SMALLEST_SHOWN: i64 = 1_000;
    let step = if amount.get() < CENT { SMALLEST_SHOWN } else { CENT };
    let over = amount.get().rem_euclid(step);
    let missing = if over == 0 { 0 } else { step.saturating_sub(over) };
    amount.saturating_add(Nano::new(missing))
}

/// A text on one line and not too long.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(QUOTED_CHARS_MAX)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// A program by its name; one that does not say who it is has none.
fn program(tool: &str) -> String {
    if matches!(tool, "" | "other") { "a program that Purser does not know".to_owned() } else { quoted(tool) }
}

fn quoted(text: &str) -> String {
    format!("`{}`", plain(text).replace('`', "'"))
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}
