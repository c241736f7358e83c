//! Who may use a route: the one place where requests meet the matrix.

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use purser_core::id::PersonId;
use purser_core::time::Instant;

use super::Endpoint;
use crate::Control;
use crate::access::{self, Acting, Permission, Seeing, Within, forbidden};
use crate::audit;
use crate::error::{Code, Error, Refused};
use crate::privacy::Looking;

/// Why something is done, percent-encoded: for the audit trail.
const REASON: &str = "purser-reason";
/// The id of the person for whom it is done: for the audit trail.
const ON_BEHALF_OF: &str = "purser-on-behalf-of";
/// The longest reason.
const REASON_CHARS_MAX: usize = 500;

/// How a request came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// Over the socket, or from inside this process: by whoever holds the files.
    Local,
    /// Over TCP: by whoever has a key or a session.
    Open,
}

/// What stands before one route.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) control: Control,
    pub(super) door: Door,
    pub(super) endpoint: &'static Endpoint,
    /// Does the handler keep to what the caller's right covers?
    pub(super) narrows: bool,
}

/// How a caller showed who they are; for handlers that end or describe it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    /// The session's secret.
    pub(super) session: Option<String>,
    /// When it ends.
    pub(super) expires: Option<Instant>,
}

/// Lets a request through to its handler when the matrix says so, with who acts and how far their right goes.
pub(super) async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    match admit(&guard, request.headers(), request.method()) {
        Ok((acting, shown)) => {
            let permission = guard.endpoint.permission;
            let now = guard.control.inner.clock.now();
            let within = permission.map_or(Within::Everything, |permission| acting.within(permission, now));
            if within.is_nothing() || !(within.is_everything() || guard.narrows) {
                let targets = target(request.uri().path());
                guard.control.audit_denied(&acting, targets, Code::Forbidden).await;
                let roles: Vec<String> = acting.roles.iter().map(ToString::to_string).collect();
                return forbidden(format!("this is not for {}", roles.join(", "))).into_response();
            }
            let seeing = Seeing::new(acting.within(Permission::ConfidentialAmounts, now), guard.control.snapshot());
            request.extensions_mut().insert(guard.control.on_behalf(acting.clone()));
            request.extensions_mut().insert(within.clone());
            request.extensions_mut().insert(shown);
            let looking = Looking::default();
            let response = looking.clone().scope(seeing.clone().scope(next.run(request))).await;
            let shown = seeing.shown();
            // Nothing confidential leaves before the trail has it on disk.
            if !shown.is_empty()
                && let Err(error) = guard.control.audit_read(&acting, shown).await
            {
                return error.into_response();
            }
            if response.status().is_success()
                && let Err(error) = guard.control.looked(&acting, &within, &looking).await
            {
                return error.into_response();
            }
            response
        }
        Err(error) => error.into_response(),
    }
}

/// Who acts, and what they say about it.
fn admit(guard: &Guard, headers: &HeaderMap, method: &Method) -> Result<(Acting, Shown), Error> {
    let (mut acting, shown) = match (guard.door, guard.endpoint.permission) {
        (Door::Local, _) => (Acting::local(), Shown::default()),
        (Door::Open, Some(_)) => {
            let (mut acting, shown) = authenticate(&guard.control, headers, method)?;
            acting.lent = guard.control.lent_to(acting.person);
            (acting, shown)
        }
        // Signing in: nobody yet.
        (Door::Open, None) => (Acting::stranger(), Shown::default()),
    };
    acting.action = guard.endpoint.action;
    if let Some(reason) = headers.get(REASON) {
        let reason = decoded(reason.as_bytes());
        let reason = reason.filter(|reason| reason.chars().count() <= REASON_CHARS_MAX);
        let refused = || Refused::new(Code::Invalid, format!("a reason has at most {REASON_CHARS_MAX} letters"));
        acting.reason = Some(reason.ok_or_else(refused)?).filter(|reason| !reason.trim().is_empty());
    }
    if let Some(person) = headers.get(ON_BEHALF_OF) {
        let person = person.to_str().ok().and_then(|person| person.trim().parse::<PersonId>().ok());
        let person = person.filter(|person| guard.control.snapshot().directory.person(*person).is_some());
        let refused = || Refused::new(Code::Invalid, format!("{ON_BEHALF_OF} is no person's id"));
        acting.on_behalf_of = Some(person.ok_or_else(refused)?);
    }
    Ok((acting, shown))
}

