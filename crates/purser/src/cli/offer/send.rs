//! `purser offer send`: to the candidate, with the link by which they look at it.

use clap::Args;
use purser_control::shape::{List, NewOfferLink, Offer, OfferLink};
use serde::Serialize;

use super::{link, shown};
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, say};

#[derive(Debug, Args)]
pub(crate) struct Send {
    /// Id of the offer
    pub(crate) offer: String,
    /// Make no link: the candidate gets the letter by other ways
    #[arg(long)]
    pub(crate) no_link: bool,
}

/// What was sent: the offer's own fields, and the link where one was made.
#[derive(Debug, Serialize)]
struct Sent {
    #[serde(flatten)]
    offer: Offer,
    #[serde(skip_serializing_if = "Option::is_none")]
    candidate_link: Option<OfferLink>,
}

impl Send {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        let offer: Offer = client.post(path(["offers", &self.offer, "send"]), &()).await?;
        let made = if self.no_link { Ok(None) } else { candidate_link(&offer, client).await };
        let id = offer.row.id;
        let (candidate_link, failure) = match made {
            Ok(made) => (made, None),
            Err(failure) => (None, Some(failure)),
        };
        if let Some(made) = candidate_link.as_ref().filter(|made| made.link.is_some()) {
            link::warn(made);
        }
        out.show(&Sent { offer, candidate_link }, |sent| {
            let mut text = shown(&sent.offer).trim_end().to_owned();
            if let Some(address) = sent.candidate_link.as_ref().and_then(|made| made.link.as_ref()) {
                text.push_str("\n\n");
                text.push_str(address);
            }
            text
        });
        failure.map_or(Ok(()), |failure| {
            let message = format!("it is sent, but there is no link for the candidate: {}", failure.message());
            Err(Failure::new(message, format!("`purser offer link {id}` makes one")))
        })
    }
}

/// A link for the candidate; none where one from before still serves.
async fn candidate_link(offer: &Offer, client: &mut Client) -> Result<Option<OfferLink>, Failure> {
    let links = path(["offers", &offer.row.id.to_string(), "links"]);
    let before: List<OfferLink> = client.get(links.clone()).await?;
    if before.items.iter().any(|link| link.serves(&offer.row)) {
        say(format_args!(
            "The candidate's link from before shows it; `purser offer link {}` makes another.",
            offer.row.id
        ));
        return Ok(None);
    }
    client.post_also("link", links, &NewOfferLink::default()).await.map(Some)
}
