//! Reads exports of Postman and Insomnia, with variables.

use serde_json::value::RawValue;
use url::form_urlencoded;

use crate::request::draft::RequestDraft;
use crate::request::members::{Members, list, scalar, text};
use crate::request::values;
use crate::request::variables::Variables;
use crate::request::{Captured, RequestError};

/// The deepest nesting of folders.
const MOST_DEPTH: usize = 32;

/// The requests of an export; `None` if it is not one.
pub(super) fn requests(members: &Members<'_>) -> Option<Vec<Result<Captured, RequestError>>> {
    if let Some(resources) = members.get("resources").and_then(list).filter(|_| members.has("__export_format")) {
        return Some(insomnia(&resources));
    }
    if let Some(inner) = members.get("collection").and_then(Members::parse) {
        return requests(&inner);
    }
    if let Some(items) = members.get("item").and_then(list).filter(|_| members.has("info")) {
        let mut variables = Variables::default();
        define(&mut variables, members.get("variable"));
        let mut all = Vec::new();
        postman(&items, &variables, 0, &mut all);
        return Some(all);
    }
    let old = members.get("requests").and_then(list).filter(|_| members.has("order") && members.has("name"))?;
    Some(old.into_iter().filter_map(Members::parse).map(|request| postman_v1(&request)).collect())
}

fn define(variables: &mut Variables, list_of: Option<&RawValue>) {
    for item in list_of.and_then(list).into_iter().flatten().filter_map(Members::parse) {
        if let (Some(name), Some(value)) = (item.text(&["key", "id"]), item.get("value").and_then(scalar)) {
            variables.set(name, value);
        }
    }
}

/// The requests of a folder and of the folders in it.
fn postman(items: &[&RawValue], variables: &Variables, depth: usize, all: &mut Vec<Result<Captured, RequestError>>) {
    for item in items.iter().filter_map(|item| Members::parse(item)) {
        let mut own = variables.clone();
        define(&mut own, item.get("variable"));
        if let Some(inner) = item.get("item").and_then(list).filter(|_| depth < MOST_DEPTH) {
            postman(&inner, &own, depth + 1, all);
        } else if let Some(request) = item.get("request") {
            all.push(postman_request(request, &own));
        }
    }
}

fn postman_request(request: &RawValue, variables: &Variables) -> Result<Captured, RequestError> {
    let mut draft = RequestDraft::default();
    let Some(members) = Members::parse(request) else {
        // A request may be its URL alone.
        draft.method("GET")?;
        draft.url = text(request).map(|url| variables.filled(&url)).transpose()?.map(with_scheme);
        return Ok(draft.captured("Postman collection"));
    };
    draft.method(&members.text(&["method"]).unwrap_or_else(|| "GET".to_owned()))?;
    let url = members.text(&["url", "url.raw"]);
    draft.url = url.map(|url| variables.filled(&url)).transpose()?.map(with_scheme);
    add_headers(&mut draft, members.get("header"), variables)?;
    if let Some(body) = members.get("body").and_then(Members::parse) {
        let (bytes, kind) = postman_body(&body, variables)?;
        draft.body = bytes;
        draft.default_content_type(kind)?;
    }
    Ok(draft.captured("Postman collection"))
}

/// The body of a request, and the content type that Postman sends unless a header sets one.
fn postman_body(body: &Members<'_>, variables: &Variables) -> Result<(Vec<u8>, &'static str), RequestError> {
    let mode = body.text(&["mode"]).unwrap_or_default();
    match mode.as_str() {
        "raw" => {
            let kind = match body.text(&["options.raw.language"]).as_deref() {
                Some("json") => "application/json",
                Some("xml") => "application/xml",
                _ => "text/plain",
            };
            Ok((variables.filled(&body.text(&["raw"]).unwrap_or_default())?.into_bytes(), kind))
        }
        "urlencoded" => {
            let pairs = body.get("urlencoded").and_then(values::headers).unwrap_or_default();
            Ok((form(&pairs, variables)?, "application/x-www-form-urlencoded"))
        }
        "graphql" => {
            let query = body.text(&["graphql.query"]).unwrap_or_default();
            let given = body.text(&["graphql.variables"]).filter(|text| !text.trim().is_empty());
            let query = serde_json::to_string(&variables.filled(&query)?).unwrap_or_default();
            let json = format!("{{\"query\":{query},\"variables\":{}}}", given.as_deref().unwrap_or("{}"));
            Ok((crate::request::body::compact(&json).into_bytes(), "application/json"))
        }
        "" => Ok((Vec::new(), "text/plain")),
        other => {
            Err(RequestError::Entry(format!("its body is of the kind `{other}`, whose bytes are not in the file")))
        }
    }
}

