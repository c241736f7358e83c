//! Many people at once, and starts that need not take in every event again.

use purser_control::shape::ImportPeople;
use purser_control::{Code, CommandName, Error};
use purser_core::money::Nano;

use crate::bench::{Bench, code};

const SHEET: &str = "Name,zone,email,grant,days,key,budget\n\
                     The analyst,Europe/Berlin,a@example.com,20/day,workdays,laptop,50/month\n\
                     \"Operations, night\",America/New_York,,,,,\n\
                     \n\
                     The engineer,UTC,,600/month,,nightly,\n";

fn sheet(csv: &str) -> ImportPeople {
    ImportPeople { csv: csv.to_owned() }
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
    check("name,zone\nx,UTC\ny,Europe/Berln\n,UTC\n", &["line 3: `Europe/Berln` is not a time zone", "line 4: a name"])
        .await;
    check("name,zone,grant\nx,UTC,20\n", &["line 2: "]).await;
    check("name,zone,grant\nx,UTC,0/day\n", &["line 2: "]).await;
    check("name,zone,unit\nx,UTC,Nowhere\n", &["line 2: no unit is called `Nowhere`"]).await;
    check("name,zone,days\nx,UTC,workdays\n", &["line 2: days stand without a grant"]).await;
    check("name,zone,budget\nx,UTC,5/day\n", &["line 2: a budget stands without a key"]).await;
    let bad = format!("name,zone\n{}", "x,Nowhere\n".repeat(15));
    let mut told = vec!["is not a time zone"; 10];
    told.push("and 5 lines more");
    check(&bad, &told).await;
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
