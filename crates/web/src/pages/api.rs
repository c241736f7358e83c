//! `/api`: the API for reading, from its own description: each route with what it asks and answers.

use askama::Template;
use axum::response::Response;
use purser_control::Problem;
use serde_json::{Map, Value};

use crate::ask::to;
use crate::form::Asked;
use crate::frame::Frame;
use crate::visitor::Visitor;

/// Where the description itself is.
const DOCUMENT: &str = "openapi.json";

#[derive(Template)]
#[template(path = "api/show.html")]
struct Api {
    frame: Frame,
    version: String,
    find: String,
    groups: Vec<Group>,
    shown: usize,
    routes: usize,
    json: String,
}

/// Routes about one thing.
struct Group {
    name: String,
    routes: Vec<Route>,
}

struct Route {
    id: String,
    method: String,
    path: String,
    action: String,
    permission: Option<String>,
    /// Whether somebody who asks has it.
    is_yours: bool,
    /// What it asks and answers: a title and its fields.
    parts: Vec<(&'static str, Vec<Field>)>,
    gives: String,
    curl: String,
}

struct Field {
    name: String,
    kind: String,
    required: bool,
    what: String,
}

/// `GET /api`
pub(crate) async fn show(visitor: Visitor, Asked(asked): Asked) -> Response {
    visitor.answer(look(&visitor, asked.text("find")).await)
}

async fn look(visitor: &Visitor, find: &str) -> Result<Api, Problem> {
    let address = to(&[DOCUMENT]);
    let document: Value = visitor.ask.get(&address).await?;
    let wanted = find.to_lowercase();
    let mut groups: Vec<Group> = Vec::new();
    let (mut shown, mut routes) = (0_usize, 0_usize);
    for (path, methods) in object(&document["paths"]) {
        for (method, operation) in object(methods) {
            routes = routes.saturating_add(1);
            let action = text(&operation["operationId"]);
            if !path.contains(&wanted) && !action.contains(&wanted) {
                continue;
            }
            shown = shown.saturating_add(1);
            let name = path.trim_start_matches("/api/v1/").split('/').next().unwrap_or_default().to_owned();
            let route = route(path, method, operation, &document, visitor);
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.routes.push(route),
                None => groups.push(Group { name, routes: vec![route] }),
            }
        }
    }
    Ok(Api {
        frame: visitor.frame("The API"),
        version: text(&document["info"]["version"]),
        find: find.to_owned(),
        groups,
        shown,
        routes,
        json: address.link().to_owned(),
    })
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn route(path: &str, method: &str, operation: &Value, document: &Value, visitor: &Visitor) -> Route {
    let action = text(&operation["operationId"]);
    let permission = operation["x-permission"].as_str().map(str::to_owned);
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let parameters = parameters.map(|parameter| Field {
        name: text(&parameter["name"]),
        kind: format!("{}, {}", kind(&parameter["schema"]), text(&parameter["in"])),
        required: parameter["required"].as_bool() == Some(true),
        what: said(parameter).or_else(|| said(&parameter["schema"])).unwrap_or_default(),
    });
    let asked = &operation["requestBody"]["content"]["application/json"]["schema"];
    let given = &operation["responses"]["200"]["content"];
    let kinds: Vec<&str> = object(given).map(|(kind, _)| kind.as_str()).collect();
    let send = if method == "get" { String::new() } else { format!(" -X {}", method.to_uppercase()) };
    let data = if asked.is_null() { "" } else { " -H 'content-type: application/json' -d @body.json" };
    Route {
        id: format!("{method}-{action}"),
        method: method.to_uppercase(),
        path: path.to_owned(),
        is_yours: permission
            .as_ref()
            .is_none_or(|permission| visitor.me.permissions.iter().any(|own| own == permission)),
        permission,
        parts: vec![
            ("Parameters", parameters.collect()),
            ("Body", fields(asked, document)),
            ("Answer", fields(&given["application/json"]["schema"], document)),
        ],
        gives: kinds.join(" or "),
        curl: format!("curl{send} \"$PURSER_URL{path}\" -H \"authorization: Bearer $PURSER_KEY\"{data}"),
        action: action.replace('_', " "),
    }
}

/// The fields of a schema, one step through a reference.
fn fields(schema: &Value, document: &Value) -> Vec<Field> {
    let schema = resolved(schema, document);
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let no_fields = Map::new();
    let properties = schema["properties"].as_object().unwrap_or(&no_fields);
    let field = |(name, schema): (&String, &Value)| Field {
        kind: kind(schema),
        required: required.contains(&name.as_str()),
        what: said(schema).unwrap_or_default(),
        name: name.clone(),
    };
    properties.iter().map(field).collect()
}

fn resolved<'d>(schema: &'d Value, document: &'d Value) -> &'d Value {
    let name = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next());
    name.map_or(schema, |name| &document["components"]["schemas"][name])
}

fn said(schema: &Value) -> Option<String> {
    schema["description"].as_str().map(str::to_owned)
}

/// What a value is, in a word or two.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return name.to_owned();
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
        return values.join(" | ");
    }
    let alternatives = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    if let Some(alternatives) = alternatives {
        let kinds: Vec<String> = alternatives.iter().map(kind).filter(|kind| kind != "null").collect();
        return kinds.join(" | ");
    }
    if let Some(value) = schema["const"].as_str() {
        return value.to_owned();
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).filter(|one| *one != "null").collect(),
        _ => Vec::new(),
    };
    match types.as_slice() {
        ["array"] => format!("list of {}", kind(&schema["items"])),
        [] => "anything".to_owned(),
        types => types.join(" | "),
    }
}
