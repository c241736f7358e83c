//! What is answered.

use prost::Message as _;
use serde_json::json;

use super::message::{PartialSuccess, Response, Status};
use super::{Form, Signal};

/// It was taken, but for so many records, with the reason for the first of them.
pub fn accepted(signal: Signal, form: Form, rejected: u64, why: &str) -> Vec<u8> {
    let is_whole = rejected == 0;
    match form {
        Form::Protobuf => {
            let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
            let partial_success = (!is_whole).then(|| PartialSuccess { rejected, error_message: why.to_owned() });
            Response { partial_success }.encode_to_vec()
        }
        Form::Json if is_whole => b"{}".to_vec(),
        Form::Json => {
            let what = match signal {
                Signal::Logs => "rejectedLogRecords",
                Signal::Metrics => "rejectedDataPoints",
                Signal::Traces => "rejectedSpans",
            };
            // 64-bit integers are texts in this form.
            json!({ "partialSuccess": { what: rejected.to_string(), "errorMessage": why } }).to_string().into_bytes()
        }
    }
}

/// Nothing was taken. `code` is one of `google.rpc.Code`.
pub fn refused(form: Form, code: i32, message: &str) -> Vec<u8> {
    match form {
        Form::Protobuf => Status { code, message: message.to_owned() }.encode_to_vec(),
        Form::Json => json!({ "code": code, "message": message }).to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_have_the_form_of_their_request() {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        assert!(accepted(Signal::Traces, Form::Protobuf, 0, "").is_empty());
        assert_eq!(text(accepted(Signal::Traces, Form::Json, 0, "")), "{}");
        assert_eq!(
            text(accepted(Signal::Metrics, Form::Json, 2, "why")),
            r#"{"partialSuccess":{"errorMessage":"why","rejectedDataPoints":"2"}}"#
        );
        let partial = Response::decode(&accepted(Signal::Logs, Form::Protobuf, 2, "why")[..]).unwrap();
        assert_eq!(partial.partial_success.unwrap(), PartialSuccess { rejected: 2, error_message: "why".to_owned() });
        let status = Status::decode(&refused(Form::Protobuf, 3, "no")[..]).unwrap();
        assert_eq!((status.code, &*status.message), (3, "no"));
        assert_eq!(text(refused(Form::Json, 16, "no")), r#"{"code":16,"message":"no"}"#);
    }
}
