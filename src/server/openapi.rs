//! The OpenAPI document, made from the table of routes.

use std::collections::BTreeMap;

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{self, Reply};
use super::auth::Who;
use super::call::Call;
use super::routes::{ROUTES, Route};

pub(super) async fn document(_: Call) -> Reply {
    Ok(answer::json(StatusCode::OK, whole().to_string()))
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

fn schemas() -> Value {
    let text = || json!({"type": "string", "minLength": 1, "maxLength": 256});
    let maybe = |kind: &str| json!({"type": [kind, "null"]});
    let moment = || json!({"type": ["string", "null"], "format": "date-time"});
    let enrollment = || {
        json!({
            "userId": text(), "courseId": text(), "enrolledAt": moment(), "lastAccessedAt": moment(),
            "completionPercentage": {"type": ["number", "null"], "minimum": 0, "maximum": 100},
            "status": maybe("string"), "source": maybe("string"), "purchaseId": maybe("string"),
        })
    };
    let event = || {
        json!({
            "id": {"type": "string", "pattern": "^[A-Za-z0-9_:-]{1,128}$"}, "type": text(), "resourceId": text(),
            "resourceType": text(), "data": {}, "timestamp": {"type": "string", "format": "date-time"},
            "retryCount": {}, "status": {},
        })
    };
    json!({
        "Envelope": {
            "type": "object",
            "required": ["data", "metadata"],
            "properties": {
                "data": {},
                "metadata": {
                    "type": "object",
                    "required": ["timestamp", "version", "requestId"],
                    "properties": {"timestamp": {"type": "string", "format": "date-time"}, "version": {"type": "string"},
                        "requestId": {"type": "string"}},
                },
                "pagination": {
                    "type": "object",
                    "required": ["page", "limit", "total", "totalPages", "hasNextPage", "hasPreviousPage"],
                },
            },
        },
        "Error": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "required": ["code", "message", "timestamp"],
                "properties": {
                    "code": {"type": "string"}, "message": {"type": "string"},
                    "details": {"type": "object", "properties": {"fields": {"type": "object"}}},
                    "timestamp": {"type": "string", "format": "date-time"},
                },
            }},
        },
        "Event": {"type": "object", "required": ["id", "type", "resourceId"], "properties": event()},
        "NewEvent": {"type": "object", "required": ["type", "resourceId", "data"], "properties": event(),
            "additionalProperties": false},
        "NewEnrollment": {"type": "object", "required": ["userId", "courseId"], "properties": enrollment()},
        "Enrollment": {"type": "object", "minProperties": 1, "properties": enrollment()},
        "Profile": {"type": "object", "minProperties": 1, "properties": {
            "email": {"type": ["string", "null"], "format": "email"}, "name": maybe("string"), "image": maybe("string"),
            "emailVerified": {"type": ["boolean", "string", "null"]}, "role": maybe("string"), "lastLoginAt": moment(),
            "profile": maybe("object"),
        }},
        "Login": {"type": "object", "required": ["token"], "properties": {"token": {"type": "string", "maxLength": 1024}}},
        "Progress": {"type": "object", "properties": {"userId": text(), "courseId": text(), "timestamp": moment()}},
    })
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
