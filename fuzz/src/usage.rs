//! Usage of answers that come whole. Input: dialect, then the body.
//!
//! Space around a body changes nothing; counts that are told as right are ones that can be right.

use purser_providers::usage::COUNT_MAX;
use purser_providers::{Metered, provider_ids, read_usage};

/// Checks one body.
pub fn check(bytes: &[u8]) {
    let Some((dialect, body)) = super::dialect(bytes) else { return };
    let told = read_usage(dialect, body);
    let spaced = [b" \n", body, b"\t "].concat();
    assert_eq!(read_usage(dialect, &spaced), told, "space around it");
    assert_eq!(provider_ids(dialect, &spaced), provider_ids(dialect, body), "space around it");
    if let Ok(metered) = &told {
        believable(metered);
    }
}

/// No bucket is larger than what is believed of a single count, or a few of them added up.
pub(crate) fn believable(metered: &Metered) {
    let usages = std::iter::once(&metered.usage).chain(metered.others.iter().map(|other| &other.usage));
    for usage in usages {
        let most = COUNT_MAX * 8;
        assert!(usage.prompt_tokens() <= most && usage.output_tokens() <= most, "{usage:?}");
        assert!(usage.reasoning <= most && usage.web_search_calls <= most, "{usage:?}");
    }
}