fn authenticate(control: &Control, headers: &HeaderMap, method: &Method) -> Result<(Acting, Shown), Error> {
    let refuse = |message: &str| {
        let refused = Refused::new(Code::Unauthorized, message);
        Err(refused.hint("send `Authorization: Bearer pa-…`; `purser admin-key add` makes a key").into())
    };
    let bearer = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, key)| key.trim());
    if let Some(key) = bearer {
        return match control.acting_by_key(key) {
            Some(acting) => Ok((acting, Shown::default())),
            None => refuse("the key is not an administrator's, or no longer one in force"),
        };
    }
    let Some(session) = session_of(headers) else {
        return refuse("a key or a session is needed: whoever asks shows who they are");
    };
    let Some((acting, expires)) = control.acting_by_session(session)? else {
        return refuse("the session is over: sign in again");
    };
    if !method.is_safe() && !same_site(headers) {
        return Err(forbidden("a change by a session must come from Purser's own pages"));
    }
    Ok((acting, Shown { session: Some(session.to_owned()), expires: Some(expires) }))
}

/// The session of a request's cookies.
pub fn session_of(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == access::COOKIE).map(|(_, value)| value)
}

/// Does a browser say that the request was made by a page of this host? Cookies go along with requests that other
/// sites make, whatever `SameSite` says to older browsers; these two headers can't be set by a page.
pub fn same_site(headers: &HeaderMap) -> bool {
    let text = |name: axum::http::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = headers.get("sec-fetch-site") {
        return site.as_bytes() == b"same-origin";
    }
    let origin = text(ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.is_some_and(|(_, origin)| text(HOST) == Some(origin))
}

/// The id in a path, when it is one: a name would stay in the journal for good.
fn target(path: &str) -> Vec<String> {
    path.split('/').filter_map(|part| audit::id(part.as_bytes())).map(str::to_owned).collect()
}

/// Percent-encoded text.
fn decoded(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        if *byte == b'%' {
            let (digits, behind) = rest.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = behind;
        } else {
            bytes.push(*byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// How the first administrator comes to a key. Gone as soon as there is one.
pub(super) async fn setup_page(State(control): State<Control>) -> Response {
    if !control.is_setup_open() {
        return crate::setup::gone().into_response();
    }
    let head = [(CONTENT_TYPE, "text/plain; charset=utf-8"), (CACHE_CONTROL, "no-store")];
    let text = "The first administrator's key is made with the code that `purser serve` printed:\n\n\
                curl -X POST -H 'content-type: application/json' -d '{\"code\": \"CODE\"}' THIS-ADDRESS/setup\n\n\
                With \"email\" and \"password\" beside the code, the first administrator can also sign in.\n\
                On the machine itself `purser admin-key add` does the same without a code.\n";
    (head, text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_host_change_things_by_a_cookie() {
        let headers = |pairs: &[(&'static str, &str)]| -> HeaderMap {
            pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
        };
        let host = ("host", "purser.example:4142");
        assert!(same_site(&headers(&[host, ("sec-fetch-site", "same-origin")])));
        assert!(same_site(&headers(&[host, ("origin", "https://purser.example:4142")])));
        for other in ["cross-site", "same-site", "none", ""] {
            let origin = ("origin", "https://purser.example:4142");
            assert!(!same_site(&headers(&[host, origin, ("sec-fetch-site", other)])), "{other}");
        }
        for other in ["https://elsewhere.example", "null", "https://purser.example"] {
            assert!(!same_site(&headers(&[host, ("origin", other)])), "{other}");
        }
        assert!(!same_site(&headers(&[host])));
    }

    #[test]
    fn a_reason_is_text_with_anything_in_it() {
        assert_eq!(decoded("a%20b%C3%A9c".as_bytes()).as_deref(), Some("a béc"));
        for bad in ["%", "%2", "%zz", "%ff"] {
            assert_eq!(decoded(bad.as_bytes()), None, "{bad}");
        }
    }
}
