//! Setting profile and retention.

use std::sync::atomic::Ordering;

use super::event::PrivacyEvent;
use crate::access::Profile;
use crate::admins::AdminEvent;
use crate::change::CommandName;
use crate::control::Control;
use crate::error::{Code, Error, Refused};
use crate::shape::{PrivacySettings, Retention, SetProfile};

impl Control {
    /// Profile and retention as they are.
    pub(crate) fn privacy(&self) -> PrivacySettings {
        let admins = self.inner.admins.read();
        let (privacy, candidate_months) = (&admins.privacy, *self.inner.candidate_months.read());
        PrivacySettings {
            profile: privacy.profile,
            since: privacy.since,
            retention: privacy.retention,
            candidate_months,
        }
    }

    /// Sets the profile. It holds for every request that comes after; boards are off under `works-council`.
    ///
    /// # Errors
    /// The journal.
    pub(crate) async fn set_profile(
        &self,
        name: Option<CommandName>,
        set: SetProfile,
    ) -> Result<PrivacySettings, Error> {
        self.change(name, move |turn| {
            if turn.control().admins.read().privacy.profile != set.profile {
                // Before the profile: a crash between the two leaves fewer boards, never more.
                if set.profile == Profile::WorksCouncil {
                    turn.switch_boards_off()?;
                }
                let event = PrivacyEvent::ProfileSet { profile: set.profile, at: turn.now };
                turn.commit_admin(&AdminEvent::Privacy(event))?;
            }
            Ok(())
        })
        .await?;
        Ok(self.privacy())
    }

    /// Sets how long what is personal is kept. What is older is erased within a minute of it, and does not come back.
    ///
    /// # Errors
    /// Zero months, or the journal.
    pub(crate) async fn set_retention(
        &self,
        name: Option<CommandName>,
        retention: Retention,
    ) -> Result<PrivacySettings, Error> {
        if retention.months().into_iter().flatten().any(|months| months == 0) {
            let message = "what is kept for no month is not kept at all";
            return Err(Refused::new(Code::Invalid, message)
                .hint("one month is the shortest; leave out: for good")
                .into());
        }
        self.change(name, move |turn| {
            if turn.control().admins.read().privacy.retention != retention {
                turn.control().retained.store(i64::MIN, Ordering::Relaxed);
                let event = PrivacyEvent::RetentionSet { retention, at: turn.now };
                turn.commit_admin(&AdminEvent::Privacy(event))?;
            }
            Ok(())
        })
        .await?;
        Ok(self.privacy())
    }
}
