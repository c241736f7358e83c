//! Many people at once, and starts that need not take in every event again.

use purser_control::shape::{ImportPeople, ImportUnits, NewPerson, NewUnit, PeopleImport, UnitsImport};
use purser_control::{Code, CommandName, Error};
use purser_core::money::Nano;

use crate::bench::{Bench, code};

const SHEET: &str = "Name,zone,email,grant,days,key,budget\n\
                     The analyst,Europe/Berlin,a@example.com,20/day,workdays,laptop,50/month\n\
                     \"Operations, night\",America/New_York,,,,,\n\
                     \n\
                     The engineer,UTC,,600/month,,nightly,\n";

fn sheet(csv: &str) -> ImportPeople {
    ImportPeople { csv: csv.to_owned(), ..ImportPeople::default() }
}

/// A spreadsheet of so many people with all that can be had.
fn many(people: usize) -> String {
    let row = |no| format!("person {no},Europe/Berlin,p{no}@example.com,20/day,all,laptop,50/month\n");
    let head = "name,zone,email,grant,days,key,budget\n".to_owned();
    (0..people).map(row).fold(head, |text, row| text + &row)
}

#[tokio::test]
async fn a_spreadsheet_makes_people_grants_keys_and_budgets() {
    let bench = Bench::new().await;
    let made = bench.control.import_people(None, sheet(SHEET)).await.unwrap().items;
    let lines: Vec<_> = made.iter().map(|made| (made.line, made.name.as_str(), made.key.is_some())).collect();
    assert_eq!(lines, [(2, "The analyst", true), (3, "Operations, night", false), (5, "The engineer", true)]);
    let check = |bench: &Bench| {
        assert_eq!(bench.control.people().items.len(), 3);
        let analyst = bench.control.person("the analyst").unwrap();
        assert_eq!((analyst.id, analyst.email.as_deref()), (made[0].person, Some("a@example.com")));
        let grants = bench.control.grants(None).unwrap().items;
        assert_eq!(grants.iter().map(|grant| (grant.person, grant.amount)).collect::<Vec<_>>().len(), 2);
        let grant = grants.iter().find(|grant| grant.person == analyst.id).unwrap();
        assert_eq!((grant.amount, grant.days.as_str()), (Nano::new(20_000_000_000), "workdays"));
        let budgets = bench.control.budgets().items;
        assert_eq!(
            budgets.iter().map(|budget| budget.owner.clone()).collect::<Vec<_>>(),
            [made[0].key_id.unwrap().to_string()]
        );
        let snapshot = bench.control.snapshot();
        assert_eq!(snapshot.directory.key_by_id(made[2].key_id.unwrap()).unwrap().person, made[2].person);
    };
    check(&bench);
    let bench = bench.crash().await;
    check(&bench);
}

#[tokio::test]
async fn one_mistake_and_nobody_is_added_and_every_mistake_is_told_with_its_line() {
    let bench = Bench::new().await;
    let check = async |csv: &str, told: &[&str]| {
        let before = bench.ledger.watermarks().decided;
        let error = bench.control.import_people(None, sheet(csv)).await.unwrap_err();
        let Error::Refused(refused) = error else { panic!("{error:?}") };
        let lines: Vec<&str> = refused.message.lines().collect();
        assert_eq!(lines.len(), told.len(), "{lines:?}");
        for (line, told) in lines.iter().zip(told) {
            assert!(line.contains(told), "{line} should tell {told}");
        }
        assert_eq!(bench.control.people().items.len(), 0);
        assert_eq!(bench.ledger.watermarks().decided, before, "nothing was written");
    };
    check("", &["is empty"]).await;
    check("name,zone\n", &["names nobody"]).await;
    check("name\nx\n", &["line 1: the column `zone` is missing"]).await;
    check("name,zone,salary\nx,UTC,1\n", &["line 1: `salary` is not a column"]).await;
    check("name,zone,name\nx,UTC,y\n", &["line 1: the column `name` stands there twice"]).await;
    check("name,zone\nx,UTC\ny\nz,UTC,UTC\n", &["line 3: 1 cells under 2", "line 4: 3 cells under 2"]).await;
    check(
        "name,zone\nx,UTC\ny,Europe/Berln\n,UTC\n",
        &["line 3, zone: `Europe/Berln` is not a time zone", "line 4, name: a name"],
    )
    .await;
    check("name,zone,grant\nx,UTC,20\n", &["line 2, grant: "]).await;
    check("name,zone,grant\nx,UTC,0/day\n", &["line 2, grant: "]).await;
    check("name,zone,unit\nx,UTC,Nowhere\n", &["line 2, unit: no unit is called `Nowhere`"]).await;
    check("name,zone,days\nx,UTC,workdays\n", &["line 2, grant: days stand without a grant"]).await;
    check("name,zone,budget\nx,UTC,5/day\n", &["line 2, budget: a budget stands without a key"]).await;
    let bad = format!("name,zone\n{}", "x,Nowhere\n".repeat(15));
    check(&bad, &["is not a time zone"; 15]).await;
}

