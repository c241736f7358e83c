//! What `purser serve` says at its start: where it listens, and to a newcomer what to do next.

use std::path::Path;
use std::sync::Arc;

use purser_control::{Control, SETUP_GOOD_FOR};
use purser_gateway::Upstream;

use crate::config::usual_variables;
use crate::failure::Failure;
use crate::output::say;

/// The facts of a start.
pub(crate) struct Welcome<'a> {
    pub(crate) config: Option<&'a Path>,
    pub(crate) data: &'a Path,
    pub(crate) fresh: bool,
    pub(crate) gateway: String,
    pub(crate) control: String,
    pub(crate) upstreams: &'a [Arc<Upstream>],
}

impl Welcome<'_> {
    /// Says it on standard error.
    ///
    /// # Errors
    /// No random bits for the first administrator's code.
    pub(crate) fn say(&self, control: &Control) -> Result<(), Failure> {
        let from = self.config.map_or_else(|| "no purser.toml, defaults".to_owned(), |path| path.display().to_string());
        let made = if self.fresh { ", new" } else { "" };
        say(format_args!("configuration: {from}"));
        say(format_args!("data folder: {}{made} ({})", self.data.display(), control.snapshot().currency.code()));
        if let Some(mark) = crate::demo::Mark::of(self.data) {
            say(format_args!(
                "demo data: nobody in it exists (seed {}, {} to {}); `purser demo wipe`, or an administrator on its pages, removes it",
                mark.seed, mark.from, mark.until
            ));
        }
        self.say_providers();
        say(format_args!("gateway listening on {}", self.gateway));
        say(format_args!("control listening on {}", self.control));
        if let Some(code) = control.offer_setup()? {
            say(format_args!(
                "first administrator: open {}/setup within {} minutes, code {} (or run `purser admin-key add` here)",
                self.control,
                SETUP_GOOD_FOR.as_secs() / 60,
                code.reveal()
            ));
            say(format_args!("only looking around? `purser demo` shows a company that does not exist at work"));
        }
        if control.snapshot().directory.people().next().is_none() {
            self.say_first_steps();
        }
        Ok(())
    }

    fn say_providers(&self) {
        if self.upstreams.is_empty() {
            say(format_args!(
                "providers: none yet; set one of {} and start again, or name one in purser.toml",
                usual_variables().join(", ")
            ));
            return;
        }
        let names: Vec<&str> = self.upstreams.iter().map(|upstream| &*upstream.name).collect();
        say(format_args!("providers: {}", names.join(", ")));
    }

    /// The shortest way from here to a call under a budget.
    fn say_first_steps(&self) {
        say(format_args!("\nnobody has a budget yet. In another terminal:"));
        say(format_args!("  purser person add NAME --zone Europe/Berlin"));
        say(format_args!("  purser grant add NAME 20/day"));
        say(format_args!("  purser key add NAME"));
        say(format_args!("then use the key with any client, its base URL set to this gateway:"));
        say(format_args!("  ANTHROPIC_BASE_URL={} ANTHROPIC_API_KEY=pk-… claude", self.gateway));
        say(format_args!("  OPENAI_BASE_URL={}/v1 OPENAI_API_KEY=pk-… codex\n", self.gateway));
    }
}
