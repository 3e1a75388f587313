//! The OpenAPI document.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use url::form_urlencoded;

use super::access::AuthRequirement;
use super::response;
use super::state::App;
use crate::event::CATALOGUE;
use crate::record::{FieldRule, MAX_EMAIL_BYTES, MAX_NAME_CHARS, MAX_TEXT_CHARS, RecordKind};

mod answers;
mod operations;
mod pages;

use operations::{OPERATIONS, Operation};
use pages::PAGES;

/// The document never changes, so it is written once.
pub(super) async fn document(State(app): State<Arc<App>>) -> Response {
    let text = app.document.get_or_init(|| whole().to_string().into());
    response::json(StatusCode::OK, text.clone())
}

/// The whole document.
fn whole() -> Value {
    let mut paths: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    for operation in all() {
        paths.entry(operation.path).or_default().insert(operation.method.to_lowercase(), describe(operation));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "syncctl",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Receives and applies webhooks, and operates the queue. Every response is an envelope; all errors have the same form.",
        },
        "paths": paths,
        "components": {"securitySchemes": security_schemes(), "schemas": schemas()},
    })
}

/// The first parameter of a query that the operation does not know.
pub(super) fn unknown_parameter(method: &Method, path: &str, query: &str) -> Option<String> {
    let method = if method == Method::HEAD { "GET" } else { method.as_str() };
    let operation = all().find(|operation| operation.path == path && operation.method == method)?;
    let is_known = |given: &str| operation.query.iter().any(|(name, ..)| *name == given);
    let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
    names.find(|name| !is_known(name)).map(|name| name.into_owned())
}

/// Every operation there is.
fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().chain(PAGES)
}

fn describe(operation: &Operation) -> Value {
    let mut described = json!({
        "summary": operation.summary,
        "operationId": operation_id(operation),
        "parameters": parameters(operation),
        "responses": responses(operation),
        "security": security(operation.access),
    });
    if let Some((schema, types)) = operation.body {
        let media = json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}});
        let lines = json!({"schema": {"type": "string", "description": "One JSON object per line; all or none."}});
        let content: BTreeMap<&str, &Value> =
            types.iter().map(|name| (*name, if name.contains("ndjson") { &lines } else { &media })).collect();
        described["requestBody"] = json!({"required": !operation.has_optional_body(), "content": content});
    }
    described
}

fn operation_id(operation: &Operation) -> String {
    let words =
        operation.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && *word != "api");
    // A page and a route of the API may differ by `/api` alone.
    let is_page = operation.page && !matches!(operation.path, "/" | "/login" | "/logout");
    let method = operation.method.to_lowercase();
    words.fold(if is_page { method + "-page" } else { method }, |id, word| id + "-" + word)
}

fn parameters(operation: &Operation) -> Vec<Value> {
    let in_path = ["id", "name"]
        .into_iter()
        .filter(|name| operation.path.contains(&format!("{{{name}}}")))
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": resource_id()}));
    let in_query = operation.query.iter().map(|(name, schema, required)| {
        let schema: Value = serde_json::from_str(schema).expect("the table holds JSON");
        json!({"name": name, "in": "query", "required": required, "schema": schema})
    });
    let in_header = operation.headers.iter().map(|(name, schema, about)| {
        let schema: Value = serde_json::from_str(schema).expect("the table holds JSON");
        json!({"name": name, "in": "header", "required": false, "schema": schema, "description": about})
    });
    in_path.into_iter().chain(in_query).chain(in_header).collect()
}

/// Every status a operation may answer: its own, and those of its guard.
fn statuses(operation: &Operation) -> Vec<u16> {
    let guard: &[u16] = match operation.access {
        AuthRequirement::None => &[400, 403],
        AuthRequirement::Signature => &[400, 401, 403],
        AuthRequirement::SameSite
        | AuthRequirement::Admin
        | AuthRequirement::Operate
        | AuthRequirement::Operator
        | AuthRequirement::Cron
        | AuthRequirement::CronBearer => &[400, 401, 403, 429],
    };
    let mut all: Vec<u16> = operation.statuses.iter().chain(guard).chain(&[500, 503]).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn responses(operation: &Operation) -> BTreeMap<String, Value> {
    let response = |status: &u16| {
        let about = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason()).unwrap_or("");
        json!({"description": about, "content": content(operation, *status)})
    };
    statuses(operation).iter().map(|status| (status.to_string(), response(status))).collect()
}

