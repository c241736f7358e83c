//! `/csv/…`: any list of the API as a file for a spreadsheet, with what was asked, every page of it, and the API's own sums.
//!
//! A file begins with a record `asked` and ends with a record `total`: between them, `row` records have one column for each
//! field of the list's items. One page of the list is in memory at a time, and the next is asked for once the one before
//! was taken.

mod pages;
mod table;

use axum::body::Body;
use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use purser_control::{Code, Problem};

use self::pages::Pages;
use self::table::{Answer, Table};
use crate::ask::{Ask, To, to};
use crate::form::{Asked, Fields};
use crate::secure::{self, Refer};
use crate::visitor::Visitor;
use crate::written::Written;

/// Fields of an address that say which page of a list is meant: a file has all of them.
const OF_PAGES: [&str; 2] = ["after", "before"];

/// The address of a list of the API as a file.
pub(crate) fn link(list: &To) -> String {
    format!("/csv{}", list.link().strip_prefix("/api/v1").unwrap_or_default())
}

/// `GET /csv/{list}`
pub(crate) async fn file(visitor: Visitor, Path(path): Path<String>, Asked(asked): Asked) -> Response {
    match begin(&visitor.ask, &path, &asked).await {
        Ok(pages) => {
            let mut response = Body::new(Written::new(pages, Pages::next)).into_response();
            let headers = response.headers_mut();
            secure::protect(headers, &visitor.nonce, Refer::Nobody);
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
            if let Ok(as_file) = HeaderValue::from_str(&format!("attachment; filename=\"{}.csv\"", named(&path))) {
                headers.insert(CONTENT_DISPOSITION, as_file);
            }
            response
        }
        Err(problem) => visitor.refuse(problem),
    }
}

/// What a file is called: the list's address without what is no letter or digit.
fn named(path: &str) -> String {
    let word: String = path.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).collect();
    format!("purser-{}", word.trim_matches('-'))
}

/// The first page, with what it takes to ask for the others.
async fn begin(ask: &Ask, path: &str, asked: &Fields) -> Result<Pages, Problem> {
    let mut list = to(&path.split('/').collect::<Vec<_>>());
    for (name, value) in asked.pairs().filter(|(name, _)| !OF_PAGES.contains(name)) {
        list = list.with(name, value);
    }
    let first: Answer = ask.get(&list).await?;
    let Some(items) = first.items() else {
        return Err(Problem {
            code: Code::Invalid,
            message: "this is no list, so it can't be written as a table".to_owned(),
            hint: Some("ask the API for it as JSON".to_owned()),
        });
    };
    let table = Table::of(&items);
    let text = table.head() + &table.asked(list.link()) + &table.rows(&items);
    Ok(Pages { ask: ask.clone(), list, table, text: Some(text), page: Some(first) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_its_file_beside_it() {
        assert_eq!(link(&to(&["usage"]).with("by", "a b")), "/csv/usage?by=a%20b");
        assert_eq!(named("usage/history"), "purser-usage-history");
        assert_eq!(named("\"\r\n../x"), "purser-x");
    }
}
