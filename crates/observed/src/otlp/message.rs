//! The messages, as far as they are read: fields that are not here are passed over in both forms.
//!
//! Numbers of fields by opentelemetry-proto 1.9. What is a `oneof` there is a few optional fields here, which is the same
//! on the wire. In JSON names are in lower camel case and 64-bit integers are texts (or numbers, which some senders write).

use serde::Deserialize;

/// `ExportLogsServiceRequest`
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Logs {
    #[prost(message, repeated, tag = "1")]
    pub(super) resource_logs: Vec<ResourceLogs>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    pub(super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(super) scope_logs: Vec<ScopeLogs>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ScopeLogs {
    #[prost(message, repeated, tag = "2")]
    pub(super) log_records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    #[serde(deserialize_with = "flexible::unsigned")]
    pub(super) time_unix_nano: u64,
    #[prost(fixed64, tag = "11")]
    #[serde(deserialize_with = "flexible::unsigned")]
    pub(super) observed_time_unix_nano: u64,
    #[prost(message, optional, tag = "5")]
    pub(super) body: Option<Value>,
    #[prost(message, repeated, tag = "6")]
    pub(super) attributes: Vec<KeyValue>,
}

/// `ExportMetricsServiceRequest`
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metrics {
    #[prost(message, repeated, tag = "1")]
    pub(super) resource_metrics: Vec<ResourceMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    pub(super) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(super) scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ScopeMetrics {
    #[prost(message, repeated, tag = "2")]
    pub(super) metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metric {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(message, optional, tag = "7")]
    pub(super) sum: Option<Sum>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Sum {
    #[prost(message, repeated, tag = "1")]
    pub(super) data_points: Vec<DataPoint>,
    /// 1: delta, 2: cumulative.
    #[prost(int32, tag = "2")]
    #[serde(deserialize_with = "flexible::temporality")]
    pub(super) aggregation_temporality: i32,
    #[prost(bool, tag = "3")]
    pub(super) is_monotonic: bool,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct DataPoint {
    #[prost(message, repeated, tag = "7")]
    pub(super) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "2")]
    #[serde(deserialize_with = "flexible::unsigned")]
    pub(super) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "3")]
    #[serde(deserialize_with = "flexible::unsigned")]
    pub(super) time_unix_nano: u64,
    #[prost(double, optional, tag = "4")]
    #[serde(deserialize_with = "flexible::double")]
    pub(super) as_double: Option<f64>,
    #[prost(sfixed64, optional, tag = "6")]
    #[serde(deserialize_with = "flexible::signed")]
    pub(super) as_int: Option<i64>,
}

/// `ExportTraceServiceRequest`: only that it is one.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Traces {
    #[prost(message, repeated, tag = "1")]
    pub(super) resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct ResourceSpans {}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(super) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(super) key: String,
    #[prost(message, optional, tag = "2")]
    pub(super) value: Option<Value>,
}

/// `AnyValue`, its plain kinds.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(super) struct Value {
    #[prost(string, optional, tag = "1")]
    #[serde(rename = "stringValue")]
    pub(super) text: Option<String>,
    #[prost(bool, optional, tag = "2")]
    #[serde(rename = "boolValue")]
    pub(super) truth: Option<bool>,
    #[prost(int64, optional, tag = "3")]
    #[serde(rename = "intValue", deserialize_with = "flexible::signed")]
    pub(super) integer: Option<i64>,
    #[prost(double, optional, tag = "4")]
    #[serde(rename = "doubleValue", deserialize_with = "flexible::double")]
    pub(super) double: Option<f64>,
}

/// `Export…ServiceResponse`; the three are alike.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Response {
    #[prost(message, optional, tag = "1")]
    pub(super) partial_success: Option<PartialSuccess>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub(super) rejected: i64,
    #[prost(string, tag = "2")]
    pub(super) error_message: String,
}

/// `google.rpc.Status`
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Status {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

/// Numbers that may be texts.
mod flexible {
    use serde::{Deserialize, Deserializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either<T> {
        Number(T),
        Text(String),
        /// `null`: nothing.
        Nothing(()),
    }

    pub(super) fn unsigned<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        match Either::<u64>::deserialize(from)? {
            Either::Number(number) => Ok(number),
            Either::Text(text) => text.parse().map_err(serde::de::Error::custom),
            Either::Nothing(()) => Ok(0),
        }
    }

    pub(super) fn signed<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
        match Either::<i64>::deserialize(from)? {
            Either::Number(number) => Ok(Some(number)),
            Either::Text(text) => text.parse().map(Some).map_err(serde::de::Error::custom),
            Either::Nothing(()) => Ok(None),
        }
    }

    /// `NaN` and `Infinity` are texts in JSON.
    pub(super) fn double<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
        match Either::<f64>::deserialize(from)? {
            Either::Number(number) => Ok(Some(number)),
            Either::Text(text) => text.parse().map(Some).map_err(serde::de::Error::custom),
            Either::Nothing(()) => Ok(None),
        }
    }

    pub(super) fn temporality<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
        Ok(match Either::<i32>::deserialize(from)? {
            Either::Number(number) => number,
            Either::Text(text) if text == "AGGREGATION_TEMPORALITY_DELTA" => 1,
            Either::Text(text) if text == "AGGREGATION_TEMPORALITY_CUMULATIVE" => 2,
            Either::Text(_) | Either::Nothing(()) => 0,
        })
    }
}
