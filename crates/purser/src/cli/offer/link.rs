//! `purser offer link`, `links`, `unlink`: links by which candidates look at their offers.

use clap::Args;
use purser_control::shape::{List, NewOfferLink, OfferLink, OfferLinkState};

use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

#[derive(Debug, Args)]
pub(crate) struct Link {
    /// Id of the offer
    pub(crate) offer: String,
    /// First day on which it no longer works, where the candidate is [default: two weeks after the offer's time]
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Unlink {
    /// Id of the link
    pub(crate) link: String,
}

impl Link {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let new = NewOfferLink { until: self.until };
        let made: OfferLink = client.post(path(["offers", &self.offer, "links"]), &new).await?;
        warn(&made);
        out.show(&made, |made| made.link.clone().unwrap_or_else(|| made.id.to_string()));
        Ok(())
    }
}

impl Unlink {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let link: OfferLink = client.delete(path(["offer-links", &self.link])).await?;
        out.show(&link, |link| table(std::slice::from_ref(link)));
        Ok(())
    }
}

/// What to know of a link that was just made.
pub(super) fn warn(made: &OfferLink) {
    say(format_args!("Hand this link to the candidate alone: whoever has it can answer the offer."));
    say(format_args!("It is shown only now, and good until {}.", made.until));
}

/// Shows the links to an offer.
///
/// # Errors
/// What the API says.
pub(super) async fn list(offer: &str, client: &mut Client, out: Output) -> Result<(), Failure> {
    let list: List<OfferLink> = client.get(path(["offers", offer, "links"])).await?;
    out.show(&list.items, |links| table(links));
    Ok(())
}

fn table(links: &[OfferLink]) -> String {
    let mut table = Table::new(&["id", "state", "until", "made"]);
    for link in links {
        let state = match link.state {
            OfferLinkState::Open => "open",
            OfferLinkState::Expired => "expired",
            OfferLinkState::Revoked => "revoked",
        };
        table.row([link.id.to_string(), state.to_owned(), link.until.to_string(), link.made.to_string()]);
    }
    table.or("no links yet; `purser offer link OFFER` makes one")
}
