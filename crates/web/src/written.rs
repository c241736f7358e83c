//! An answer that is written while it is read, a piece after the other.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::body::{Body, Bytes, Frame};

/// A piece of text and what comes behind it; nothing at the end. An error cuts the connection: half an answer must not look
/// like a whole one.
pub(crate) type Piece<S> = Result<Option<(String, S)>, io::Error>;

/// One that is on its way.
pub(crate) type Writing<S> = Pin<Box<dyn Future<Output = Piece<S>> + Send>>;

/// A body made of pieces: the next one is begun when the one before was taken.
pub(crate) struct Written<S> {
    writing: Option<Writing<S>>,
    next: fn(S) -> Writing<S>,
}

impl<S> Written<S> {
    /// Begins from a state.
    pub(crate) fn new(state: S, next: fn(S) -> Writing<S>) -> Self {
        Self { writing: Some(next(state)), next }
    }
}

impl<S> Body for Written<S> {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Some(writing) = &mut self.writing else { return Poll::Ready(None) };
        let piece = ready!(writing.as_mut().poll(context));
        self.writing = None;
        Poll::Ready(match piece {
            Ok(Some((text, state))) => {
                self.writing = Some((self.next)(state));
                Some(Ok(Frame::data(Bytes::from(text))))
            }
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        })
    }
}
