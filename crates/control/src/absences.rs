//! Absences: who decides about requests for more money while somebody is away.

use jiff::civil::Date;
use purser_core::directory::Directory;
use purser_core::event::{Event, TopUpEvent};
use purser_core::id::PersonId;
use purser_core::snapshot::Snapshot;
use purser_core::time::Instant;
use purser_core::top_up::Absence as Known;

use crate::access::{Lent, Within, forbidden};
use crate::change::CommandName;
use crate::control::{Control, Inner};
use crate::dates;
use crate::error::{Code, Error, Refused};
use crate::pages::Part;
use crate::people::known;
use crate::shape::{Absence, Page, SetAbsence};

impl Control {
    /// Absences of those who are covered, those that are over not included, in pages.
    pub(crate) fn absences_page(&self, within: &Within, part: &Part) -> Result<Page<Absence>, Error> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let directory = &snapshot.directory;
        let mut absences: Vec<&Known> = directory.absences().map(|absence| &**absence).collect();
        absences.retain(|absence| within.person(directory, absence.person) && !is_over(directory, absence, now));
        absences.sort_by_key(|absence| (absence.first, absence.person));
        let show = |absence: &&Known| Ok(self.inner.show_absence(&snapshot, absence, now));
        part.of(&absences, |absence| absence.person.to_string(), show)
    }

    /// Says who decides while somebody is away, in the place of what they said before.
    ///
    /// # Errors
    /// Nobody of that name, or not somebody for whom one may say so; days that can't be; the journal.
    pub(crate) async fn set_absence(
        &self,
        name: Option<CommandName>,
        within: Within,
        set: SetAbsence,
    ) -> Result<Absence, Error> {
        let person = match (&set.person, self.acting.person) {
            (Some(who), _) => self.covered_person(&within, who)?,
            (None, Some(own)) => own,
            (None, None) => {
                let refused = Refused::new(Code::Invalid, "nobody is named who will be away");
                return Err(refused.hint("name the person (`--person`)").into());
            }
        };
        // Whoever sees only their own things learns nobody's name by trying.
        if !within.is_everything() && set.delegate.trim().parse::<PersonId>().is_err() {
            return Err(forbidden("whoever decides for you is named by id; ask them for theirs"));
        }
        self.change(name, move |turn| {
            let (control, snapshot) = (turn.control(), turn.snapshot());
            let delegate = control.find_person(&snapshot, &set.delegate)?;
            let whose = known(snapshot.directory.person(person), "person", &person)?;
            let today = whose.zone(turn.now).date(turn.now);
            let first = set.from.as_deref().map_or(Ok(today), dates::day)?;
            let absence = Known { person, delegate, first, last: dates::day(&set.until)? };
            if snapshot.directory.absence(person).is_none_or(|before| **before != absence) {
                turn.commit(&Event::TopUp(TopUpEvent::AbsenceSet { absence: absence.clone(), at: turn.now }))?;
            }
            Ok(turn.control().show_absence(&turn.snapshot(), &absence, turn.now))
        })
        .await
    }

    /// Ends somebody's absence, or calls it off.
    ///
    /// # Errors
    /// Nobody of that name among those who are covered, they said nothing; the journal.
    pub(crate) async fn end_absence(
        &self,
        name: Option<CommandName>,
        within: Within,
        who: &str,
    ) -> Result<Absence, Error> {
        let person = self.covered_person(&within, who)?;
        self.change(name, move |turn| {
            let snapshot = turn.snapshot();
            let Some(before) = snapshot.directory.absence(person) else {
                let refused = Refused::new(Code::NotFound, "they have not said that they are away");
                return Err(refused.hint("`purser absence list` shows who has").into());
            };
            turn.commit(&Event::TopUp(TopUpEvent::AbsenceEnded { person, at: turn.now }))?;
            let mut ended = turn.control().show_absence(&snapshot, before, turn.now);
            ended.away_now = false;
            Ok(ended)
        })
        .await
    }

    /// The rights that others have lent to somebody for today: nobody's who is here, and none that were lent to them.
    pub(crate) fn lent_to(&self, person: Option<PersonId>) -> Vec<Lent> {
        let (snapshot, now) = (self.snapshot(), self.inner.clock.now());
        let Some(person) = person else { return Vec::new() };
        let theirs = snapshot.directory.absences().filter(|absence| absence.delegate == person);
        let running = theirs.filter(|absence| snapshot.directory.is_away(absence, now));
        let admins = self.inner.admins.read();
        running.map(|absence| Lent { person: absence.person, roles: admins.roles_of(absence.person) }).collect()
    }
}

fn today(directory: &Directory, person: PersonId, now: Instant) -> Option<Date> {
    directory.person(person).map(|person| person.zone(now).date(now))
}

fn is_over(directory: &Directory, absence: &Known, now: Instant) -> bool {
    today(directory, absence.person, now).is_none_or(|today| absence.last < today)
}

impl Inner {
    fn show_absence(&self, snapshot: &Snapshot, absence: &Known, now: Instant) -> Absence {
        let names = self.names.read();
        Absence {
            person: absence.person,
            person_name: names.person_name(absence.person),
            delegate: absence.delegate,
            delegate_name: names.person_name(absence.delegate),
            from: absence.first.to_string(),
            until: absence.last.to_string(),
            away_now: snapshot.directory.is_away(absence, now),
        }
    }
}
