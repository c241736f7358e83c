//! Gemini's generateContent. Google's JSON takes every key in camel case and in snake case, numbers also as strings,
//! and one value where an array is meant.

use std::borrow::Cow;

use crate::ids::IdKind;
use crate::json::{Cursor, Kind, Read, Str};

use super::fields::{Seen, candidates, flag, object_inside, output, whole_or_negative};
use super::media::kind_of;
use super::turn::{Piece, Span, Who};
use super::{Hosted, HostedKind, MediaKind, OutputField, Outside, Place, RequestFacts};

pub(super) fn read(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<bool> {
    let mut seen = Seen::default();
    cursor.object(|cursor, key| match &*camel(&key) {
        "contents" => {
            seen.once(cursor, "contents")?;
            cursor.each(|cursor| {
                facts.places.last.begin();
                let who = content(cursor, facts, true)?;
                facts.places.last.end(who);
                Ok(())
            })
        }
        "systemInstruction" => content(cursor, facts, false).map(drop),
        "tools" => {
            seen.once(cursor, "tools")?;
            cursor.each(|cursor| tool(cursor, facts))
        }
        "generationConfig" => {
            seen.once(cursor, "generationConfig")?;
            generation_config(cursor, facts)
        }
        "cachedContent" => {
            seen.once(cursor, "cachedContent")?;
            facts.refer_next(cursor, Outside::CachedContent, IdKind::CachedContent)
        }
        "serviceTier" => {
            seen.once(cursor, "serviceTier")?;
            facts.tier = cursor.text()?;
            Ok(())
        }
        "store" => {
            facts.store = flag(cursor, "store")?;
            Ok(())
        }
        // countTokens may wrap the whole request.
        "generateContentRequest" => {
            seen.once(cursor, "generateContentRequest")?;
            read(cursor, facts)?;
            Ok(())
        }
        _ => Ok(()),
    })
}

/// The key in camel case.
fn camel<'a>(key: &Str<'a>) -> Cow<'a, str> {
    let text = key.text();
    if !text.contains('_') {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut upper = false;
    for letter in text.chars() {
        match letter {
            '_' => upper = true,
            letter if upper => {
                out.push(letter.to_ascii_uppercase());
                upper = false;
            }
            letter => out.push(letter),
        }
    }
    Cow::Owned(out)
}

/// A content is parts, or (as some clients write an instruction) a plain string. Says whose it is: without a role, the
/// user's.
fn content(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, of_conversation: bool) -> Read<Who> {
    facts.messages = facts.messages.saturating_add(1);
    if of_conversation && cursor.kind()? == Kind::String {
        let start = cursor.value_start();
        cursor.skip()?;
        facts.places.last.add(Piece::Said(Span::new(start, cursor.position())));
        return Ok(Who::User);
    }
    let mut who = Who::User;
    cursor.object(|cursor, key| match &*camel(&key) {
        "role" => {
            who = cursor.string()?.map_or(who, |role| Who::of(role.raw));
            Ok(())
        }
        "parts" => cursor.each(|cursor| part(cursor, facts, of_conversation)),
        _ => Ok(()),
    })?;
    Ok(who)
}

fn part(cursor: &mut Cursor<'_>, facts: &mut RequestFacts, of_conversation: bool) -> Read<()> {
    let mut piece = Some(Piece::Shown);
    cursor.object(|cursor, key| {
        let start = cursor.position();
        match &*camel(&key) {
            "inlineData" => inline_data(cursor, facts)?,
            "fileData" => file_data(cursor, facts)?,
            "text" if of_conversation => {
                cursor.skip()?;
                piece = Some(Piece::Said(Span::new(start, cursor.position())));
            }
            "functionCall" if of_conversation => {
                function_call(cursor, facts)?;
                piece = None;
            }
            "functionResponse" => piece = Some(function_response(cursor, facts)?),
            _ => {}
        }
        Ok(())
    })?;
    if let Some(piece) = piece.filter(|_| of_conversation) {
        facts.places.last.add(piece);
    }
    Ok(())
}

fn function_call(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let (mut name, mut arguments) = (Span::default(), Span::default());
    cursor.object(|cursor, key| {
        let start = cursor.position();
        let span = match &*camel(&key) {
            "name" => &mut name,
            "args" => &mut arguments,
            _ => return Ok(()),
        };
        cursor.skip()?;
        *span = Span::new(start, cursor.position());
        Ok(())
    })?;
    facts.places.last.add_call(name, arguments);
    Ok(())
}

