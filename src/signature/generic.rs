//! A scheme put together on the command line.

use std::borrow::Cow;

use http::HeaderName;

use super::code::Encoding;
use super::facts::{Algorithm, Facts, KeyForm, Part, TimeForm};
use super::scheme::Scheme;
use crate::untrusted::Untrusted;

/// Why a description is not a scheme.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A placeholder that does not exist.
    #[error("`{{{0}}}` is not a part of a request: use {{id}}, {{timestamp}}, {{body}}, {{method}} or {{url}}")]
    Placeholder(String),
    /// A brace without its partner.
    #[error("a brace in the template has no partner")]
    Brace,
    /// A header's name with characters that no name has.
    #[error("`{}` is not the name of a header", Untrusted(.0))]
    Header(String),
    /// A prefix that would not stand in a header as it is.
    #[error("a prefix is visible ASCII, with spaces only after the first character")]
    Prefix,
    /// Nothing that changes from request to request is signed.
    #[error("the template does not sign the body")]
    NoBody,
}

/// What the operator said about a scheme that is not in the table.
#[derive(Clone, Debug)]
pub struct Description {
    /// The signed content, such as `{id}.{timestamp}.{body}`.
    pub signed: String,
    /// The header of the signature.
    pub header: String,
    /// The header of the id, looked at when the template signs it.
    pub id_header: String,
    /// The header of the time, looked at when the template signs it.
    pub time_header: String,
    /// What precedes the code.
    pub prefix: String,
    /// How the code is computed.
    pub algorithm: Algorithm,
    /// How it is written.
    pub encoding: Encoding,
    /// How the time is written.
    pub time_form: TimeForm,
}

impl Default for Description {
    fn default() -> Self {
        Self {
            signed: "{body}".to_owned(),
            header: "x-webhook-signature".to_owned(),
            id_header: "webhook-id".to_owned(),
            time_header: "webhook-timestamp".to_owned(),
            prefix: String::new(),
            algorithm: Algorithm::HmacSha256,
            encoding: Encoding::Hex,
            time_form: TimeForm::Seconds,
        }
    }
}

/// A scheme of the operator's own description.
#[derive(Debug)]
pub struct Generic(Facts);

impl Generic {
    /// Reads a description. The body must be among what is signed.
    pub fn new(description: Description) -> Result<Self, TemplateError> {
        let signed = parse_template(&description.signed)?;
        if !signed.contains(&Part::Body) {
            return Err(TemplateError::NoBody);
        }
        if !fits_in_a_header(&description.prefix) {
            return Err(TemplateError::Prefix);
        }
        let header = |part: Part, name: &str| signed.contains(&part).then(|| header_name(name)).transpose();
        Ok(Self(Facts {
            name: "generic".into(),
            title: "a scheme of your own description",
            time_header: header(Part::Time, &description.time_header)?,
            id_header: header(Part::Id, &description.id_header)?,
            header: header_name(&description.header)?,
            time_form: description.time_form,
            prefix: description.prefix.into(),
            listed: false,
            algorithm: description.algorithm,
            encoding: description.encoding,
            key_form: KeyForm::Text,
            tolerance: None,
            signed: signed.into(),
        }))
    }
}

impl Scheme for Generic {
    fn facts(&self) -> &Facts {
        &self.0
    }
}

fn parse_template(template: &str) -> Result<Vec<Part>, TemplateError> {
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

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(Cow::Owned(text.to_owned())));
    }
}

fn placeholder(name: &str) -> Result<Part, TemplateError> {
    match name {
        "id" => Ok(Part::Id),
        "timestamp" => Ok(Part::Time),
        "body" => Ok(Part::Body),
        "method" => Ok(Part::Method),
        "url" => Ok(Part::Url),
        other => Err(TemplateError::Placeholder(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(signed: &str) -> Result<Vec<Part>, TemplateError> {
        parse_template(signed)
    }

    #[test]
    fn a_template_is_read_part_by_part() {
        let dot = || Part::Literal(".".into());
        assert_eq!(parts("{id}.{timestamp}.{body}"), Ok(vec![Part::Id, dot(), Part::Time, dot(), Part::Body]));
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
    fn a_scheme_that_leaves_the_body_out_is_refused() {
        let description = Description { signed: "{id}".into(), ..Description::default() };
        assert_eq!(Generic::new(description).err(), Some(TemplateError::NoBody));
    }
}
