//! The switch between light and dark.

use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use axum::response::Response;

use crate::form::Sent;
use crate::frame::{THEME_COOKIE, Theme};
use crate::visitor::{ours, see};

/// A year.
const MAX_AGE_S: u32 = 31_536_000;

/// `POST /theme`
pub(crate) async fn switch(Sent { fields, .. }: Sent) -> Response {
    let theme = Theme::of_word(fields.text("theme")).word();
    let mut response = see(ours(fields.text("back")).unwrap_or("/"));
    let cookie = format!("{THEME_COOKIE}={theme}; Path=/; HttpOnly; SameSite=Lax; Max-Age={MAX_AGE_S}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(SET_COOKIE, cookie);
    }
    response
}
