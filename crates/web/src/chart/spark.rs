//! A line as small as a word.

use super::draw::tenths;
use super::scale::Scale;

/// A line of the values, for a place whose figures stand beside it as text: it is hidden from whoever can't see it. Empty for
/// fewer than two values.
pub fn spark(values: &[i64]) -> String {
    let (Some(low), Some(high)) = (values.iter().min(), values.iter().max()) else { return String::new() };
    if values.len() < 2 {
        return String::new();
    }
    let x = Scale::new(0, values.len() as i128 - 1, 20, 980);
    let y = Scale::new(i128::from(*low), i128::from(*high), 200, 20);
    let points: Vec<(i64, i64)> = values.iter().zip(0_i128..).map(|(value, at)| (x.at(at), y.at(*value))).collect();
    let text: Vec<String> = points.iter().map(|(x, y)| format!("{},{}", tenths(*x), tenths(*y))).collect();
    let (end_x, end_y) = points.last().copied().unwrap_or_default();
    format!(
        "<svg class=\"spark\" viewBox=\"0 0 100 22\" width=\"100\" height=\"22\" aria-hidden=\"true\" focusable=\"false\">\
         <polyline class=\"c-line\" points=\"{}\"/><circle class=\"c-point\" cx=\"{}\" cy=\"{}\" r=\"2\"/></svg>",
        text.join(" "),
        tenths(end_x),
        tenths(end_y),
    )
}
