//! Pools as people use them: opened, funded, committed by guaranteed grants, given back, and what is owed from them.

use purser_control::shape::{
    FiscalMonth, FundPool, Grant, LiabilityBy, NewGrant, NewPool, NewUnit, Person, Pool, TransferPool, VoidGrant,
    WantedLiability,
};
use purser_control::{Code, CommandName, Error, jobs};
use purser_core::money::Nano;

use crate::bench::{Bench, code};
use crate::money::{amount, hold, settle};

impl Bench {
    async fn pool(&self, name: &str, owner: &str) -> Pool {
        let new = NewPool { name: name.to_owned(), owner: owner.to_owned(), manager: None };
        self.control.add_pool(None, new).await.unwrap()
    }

    async fn fund(&self, pool: &str, by: &str, year: Option<i16>) -> Result<Pool, Error> {
        self.control.fund_pool(None, pool, FundPool { amount: amount(by), year }).await
    }

    async fn guarantee(&self, person: &Person, amount: &str, pool: Option<&str>) -> Result<Grant, Error> {
        let new = NewGrant {
            person: person.id.to_string(),
            amount: amount.to_owned(),
            guaranteed: true,
            pool: pool.map(str::to_owned),
            ..NewGrant::default()
        };
        self.control.add_grant(None, new).await
    }

    /// Funded, committed and free of a pool's opened years.
    #[track_caller]
    fn check(&self, pool: &str, years: &[(i16, &str, &str, &str)]) {
        let shown = self.control.pool(pool).unwrap().pool;
        let found: Vec<_> =
            shown.years.iter().map(|year| (year.year, year.funded, year.committed, year.free)).collect();
        let expected: Vec<_> = years
            .iter()
            .map(|(year, funded, committed, free)| (*year, amount(funded), amount(committed), amount(free)))
            .collect();
        assert_eq!(found, expected);
    }
}

/// The hint of a refusal.
fn hint<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    match result.unwrap_err() {
        Error::Refused(refused) => refused.hint.unwrap_or_default(),
        failed @ Error::Failed { .. } => panic!("{failed:?}"),
    }
}

#[tokio::test]
async fn a_guarantee_is_paid_from_a_pool_and_never_beyond_it() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    let none = bench.guarantee(&person, "500/month", None).await;
    assert!(hint(none).contains("purser pool add"), "what to do comes with it");
    bench.pool("Company", "company").await;
    assert_eq!(code(bench.guarantee(&person, "500/month", None).await), Code::PoolShort, "the year is not open");
    bench.fund("Company", "1000", None).await.unwrap();
    // From the 24th of November on: the running month, and December.
    let grant = bench.guarantee(&person, "500/month", None).await.unwrap();
    assert_eq!((grant.guaranteed, grant.pool_name.as_deref()), (true, Some("Company")));
    // Seven days of thirty, and a whole month.
    bench.check("company", &[(2026, "1000.00", "616.666666667", "383.333333333")]);
    assert_eq!(code(bench.guarantee(&person, "400/month", None).await), Code::PoolShort);
    assert_eq!(code(bench.fund("Company", "-383.333333334", None).await), Code::PoolShort);
    bench.fund("Company", "-383.333333333", None).await.unwrap();
    bench.check("company", &[(2026, "616.666666667", "616.666666667", "0.00")]);

    // The next year is opened with what goes on in it.
    assert_eq!(bench.control.pools().items[0].next.needed, amount("6000"));
    assert_eq!(code(bench.fund("Company", "5999", Some(2027)).await), Code::PoolShort);
    bench.fund("Company", "6000", Some(2027)).await.unwrap();
    let bench = bench.restart().await;
    bench.check("company", &[(2026, "616.666666667", "616.666666667", "0.00"), (2027, "6000.00", "6000.00", "0.00")]);

    bench.pool("Second", "company").await;
    let several = bench.guarantee(&person, "1/month", None).await;
    assert!(hint(several).contains("--pool"), "nobody guesses between two");
    let month = bench.control.set_fiscal_month(None, FiscalMonth { month: 4 }).await;
    assert_eq!(code(month), Code::Conflict, "other years would be other commitments");
}

