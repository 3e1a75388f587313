//! Contentful: signs method, path, the headers that a header lists, and body, each on a line of its own.

use std::borrow::Cow;
use std::collections::BTreeMap;

use http::HeaderName;

use crate::signature::code::{Codes, Encoding};
use crate::signature::error::VerifyError;
use crate::signature::facts::{ContentPart, Protects, SchemeFacts, TimeForm, Tolerance, body};
use crate::signature::message::{Message, feed};
use crate::signature::received::Received;
use crate::signature::scheme::{Header, Scheme, SignatureClaim, SignedTime, read};

const LINE: ContentPart = ContentPart::Literal(Cow::Borrowed("\n"));
const SIGNED: &[ContentPart] = &[
    ContentPart::Method,
    LINE,
    ContentPart::Path,
    LINE,
    ContentPart::Context("signed headers"),
    LINE,
    ContentPart::Body,
];

/// The header that lists the names of the signed ones.
static LIST: HeaderName = HeaderName::from_static("x-contentful-signed-headers");
const TIME: &str = "x-contentful-timestamp";
/// The headers that are always signed.
const LEAST: &str = "x-contentful-signed-headers,x-contentful-timestamp";
/// The most signed headers.
const MOST: usize = 64;

/// The signature scheme of Contentful.
#[derive(Debug)]
pub(in crate::signature) struct Contentful(SchemeFacts);

impl Contentful {
    pub(in crate::signature) fn new() -> Self {
        let facts = body("contentful", "Contentful", "x-contentful-signature", Encoding::Hex)
            .time(TIME, TimeForm::Millis)
            .signed(SIGNED)
            .limit(Tolerance::past_seconds(30));
        Self(facts)
    }
}

impl Scheme for Contentful {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }

    /// The time is one of the signed headers.
    fn protects(&self) -> Protects {
        Protects { body: true, time: true, id: false, url: true }
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let claim = read(&self.0, received)?;
        let context = signed_headers(received)?;
        let time = claim.time.map(|time| SignedTime { signed: true, ..time });
        Ok(SignatureClaim { time, context: context.into(), ..claim })
    }

    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        // Requests signed here have only these headers signed.
        let least = format!("{}:{LEAST};{TIME}:{}", LIST.as_str(), message.time);
        let context = if message.context.is_empty() { &least } else { message.context };
        feed(SIGNED, &Message { context, ..*message }, sink);
    }

    fn write<'a>(&'a self, message: &Message<'a>, codes: &Codes) -> Vec<Header<'a>> {
        let facts = &self.0;
        let time = facts.time_header.as_ref().map(|name| (name, message.time.into()));
        let list: Option<Header<'a>> = Some((&LIST, LEAST.into()));
        [list, time, Some((&facts.header, self.value(message, codes).into()))].into_iter().flatten().collect()
    }
}

/// The headers that are listed, sorted by name, as they are signed.
fn signed_headers(received: &Received) -> Result<String, VerifyError> {
    let malformed = |why| VerifyError::HeaderMalformed { header: LIST.to_string(), why };
    let names: Vec<_> = received.the_header(&LIST)?.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    if names.len() > MOST {
        return Err(malformed("it has too many parts"));
    }
    if LEAST.split(',').any(|least| !names.iter().any(|name| name == least)) {
        return Err(malformed("it does not list itself and the time"));
    }
    let mut values = BTreeMap::new();
    for name in names {
        let header =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed("a part is not the name of a header"))?;
        values.insert(name, received.the_header(&header)?.trim());
    }
    let lines: Vec<_> = values.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    Ok(lines.join(";"))
}
