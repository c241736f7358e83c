//! One way for every command to reach the services: the API, spoken over the socket of a running `purser serve`, or,
//! when none runs, to the same router inside this process with the data folder held for as long as the command takes.

mod inside;
mod path;
mod socket;

use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use purser_control::Problem;
use purser_control::shape::Page;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) use self::path::{Path, path};
use crate::cli::Global;
use crate::failure::Failure;
use crate::place::Place;

/// The name of a change, so that sending it twice does it once.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Why a change is made, percent-encoded.
const REASON: &str = "purser-reason";

/// Whoever answers.
#[derive(Debug)]
pub(crate) struct Client {
    transport: Transport,
    command_id: Option<String>,
    reason: Option<String>,
}

#[derive(Debug)]
enum Transport {
    Socket(socket::Socket),
    Inside(Box<inside::Inside>),
}

/// An answer before its body is understood.
struct Answer {
    status: StatusCode,
    body: Vec<u8>,
}

/// May the command make a new data folder where there is none?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Yes: it is a change.
    Create,
    /// No: reading from a folder just made answers nothing.
    Refuse,
}

impl Client {
    /// Reaches the running `serve`, or opens the data folder itself.
    ///
    /// # Errors
    /// The folder is missing and `absent` does not allow to make it, it is held by another process that does not
    /// answer, or it can't be opened.
    pub(crate) async fn connect(global: &Global, place: &Place, absent: Absent) -> Result<Self, Failure> {
        let (command_id, reason) = (global.command_id.clone(), global.reason.clone());
        if let Some(socket) = socket::Socket::connect(&place.socket()).await? {
            return Ok(Self { transport: Transport::Socket(socket), command_id, reason });
        }
        if absent == Absent::Refuse && !place.exists() {
            return Err(Failure::new(
                format!("there is no data folder at {}", place.data.display()),
                "`purser serve` makes one, as does the first `purser person add`; `--data DIR` names another",
            ));
        }
        let inside = inside::Inside::open(place).await?;
        Ok(Self { transport: Transport::Inside(Box::new(inside)), command_id, reason })
    }

    /// Reaches whoever holds the data folder and answers at its socket.
    ///
    /// # Errors
    /// Nobody does.
    pub(crate) async fn over_socket(place: &Place) -> Result<Self, Failure> {
        match socket::Socket::connect(&place.socket()).await? {
            Some(socket) => Ok(Self { transport: Transport::Socket(socket), command_id: None, reason: None }),
            None => Err(Failure::new(
                format!("nobody answers at {}", place.socket().display()),
                "the Purser there has just ended; try again",
            )),
        }
    }

    /// Reads.
    pub(crate) async fn get<T: DeserializeOwned>(&mut self, path: Path) -> Result<T, Failure> {
        self.call(Method::GET, path, Vec::new()).await
    }

    /// Reads a list, every page of it.
    pub(crate) async fn list<T: DeserializeOwned>(&mut self, path: Path) -> Result<Vec<T>, Failure> {
        let join = |all: &mut Page<T>, page: Page<T>| all.items.extend(page.items);
        Ok(self.pages(path, |page: &Page<T>| page.next.clone(), join).await?.items)
    }

