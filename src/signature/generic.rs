//! Generic schemes, described by the operator with options or configuration keys.

use std::borrow::Cow;

use http::HeaderName;

use super::code::{Codes, Encoding};
use super::error::VerifyError;
use super::facts::{Algorithm, ContentPart, KeyForm, REGISTERED_ID, SchemeFacts, TimeForm};
use super::message::Message;
use super::received::Received;
use super::scheme::{HeaderValues, Scheme, SignatureClaim, SignedTime, read};
use crate::untrusted::Untrusted;

/// Why a scheme that the operator described is not a valid one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that does not exist.
    #[error(
        "`{{{0}}}` is not a part of a request: use {{id}}, {{timestamp}}, {{body}}, {{method}}, {{url}}, {{path}}, {{query.NAME}}, {{sorted form}} or {{crc32 of the body}}"
    )]
    Placeholder(String),
    /// An unbalanced brace.
    #[error("a brace in the template is not closed")]
    Brace,
    /// An invalid header name.
    #[error("`{}` is not the name of a header", Untrusted(.0))]
    Header(String),
    /// A prefix that cannot be written in a header.
    #[error("a prefix is visible ASCII, with spaces only after the first character")]
    Prefix,
    /// Nothing is signed.
    #[error("the template is empty: it signs nothing")]
    Empty,
}

/// A signature scheme as the operator describes it in the configuration or by options.
#[derive(Clone, Debug)]
pub struct Description {
    /// The signed content, such as `{id}.{timestamp}.{body}`.
    pub signed: String,
    /// The header of the signature.
    pub header: String,
    /// The header of the id, read if the template contains it.
    pub id_header: String,
    /// The header of the time, read if the template contains it.
    pub time_header: String,
    /// The name of the time in a signature header that is a list such as `t=…,v1=…`.
    pub time_param: Option<String>,
    /// The name of the code in such a list.
    pub code_param: Option<String>,
    /// The prefix of the code.
    pub prefix: String,
    /// How the code is computed.
    pub algorithm: Algorithm,
    /// How it is written.
    pub encoding: Encoding,
    /// How the time is written.
    pub time_form: TimeForm,
    /// What the secret's text means.
    pub key_form: KeyForm,
}

impl Default for Description {
    fn default() -> Self {
        Self {
            signed: "{body}".to_owned(),
            header: "x-webhook-signature".to_owned(),
            id_header: "webhook-id".to_owned(),
            time_header: "webhook-timestamp".to_owned(),
            time_param: None,
            code_param: None,
            prefix: String::new(),
            algorithm: Algorithm::HmacSha256,
            encoding: Encoding::Hex,
            time_form: TimeForm::Seconds,
            key_form: KeyForm::Text,
        }
    }
}

/// A signature scheme that the operator described.
#[derive(Debug)]
pub struct Generic {
    facts: SchemeFacts,
    list: Option<ListNames>,
}

/// The names of time and signature in a header that is a list, such as `t=…,v1=…`.
#[derive(Debug)]
struct ListNames {
    /// The name of the time, if the header holds it.
    time: Option<String>,
    code: String,
}

impl Generic {
    /// Builds a scheme from a description. A template without the body is allowed, because some senders do not sign it.
    pub fn new(description: Description) -> Result<Self, TemplateError> {
        let signed = parse_template(&description.signed)?;
        if signed.is_empty() {
            return Err(TemplateError::Empty);
        }
        if !fits_in_a_header(&description.prefix) {
            return Err(TemplateError::Prefix);
        }
        let list = list_names(&description, &signed);
        let in_list = list.as_ref().is_some_and(|list| list.time.is_some());
        let header = |part: ContentPart, name: &str| signed.contains(&part).then(|| header_name(name)).transpose();
        let time_header = header(ContentPart::Time, &description.time_header)?.filter(|_| !in_list);
        let facts = SchemeFacts {
            name: "generic".into(),
            title: "a scheme of your own description",
            time_header,
            id_header: header(ContentPart::Id, &description.id_header)?,
            header: header_name(&description.header)?,
            time_form: description.time_form,
            prefix: list.as_ref().map_or(description.prefix, |list| format!("{}=", list.code)).into(),
            listed: list.is_some(),
            algorithm: description.algorithm,
            encoding: description.encoding,
            key_form: description.key_form,
            tolerance: None,
            signed: signed.into(),
        };
        Ok(Self { facts, list })
    }
}

impl Scheme for Generic {
    fn facts(&self) -> &SchemeFacts {
        &self.facts
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        Ok(SignatureClaim {
            context: received.registered_id.as_deref().unwrap_or("").into(),
            ..self.read_headers(received)?
        })
    }
    fn value(&self, message: &Message<'_>, codes: &Codes) -> String {
        let facts = &self.facts;
        let mut value = String::new();
        if let Some(time) = self.list.as_ref().and_then(|list| list.time.as_ref()) {
            value.extend([time, "=", message.time, ","]);
        }
        for code in codes.iter().take(1) {
            value.push_str(&facts.prefix);
            facts.encoding.write(code, &mut value);
        }
        value
    }
}