fn content(operation: &Operation, status: u16) -> Value {
    match (status, operation.path) {
        (304, _) => json!({}),
        _ if operation.path == "/changes" && status == 200 => {
            json!({"text/event-stream": {"schema": {"type": "string"}}})
        }
        _ if operation.page => json!({"text/html": {"schema": {"type": "string"}}}),
        (400.., _) => json!({"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}),
        (_, "/metrics") => {
            let text = json!({"schema": {"type": "string"}});
            json!({"text/plain": text, "application/openmetrics-text": text})
        }
        (_, "/openapi.json") => json!({"application/json": {"schema": {"type": "object"}}}),
        _ => json!({"application/json": {"schema": answer_of(operation.data)}}),
    }
}

/// The envelope around data of one schema.
fn answer_of(data: Option<&str>) -> Value {
    let Some(data) = data else { return json!({"$ref": "#/components/schemas/Envelope"}) };
    let mut schema = envelope();
    schema["properties"]["data"] = json!({"$ref": format!("#/components/schemas/{data}")});
    if data == "Audit" {
        schema["properties"]["pagination"] = json!({"$ref": "#/components/schemas/AuditPagination"});
    }
    schema
}

fn security(access: AuthRequirement) -> Value {
    match access {
        AuthRequirement::None | AuthRequirement::SameSite => json!([]),
        AuthRequirement::Signature => json!([{"signature": []}, {"originalSignature": []}]),
        AuthRequirement::Admin | AuthRequirement::Operate | AuthRequirement::Operator => {
            json!([{"bearer": []}, {"session": []}])
        }
        AuthRequirement::Cron => json!([{"cronSecret": []}, {"bearer": []}, {"session": []}]),
        AuthRequirement::CronBearer => json!([{"bearer": []}]),
    }
}

fn security_schemes() -> Value {
    json!({
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "syncctl-session",
            "description": "Begun by POST /login. Requests that change something have to come from a page of this server."},
        "cronSecret": {"type": "apiKey", "in": "header", "name": "x-cron-secret"},
        "signature": {"type": "apiKey", "in": "header", "name": "webhook-signature",
            "description": "Standard Webhooks: `v1,<base64>`, beside webhook-id and webhook-timestamp."},
        "originalSignature": {"type": "apiKey", "in": "header", "name": "x-webhook-signature",
            "description": "Lower-case hex HMAC-SHA256 of the raw body."},
    })
}

/// The id of a resource, or of anything else in a path: text without control characters.
fn resource_id() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 256, "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"})
}

fn moment() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn schemas() -> Value {
    let mut schemas = json!({
        "Envelope": envelope(),
        "Metadata": answers::metadata(),
        "Pagination": answers::pagination("i"),
        "AuditPagination": answers::pagination("s"),
        "Error": error(),
        "Foreign": {"type": "object", "description": "What the scheme of the source signs and its platform sends"},
        "Event": received(&["enrollment", "user", "progress"]),
        "EnrollmentEvent": received(&["enrollment"]),
        "UserEvent": received(&["user"]),
        "ProgressEvent": received(&["progress"]),
        "NewEvent": emitted(),
        "Form": {"type": "object"},
        "Login": {"type": "object", "required": ["token"], "properties": {"token": {"type": "string", "maxLength": 1024}}},
    });
    for (name, schema) in records().into_iter().chain(answers::schemas()) {
        schemas[name] = schema;
    }
    schemas
}

fn envelope() -> Value {
    json!({
        "type": "object",
        "required": ["data", "metadata"],
        "properties": {
            "data": {},
            "metadata": {"$ref": "#/components/schemas/Metadata"},
            "pagination": {"$ref": "#/components/schemas/Pagination"},
        },
    })
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["code", "message", "timestamp", "requestId"],
            "properties": {
                "code": {"type": "string"}, "message": {"type": "string"},
                "details": {"type": "object", "properties": {"fields": {"type": "object"}}},
                "timestamp": moment(), "requestId": {"type": "string"},
            },
        }},
    })
}

/// The types of the platform about these resources, each with its own; a delete needs no data.
fn known_types(resource_types: &[&str]) -> Vec<Value> {
    let about = |resource_type: &str, deletes: bool| {
        let is_meant = |name: &str, about: &str| about == resource_type && name.ends_with(".deleted") == deletes;
        let types: Vec<&str> =
            CATALOGUE.iter().filter(|(name, about)| is_meant(name, about)).map(|(name, _)| *name).collect();
        let mut properties = json!({"type": {"enum": types}, "resourceType": {"enum": [resource_type, null]}});
        if !deletes {
            properties["data"] = json!({"type": "object"});
        }
        let required: &[&str] = if deletes { &[] } else { &["data"] };
        (!types.is_empty()).then(|| json!({"required": required, "properties": properties}))
    };
    resource_types.iter().flat_map(|name| [about(name, false), about(name, true)]).flatten().collect()
}

/// An event as webhooks carry it.
fn received(resource_types: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": ["id", "type", "resourceId"],
        "properties": {
            "id": {"type": "string", "pattern": "^[A-Za-z0-9_:.-]{1,128}$"}, "type": {"type": "string"},
            "resourceId": resource_id(), "resourceType": {"type": ["string", "null"]}, "data": {"type": "object"},
            "timestamp": or_null(&moment()), "retryCount": {}, "status": {},
        },
        "anyOf": known_types(resource_types),
    })
}