#[tokio::test]
async fn the_same_import_twice_adds_nobody_twice() {
    let bench = Bench::new().await;
    let name = || Some(CommandName::try_new("november").unwrap());
    let first = bench.control.import_people(name(), sheet(SHEET)).await.unwrap();
    let again = bench.control.import_people(name(), sheet(SHEET)).await.unwrap();
    for (first, again) in first.items.iter().zip(&again.items) {
        assert_eq!(again.key, None, "a secret is shown once");
        assert_eq!((again.person, again.grant, again.key_id), (first.person, first.grant, first.key_id));
    }
    assert_eq!(bench.control.people().items.len(), 3);
    let less = SHEET.lines().take(3).collect::<Vec<_>>().join("\n");
    assert_eq!(code(bench.control.import_people(name(), sheet(&less)).await), Code::CommandReused);
    let other = SHEET.replace("The engineer", "Another");
    assert_eq!(code(bench.control.import_people(name(), sheet(&other)).await), Code::CommandReused);
}

#[tokio::test]
async fn an_import_larger_than_what_may_wait_for_the_disk_waits_for_the_disk() {
    let bench = Bench::with_log(1_024).await;
    let made = bench.control.import_people(None, sheet(&many(600))).await.unwrap().items;
    assert_eq!(made.len(), 600);
    let before = bench.control.snapshot();
    let bench = bench.crash().await;
    assert_eq!(bench.control.snapshot().directory, before.directory);
    assert!(bench.control.person("person 599").is_ok());
}

#[tokio::test]
async fn a_start_from_the_kept_directory_is_a_start_from_all_events() {
    let bench = Bench::new().await;
    bench.person("before everybody").await;
    assert_eq!(bench.control.keep_directory().unwrap(), None, "little has happened");
    // Large enough for several records, so that they take effect together over a restart too.
    bench.control.import_people(None, sheet(&many(1_200))).await.unwrap();
    let kept = bench.control.keep_directory().unwrap().expect("much has happened");
    assert_eq!(bench.control.keep_directory().unwrap(), None, "and it is kept now");
    let last = bench.person("after it was kept").await;
    let before = bench.control.snapshot();

    let bench = bench.crash().await;
    assert_eq!(bench.control.snapshot().directory, before.directory);
    assert_eq!(bench.control.person("after it was kept").unwrap().id, last.id);
    assert!(bench.control.person("person 1199").is_ok());

    // Without what was kept, all events say the same.
    let fold = bench.folder().join(format!("snapshots/{:020}.fold", kept.0));
    let bytes = std::fs::read(&fold).unwrap();
    std::fs::remove_file(&fold).unwrap();
    let bench = bench.restart().await;
    assert_eq!(bench.control.snapshot().directory, before.directory);

    // Damaged, it is passed over.
    let mut bench = bench;
    for at in [0, 13, 25, 60, bytes.len() / 2, bytes.len() - 1] {
        let mut bent = bytes.clone();
        bent[at] ^= 0x10;
        std::fs::write(&fold, bent).unwrap();
        bench = bench.restart().await;
        assert_eq!(bench.control.snapshot().directory, before.directory, "byte {at}");
    }
}

fn options(csv: &str, partial: bool, preview: bool, remove_missing: bool) -> ImportPeople {
    ImportPeople { csv: csv.to_owned(), partial, preview, remove_missing }
}

fn mistakes(made: &PeopleImport) -> Vec<(usize, Option<&str>)> {
    made.mistakes.iter().map(|mistake| (mistake.line, mistake.field.as_deref())).collect()
}

