//! OpenAI Embeddings: input only, no stream.

use super::{Answer, Moment, Told, inclusive};
use crate::reel::{Pen, Reel};

/// `POST /v1/embeddings`.
pub(crate) fn plain(answer: &Answer<'_>, reel: &mut Reel) {
    let told = Told::new(inclusive(&answer.plan.usage), answer.telling, Moment::Last);
    let mut pen = reel.pen();
    pen.raw(r#"{"object":"list","data":["#);
    for text in 0..answer.ask.choices {
        pen.raw(if text > 0 { "," } else { "" });
        pen.raw(r#"{"object":"embedding","index":"#).num(text).raw(r#","embedding":"#);
        vector(&mut pen, answer);
        pen.raw("}");
    }
    pen.raw(r#"],"model":""#).raw(answer.plan.model).raw("\"");
    match told {
        Told::Absent => {}
        Told::Empty => {
            pen.raw(r#","usage":{}"#);
        }
        Told::Counts(counts) => {
            pen.raw(r#","usage":{"prompt_tokens":"#).int(counts.input);
            pen.raw(r#","total_tokens":"#).int(counts.input).raw("}");
        }
    }
    pen.raw("}");
    reel.tells(told.counts());
    answer.end_plain(reel);
}

/// A vector of equal numbers. In base64, four bytes of zero per number.
fn vector(pen: &mut Pen<'_>, answer: &Answer<'_>) {
    let dimensions = answer.ask.dimensions;
    if answer.ask.base64 {
        let bytes = 4 * dimensions;
        pen.raw("\"");
        for _ in 0..bytes / 3 {
            pen.raw("AAAA");
        }
        pen.raw(match bytes % 3 {
            0 => "\"",
            1 => "AA==\"",
            _ => "AAA=\"",
        });
    } else {
        pen.raw("[0.015625");
        for _ in 1..dimensions {
            pen.raw(",0.015625");
        }
        pen.raw("]");
    }
}
