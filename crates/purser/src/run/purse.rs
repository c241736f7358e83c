//! The money side of a run: whose it is, what may be spent, and the key.

use purser_control::shape::{Budget, Grant, Key, NewGrant, NewKey, NewPerson, Person, SetBudget, Status};
use purser_core::calendar::Cadence;
use purser_core::grant::Release;
use purser_core::money::Currency;
use purser_core::zone::Zone;
use serde::Serialize;
use serde_json::Value;

use super::local;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::say;

/// What may be spent by whoever has said nothing about it yet.
const USUAL: &str = "20/day";

/// Whose money a run spends, and with which key.
#[derive(Debug)]
pub(crate) struct Purse {
    /// Whose.
    pub(crate) person: Person,
    /// This run's key.
    pub(crate) key: Key,
    /// Its secret.
    pub(crate) secret: String,
    /// Of the ledger.
    pub(crate) currency: Currency,
    /// `today`, `this month`; empty where no one word fits.
    pub(crate) this: &'static str,
    /// Is the folder this person's own? Then nobody but runs see to it.
    pub(crate) personal: bool,
}

/// The budget that was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    text: String,
    release: Release,
}

impl Asked {
    /// `20/day`
    ///
    /// # Errors
    /// It does not read so.
    pub(crate) fn read(text: &str) -> Result<Self, Failure> {
        match text.parse() {
            Ok(release) => Ok(Self { text: text.to_owned(), release }),
            Err(error) => Err(Failure::usage(format!("--budget {text}: {error}"), "write it like 20/day or 500/month")),
        }
    }

    /// Does the grant release just that?
    fn is(&self, grant: &Grant) -> bool {
        let Release { amount, cadence, days } = self.release;
        grant.amount == amount && is_word(cadence, &grant.per) && is_word(days, &grant.days)
    }
}

/// Sees to a person, a budget and a key.
///
/// In a folder of one's own there is one person, and the budget asked for is that person's grant. A folder with other
/// people in it is a company's: there the person and the grant have to exist, and a budget asked for bounds this run on
/// top of it.
///
/// # Errors
/// The services refuse, or a company does not know this person or has granted them nothing.
pub(crate) async fn open(client: &mut Client, asked: Option<&Asked>, agent: &str) -> Result<Purse, Failure> {
    let name = std::env::var("USER").ok().filter(|name| !name.is_empty()).unwrap_or_else(|| "me".to_owned());
    let people: Vec<Person> = client.list(path(["people"])).await?;
    let (mine, others): (Vec<Person>, Vec<Person>) =
        people.into_iter().filter(|person| person.active).partition(|person| person.name.as_deref() == Some(&name));
    let personal = others.is_empty();
    let person = match mine.into_iter().next() {
        Some(person) => person,
        None if personal => {
            let zone = local::zone().unwrap_or(Zone::UTC).name().to_owned();
            client.post(path(["people"]), &NewPerson { name, zone, unit: None, email: None }).await?
        }
        None => {
            return Err(Failure::new(
                format!("`{name}` has no budget in this company"),
                format!("an admin adds people: `purser person add {name} --zone …`, then `purser grant add {name} …`"),
            ));
        }
    };
    let grants = if personal { fund(client, &person, asked).await? } else { granted(client, &person).await? };
    let this = match grants.as_slice() {
        [grant] => cadence(&grant.per).map_or("", Cadence::this),
        _ => "",
    };
    let key = key(client, &person, agent).await?;
    if let (false, Some(asked)) = (personal, asked) {
        let bound = SetBudget { owner: key.id.to_string(), tool: None, amount: asked.text.clone(), days: None };
        let _set: Budget = client.post(path(["budgets"]), &bound).await?;
    }
    let secret = key.key.clone().ok_or_else(|| Failure::new("the key for this run was not made", "try again"))?;
    let status: Status = client.get(path(["status"])).await?;
    let currency = Currency::try_new(&status.currency).unwrap_or_else(Currency::usd);
    Ok(Purse { person, key, secret, currency, this, personal })
}

/// Ends the key.
///
/// # Errors
/// The services refuse.
pub(crate) async fn close(client: &mut Client, purse: &Purse) -> Result<(), Failure> {
    let _revoked: Key = client.delete(path(["keys", &purse.key.id.to_string()])).await?;
    Ok(())
}

async fn key(client: &mut Client, person: &Person, agent: &str) -> Result<Key, Failure> {
    let new = NewKey {
        person: person.id.to_string(),
        agent: Some(format!("run: {agent}")),
        models: Vec::new(),
        providers: Vec::new(),
        tools: Vec::new(),
        tool: None,
        project: None,
        rpm: None,
        expires: None,
    };
    client.post(path(["keys"]), &new).await
}

/// The grants that are not void.
async fn grants(client: &mut Client, person: &Person) -> Result<Vec<Grant>, Failure> {
    let all: Vec<Grant> = client.list(path(["grants"]).with("person", Some(&person.id.to_string()))).await?;
    Ok(all.into_iter().filter(|grant| grant.voided.is_none()).collect())
}

/// What a company granted.
async fn granted(client: &mut Client, person: &Person) -> Result<Vec<Grant>, Failure> {
    let running = grants(client, person).await?;
    if running.is_empty() {
        let name = person.name.as_deref().unwrap_or_default();
        return Err(Failure::new(
            format!("`{name}` has been granted nothing in this company"),
            format!("an admin grants: `purser grant add {name} 20/day`"),
        ));
    }
    Ok(running)
}

/// Sees to it that the person has the budget asked for, and only that one. Where none is asked for, what there is stays.
async fn fund(client: &mut Client, person: &Person, asked: Option<&Asked>) -> Result<Vec<Grant>, Failure> {
    let running = grants(client, person).await?;
    let stays = match asked {
        None => !running.is_empty(),
        Some(asked) => matches!(running.as_slice(), [grant] if asked.is(grant)),
    };
    if stays {
        return Ok(running);
    }
    let text = asked.map_or(USUAL, |asked| &asked.text);
    for old in &running {
        let _voided: Grant = client.delete(path(["grants", &old.id.to_string()])).await?;
        say(format_args!("purser: the budget of {}/{} ends, {text} begins", old.amount, old.per));
    }
    let new = NewGrant { person: person.id.to_string(), amount: text.to_owned(), ..NewGrant::default() };
    Ok(vec![client.post(path(["grants"]), &new).await?])
}

/// Is the value written as this word in the API?
fn is_word(value: impl Serialize, word: &str) -> bool {
    serde_json::to_value(value).is_ok_and(|value| value == word)
}

fn cadence(word: &str) -> Option<Cadence> {
    serde_json::from_value(Value::from(word)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_reads_or_says_how_it_is_written() {
        let asked = Asked::read("20/workday").unwrap();
        assert!(is_word(asked.release.cadence, "day") && is_word(asked.release.days, "workdays"));
        assert_eq!(cadence("month").map(Cadence::this), Some("this month"));
        let failure = Asked::read("20").unwrap_err().to_string();
        assert!(failure.contains("20/day"), "{failure}");
    }
}