#[tokio::test]
async fn a_file_imported_again_is_a_difference_and_a_preview_tells_it_before() {
    let bench = Bench::new().await;
    let unit = |name: &str| NewUnit { name: name.to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
    for name in ["Research", "Sales"] {
        bench.control.add_unit(None, unit(name)).await.unwrap();
    }
    let first = "name,zone,unit,email,grant,key\n\
                 Person 1,Europe/Berlin,Research,p1@example.com,20/day,laptop\n\
                 Person 2,UTC,Sales,p2@example.com,,\n\
                 Person 3,UTC,Sales,,,\n\
                 Person 4,UTC,,p4@example.com,,\n";
    let made = bench.control.import_people(None, sheet(first)).await.unwrap();
    assert_eq!((made.items.len(), made.changed.len(), made.unchanged), (4, 0, 0));
    let before = bench.ledger.watermarks().decided;
    let again = bench.control.import_people(None, sheet(first)).await.unwrap();
    assert_eq!((again.items.len(), again.changed.len(), again.unchanged, again.missing.len()), (0, 0, 4, 0));
    assert_eq!(bench.ledger.watermarks().decided, before, "the same file changes nothing");

    // From a spreadsheet of Europe: semicolons, a mark, quotes, two line ends, a blank line; 2 is renamed, 1 moves.
    let second = "\u{feff}name;zone;unit;email\r\n\
                  \"Person 1\";Europe/Berlin;Sales;P1@example.com\r\n\
                  \r\n\
                  \"Person \"\"2\"\"\";Asia/Tokyo;Sales;p2@example.com\r\n\
                  Person 3;UTC;;\r\n\
                  Person 5;UTC;;p5@example.com";
    let preview = bench.control.import_people(None, options(second, false, true, false)).await.unwrap();
    assert_eq!(bench.ledger.watermarks().decided, before, "a preview writes nothing");
    let real = bench.control.import_people(None, sheet(second)).await.unwrap();
    let told = |made: &PeopleImport| {
        let changes = made.changed.iter().map(|changed| {
            (changed.line, changed.changes.iter().map(|change| change.field.clone()).collect::<Vec<_>>())
        });
        let missing = made.missing.iter().map(|person| (person.name.clone().unwrap(), person.removed));
        let added = made.items.iter().map(|added| (added.line, added.name.clone()));
        (added.collect::<Vec<_>>(), changes.collect::<Vec<_>>(), missing.collect::<Vec<_>>(), made.unchanged)
    };
    assert_eq!(told(&preview), told(&real), "the preview is what comes");
    let (added, changes, missing, unchanged) = told(&real);
    assert_eq!(added, [(6, "Person 5".to_owned())]);
    assert_eq!(changes[0], (2, vec!["email".to_owned(), "unit".to_owned()]));
    assert_eq!(changes[1], (4, vec!["name".to_owned(), "zone".to_owned()]));
    assert_eq!((missing, unchanged), (vec![("Person 4".to_owned(), false)], 1));
    let check = |bench: &Bench| {
        let people = bench.control.people().items;
        assert_eq!((people.len(), people.iter().filter(|person| person.active).count()), (5, 5));
        let renamed = bench.control.person("Person \"2\"").unwrap();
        assert_eq!(renamed.email.as_deref(), Some("p2@example.com"));
        assert_eq!(bench.control.person("Person 1").unwrap().unit_name.as_deref(), Some("Sales"));
        assert_eq!(bench.control.grants(Some("Person 1")).unwrap().items.len(), 1, "a grant follows its person");
    };
    check(&bench);
    let bench = bench.crash().await;
    check(&bench);
    assert!(bench.control.verify_audit().await.unwrap().good, "every change is in the trail");

    // Who is not in the file goes when that is asked for, and not while any line is bad.
    let less = "name,zone\nPerson 1,UTC\nPerson 3,Nowhere\n";
    let before = bench.ledger.watermarks().decided;
    assert_eq!(code(bench.control.import_people(None, options(less, true, false, true)).await), Code::Invalid);
    assert_eq!(bench.ledger.watermarks().decided, before);
    let less = "name,zone\nPerson 1,UTC\nPerson 3,UTC\n";
    let made = bench.control.import_people(None, options(less, false, false, true)).await.unwrap();
    assert_eq!(made.missing.iter().filter(|person| person.removed).count(), 3);
    assert_eq!(bench.control.people().items.iter().filter(|person| person.active).count(), 2);
}

#[tokio::test]
async fn every_bad_line_is_told_with_its_column_and_the_good_ones_come_in_when_asked_for() {
    let bench = Bench::new().await;
    let known = "name,zone,email\nPerson 1,UTC,p1@example.com\nPerson 2,UTC,\nPerson 3,UTC,p3@example.com\n";
    bench.control.import_people(None, sheet(known)).await.unwrap();
    let twin = NewPerson { name: "Person 2".to_owned(), zone: "UTC".to_owned(), unit: None, email: None };
    bench.control.add_person(None, twin).await.unwrap();
    let bad = "name,zone,unit,email,id\n\
               Person 10,UTC,,p10@example.com,\n\
               Person 11,Mars/Base,,,\n\
               Person 12,UTC,Nowhere,,\n\
               Person 10 again,UTC,,P10@example.com,\n\
               Person 2,UTC,,,\n\
               Person 1,UTC,,p1@example.com,\n\
               Somebody,UTC,,p1@example.com,\n\
               Person 13,UTC,,,per_nobody\n\
               too,few\n\
               ,UTC,,,\n\
               \"never closed,UTC,,,\n";
    let expected = [
        (3, Some("zone")),
        (4, Some("unit")),
        (5, None),
        (6, Some("name")),
        (8, None),
        (9, Some("id")),
        (10, None),
        (11, Some("name")),
        (12, None),
    ];
    let before = bench.ledger.watermarks().decided;
    let error = bench.control.import_people(None, sheet(bad)).await.unwrap_err();
    let Error::Refused(refused) = error else { panic!("{error:?}") };
    assert_eq!(refused.message.lines().count(), expected.len(), "{}", refused.message);
    let preview = bench.control.import_people(None, options(bad, false, true, false)).await.unwrap();
    assert_eq!(mistakes(&preview), expected);
    assert!(preview.mistakes.iter().all(|told| told.hint.is_some()), "what to do: {:?}", preview.mistakes);
    assert_eq!(bench.ledger.watermarks().decided, before, "nothing is changed");
    let made = bench.control.import_people(None, options(bad, true, false, false)).await.unwrap();
    assert_eq!(mistakes(&made), expected);
    assert_eq!(made.items.iter().map(|added| added.name.as_str()).collect::<Vec<_>>(), ["Person 10"]);
    assert_eq!((made.changed.len(), made.unchanged), (0, 1));
    assert_eq!(bench.control.people().items.len(), 5);
}

#[tokio::test]
async fn ten_thousand_lines_come_in_at_once_and_are_nothing_new_the_next_time() {
    let bench = Bench::new().await;
    let made = bench.control.import_people(None, sheet(&many(10_000))).await.unwrap();
    assert_eq!(made.items.len(), 10_000);
    let again = bench.control.import_people(None, sheet(&many(10_000))).await.unwrap();
    assert_eq!((again.items.len(), again.changed.len(), again.unchanged, again.missing.len()), (0, 0, 10_000, 0));
}

#[tokio::test]
async fn units_come_in_whatever_their_order_and_not_in_a_circle() {
    let bench = Bench::new().await;
    let units = |csv: &str, partial: bool, preview: bool| ImportUnits { csv: csv.to_owned(), partial, preview };
    let first = "name;parent;zone;cost_centre\n\
                 Platform;Engineering;Europe/Berlin;4711\n\
                 Engineering;;Europe/Berlin;\n\
                 Sales;;UTC;4000\n";
    let preview = bench.control.import_units(None, units(first, false, true)).await.unwrap();
    assert_eq!((preview.items.len(), bench.control.units().items.len()), (3, 1), "a preview adds nothing");
    let made = bench.control.import_units(None, units(first, false, false)).await.unwrap();
    let told = |made: &UnitsImport| -> Vec<_> {
        made.items.iter().map(|unit| (unit.line, unit.name.clone(), unit.added)).collect()
    };
    assert_eq!(told(&made), told(&preview));
    let again = bench.control.import_units(None, units(first, false, false)).await.unwrap();
    assert_eq!((again.items.len(), again.unchanged, again.missing.len()), (0, 3, 0));

    let second = "name,parent,cost_centre\nPlatform,Sales,4712\nEngineering,,\n";
    let changed = bench.control.import_units(None, units(second, false, false)).await.unwrap();
    assert_eq!(changed.missing.iter().map(|unit| unit.name.as_deref()).collect::<Vec<_>>(), [Some("Sales")]);
    let fields: Vec<&str> = changed.items[0].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["cost_centre", "parent"]);
    let bench = bench.crash().await;
    let shown = bench.control.units().items;
    let named = |name: &str| shown.iter().find(|unit| unit.name.as_deref() == Some(name)).unwrap();
    assert_eq!(named("Platform").parent, Some(named("Sales").id));
    assert_eq!(named("Platform").cost_centre.as_deref(), Some("4712"));
    assert!(bench.control.verify_audit().await.unwrap().good);

    let bad = "name,parent,zone\n\
               A,B,UTC\n\
               B,A,UTC\n\
               Sales,Platform,\n\
               Below,Nowhere,UTC\n\
               Odd,,Mars/Base\n\
               Platform,Sales,Asia/Tokyo\n\
               Good,Platform,UTC\n\
               Twice,,UTC\n\
               twice,,UTC\n";
    let before = bench.ledger.watermarks().decided;
    assert_eq!(code(bench.control.import_units(None, units(bad, false, false)).await), Code::Invalid);
    assert_eq!(bench.ledger.watermarks().decided, before, "nothing is changed");
    let made = bench.control.import_units(None, units(bad, true, false)).await.unwrap();
    let lines: Vec<_> = made.mistakes.iter().map(|told| (told.line, told.field.as_deref())).collect();
    let expected = [
        (2, Some("parent")),
        (3, Some("parent")),
        (4, Some("parent")),
        (5, Some("parent")),
        (6, Some("zone")),
        (7, Some("zone")),
        (10, Some("name")),
    ];
    assert_eq!(lines, expected, "{:?}", made.mistakes);
    assert_eq!(told(&made).len(), 2, "the good ones: {:?}", made.items);
}
