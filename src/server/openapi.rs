//! The OpenAPI document, made from the table of routes.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{self, Reply};
use super::auth::Who;
use super::call::Call;
use super::routes::{ROUTES, Route};
use crate::event::CATALOGUE;

/// The document never changes, so it is written once.
pub(super) async fn document(call: Call) -> Reply {
    let text = call.app.document.get_or_init(|| whole().to_string().into());
    Ok(answer::json(StatusCode::OK, text.clone()))
}

/// The whole document.
pub(super) fn whole() -> Value {
    let mut paths: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
    for route in ROUTES {
        paths.entry(route.path).or_default().insert(route.method.to_lowercase(), operation(route));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "syncctl",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Receives, applies, audits and answers. Every answer is an envelope, every error has one shape.",
        },
        "paths": paths,
        "components": {"securitySchemes": security_schemes(), "schemas": schemas()},
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "summary": route.about,
        "operationId": operation_id(route),
        "parameters": parameters(route),
        "responses": responses(route),
        "security": security(route.who),
    });
    if let Some((schema, types)) = route.body {
        let media = json!({"schema": {"$ref": format!("#/components/schemas/{schema}")}});
        let lines =
            json!({"schema": {"type": "string", "description": "One JSON object a line: all of them, or none."}});
        let content: BTreeMap<&str, &Value> =
            types.iter().map(|name| (*name, if name.contains("ndjson") { &lines } else { &media })).collect();
        operation["requestBody"] = json!({"required": true, "content": content});
    }
    operation
}

fn operation_id(route: &Route) -> String {
    let words =
        route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty() && *word != "api");
    words.fold(route.method.to_lowercase(), |id, word| id + "-" + word)
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.contains("{id}").then(|| {
        json!({"name": "id", "in": "path", "required": true, "schema": {"type": "string", "minLength": 1, "maxLength": 256}})
    });
    let in_query = route.query.iter().map(|(name, schema, required)| {
        let schema: Value = serde_json::from_str(schema).expect("the table holds JSON");
        json!({"name": name, "in": "query", "required": required, "schema": schema})
    });
    in_path.into_iter().chain(in_query).collect()
}

/// Every status a route may answer: its own, and those of its guard.
pub(super) fn statuses(route: &Route) -> Vec<u16> {
    let guard: &[u16] = match route.who {
        Who::Anyone => &[400, 403],
        Who::Signed => &[400, 401],
        Who::Visitor | Who::Admin | Who::Cron | Who::CronBearer => &[400, 401, 403, 429],
    };
    let mut all: Vec<u16> = route.statuses.iter().chain(guard).chain(&[500, 503]).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn responses(route: &Route) -> BTreeMap<String, Value> {
    let response = |status: &u16| {
        let about = StatusCode::from_u16(*status).ok().and_then(|status| status.canonical_reason()).unwrap_or("");
        json!({"description": about, "content": content(route, *status)})
    };
    statuses(route).iter().map(|status| (status.to_string(), response(status))).collect()
}

fn content(route: &Route, status: u16) -> Value {
    match (status, route.path) {
        _ if route.page => json!({"text/html": {"schema": {"type": "string"}}}),
        (400.., _) => json!({"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}),
        (_, "/metrics") => json!({"application/openmetrics-text": {"schema": {"type": "string"}}}),
        (_, "/openapi.json") => json!({"application/json": {"schema": {"type": "object"}}}),
        _ => json!({"application/json": {"schema": {"$ref": "#/components/schemas/Envelope"}}}),
    }
}

fn security(who: Who) -> Value {
    match who {
        Who::Anyone | Who::Visitor => json!([]),
        Who::Signed => json!([{"signature": []}, {"originalSignature": []}]),
        Who::Admin => json!([{"bearer": []}, {"session": []}]),
        Who::Cron => json!([{"cronSecret": []}, {"bearer": []}, {"session": []}]),
        Who::CronBearer => json!([{"bearer": []}]),
    }
}

fn security_schemes() -> Value {
    json!({
        "bearer": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "syncctl-session",
            "description": "Begun by POST /login. What changes something has to come from a page of this server."},
        "cronSecret": {"type": "apiKey", "in": "header", "name": "x-cron-secret"},
        "signature": {"type": "apiKey", "in": "header", "name": "webhook-signature",
            "description": "Standard Webhooks: `v1,<base64>`, beside webhook-id and webhook-timestamp."},
        "originalSignature": {"type": "apiKey", "in": "header", "name": "x-webhook-signature",
            "description": "Lower-case hex HMAC-SHA256 of the raw body."},
    })
}

fn text() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": 256})
}

fn moment() -> Value {
    json!({"type": "string", "format": "date-time"})
}

fn or_null(schema: &Value) -> Value {
    json!({"anyOf": [schema, {"type": "null"}]})
}

fn long_text() -> Value {
    json!({"type": ["string", "null"], "maxLength": 2000})
}

fn schemas() -> Value {
    let mut schemas = json!({
        "Envelope": envelope(),
        "Error": error(),
        "Event": received(&["enrollment", "user", "progress"]),
        "EnrollmentEvent": received(&["enrollment"]),
        "UserEvent": received(&["user"]),
        "ProgressEvent": received(&["progress"]),
        "NewEvent": emitted(),
        "Login": {"type": "object", "required": ["token"], "properties": {"token": {"type": "string", "maxLength": 1024}}},
    });
    for (name, schema) in records() {
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
            "metadata": {
                "type": "object",
                "required": ["timestamp", "version", "requestId"],
                "properties": {"timestamp": moment(), "version": {"type": "string"}, "requestId": {"type": "string"}},
            },
            "pagination": {
                "type": "object",
                "required": ["page", "limit", "total", "totalPages", "hasNextPage", "hasPreviousPage"],
            },
        },
    })
}