#[tokio::test]
async fn funds_move_between_pools_once() {
    let bench = Bench::new().await;
    let unit = NewUnit { name: "Research".to_owned(), parent: None, zone: "UTC".to_owned(), cost_centre: None };
    bench.control.add_unit(None, unit).await.unwrap();
    let person = bench.person("The analyst").await;
    bench.pool("Company", "company").await;
    let manager =
        NewPool { name: "Lab".to_owned(), owner: "Research".to_owned(), manager: Some("The analyst".to_owned()) };
    let lab = bench.control.add_pool(None, manager).await.unwrap();
    assert_eq!((lab.owner_name.as_deref(), lab.manager_name.as_deref()), (Some("Research"), Some("The analyst")));
    let name = || Some(CommandName::try_new("the budget of the year").unwrap());
    let funds = || FundPool { amount: amount("1000"), year: None };
    bench.control.fund_pool(name(), "Company", funds()).await.unwrap();
    bench.clock.set("2026-11-24T12:05:00Z");
    bench.control.fund_pool(name(), "Company", funds()).await.unwrap();
    bench.check("Company", &[(2026, "1000", "0", "1000")]);
    let other = bench.control.fund_pool(name(), "Company", FundPool { amount: amount("1001"), year: None }).await;
    assert_eq!(code(other), Code::CommandReused);
    let transfer = |much: &str| TransferPool { to: "Lab".to_owned(), amount: amount(much), year: None };
    assert_eq!(code(bench.control.transfer_pool(None, "Company", transfer("1000.01")).await), Code::PoolShort);
    bench.control.transfer_pool(None, "Company", transfer("400")).await.unwrap();
    bench.check("Company", &[(2026, "600", "0", "600")]);
    bench.check("Lab", &[(2026, "400", "0", "400")]);
    assert_eq!(code(bench.control.transfer_pool(None, "Company", transfer("-1")).await), Code::Invalid);
    let elsewhere = bench.guarantee(&person, "1/day", Some("Lab")).await;
    assert_eq!(code(elsewhere), Code::Conflict, "a pool of a unit that they are not in");
    assert_eq!(code(bench.fund("Nothing", "1", None).await), Code::NotFound);
}

#[tokio::test]
async fn what_was_not_spent_goes_back_to_the_pool() {
    let bench = Bench::new().await;
    let person = bench.person("The analyst").await;
    bench.pool("Company", "company").await;
    bench.fund("Company", "10000", None).await.unwrap();
    let grant = bench.guarantee(&person, "300/month", None).await.unwrap();
    let key = bench.key(&person).await;
    settle(&bench, hold(&bench, &key, "20"), "12.5");
    let owed = |by| WantedLiability { by: Some(by), ..WantedLiability::default() };
    for by in [LiabilityBy::Pool, LiabilityBy::Unit, LiabilityBy::Person] {
        let liability = bench.control.liability(owed(by)).await.unwrap();
        // Seven days of November and December.
        assert_eq!((liability.total.granted, liability.total.used), (amount("370"), amount("12.5")));
        assert_eq!(liability.total.outstanding, amount("357.5"));
        assert_eq!(liability.items.len(), 1);
        assert_eq!(liability.items[0].outstanding, liability.total.outstanding);
        assert_eq!(liability.unfunded.outstanding, Nano::ZERO);
    }

    let running = hold(&bench, &key, "30");
    let id = grant.id.to_string();
    let refused = bench.control.void_grant(None, &id, VoidGrant::default()).await;
    assert_eq!(code(refused), Code::Guaranteed);
    bench.control.void_grant(None, &id, VoidGrant { agreed: true }).await.unwrap();
    // December is free at once; what was released may still be spent by the call under way.
    bench.check("Company", &[(2026, "10000", "70", "9930")]);
    bench.clock.set("2026-11-24T12:02:00Z");
    jobs::once(&bench.control).await;
    bench.check("Company", &[(2026, "10000", "70", "9930")]);
    settle(&bench, running, "25.25");
    jobs::once(&bench.control).await;
    bench.check("Company", &[(2026, "10000", "37.75", "9962.25")]);
    jobs::once(&bench.control).await;
    let shown = bench.control.pool("Company").unwrap();
    assert_eq!(shown.commitments.len(), 1);
    assert!(shown.commitments[0].accounted);
    let liability = bench.control.liability(owed(LiabilityBy::Pool)).await.unwrap();
    assert_eq!((liability.total.granted, liability.total.outstanding), (amount("37.75"), Nano::ZERO));

    // Who leaves gives back the rest too.
    let other = bench.person("The designer").await;
    bench.guarantee(&other, "310/month", None).await.unwrap();
    bench.control.remove_person(None, "The designer").await.unwrap();
    bench.clock.set("2026-11-24T12:04:00Z");
    jobs::once(&bench.control).await;
    bench.check("Company", &[(2026, "10000", "37.75", "9962.25")]);
    let bench = bench.restart().await;
    bench.check("Company", &[(2026, "10000", "37.75", "9962.25")]);
}
