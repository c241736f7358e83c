//! The way to the providers' reports about the company's account.

use std::sync::Arc;

use purser_control::{BillPort, PullFrom};
use purser_gateway::{Fetcher, Upstream};
use purser_providers::Family;

/// What fetches a report: a body, or a sentence about why there is none.
type Fetched = std::pin::Pin<Box<dyn Future<Output = Result<String, String>> + Send>>;

/// The accounts with an administrator's key.
pub(super) struct Accounts {
    pub(super) fetcher: Fetcher,
    pub(super) accounts: Vec<Arc<Upstream>>,
}

impl Accounts {
    fn account(&self, provider: &str) -> Option<&Arc<Upstream>> {
        self.accounts.iter().find(|account| &*account.name == provider)
    }
}

impl BillPort for Accounts {
    fn providers(&self) -> Vec<String> {
        self.accounts.iter().map(|account| account.name.to_string()).collect()
    }

    fn kind(&self, provider: &str) -> Option<PullFrom> {
        let families = &self.account(provider)?.families;
        Some(if families.contains(&Family::Anthropic) { PullFrom::Anthropic } else { PullFrom::OpenAi })
    }

    fn fetch(&self, provider: &str, target: &str) -> Fetched {
        let Some(account) = self.account(provider).cloned() else {
            return Box::pin(async { Err("it has no administrator's key".to_owned()) });
        };
        let (fetcher, target) = (self.fetcher.clone(), target.to_owned());
        // The gateway's connections stay on the thread that made them, so each report has one of its own.
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.map_err(|error| format!("there is no runtime: {error}"))?;
            runtime.block_on(fetcher.get(&account, &target)).map_err(|error| crate::failure::chain(&error))
        };
        Box::pin(async move {
            let fetched = tokio::task::spawn_blocking(work).await;
            fetched.map_err(|error| format!("fetching ended in a panic: {error}"))?
        })
    }
}
