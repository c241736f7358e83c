//! Part-time: how much of a whole working time somebody has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Parts of a whole working time in ten-thousandths, above none and at most all: 8,000 is four days a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct WorkShare(u16);

impl WorkShare {
    /// Full time.
    pub const FULL: Self = Self(10_000);

    /// A share from its ten-thousandths; `None` for none and for more than all.
    pub const fn try_new(parts: u16) -> Option<Self> {
        if 0 < parts && parts <= Self::FULL.0 { Some(Self(parts)) } else { None }
    }

    /// The ten-thousandths.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl Default for WorkShare {
    fn default() -> Self {
        Self::FULL
    }
}

impl TryFrom<u16> for WorkShare {
    type Error = String;
    fn try_from(parts: u16) -> Result<Self, String> {
        Self::try_new(parts).ok_or_else(|| format!("{parts} is no working share; it has 1 to 10,000 ten-thousandths"))
    }
}

impl From<WorkShare> for u16 {
    fn from(share: WorkShare) -> Self {
        share.0
    }
}

impl fmt::Display for WorkShare {
    /// `80%`, `62.5%`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, places) = (self.0.div_euclid(100), self.0.rem_euclid(100));
        match (places, places.rem_euclid(10)) {
            (0, _) => write!(f, "{whole}%"),
            (_, 0) => write!(f, "{whole}.{}%", places.div_euclid(10)),
            _ => write!(f, "{whole}.{places:02}%"),
        }
    }
}

impl FromStr for WorkShare {
    type Err = String;

    /// `80%`, `62.5%`, `80`.
    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("`{text}` is no working share; write it like 80% or 62.5%, above 0% and at most 100%");
        let percent = text.trim().trim_end_matches('%').trim_end();
        let (whole, places) = percent.split_once('.').unwrap_or((percent, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || places.len() > 2 || !digits(whole) || !digits(places) {
            return Err(bad());
        }
        let parts: Option<u32> = format!("{whole}{places:0<2}").parse().ok();
        parts.and_then(|parts| u16::try_from(parts).ok()).and_then(Self::try_new).ok_or_else(bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_read_as_people_write_them() {
        let check = |text: &str, shown: Option<&str>| {
            let read = text.parse::<WorkShare>().ok();
            assert_eq!(read.map(|share| share.to_string()).as_deref(), shown, "{text}");
            assert_eq!(read.map(|share| share.to_string().parse()), read.map(Ok), "what is shown reads back");
        };
        check("80%", Some("80%"));
        check(" 62.5 % ", Some("62.5%"));
        check("100", Some("100%"));
        check("0.01%", Some("0.01%"));
        check("33.33%", Some("33.33%"));
        for wrong in
            ["0%", "0", "100.01%", "101", "-1", "", "%", "half", "1.234", "9999", ".5%", "0080%", "+80%", "8.+5"]
        {
            check(wrong, None);
        }
    }
}