impl Generic {
    fn read_headers<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let Some(list) = &self.list else {
            return read(&self.facts, received).or_else(|error| self.code_in_list(received).ok_or(error));
        };
        let facts = &self.facts;
        let malformed = |why| VerifyError::HeaderMalformed { header: facts.header.to_string(), why };
        let texts = HeaderValues::of(facts, received)?;
        let parts = || texts.signature.split([',', ';']).filter_map(|part| part.trim().split_once('='));
        let codes = parts().filter(|(name, _)| *name == list.code);
        let codes = codes.map(|(_, code)| facts.decode(code));
        let codes = codes.collect::<Result<Codes, VerifyError>>()?;
        if codes.len() == 0 {
            return Err(malformed("its list has no code of that name"));
        }
        let time = match &list.time {
            None => texts.time,
            Some(wanted) => {
                let (_, text) = parts()
                    .find(|(name, _)| name == wanted)
                    .ok_or_else(|| malformed("its list has no time of that name"))?;
                let at =
                    facts.time_form.read(text).ok_or_else(|| VerifyError::TimeMalformed(facts.header.to_string()))?;
                Some(SignedTime { text, at, signed: facts.signs(&ContentPart::Time) })
            }
        };
        Ok(SignatureClaim { codes, time, id: texts.id, ..SignatureClaim::default() })
    }

    /// The code after a prefix such as `v1=` that is not at the start of the header, as in `ts=…,v1=…`.
    fn code_in_list<'a>(&self, received: &'a Received) -> Option<SignatureClaim<'a>> {
        let facts = &self.facts;
        let texts = HeaderValues::of(facts, received).ok().filter(|_| facts.prefix.ends_with('='))?;
        let mut parts = texts.signature.split([',', ';']).map(str::trim);
        let code = parts.find_map(|part| part.strip_prefix(facts.prefix.as_ref()))?;
        let code = facts.decode(code).ok()?;
        Some(SignatureClaim { codes: code.into(), time: texts.time, id: texts.id, ..SignatureClaim::default() })
    }
}

/// The names in a signature header that is a list, because the description says so or because it also holds the time.
fn list_names(description: &Description, signed: &[ContentPart]) -> Option<ListNames> {
    let shared =
        description.header.eq_ignore_ascii_case(&description.time_header) && signed.contains(&ContentPart::Time);
    let time = description.time_param.clone().or_else(|| shared.then(|| "t".to_owned()));
    let code = description.code_param.clone().or_else(|| {
        let name = description.prefix.strip_suffix('=').filter(|name| !name.is_empty() && time.is_some());
        name.map(str::to_owned)
    });
    match (time, code) {
        (None, None) => None,
        (time, code) => Some(ListNames { time, code: code.unwrap_or_else(|| "v1".to_owned()) }),
    }
}

fn parse_template(template: &str) -> Result<Vec<ContentPart>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(open);
        push_literal(&mut parts, before);
        let after = after.strip_prefix('{').ok_or(TemplateError::Brace)?;
        let (name, after) = after.split_once('}').ok_or(TemplateError::Brace)?;
        parts.push(placeholder(name)?);
        rest = after;
    }
    push_literal(&mut parts, rest);
    Ok(parts)
}

/// Whether a reader of the header gets back what was written.
fn fits_in_a_header(prefix: &str) -> bool {
    !prefix.starts_with(' ') && prefix.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn header_name(name: &str) -> Result<HeaderName, TemplateError> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| TemplateError::Header(name.to_owned()))
}

fn push_literal(parts: &mut Vec<ContentPart>, text: &str) {
    if !text.is_empty() {
        parts.push(ContentPart::Literal(Cow::Owned(text.to_owned())));
    }
}

fn placeholder(name: &str) -> Result<ContentPart, TemplateError> {
    if let Some(query) = name.strip_prefix("query.").filter(|query| !query.is_empty()) {
        return Ok(ContentPart::Query(Cow::Owned(query.to_owned())));
    }
    match name {
        "id" => Ok(ContentPart::Id),
        "timestamp" => Ok(ContentPart::Time),
        "body" => Ok(ContentPart::Body),
        "method" => Ok(ContentPart::Method),
        "url" => Ok(ContentPart::Url),
        "path" => Ok(ContentPart::Path),
        "sorted form" => Ok(ContentPart::Form),
        "crc32 of the body" => Ok(ContentPart::BodyCrc32),
        "registered id" => Ok(REGISTERED_ID),
        other => Err(TemplateError::Placeholder(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(signed: &str) -> Result<Vec<ContentPart>, TemplateError> {
        parse_template(signed)
    }

    #[test]
    fn a_template_is_read_part_by_part() {
        let dot = || ContentPart::Literal(".".into());
        assert_eq!(
            parts("{id}.{timestamp}.{body}"),
            Ok(vec![ContentPart::Id, dot(), ContentPart::Time, dot(), ContentPart::Body])
        );
        assert_eq!(parts("{bodi}"), Err(TemplateError::Placeholder("bodi".into())));
        assert_eq!(parts("{body"), Err(TemplateError::Brace));
        assert_eq!(parts("body}"), Err(TemplateError::Brace));
    }

    #[test]
    fn a_prefix_that_a_header_would_change_or_end_is_refused() {
        let of = |prefix: &str| Generic::new(Description { prefix: prefix.into(), ..Description::default() }).err();
        for prefix in ["a\nb", "a\r", "\t", " a", "é"] {
            assert_eq!(of(prefix), Some(TemplateError::Prefix), "{prefix:?}");
        }
        assert_eq!((of(""), of("HMAC v1=")), (None, None));
    }

    #[test]
    fn a_scheme_that_signs_nothing_is_refused_and_one_without_the_body_says_so() {
        let of = |signed: &str| Generic::new(Description { signed: signed.into(), ..Description::default() });
        assert_eq!(of("").err(), Some(TemplateError::Empty));
        assert!(!of("id:{query.data.id};ts:{timestamp};").expect("a scheme").protects().body);
    }
}