fn error() -> Value {
    json!({
        "type": "object",
        "required": ["error"],
        "properties": {"error": {
            "type": "object",
            "required": ["code", "message", "timestamp"],
            "properties": {
                "code": {"type": "string"}, "message": {"type": "string"},
                "details": {"type": "object", "properties": {"fields": {"type": "object"}}},
                "timestamp": moment(),
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
            "resourceId": text(), "resourceType": {"type": ["string", "null"]}, "data": {"type": "object"},
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
            "resourceId": text(),
            "resourceType": or_null(&json!({"type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$"})),
            "data": {}, "timestamp": or_null(&moment()), "retryCount": {}, "status": {},
        },
        "additionalProperties": false,
        "anyOf": kinds,
    })
}

fn records() -> [(&'static str, Value); 4] {
    let enrollment = json!({
        "userId": text(), "courseId": text(), "enrolledAt": or_null(&moment()), "lastAccessedAt": or_null(&moment()),
        "completionPercentage": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
        "status": long_text(), "source": long_text(), "purchaseId": long_text(),
    });
    let mut new_enrollment = enrollment.clone();
    new_enrollment["id"] = text();
    let profile = json!({
        "email": or_null(&json!({"type": "string", "format": "email", "maxLength": 254})),
        "name": long_text(), "image": long_text(), "role": long_text(),
        "emailVerified": {"anyOf": [{"type": "boolean"}, moment(), {"type": "null"}]},
        "lastLoginAt": or_null(&moment()), "profile": {"type": ["object", "null"]},
    });
    let progress = json!({"userId": text(), "courseId": text(), "timestamp": or_null(&moment())});
    [
        ("Enrollment", json!({"type": "object", "minProperties": 1, "properties": enrollment})),
        ("NewEnrollment", json!({"type": "object", "required": ["userId", "courseId"], "properties": new_enrollment})),
        ("Profile", json!({"type": "object", "minProperties": 1, "properties": profile})),
        ("Progress", json!({"type": "object", "properties": progress})),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_documented_once_and_every_schema_it_names_exists() {
        let document = whole();
        let mut ids = std::collections::BTreeSet::new();
        for route in ROUTES {
            let operation = &document["paths"][route.path][route.method.to_lowercase()];
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{}", route.path);
            assert!(!statuses(route).is_empty() && !route.about.is_empty());
            if let Some((schema, _)) = route.body {
                assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
            }
        }
    }
}
