//! The description of the API, as OpenAPI 3.1: from the table of routes, the types of the handlers and the shapes.
//!
//! Nothing is written twice. A route's inputs and answers are read off its handler's type ([`super::describe`]), the
//! shapes by schemars, whose JSON Schema 2020-12 is the dialect of OpenAPI 3.1; so there are no annotations that could
//! say something else than the code does.

use std::sync::OnceLock;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use super::Endpoint;
use super::answer::Answer;
use super::describe::{Kind, Operation};
use crate::error::{Code, Problem};

/// What builds the schemas: of what is asked, each where it stands; of what is answered, by name.
pub(super) struct Schemas {
    asked: SchemaGenerator,
    answered: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let inline = settings.clone().with(|settings| settings.inline_subschemas = true);
        Self { asked: inline.for_deserialize().into_generator(), answered: settings.for_serialize().into_generator() }
    }

    pub(super) fn asked<T: JsonSchema>(&mut self) -> Schema {
        self.asked.subschema_for::<T>()
    }

    pub(super) fn answered<T: JsonSchema>(&mut self) -> Schema {
        self.answered.subschema_for::<T>()
    }
}

/// The document itself is of a form that others describe.
#[derive(serde::Serialize)]
#[serde(transparent)]
pub(super) struct Document(&'static Value);

impl JsonSchema for Document {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({ "type": "object" })
    }
}

/// The document; made once.
pub(super) async fn openapi() -> Answer<Document> {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    Answer(Ok(Document(DOCUMENT.get_or_init(|| {
        let mut schemas = Schemas::new();
        let operations = super::operations(&mut schemas);
        document(&operations, schemas)
    }))))
}

fn document(operations: &[(&'static Endpoint, Operation)], mut schemas: Schemas) -> Value {
    let problem = schemas.answered::<Problem>();
    let mut paths = Map::new();
    for (endpoint, operation) in operations {
        let methods = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        methods[endpoint.method] = described(endpoint, operation);
    }
    let components: Map<String, Value> = schemas.answered.take_definitions(true).into_iter().collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Purser",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every service of Purser. Amounts are decimal texts in the ledger's currency, instants RFC \
                3339, days YYYY-MM-DD. Unknown fields in a question are refused; answers may gain fields.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "security": [{ "key": [] }, { "session": [] }],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "`purser admin-key add` makes one." },
                "session": { "type": "apiKey", "in": "cookie", "name": crate::access::COOKIE },
            },
            "responses": {
                "Problem": {
                    "description": "It was not done; `code` says why.",
                    "content": { "application/json": { "schema": problem } },
                },
            },
        },
    })
}

fn described(endpoint: &Endpoint, operation: &Operation) -> Value {
    let mut parameters = Vec::new();
    if endpoint.path.contains("{id}") {
        let schema = json!({ "type": "string", "minLength": 1 });
        parameters.push(json!({ "name": "id", "in": "path", "required": true, "schema": schema,
            "description": "An id; where the thing has a unique name, that too." }));
    }
    if let Some(query) = &operation.query {
        let properties = query.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            parameters.push(json!({ "name": name, "in": "query", "required": false, "schema": given(schema) }));
        }
    }
    if operation.repeatable {
        parameters.push(json!({ "name": "Idempotency-Key", "in": "header", "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$" },
            "description": "The same key with the same input a second time changes nothing and gives the first result." }));
    }
    let text = json!({ "schema": { "type": "string" } });
    let content = match operation.kind {
        Kind::Json => json!({ "application/json": { "schema": operation.answer.clone().unwrap_or_default() } }),
        Kind::Document => json!({ "text/html": text, "application/pdf": text }),
        Kind::Csv => json!({ "text/csv": text }),
        Kind::Lines => json!({ "application/jsonl": text }),
        Kind::Parquet => json!({ "application/vnd.apache.parquet": text }),
        Kind::CsvOrLines => json!({ "text/csv": text, "application/jsonl": text }),
    };
    let mut responses = Map::new();
    responses.insert("200".to_owned(), json!({ "description": "Done.", "content": content }));
    for status in refusals(endpoint, operation) {
        responses.insert(status.to_string(), json!({ "$ref": "#/components/responses/Problem" }));
    }
    let mut described = json!({
        "operationId": endpoint.action,
        "x-permission": endpoint.permission.map(crate::Permission::name),
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(body) = &operation.body {
        described["requestBody"] = json!({ "required": true, "content": { "application/json": { "schema": body } } });
    }
    if endpoint.permission.is_none() {
        described["security"] = json!([]);
    }
    described
}

/// The statuses with which a route may say no: everything is asked by somebody, read from files and may fail; what names a
/// thing may name none; a change may contradict what is there.
fn refusals(endpoint: &Endpoint, operation: &Operation) -> Vec<u16> {
    let changes = endpoint.method != "get";
    let asks = operation.query.is_some() || operation.body.is_some() || changes;
    let mut codes = vec![Code::Internal, Code::Unavailable, Code::Unauthorized, Code::Forbidden];
    // At one's own things: whoever asks may be nobody who has any.
    if asks || endpoint.path.contains('{') || endpoint.path.starts_with("/api/v1/me/") {
        // Several people may have a name, wherever one can be given; a model may have no price; a text may be erased.
        codes.extend([Code::Invalid, Code::NotFound, Code::Ambiguous, Code::Unpriced, Code::Gone]);
    }
    if changes {
        codes.extend([Code::Conflict, Code::TooMany]);
    }
    let mut statuses: Vec<u16> = codes.into_iter().map(Code::status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

/// The schema of a parameter that may be left out: given, it is not `null`.
fn given(schema: &Value) -> Value {
    let mut schema = schema.clone();
    let Some(object) = schema.as_object_mut() else { return schema };
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|word| word != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(any)) = object.get_mut("anyOf") {
        any.retain(|one| one.get("type").is_none_or(|word| word != "null"));
    }
    object.remove("default");
    schema
}
