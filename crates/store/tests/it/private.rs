//! Personal fields: durable, replaceable, gone when erased.

use std::fs;

use purser_core::id::{NoteId, OfferId, UnitId};
use purser_store::{Labelled, OfferText, Personal, Private, Reader};

use crate::script::{folder, person};

fn analyst() -> Personal {
    Personal {
        person: person(1),
        name: "The Analyst In Person".into(),
        email: Some("analyst@example.com".into()),
        more: None,
    }
}

#[test]
fn fields_read_back_and_are_replaced() {
    let (_temp, dir) = folder();
    let private = Private::open(&dir).unwrap();
    private.put_person(&analyst()).unwrap();
    assert_eq!(private.person(person(1)).unwrap(), Some(analyst()));
    let renamed = Personal { name: "Another Name".into(), email: None, more: Some("{}".into()), ..analyst() };
    private.put_person(&renamed).unwrap();
    drop(private);
    let private = Private::open(&dir).unwrap();
    assert_eq!(private.people().unwrap(), [renamed]);
    private.put_label(Labelled::Unit, 7, "Research").unwrap();
    private.put_label(Labelled::Key, 7, "laptop").unwrap();
    private.put_label(Labelled::Unit, 7, "Applied Research").unwrap();
    assert_eq!(private.labels(Labelled::Unit).unwrap(), [(7, "Applied Research".to_owned())]);
    let names = Reader::open(&dir).unwrap().names().unwrap();
    assert_eq!(names.people, [(person(1), "Another Name".to_owned())], "also for who only reads");
    assert_eq!(names.units, [(UnitId::new(7), "Applied Research".to_owned())]);
    private.put_label(Labelled::Unit, 7, "").unwrap();
    assert!(private.labels(Labelled::Unit).unwrap().is_empty());
    assert_eq!(private.labels(Labelled::Key).unwrap(), [(7, "laptop".to_owned())]);
}

#[test]
fn many_are_written_and_erased_at_once() {
    let (_temp, dir) = folder();
    let private = Private::open(&dir).unwrap();
    let all: Vec<_> = (1..=50).map(|no| Personal { person: person(no), ..analyst() }).collect();
    private.put_people(&all).unwrap();
    assert_eq!(private.people().unwrap().len(), 50);
    let some: Vec<_> = all.iter().skip(1).map(|personal| personal.person).collect();
    private.erase_people(&some).unwrap();
    private.erase_people(&some).unwrap();
    assert_eq!(private.people().unwrap(), [analyst()]);
}

#[test]
fn what_is_erased_is_on_no_page_and_in_no_log() {
    let (_temp, dir) = folder();
    let private = Private::open(&dir).unwrap();
    private.put_person(&analyst()).unwrap();
    private.put_label(Labelled::Key, 1, "The Analyst In Person's laptop").unwrap();
    assert!(private.erase_person(person(1)).unwrap());
    assert!(private.erase_label(Labelled::Key, 1).unwrap());
    assert!(!private.erase_person(person(1)).unwrap(), "nothing left to erase");
    assert_eq!(private.person(person(1)).unwrap(), None);
    drop(private);
    for entry in fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            assert!(!bytes.windows(7).any(|seven| seven == b"Analyst"), "{} still has the name", path.display());
        }
    }
}

#[test]
fn what_an_offer_says_is_kept_replaced_and_erased_with_its_key() {
    let (_temp, dir) = folder();
    let private = Private::open(&dir).unwrap();
    let (offer, other) = (OfferId::new(7), OfferId::new(8));
    let text = |offer, number, name: &str| OfferText {
        offer,
        number,
        key: [u8::try_from(number).unwrap(); 32],
        content: format!(r#"{{"candidate":{{"name":"{name}"}}}}"#),
        reason: Some("asked for".to_owned()),
    };
    for put in [text(offer, 1, "Person 1"), text(offer, 2, "Person 2"), text(other, 1, "Person 3")] {
        private.put_offer_text(&put).unwrap();
        assert_eq!(private.offer_text(put.offer, put.number).unwrap(), Some(put));
    }
    let again = text(offer, 2, "Person 4");
    private.put_offer_text(&again).unwrap();
    assert_eq!(private.offer_text(offer, 2).unwrap(), Some(again));
    private.put_offer_note(NoteId::new(5), offer, "too little").unwrap();
    assert_eq!(private.offer_note(NoteId::new(5)).unwrap().as_deref(), Some("too little"));
    let names = [(offer, "Person 4".to_owned()), (other, "Person 3".to_owned())];
    assert_eq!(private.offer_candidates().unwrap(), names, "of the latest version of each");
    for (offer, name) in &names {
        assert_eq!(private.offer_candidate(*offer).unwrap().as_ref(), Some(name));
    }
    assert!(private.erase_offer(offer).unwrap());
    assert!(!private.erase_offer(offer).unwrap());
    assert_eq!(private.offer_text(offer, 1).unwrap(), None);
    assert_eq!(private.offer_note(NoteId::new(5)).unwrap(), None);
    assert_eq!(private.offer_candidates().unwrap(), [(other, "Person 3".to_owned())]);
    assert_eq!(
        names.iter().filter(|(id, _)| private.offer_candidate(*id).unwrap().is_some()).count(),
        1,
        "one is erased"
    );
}
