//! How figures and instants are written, in one place.
//!
//! Money has two decimals and four below one unit, rounded towards zero so that a page never promises what is not there;
//! tokens are shortened; the exact value is always in the element, for programs and on pointing.

use std::fmt;

use askama::filters::HtmlSafe;
use purser_control::shape::Page;
use purser_core::money::{Currency, Nano};
use purser_core::time::Instant;
use purser_core::zone::Zone;

/// HTML that was made here. What people wrote goes into it escaped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Markup(String);

impl Markup {
    /// HTML that stands in this program's source, or was escaped by it.
    pub(crate) fn new(html: impl Into<String>) -> Self {
        Self(html.into())
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// One unit of a currency.
const UNIT: i64 = 1_000_000_000;

/// `$1,234.56`, `$0.0042`.
pub(crate) fn money(amount: Nano, currency: &Currency) -> Markup {
    let text = money_text(amount, currency);
    Markup(format!("<data value=\"{amount}\" title=\"{amount} {}\" class=\"money\">{text}</data>", currency.code()))
}

/// The same as text alone, for titles and sentences.
pub(crate) fn money_text(amount: Nano, currency: &Currency) -> String {
    let sign = if amount.is_negative() { "−" } else { "" };
    let nano = amount.get().unsigned_abs();
    let unit = UNIT.unsigned_abs();
    let (units, rest) = (nano / unit, nano % unit);
    let symbol = escaped(&currency.symbol());
    if units == 0 && rest > 0 {
        return match rest / 100_000 {
            0 => format!("{sign}&lt;{symbol}0.0001"),
            parts => format!("{sign}{symbol}0.{parts:04}"),
        };
    }
    format!("{sign}{symbol}{}.{:02}", grouped(units), rest / 10_000_000)
}

/// `210B`, `1.24M`, `34.5k`, `980`.
pub(crate) fn tokens(count: u64) -> Markup {
    Markup(format!("<data value=\"{count}\" title=\"{} tokens\">{}</data>", grouped(count), short(count)))
}

fn short(count: u64) -> String {
    const STEPS: [(u64, &str); 4] = [(1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k")];
    let Some((step, letter)) = STEPS.into_iter().find(|(step, _)| count >= *step) else { return count.to_string() };
    // Three figures that count.
    let hundredths = u128::from(count) * 100 / u128::from(step);
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match whole {
        100.. => format!("{whole}{letter}"),
        10..=99 => trimmed(&format!("{whole}.{}", part / 10), letter),
        _ => trimmed(&format!("{whole}.{part:02}"), letter),
    }
}

fn trimmed(number: &str, letter: &str) -> String {
    let number = number.trim_end_matches('0').trim_end_matches('.');
    format!("{number}{letter}")
}

/// `1,234`.
pub(crate) fn count(number: u64) -> String {
    grouped(number)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What part of `whole` `part` is, in hundredths between 0 and 100.
pub(crate) fn percent(part: Nano, whole: Nano) -> u8 {
    if !whole.is_positive() || !part.is_positive() {
        return 0;
    }
    let hundredths = i128::from(part.get()) * 100 / i128::from(whole.get());
    u8::try_from(hundredths.min(100)).unwrap_or(100)
}

/// An instant as somebody in `zone` reads it at `now`: `today 14:20`, `tomorrow 00:00`, `Thu 3 Dec, 14:20`, and with its
/// year where that is another one.
pub(crate) fn when(at: Instant, zone: &Zone, now: Instant) -> Markup {
    let (there, today) = (zone.wall(at), zone.date(now));
    let day = there.date();
    let text = if day == today {
        format!("today {}", there.strftime("%H:%M"))
    } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == day) {
        format!("tomorrow {}", there.strftime("%H:%M"))
    } else if today.yesterday().is_ok_and(|yesterday| yesterday == day) {
        format!("yesterday {}", there.strftime("%H:%M"))
    } else if day.year() == today.year() {
        there.strftime("%a %-d %b, %H:%M").to_string()
    } else {
        there.strftime("%-d %b %Y, %H:%M").to_string()
    };
    Markup(format!("<time datetime=\"{at}\" title=\"{at}\">{text}</time>"))
}

/// A day, as somebody in `zone` reads it: `27 Nov 2026`.
pub(crate) fn day(at: Instant, zone: &Zone) -> Markup {
    Markup(format!("<time datetime=\"{at}\" title=\"{at}\">{}</time>", zone.wall(at).strftime("%-d %b %Y")))
}

/// `a day`, `a workday`, `once`: how often something is released.
pub(crate) fn per(per: &str, days: &str) -> String {
    match (per, days) {
        ("once", _) => "once".to_owned(),
        ("day", "workdays") => "a workday".to_owned(),
        (per, "workdays") => format!("a {per}, by workdays"),
        (per, _) => format!("a {per}"),
    }
}

/// What stands below a table: how many there are, the next page, the same as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Pager {
    total: u64,
    first: Option<String>,
    next: Option<String>,
    json: String,
}

impl Pager {
    /// Of a page of a list at `path`, asked with `query`; `is_later` when it is not the first one.
    pub(crate) fn new<T>(path: &str, query: &[(&str, String)], page: &Page<T>, is_later: bool, json: &str) -> Self {
        let address = |after: Option<&str>| {
            let mut address = path.to_owned();
            let pairs =
                query.iter().map(|(name, value)| (*name, value.as_str())).chain(after.map(|after| ("after", after)));
            for (place, (name, value)) in pairs.enumerate() {
                address.push(if place == 0 { '?' } else { '&' });
                address.push_str(name);
                address.push('=');
                crate::ask::escape(value, &mut address);
            }
            address
        };
        Self {
            total: u64::try_from(page.total).unwrap_or(u64::MAX),
            first: is_later.then(|| address(None)),
            next: page.next.as_deref().map(|next| address(Some(next))),
            json: json.to_owned(),
        }
    }

    /// As it stands in a page.
    pub(crate) fn html(&self) -> Markup {
        let link = |to: &Option<String>, label: &str| {
            to.as_ref().map(|to| format!("<a href=\"{}\">{label}</a>", escaped(to))).unwrap_or_default()
        };
        let csv = self.json.strip_prefix("/api/v1").map(|list| format!("/csv{list}"));
        let files = format!("{} {}", link(&csv, "All as CSV"), link(&Some(self.json.clone()), "All as JSON"));
        Markup(format!(
            "<nav class=\"pages\" aria-label=\"Pages\"><span>{} in all</span><span class=\"row\">{} {} {files}</span></nav>",
            grouped(self.total),
            link(&self.first, "First page"),
            link(&self.next, "Next page")
        ))
    }
}

/// How long between two instants, roughly: `40 s`, `12 min`, `3 h 20 min`, `4 d`.
pub(crate) fn span(from: Instant, to: Instant) -> String {
    let seconds = to.since(from).as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3_600);
    match hours {
        48.. => format!("{} d", hours / 24),
        1..=47 => format!("{hours} h {} min", minutes % 60),
        0 if minutes > 0 => format!("{minutes} min"),
        0 => format!("{seconds} s"),
    }
}

/// A sentence of what the API says: with a capital letter and a full stop.
pub(crate) fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
    first.map(|text| format!("{text}.")).unwrap_or_default()
}

/// Text as it may stand in a page, also within an attribute's quotes.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_never_promises_more_than_there_is() {
        let check = |nano: i64, text: &str| assert_eq!(money_text(Nano::new(nano), &Currency::usd()), text, "{nano}");
        check(0, "$0.00");
        check(1, "&lt;$0.0001");
        check(4_870_000, "$0.0048");
        check(999_999_999, "$0.9999");
        check(1_009_999_999, "$1.00");
        check(-1_234_567_890_123_456, "−$1,234,567.89");
        check(i64::MIN, "−$9,223,372,036.85");
        assert_eq!(
            money(Nano::new(4_870_000_001), &Currency::usd()).to_string(),
            "<data value=\"4.870000001\" title=\"4.870000001 USD\" class=\"money\">$4.87</data>"
        );
    }

    #[test]
    fn tokens_have_three_figures() {
        let check = |count: u64, text: &str| assert_eq!(short(count), text);
        check(0, "0");
        check(999, "999");
        check(1_000, "1k");
        check(34_567, "34.5k");
        check(1_240_000, "1.24M");
        check(999_999_999, "999M");
        check(210_000_000_000, "210B");
        check(u64::MAX, "18446744T");
    }

    #[test]
    fn parts_stay_between_none_and_all() {
        let check = |part: i64, whole: i64, is: u8| assert_eq!(percent(Nano::new(part), Nano::new(whole)), is);
        check(1, 3, 33);
        check(i64::MAX, 1, 100);
        check(5, 0, 0);
        check(-5, 10, 0);
    }

    #[test]
    fn instants_are_read_in_the_persons_zone() {
        let zone = Zone::try_new("Europe/Berlin").unwrap();
        let now: Instant = "2026-11-24T12:00:00Z".parse().unwrap();
        let check = |at: &str, text: &str| {
            let shown = when(at.parse().unwrap(), &zone, now).to_string();
            assert!(shown.ends_with(&format!(">{text}</time>")), "{shown}");
        };
        check("2026-11-24T22:59:00Z", "today 23:59");
        check("2026-11-24T23:00:00Z", "tomorrow 00:00");
        check("2026-11-23T22:00:00Z", "yesterday 23:00");
        check("2026-12-03T13:20:00Z", "Thu 3 Dec, 14:20");
        check("2027-01-01T13:20:00Z", "1 Jan 2027, 14:20");
    }
}