fn function_response(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<Piece> {
    let mut content = Span::default();
    cursor.object(|cursor, key| {
        let start = cursor.position();
        match &*camel(&key) {
            "parts" => cursor.each(|cursor| part(cursor, facts, false))?,
            "response" => {
                cursor.skip()?;
                content = Span::new(start, cursor.position());
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(Piece::Result { content, failed: false })
}

fn inline_data(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let mut kind = None;
    let mut data = None;
    cursor.object(|cursor, key| {
        match &*camel(&key) {
            "mimeType" => kind = cursor.text()?.as_deref().and_then(kind_of),
            "data" => data = cursor.string()?,
            _ => {}
        }
        Ok(())
    })?;
    if let Some(data) = data {
        facts.inline(kind.unwrap_or(MediaKind::Other), &data);
    }
    Ok(())
}

/// A file kept at the provider, or anything else that has a URI.
fn file_data(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let mut kind = None;
    let mut uri = None;
    cursor.object(|cursor, key| {
        match &*camel(&key) {
            "mimeType" => kind = cursor.text()?.as_deref().and_then(kind_of),
            "fileUri" => uri = cursor.string()?,
            _ => {}
        }
        Ok(())
    })?;
    let Some(uri) = uri else { return Ok(()) };
    let kind = kind.unwrap_or(MediaKind::Other);
    match file_name(&uri.text()) {
        Some(name) => facts.stored_file(kind, name),
        None => facts.url(kind, &uri),
    }
    Ok(())
}

/// The name (`files/abc`) of a file kept at Google, whatever the version before it; `None` for a URI elsewhere. A URI
/// of Google's API that names no file plainly is its own name, which nobody has made.
fn file_name(uri: &str) -> Option<String> {
    let is_name = |name: &str| {
        let id = name.strip_prefix("files/").unwrap_or_default();
        !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    if is_name(uri) {
        return Some(uri.to_owned());
    }
    let (_scheme, rest) = uri.split_once("://")?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if !host.to_ascii_lowercase().contains("generativelanguage") {
        return None;
    }
    let name = path.split_once('/').map(|(_version, name)| name).filter(|name| is_name(name));
    Some(name.unwrap_or(uri).to_owned())
}

fn tool(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| {
        let kind = match &*camel(&key) {
            "functionDeclarations" => {
                return cursor.each(|_| {
                    facts.tools = facts.tools.saturating_add(1);
                    Ok(())
                });
            }
            // The client moves the mouse.
            "computerUse" => {
                facts.hidden_schema("computerUse");
                return Ok(());
            }
            "googleSearch" | "googleSearchRetrieval" | "enterpriseWebSearch" | "parallelAiSearch" | "exaAiSearch" => {
                HostedKind::WebSearch
            }
            "urlContext" => HostedKind::WebFetch,
            "codeExecution" => HostedKind::Code,
            "googleMaps" => HostedKind::Maps,
            "mcpServers" => HostedKind::Mcp,
            "fileSearch" => {
                file_search(cursor, facts)?;
                HostedKind::FileSearch
            }
            "retrieval" => HostedKind::FileSearch,
            _ => HostedKind::Unknown,
        };
        facts.tools = facts.tools.saturating_add(1);
        facts.hosted.push(Hosted::new(kind));
        Ok(())
    })?;
    Ok(())
}

fn file_search(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    cursor.object(|cursor, key| match &*camel(&key) {
        "fileSearchStoreNames" => facts.refer_each(cursor, Outside::File, IdKind::Store),
        _ => Ok(()),
    })?;
    Ok(())
}

fn generation_config(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let start = cursor.value_start();
    if cursor.kind()? == Kind::Null {
        cursor.skip()?;
        facts.places.output = Place::InsteadOf(start..cursor.position());
        return Ok(());
    }
    let mut seen = Seen::default();
    let inside = object_inside(cursor, "generationConfig", |cursor, key| match &*camel(&key) {
        "maxOutputTokens" => {
            seen.once(cursor, "generationConfig.maxOutputTokens")?;
            output(cursor, facts, OutputField::GenerationConfig, "generationConfig.maxOutputTokens")
        }
        "candidateCount" => {
            seen.once(cursor, "generationConfig.candidateCount")?;
            candidates(cursor, facts, "generationConfig.candidateCount")
        }
        "thinkingConfig" => {
            seen.once(cursor, "generationConfig.thinkingConfig")?;
            thinking_config(cursor, facts)
        }
        "responseModalities" => cursor.each(|cursor| {
            if let Some(modality) = cursor.text()? {
                facts.audio_out |= modality.eq_ignore_ascii_case("audio");
                facts.image_out |= modality.eq_ignore_ascii_case("image");
            }
            Ok(())
        }),
        _ => Ok(()),
    })?;
    facts.places.output = Place::Inside(inside);
    Ok(())
}

fn thinking_config(cursor: &mut Cursor<'_>, facts: &mut RequestFacts) -> Read<()> {
    let mut seen = Seen::default();
    cursor.object(|cursor, key| {
        if &*camel(&key) == "thinkingBudget" {
            seen.once(cursor, "thinkingConfig.thinkingBudget")?;
            facts.thinking_budget = whole_or_negative(cursor, "thinkingConfig.thinkingBudget")?;
        }
        Ok(())
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    fn check(uri: &str, name: Option<&str>) {
        assert_eq!(file_name(uri).as_deref(), name, "{uri}");
    }

    #[test]
    fn files_kept_at_google_have_one_name() {
        check("files/abc-1", Some("files/abc-1"));
        check("https://generativelanguage.googleapis.com/v1beta/files/abc", Some("files/abc"));
        check("https://generativelanguage.googleapis.com/v1/files/abc", Some("files/abc"));
        let odd = "https://generativelanguage.googleapis.com/v1beta/files/abc?x=files/mine";
        check(odd, Some(odd));
        check("https://www.youtube.com/watch?v=files/abc", None);
        check("gs://bucket/files/abc", None);
        check("other", None);
    }
}
