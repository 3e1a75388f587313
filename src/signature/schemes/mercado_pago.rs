//! Mercado Pago: signs a value of the query, the request's id and the time; missing parts are left out. The body is not signed.

use super::name_value_pairs::{NameValuePairs, mercado_pago};
use crate::signature::code::{Codes, Encoding};
use crate::signature::error::VerifyError;
use crate::signature::facts::{ContentPart, Protects, SchemeFacts, body};
use crate::signature::message::{Message, query_value};
use crate::signature::received::Received;
use crate::signature::scheme::{HeaderValues, Scheme, SignatureClaim};
use std::borrow::Cow;

/// The query parameter with the id of the notification's object.
const QUERY: &str = "data.id";

const fn text(text: &'static str) -> ContentPart {
    ContentPart::Literal(Cow::Borrowed(text))
}

const SIGNED: &[ContentPart] = &[
    text("id:"),
    ContentPart::Query(Cow::Borrowed(QUERY)),
    text(";request-id:"),
    ContentPart::Id,
    text(";ts:"),
    ContentPart::Time,
    text(";"),
];

/// The signature scheme of Mercado Pago.
#[derive(Debug)]
pub(in crate::signature) struct MercadoPago(NameValuePairs);

impl MercadoPago {
    pub(in crate::signature) fn new() -> Self {
        let facts =
            body("mercado-pago", "Mercado Pago", "x-signature", Encoding::Hex).id("x-request-id").signed(SIGNED);
        Self(mercado_pago(facts))
    }
}

impl Scheme for MercadoPago {
    fn facts(&self) -> &SchemeFacts {
        self.0.facts()
    }

    /// Others use `x-signature`, too: only a value with a time identifies this sender.
    fn is_named_by(&self, received: &Received) -> bool {
        let value = received.headers.get(&self.facts().header).and_then(|value| value.to_str().ok());
        value.is_some_and(|value| value.starts_with("ts=") && value.contains(",v1="))
    }

    fn protects(&self) -> Protects {
        Protects { body: false, time: true, id: true, url: true }
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let claim = self.0.read(received)?;
        let has_id = self.facts().id_header.as_ref().is_some_and(|name| received.headers.contains_key(name));
        let id = if has_id { HeaderValues::of(self.facts(), received)?.id } else { "" };
        Ok(SignatureClaim { id, ..claim })
    }

    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        let id = query_value(message.url, QUERY).to_ascii_lowercase();
        for (name, value) in [("id", id.as_str()), ("request-id", message.id), ("ts", message.time)] {
            if !value.is_empty() {
                sink(format!("{name}:{value};").as_bytes());
            }
        }
    }

    fn value(&self, message: &Message<'_>, codes: &Codes) -> String {
        self.0.value(message, codes)
    }
}
