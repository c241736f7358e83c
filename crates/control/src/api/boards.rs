//! Routes about boards.

use super::answer::Answer;
use super::ask::{Body, Command, Id, Query, State};
use crate::Control;
use crate::shape::{Board, BoardMember, BoardSettings, Boards, JoinBoards, OfMember, OfPage, SetBoards};

pub(super) async fn boards(State(control): State<Control>) -> Answer<Boards> {
    Answer(Ok(control.boards()))
}

pub(super) async fn board(State(control): State<Control>, Id(id): Id, Query(of): Query<OfPage>) -> Answer<Board> {
    Answer(control.board(&id, of.into()).await)
}

pub(super) async fn board_settings(State(control): State<Control>) -> Answer<BoardSettings> {
    Answer(Ok(control.board_settings()))
}

pub(super) async fn set_boards(
    State(control): State<Control>,
    command: Command,
    Body(set): Body<SetBoards>,
) -> Answer<BoardSettings> {
    Answer(control.set_boards(command.into(), set).await)
}

pub(super) async fn join_boards(
    State(control): State<Control>,
    command: Command,
    Body(join): Body<JoinBoards>,
) -> Answer<BoardMember> {
    Answer(control.join_boards(command.into(), join).await)
}

pub(super) async fn leave_boards(
    State(control): State<Control>,
    command: Command,
    Query(of): Query<OfMember>,
) -> Answer<BoardMember> {
    Answer(control.leave_boards(command.into(), of.person.as_deref()).await)
}
