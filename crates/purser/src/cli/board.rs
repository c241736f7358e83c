//! `purser board …`

use clap::{Args, Subcommand, ValueEnum};
use purser_control::shape::{Board, BoardMember, BoardName, BoardSettings, Boards, JoinBoards, SetBoards};
use purser_core::board::{Metric, Why};

use super::second;
use crate::client::{Client, path};
use crate::failure::Failure;
use crate::output::{Output, Table, say};

/// What can be done with boards.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show whether there are boards, and which
    List,
    /// Show one; hidden where fewer than five are ranked
    Show(Show),
    /// Switch boards on or off; off ends every membership
    Set(Set),
    /// Put somebody on boards who asked for it, from this month's on
    Join(Join),
    /// Take somebody off all boards, past ones too, at once
    Leave(Who),
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Such as people-outcomes-2026-11 (`purser board list`)
    pub(crate) id: String,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    On,
    Off,
}

#[derive(Debug, Args)]
pub(crate) struct Set {
    /// Are there to be boards?
    pub(crate) switch: Switch,
    /// Not for the people of this unit and of those below it (id or name); may be repeated [default: those of before]
    #[arg(long, value_name = "UNIT")]
    pub(crate) without: Vec<String>,
    /// For every unit, also for those that were without
    #[arg(long, conflicts_with = "without")]
    pub(crate) everywhere: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Join {
    /// Who (id or name); it takes their own word
    pub(crate) person: String,
    /// Two words to be called by this month, such as "Amber Otter" [default: drawn]
    #[arg(long)]
    pub(crate) words: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Who {
    /// Who (id or name)
    pub(crate) person: String,
}

impl Command {
    pub(crate) async fn run(self, client: &mut Client, out: Output) -> Result<(), Failure> {
        match self {
            Self::List => {
                let boards: Boards = client.get(path(["boards"])).await?;
                let settings: BoardSettings = client.get(path(["boards", "settings"])).await?;
                say(format_args!("{}", told(&settings)));
                out.show(&boards, |boards| list(&boards.items));
            }
            Self::Show(Show { id }) => {
                let board: Board = client.get(path(["boards", &id])).await?;
                out.show(&board, shown);
            }
            Self::Set(Set { switch, without, everywhere }) => {
                let without = (everywhere || !without.is_empty()).then_some(without);
                let set = SetBoards { on: switch == Switch::On, without };
                let settings: BoardSettings = client.put(path(["boards", "settings"]), &set).await?;
                out.show(&settings, told);
            }
            Self::Join(Join { person, words }) => {
                let join = JoinBoards { words, person: Some(person) };
                let member: BoardMember = client.post(path(["boards", "membership"]), &join).await?;
                out.show(&member, standing);
            }
            Self::Leave(Who { person }) => {
                let whose = path(["boards", "membership"]).with("person", Some(&person));
                let member: BoardMember = client.delete(whose).await?;
                out.show(&member, standing);
            }
        }
        Ok(())
    }
}

fn told(settings: &BoardSettings) -> String {
    if !settings.on {
        return "There are no boards. `purser board set on` makes them; on them is only who joins.".to_owned();
    }
    let name = |unit: &purser_control::shape::BoardUnit| unit.name.clone().unwrap_or_else(|| unit.unit.to_string());
    let without: Vec<String> = settings.without.iter().map(name).collect();
    if without.is_empty() {
        "There are boards.".to_owned()
    } else {
        format!("There are boards, but not for {}.", without.join(", "))
    }
}

fn standing(member: &BoardMember) -> String {
    match member.joined {
        Some(joined) => format!("On boards since {}.", second(joined)),
        None => "On no board.".to_owned(),
    }
}

fn list(boards: &[BoardName]) -> String {
    let mut table = Table::new(&["board", "month", "by"]);
    for board in boards {
        table.row([board.id.clone(), board.month.clone(), by(board.metric).to_owned()]);
    }
    table.or("no boards")
}

const fn by(metric: Metric) -> &'static str {
    match metric {
        Metric::Outcomes => "outcomes per 100",
        Metric::Pace => "steady pace, %",
    }
}

fn shown(board: &Board) -> String {
    let figure = match board.metric {
        Metric::Outcomes => ">outcomes per 100",
        Metric::Pace => ">steady pace, %",
    };
    let mut table = Table::new(&[">", "name", figure, ""]);
    for row in &board.items {
        let you = if row.you { "you" } else { "" };
        table.row([row.rank.to_string(), row.name.clone(), row.figure.clone(), you.to_owned()]);
    }
    let rows = table.or("This board is hidden: fewer than five are ranked.");
    let why = board.you.as_ref().and_then(|you| you.not_ranked).map(|why| match why {
        Why::Flagged => "You are not ranked this month: much of what you spent is flagged (`purser usage --flags`).",
        Why::TooLittle => "You are not ranked this month: there is too little to go by.",
        Why::NoOutcomes => "You are not ranked this month: nothing is logged that came of it.",
    });
    why.map_or(rows.clone(), |why| format!("{}\n{why}\n", rows.trim_end()))
}
