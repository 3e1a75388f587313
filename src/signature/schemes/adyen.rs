//! Adyen: the code over some members of a notification is another member; newer webhooks have a header over the whole body.

use serde::Deserialize;
use serde_json::Value;

use crate::signature::code::Encoding;
use crate::signature::error::VerifyError;
use crate::signature::facts::{KeyForm, SchemeFacts, body};
use crate::signature::message::Message;
use crate::signature::received::Received;
use crate::signature::scheme::{Scheme, SignatureClaim, read};

/// The member of a notification that holds its code.
const MEMBER: &str = "additionalData.hmacSignature";

/// The signature scheme of Adyen; the key is hex.
#[derive(Debug)]
pub(in crate::signature) struct Adyen(SchemeFacts);

impl Adyen {
    pub(in crate::signature) fn new() -> Self {
        Self(body("adyen", "Adyen", "hmacsignature", Encoding::Base64).key_form(KeyForm::Hex))
    }
}

/// The body of an Adyen notification, as far as its signatures need it.
#[derive(Deserialize)]
struct Body {
    #[serde(rename = "notificationItems")]
    items: Vec<Item>,
}

/// An item of an Adyen notification.
#[derive(Deserialize)]
struct Item {
    #[serde(rename = "NotificationRequestItem")]
    notification: Value,
}

impl Scheme for Adyen {
    fn facts(&self) -> &SchemeFacts {
        &self.0
    }

    fn is_named_by(&self, received: &Received) -> bool {
        received.headers.contains_key(&self.0.header) || notification(&received.body).is_some()
    }

    fn read<'a>(&self, received: &'a Received) -> Result<SignatureClaim<'a>, VerifyError> {
        let Some(notification) = notification(&received.body) else { return read(&self.0, received) };
        let code =
            notification["additionalData"]["hmacSignature"].as_str().ok_or(VerifyError::CodeNotInBody(MEMBER))?;
        Ok(SignatureClaim { codes: self.0.decode(code)?.into(), ..SignatureClaim::default() })
    }

    fn feed(&self, message: &Message<'_>, sink: &mut dyn FnMut(&[u8])) {
        match notification(message.body) {
            Some(notification) => sink(signed_members(&notification).as_bytes()),
            None => sink(message.body),
        }
    }
}

/// The only notification of a body. Adyen has not sent several for years, and the code of one does not cover the others.
fn notification(body: &[u8]) -> Option<Value> {
    // Most bodies are of other senders, and are not parsed for this.
    const ITEMS: &[u8] = b"\"notificationItems\"";
    let is_named = body.windows(ITEMS.len()).take(256).any(|window| window == ITEMS);
    let mut items = serde_json::from_slice::<Body>(is_named.then_some(body)?).ok()?.items;
    if items.len() == 1 { items.pop().map(|item| item.notification) } else { None }
}

/// The signed members, joined by colons; missing ones are empty.
fn signed_members(notification: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let members = [
        &notification["pspReference"],
        &notification["originalReference"],
        &notification["merchantAccountCode"],
        &notification["merchantReference"],
        &notification["amount"]["value"],
        &notification["amount"]["currency"],
        &notification["eventCode"],
        &notification["success"],
    ];
    members.map(text).join(":")
}