/// A request of the first format of Postman's collections.
fn postman_v1(request: &Members<'_>) -> Result<Captured, RequestError> {
    let variables = Variables::default();
    let mut draft = RequestDraft::default();
    draft.method(&request.text(&["method"]).unwrap_or_else(|| "GET".to_owned()))?;
    draft.url = request.text(&["url"]).map(|url| variables.filled(&url)).transpose()?.map(with_scheme);
    add_headers(&mut draft, request.get("headerData").or_else(|| request.get("headers")), &variables)?;
    draft.body = variables.filled(&request.text(&["rawModeData"]).unwrap_or_default())?.into_bytes();
    Ok(draft.captured("Postman collection v1"))
}

/// The requests of an export, with the variables of its environments.
fn insomnia(resources: &[&RawValue]) -> Vec<Result<Captured, RequestError>> {
    let resources: Vec<_> = resources.iter().filter_map(|resource| Members::parse(resource)).collect();
    let is = |resource: &Members<'_>, kind: &str| resource.text(&["_type"]).is_some_and(|own| own == kind);
    let mut variables = Variables::default();
    for data in resources.iter().filter(|one| is(one, "environment")).filter_map(|one| Members::parse(one.get("data")?))
    {
        for (name, value) in data.iter() {
            if let Some(value) = scalar(value) {
                variables.set(format!("_.{name}"), value.clone());
                variables.set(name.to_owned(), value);
            }
        }
    }
    resources.iter().filter(|one| is(one, "request")).map(|one| insomnia_request(one, &variables)).collect()
}

fn insomnia_request(request: &Members<'_>, variables: &Variables) -> Result<Captured, RequestError> {
    let mut draft = RequestDraft::default();
    draft.method(&request.text(&["method"]).unwrap_or_else(|| "GET".to_owned()))?;
    draft.url = request.text(&["url"]).map(|url| variables.filled(&url)).transpose()?.map(with_scheme);
    add_headers(&mut draft, request.get("headers"), variables)?;
    if let Some(text) = request.text(&["body.text"]) {
        draft.body = variables.filled(&text)?.into_bytes();
    } else if let Some(pairs) = request.get("body.params").and_then(values::headers) {
        if request.text(&["body.mimeType"]).is_some_and(|kind| kind.starts_with("multipart/")) {
            return Err(RequestError::Entry("its body is a form in parts, whose bytes are not in the file".to_owned()));
        }
        draft.body = form(&pairs, variables)?;
    } else if request.has("body.fileName") {
        return Ok(draft.without_body("Insomnia export"));
    }
    if let Some(kind) = request.text(&["body.mimeType"]) {
        draft.default_content_type(&kind)?;
    }
    Ok(draft.captured("Insomnia export"))
}

fn add_headers(draft: &mut RequestDraft, value: Option<&RawValue>, variables: &Variables) -> Result<(), RequestError> {
    for (name, value) in value.and_then(values::headers).unwrap_or_default() {
        draft.header(variables.filled(&name)?.as_bytes(), variables.filled(&value)?.as_bytes())?;
    }
    Ok(())
}

fn form(pairs: &[(String, String)], variables: &Variables) -> Result<Vec<u8>, RequestError> {
    let filled = pairs.iter().map(|(name, value)| Ok((variables.filled(name)?, variables.filled(value)?)));
    let filled = filled.collect::<Result<Vec<_>, RequestError>>()?;
    Ok(form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).finish().into_bytes())
}

/// A URL is often written without its scheme, which is then `http`.
fn with_scheme(url: String) -> String {
    if url.contains("://") { url } else { format!("http://{url}") }
}
