//! Which provider a model goes to, and which to try after it.

use std::sync::Arc;

use purser_providers::Family;
use smallvec::SmallVec;

use crate::config::Upstream;

/// Providers to try, in order.
pub(crate) type Route<'a> = SmallVec<[&'a Arc<Upstream>; 2]>;

/// The providers for a model: the first that names it, else the first that takes every model of the family, then that
/// one's fallbacks. Empty when nobody takes it.
pub(crate) fn route<'a>(upstreams: &'a [Arc<Upstream>], family: Family, model: &str) -> Route<'a> {
    let speaking = || upstreams.iter().filter(move |upstream| upstream.families.contains(&family));
    let named = speaking().find(|upstream| upstream.takes(model) == Some(true));
    let first = named.or_else(|| speaking().find(|upstream| upstream.takes(model) == Some(false)));
    let mut route = Route::new();
    if let Some(first) = first {
        route.push(first);
        for name in &first.fallback {
            let next = speaking().find(|upstream| upstream.name == *name);
            route.extend(next.filter(|next| !Arc::ptr_eq(next, first)));
        }
    }
    route
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;

    fn upstream(name: &str, family: Family, models: &[&str], fallback: &[&str]) -> Arc<Upstream> {
        Arc::new(Upstream {
            name: name.into(),
            families: vec![family],
            price_list: name.into(),
            tls: false,
            host: "localhost".into(),
            port: 1,
            prefix: "".into(),
            credential: Secret::new("s"),
            models: models.iter().map(|m| (*m).to_owned()).collect(),
            fallback: fallback.iter().map(|f| (*f).into()).collect(),
        })
    }

    #[test]
    fn the_provider_that_names_a_model_comes_before_the_one_that_takes_all() {
        let all = [
            upstream("openai", Family::OpenAi, &[], &["spare", "nobody", "claude"]),
            upstream("local", Family::OpenAi, &["smol*"], &[]),
            upstream("spare", Family::OpenAi, &["none"], &[]),
            upstream("claude", Family::Anthropic, &["claude-*"], &[]),
        ];
        let names =
            |family, model: &str| route(&all, family, model).iter().map(|u| u.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(Family::OpenAi, "smollm2"), ["local"]);
        assert_eq!(names(Family::OpenAi, "gpt-5"), ["openai", "spare"], "fallbacks speak the same dialect");
        assert_eq!(names(Family::Anthropic, "claude-x"), ["claude"]);
        assert!(names(Family::Anthropic, "other").is_empty());
        assert!(names(Family::Gemini, "gemini").is_empty());
    }
}
