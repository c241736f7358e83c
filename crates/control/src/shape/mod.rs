//! The words of the API: what is asked and what is answered, the same for the command line, programs and pages.
//!
//! Amounts are decimal strings, instants RFC 3339, days `YYYY-MM-DD`, ids text with their prefix. Unknown fields in a
//! question are refused, so that a misspelt bound is never taken for no bound. Answers may gain fields.

mod activation;
mod admin;
mod agent;
mod alarm;
mod audit;
mod bill;
mod board;
mod budget;
mod candidate;
mod cost;
mod data_map;
mod export;
mod flag;
mod forecast;
mod grant;
mod history;
mod import;
mod key;
mod login;
mod mandate;
mod observed;
mod offer;
mod outcome;
mod page;
mod period;
mod person;
mod pool;
mod preview;
mod price;
mod privacy;
mod remedy;
mod report;
mod returns;
mod rewards;
mod run;
mod statement;
mod stop;
mod suspense;
mod top_up;
mod trace;
mod unit;

pub use crate::access::Confidential;
pub use activation::{Activated, Activation, ActivationState, NewActivation};
pub use admin::{AdminKey, NewAdminKey, Setup, Status};
pub use agent::{
    BudgetLeft, CheaperModel, Estimate, EstimateCall, Estimated, EstimatedCall, GrantLeft, LimitLeft, LimitOn, OfRun,
    RunCost, RunLimitsLeft,
};
pub use alarm::{
    Alarm, AlarmLook, AlarmPreview, AlarmPreviewKind, AlarmRules, AlarmState, Mute, NewMute, WantedAlarms,
};
pub use audit::{AuditEntry, AuditPage, AuditReport};
pub use bill::{
    BillDay, BillDayState, BillImport, BillKeys, Bills, CauseSum, Difference, ImpliedPrice, ImportBill, InvoiceChecked,
    NewInvoice, ProviderReconciled, PullBill, Reconciliation, ReplacedBill, TrueUp, TrueUpEntry, TrueUpOn, TrueUpPlan,
    WantedBills, WantedReconciliation, WantedTrueUp,
};
pub use board::{
    Board, BoardMember, BoardName, BoardOf, BoardRow, BoardSettings, BoardUnit, BoardYou, Boards, JoinBoards, OfMember,
    SetBoards,
};
pub use budget::{Budget, SetBudget};
pub use candidate::{
    AnswerQuestion, Asked, Buys, CandidateOffer, CounterOffer, NewOfferLink, OfferLink, OfferLinkState, OfferQuestion,
    OnTheTable, OtherOffer, OtherYear, SignOffer, Stands,
};
pub use cost::{ChangeCosts, CostLine, Costs, CostsRow, PersonCost};
pub use data_map::{DataKind, DataMap, DataSeen, DataTable};
pub use export::{ExportFormat, WantedExport, WantedHistory, WantedLedger, WantedStatements};
pub use flag::{Flag, WantedFlags};
pub use forecast::{
    Forecast, ForecastBy, ForecastMonth, ForecastPeriod, ForecastTest, ForecastTestRow, WantedForecast,
    WantedForecastTest,
};
pub use grant::{ChangeGrant, DayRemedy, GiveOfGrant, Grant, GrantChange, NewGrant, VoidGrant};
pub use history::{HistoryPer, HistoryRow, UsageHistory, WantedUsageHistory};
pub use import::{
    ChangedPerson, ImportChange, ImportMistake, ImportPeople, ImportUnits, ImportedPerson, ImportedUnit, MissingPerson,
    MissingUnit, PeopleImport, UnitsImport,
};
pub use key::{Key, NewKey};
pub use login::{BreakGlass, Login, NewBreakGlass, NewLogin, Present, SetActive, SetPassword, SetRoles, SignIn};
pub use mandate::{Absence, Mandate, SetAbsence, SetMandate};
pub use observed::{
    ObservedBy, ObservedLine, ObservedPage, ObservedRequest, ObservedTotals, RecordObserved, Taken, WantedObserved,
};
pub use offer::{
    AcceptOffer, ApproveOffer, DeclineOffer, NewOffer, NewVersion, Offer, OfferApproval, OfferChange, OfferFinding,
    OfferFlag, OfferNote, OfferReport, OfferRow, OfferShare, OfferVersion, PreviewRoles, RolesImpact, RolesMoved,
};
pub use outcome::{
    Hook, HookMessage, ImportOutcomes, NewHook, NewOutcome, Outcome, OutcomeTold, OutcomesErased, OutcomesTaken,
    RecordOutcomes,
};
pub use page::{OfPage, PAGE_MAX, Page};
pub use period::{ClosePeriod, Period, PeriodDifference, PeriodReport};
pub use person::{MovePerson, NewPerson, Person, PersonRole, RoleSource, SetPersonRole, SetZone, WantedPeople};
pub(crate) use pool::owner_text;
pub use pool::{
    FiscalMonth, FundPool, Liability, LiabilityBy, LiabilityRow, NewPool, NextYear, Pool, PoolCommitment, PoolDetail,
    PoolYear, TransferPool, WantedLiability,
};
pub use preview::{OfferBand, OfferPeers, OfferPool, OfferPreview, OfferTokens, OfferYear, PreviewOffer};
pub use price::{
    Explain, Explained, ExplainedLine, ImportPrices, ImportReport, Price, PriceChange, PricePoint, RateChange, SetPrice,
};
pub use privacy::{Look, LookPage, PrivacySettings, Retention, SetProfile, WantedLooks, WantedOwnLooks};
pub use remedy::{PromiseUsable, Remedies, RemedyDay, RemedyState, WantedRemedies};
pub use report::{Balance, Charge, ChargePage, DenialPage, Denied, Funds, GrantBalance, Overview, UsageRow};
pub use returns::{
    Against, Basis, Compared, NamedStudy, OutcomeLine, PersonReturns, ReturnBy, ReturnCase, ReturnFigures,
    ReturnReport, ReturnRow, WantedReturn, WhatIf, WhatIfReport,
};
pub use rewards::{Rewards, RewardsPillar, RewardsTokens, WantedRewards};
pub use run::{Burning, BurningRun, LastMinutes, Run, RunModel, RunStretch, RunTimeline, RunTree, WantedRuns};
pub use statement::{
    Signature, Signed, Statement, StatementAccount, StatementDay, StatementEntries, StatementGrant, StatementItem,
    StatementModel, StatementMonth, StatementStatus, StatementTool, StatementUsable, StatementsKey, WantedStatement,
};
pub use stop::{NewStop, Stop, StopWhat};
pub use suspense::{Resolve, Suspended};
pub use top_up::{
    ApproveTopUp, AskTopUp, DenyTopUp, NewTopUp, TopUp, TopUpBudget, TopUpContext, TopUpDesk, TopUpDetail, TopUpPool,
    TopUpState, WantedTopUps,
};
pub use trace::{
    Trace, TraceCheck, TraceOf, TracedCard, TracedCharge, TracedClause, TracedCommitment, TracedGrant, TracedHold,
    TracedLeg, TracedLimit, TracedOffer, TracedPackage, TracedPart, TracedPeriod, TracedSums,
};
pub use unit::{NewUnit, Unit};

use serde::{Deserialize, Serialize};

/// A list; an object rather than a bare array so that it can gain fields.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct List<T> {
    /// The things, in the order that the endpoint promises.
    pub items: Vec<T>,
}