    /// Reads all pages of something, joined to the first.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &mut self,
        path: Path,
        next: impl Fn(&T) -> Option<String>,
        mut join: impl FnMut(&mut T, T),
    ) -> Result<T, Failure> {
        let mut all: T = self.get(path.clone()).await?;
        let mut after = next(&all);
        while after.is_some() {
            let page: T = self.get(path.clone().with("after", after.as_deref())).await?;
            after = next(&page);
            join(&mut all, page);
        }
        Ok(all)
    }

    /// Makes something, or has something done.
    pub(crate) async fn post<T: DeserializeOwned>(&mut self, path: Path, body: &impl Serialize) -> Result<T, Failure> {
        let body = encode(body)?;
        self.call(Method::POST, path, body).await
    }

    /// Makes something more within the same command. Where the command has a name, this change has one of its own, made of
    /// that and `also`: said again, it is found again.
    pub(crate) async fn post_also<T: DeserializeOwned>(
        &mut self,
        also: &str,
        path: Path,
        body: &impl Serialize,
    ) -> Result<T, Failure> {
        let named = self.command_id.as_ref().map(|id| format!("{id}-{also}"));
        let command_id = std::mem::replace(&mut self.command_id, named);
        let made = self.post(path, body).await;
        self.command_id = command_id;
        made
    }

    /// Replaces a part of something.
    pub(crate) async fn put<T: DeserializeOwned>(&mut self, path: Path, body: &impl Serialize) -> Result<T, Failure> {
        let body = encode(body)?;
        self.call(Method::PUT, path, body).await
    }

    /// Ends something.
    pub(crate) async fn delete<T: DeserializeOwned>(&mut self, path: Path) -> Result<T, Failure> {
        self.call(Method::DELETE, path, Vec::new()).await
    }

    /// Lets go of the socket or closes the data folder.
    ///
    /// # Errors
    /// The journal could not be closed in order; what was acknowledged is on disk all the same.
    pub(crate) fn close(self) -> Result<(), Failure> {
        match self.transport {
            Transport::Socket(_) => Ok(()),
            Transport::Inside(inside) => inside.close(),
        }
    }

    /// Reads what is no JSON.
    pub(crate) async fn get_bytes(&mut self, path: Path) -> Result<Vec<u8>, Failure> {
        self.ask(Method::GET, path, Vec::new()).await
    }

    /// Reads what is no JSON, a piece at a time, however much it is.
    pub(crate) async fn pour(
        &mut self,
        path: Path,
        each: &mut (dyn FnMut(&[u8]) -> Result<(), Failure> + Send),
    ) -> Result<(), Failure> {
        let request = self.request(Method::GET, &path, Vec::new())?;
        let answer = match &mut self.transport {
            Transport::Socket(socket) => socket.pour(request, each).await?,
            Transport::Inside(inside) => inside.pour(request, each).await?,
        };
        read(answer).map(drop)
    }

    async fn call<T: DeserializeOwned>(&mut self, method: Method, path: Path, body: Vec<u8>) -> Result<T, Failure> {
        let body = self.ask(method, path, body).await?;
        serde_json::from_slice(&body)
            .map_err(|error| Failure::from_error("the answer is not understood (another version?)", &error))
    }

    async fn ask(&mut self, method: Method, path: Path, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = self.request(method, &path, body)?;
        read(match &mut self.transport {
            Transport::Socket(socket) => socket.send(request).await?,
            Transport::Inside(inside) => inside.send(request).await?,
        })
    }

    fn request(&self, method: Method, path: &Path, body: Vec<u8>) -> Result<Request<Vec<u8>>, Failure> {
        let mut request = Request::builder().method(method).uri(path.to_string()).header("host", "purser");
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        if let Some(id) = &self.command_id {
            request = request.header(IDEMPOTENCY_KEY, id);
        }
        if let Some(reason) = &self.reason {
            let mut escaped = String::new();
            path::escape(reason, &mut escaped);
            request = request.header(REASON, escaped);
        }
        request
            .body(body)
            .map_err(|_| Failure::usage("--command-id has characters that can't be sent", "use letters, digits and -"))
    }
}

/// The body of an answer that says that it was done.
fn read(answer: Answer) -> Result<Vec<u8>, Failure> {
    if answer.status.is_success() {
        return Ok(answer.body);
    }
    match serde_json::from_slice::<Problem>(&answer.body) {
        Ok(problem) => Err(problem.into()),
        Err(_) => Err(Failure::new(
            format!("purser answered {}", answer.status),
            "the log of `purser serve` may say more; is it the same version?",
        )),
    }
}

/// Hands a body on as it comes, where it is what was asked for; a refusal is returned whole.
async fn poured<B>(
    response: http::Response<B>,
    each: &mut (dyn FnMut(&[u8]) -> Result<(), Failure> + Send),
) -> Result<Answer, Failure>
where
    B: hyper::body::Body<Data = hyper::body::Bytes> + Unpin,
    B::Error: std::error::Error + 'static,
{
    let status = response.status();
    let (mut rest, mut body) = (response.into_body(), Vec::new());
    while let Some(frame) = rest.frame().await {
        let frame = frame.map_err(|error| Failure::from_error("the answer broke off; what came is not all", &error))?;
        match frame.data_ref() {
            Some(data) if status.is_success() => each(data)?,
            Some(data) => body.extend_from_slice(data),
            None => {}
        }
    }
    Ok(Answer { status, body })
}

fn encode(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|error| Failure::from_error("the request can't be written as JSON", &error))
}