/// An event to emit: of a type of the platform, or of one's own with the type of its resource.
fn emitted() -> Value {
    let known: Vec<&str> = CATALOGUE.iter().map(|(name, _)| *name).collect();
    let custom = json!({
        "required": ["resourceType"],
        "properties": {"type": {"not": {"enum": known}}, "resourceType": {"type": "string"}},
    });
    let mut kinds = known_types(&["enrollment", "user", "progress"]);
    kinds.push(custom);
    json!({
        "type": "object",
        "required": ["type", "resourceId", "data"],
        "properties": {
            "id": or_null(&json!({"type": "string", "pattern": "^[A-Za-z0-9_:-]{1,128}$"})),
            "type": {"type": "string", "pattern": r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)+$", "maxLength": 128},
            "resourceId": resource_id(),
            "resourceType": or_null(&json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$"})),
            "data": {}, "timestamp": or_null(&moment()), "retryCount": {}, "status": {},
        },
        "additionalProperties": false,
        "anyOf": kinds,
    })
}

/// The schemas of records, from the table of their fields.
fn records() -> [(&'static str, Value); 4] {
    let properties = |kind: RecordKind| -> serde_json::Map<String, Value> {
        kind.fields().iter().map(|(name, rule)| ((*name).to_owned(), field(*rule))).collect()
    };
    let mut new_enrollment = properties(RecordKind::Enrollment);
    new_enrollment.insert("id".to_owned(), resource_id());
    let mut progress = properties(RecordKind::Progress);
    // They make its id.
    ["userId", "courseId"].into_iter().for_each(|name| progress[name]["pattern"] = resource_id()["pattern"].clone());
    let changes = |kind| json!({"type": "object", "minProperties": 1, "properties": properties(kind)});
    let required = ["userId", "courseId"];
    [
        ("Enrollment", changes(RecordKind::Enrollment)),
        ("NewEnrollment", json!({"type": "object", "required": required, "properties": new_enrollment})),
        ("Profile", changes(RecordKind::User)),
        ("Progress", json!({"type": "object", "properties": progress})),
    ]
}

fn field(rule: FieldRule) -> Value {
    match rule {
        FieldRule::Name => json!({"type": "string", "minLength": 1, "maxLength": MAX_NAME_CHARS}),
        FieldRule::Text => json!({"type": ["string", "null"], "maxLength": MAX_TEXT_CHARS}),
        FieldRule::Email => or_null(&json!({"type": "string", "format": "email", "maxLength": MAX_EMAIL_BYTES})),
        FieldRule::Time => or_null(&moment()),
        FieldRule::Percentage => json!({"type": ["number", "null"], "minimum": 0, "maximum": 100}),
        FieldRule::BooleanOrTime => json!({"anyOf": [{"type": "boolean"}, moment(), {"type": "null"}]}),
        FieldRule::Object => json!({"type": ["object", "null"]}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_documented_once_and_every_schema_it_names_exists() {
        let document = whole();
        let mut ids = std::collections::BTreeSet::new();
        for operation in all() {
            let described = &document["paths"][operation.path][operation.method.to_lowercase()];
            assert!(ids.insert(described["operationId"].as_str().expect("an id").to_owned()), "{}", operation.path);
            assert!(!statuses(operation).is_empty() && !operation.summary.is_empty());
            if let Some((schema, _)) = operation.body {
                assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
            }
            let is_text = operation.page || ["/metrics", "/openapi.json"].contains(&operation.path);
            let Some(schema) = operation.data else {
                assert!(is_text, "{} {} has no schema", operation.method, operation.path);
                continue;
            };
            assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
        }
    }

    #[test]
    fn a_parameter_that_no_table_has_is_named() {
        let unknown = |method, path, query| unknown_parameter(&method, path, query);
        assert_eq!(unknown(Method::GET, "/api/enrollments", "page=1&serach=x&other").as_deref(), Some("serach"));
        assert_eq!(unknown(Method::HEAD, "/api/enrollments", "page=1&search=x"), None);
        assert_eq!(unknown(Method::GET, "/api/sync/status", "%70age=1").as_deref(), Some("page"));
        assert_eq!(unknown(Method::PATCH, "/api/enrollments/{id}", ""), None);
    }

    /// The paths that `routes.rs` routes are those of the document. That each answers its methods as documented is proven
    /// by requests in `tests/server`.
    #[test]
    fn what_is_routed_is_documented() {
        let literals =
            [include_str!("routes.rs"), include_str!("pages/routes.rs")].map(|file| file.split('"').skip(1).step_by(2));
        let routed: std::collections::BTreeSet<&str> =
            literals.into_iter().flatten().filter(|literal| literal.starts_with('/')).collect();
        assert_eq!(routed, all().map(|operation| operation.path).collect());
    }
}
