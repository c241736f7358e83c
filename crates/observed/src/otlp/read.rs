//! From messages to what was used.

use purser_core::time::Instant;

use super::message::{DataPoint, KeyValue, LogRecord, Logs, Metric, Metrics, Sum, Value};
use crate::tool::{self, Bad};
use crate::{Counted, Point, Request, SESSION_BYTES_MAX, name_of, value};

/// What a message tells of usage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Requests.
    pub requests: Vec<Request>,
    /// Points of counters.
    pub points: Vec<Point>,
    /// Records about usage that can't be read.
    pub rejected: u64,
    /// Why the first of them can't.
    pub why: Option<Bad>,
}

impl Reading {
    fn reject(&mut self, bad: Bad) {
        self.rejected = self.rejected.saturating_add(1);
        self.why.get_or_insert(bad);
    }
}

/// Attributes of a record, looked up by name: those of the record go before those of what sent it.
#[derive(Clone, Copy)]
pub(crate) struct Attributes<'a> {
    own: &'a [KeyValue],
    resource: &'a [KeyValue],
}

impl<'a> Attributes<'a> {
    fn get(&self, key: &str) -> Option<&'a Value> {
        let mut all = self.own.iter().chain(self.resource);
        all.find(|attribute| attribute.key == key)?.value.as_ref()
    }

    pub(crate) fn text(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.text.as_deref()
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// A count, however it is written; zero where it is missing.
    ///
    /// # Errors
    /// [`Bad::Count`] where something else stands there.
    pub(crate) fn count(&self, key: &'static str) -> Result<u64, Bad> {
        let Some(value) = self.get(key) else { return Ok(0) };
        plain(value).and_then(|text| value::count(&text)).ok_or(Bad::Count(key))
    }

    /// Dollars; `None` where they are missing.
    ///
    /// # Errors
    /// [`Bad::Count`] where something else stands there.
    pub(crate) fn dollars(&self, key: &'static str) -> Result<Option<purser_core::money::Nano>, Bad> {
        let Some(value) = self.get(key) else { return Ok(None) };
        plain(value).and_then(|text| value::dollars(&text)).map(Some).ok_or(Bad::Count(key))
    }

    /// The id of a session.
    ///
    /// # Errors
    /// [`Bad::NoSession`].
    pub(crate) fn session(&self, key: &str) -> Result<String, Bad> {
        let session = self.text(key).filter(|session| purser_core::observed::is_name(session, SESSION_BYTES_MAX));
        session.map(str::to_owned).ok_or(Bad::NoSession)
    }

    /// A name of these attributes by all that they say, in any order.
    pub(crate) fn name(&self, of: &str) -> u64 {
        let mut said: Vec<(&str, String)> = self
            .own
            .iter()
            .map(|attribute| (&*attribute.key, attribute.value.as_ref().and_then(plain).unwrap_or_default()))
            .collect();
        said.sort_unstable();
        let parts = said.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]);
        let parts: Vec<&[u8]> = [of.as_bytes()].into_iter().chain(parts).collect();
        name_of(&parts)
    }
}

/// A plain value as text.
fn plain(value: &Value) -> Option<String> {
    let Value { text, truth, integer, double } = value;
    text.clone()
        .or_else(|| integer.map(|number| number.to_string()))
        .or_else(|| double.map(|number| number.to_string()))
        .or_else(|| truth.map(|truth| truth.to_string()))
}

/// An instant from nanoseconds since 1970.
pub(crate) fn instant(nanos: u64) -> Instant {
    Instant::from_micros(i64::try_from(nanos.checked_div(1_000).unwrap_or(0)).unwrap_or(i64::MAX))
}

pub(super) fn logs(logs: &Logs) -> Reading {
    let mut reading = Reading::default();
    for from in &logs.resource_logs {
        let resource = from.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        for record in from.scope_logs.iter().flat_map(|scope| &scope.log_records) {
            match request(record, resource) {
                Some(Ok(request)) => reading.requests.push(request),
                Some(Err(bad)) => reading.reject(bad),
                None => {}
            }
        }
    }
    reading
}

fn request(record: &LogRecord, resource: &[KeyValue]) -> Option<Result<Request, Bad>> {
    let attributes = Attributes { own: &record.attributes, resource };
    let body = record.body.as_ref().and_then(|body| body.text.as_deref()).unwrap_or_default();
    let event = attributes.text("event.name").unwrap_or_default();
    let of = tool::told_in_event(event, body, &attributes)?;
    let time = if record.time_unix_nano > 0 { record.time_unix_nano } else { record.observed_time_unix_nano };
    let at = attributes.text("event.timestamp").and_then(|text| text.parse().ok()).unwrap_or_else(|| instant(time));
    Some(tool::request(of, &attributes, at))
}

pub(super) fn metrics(metrics: &Metrics) -> Reading {
    let mut reading = Reading::default();
    for from in &metrics.resource_metrics {
        let resource = from.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
        for metric in from.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
            let Metric { name, sum: Some(sum) } = metric else { continue };
            let Some(of) = tool::told_in_metric(name) else { continue };
            for point in &sum.data_points {
                match read_point(of, name, sum, point, resource) {
                    Ok(Some(point)) => reading.points.push(point),
                    Ok(None) => {}
                    Err(bad) => reading.reject(bad),
                }
            }
        }
    }
    reading
}

/// `None`: it counts something of which the rest is counted elsewhere.
fn read_point(
    of: tool::MetricOf,
    name: &str,
    sum: &Sum,
    point: &DataPoint,
    resource: &[KeyValue],
) -> Result<Option<Point>, Bad> {
    let attributes = Attributes { own: &point.attributes, resource };
    let Some(what) = tool::counted(of, &attributes) else { return Ok(None) };
    let cumulative = match sum.aggregation_temporality {
        1 => false,
        2 => true,
        _ => return Err(Bad::Temporality),
    };
    if !sum.is_monotonic {
        return Err(Bad::Temporality);
    }
    let text = match (point.as_int, point.as_double) {
        (Some(number), _) => number.to_string(),
        (None, Some(number)) => number.to_string(),
        (None, None) => return Err(Bad::Count("value")),
    };
    let value = match what {
        Counted::Cost => value::dollars(&text).and_then(|dollars| u64::try_from(dollars.get()).ok()),
        _ => value::count(&text),
    };
    Ok(Some(Point {
        tool: of.tool(),
        session: attributes.session("session.id")?,
        model: tool::model(&attributes)?,
        what,
        series: attributes.name(name),
        start: point.start_time_unix_nano,
        time: point.time_unix_nano,
        value: value.ok_or(Bad::Count("value"))?,
        cumulative,
    }))
}
