//! The list of schemes, and which of them a request's headers speak of.

use std::sync::LazyLock;

use http::HeaderName;

use super::code::Encoding;
use super::discord::discord;
use super::facts::{
    Algorithm, BODY_TIME, Facts, TIME_BODY, TIME_COLON_BODY, TimeForm, Tolerance, URL_BODY, V0_TIME_BODY, body,
};
use super::hubspot::HubSpot;
use super::linear::Linear;
use super::pairs::{calendly, elevenlabs, paddle, stripe};
use super::received::Received;
use super::scheme::{Row, Scheme};
use super::second_header::SecondHeader;
use super::standard::{self, standard, standard_ed25519, svix};
use super::twilio::Twilio;

const HEX: Encoding = Encoding::Hex;
const BASE64: Encoding = Encoding::Base64;
const FIVE_MINUTES: Tolerance = Tolerance::seconds(300);

/// Every scheme but the generic one, the stronger first: in this order a request's headers decide.
static SCHEMES: LazyLock<Vec<Box<dyn Scheme>>> = LazyLock::new(|| {
    let row = |facts: Facts| -> Box<dyn Scheme> { Box::new(Row(facts)) };
    vec![
        Box::new(standard()),
        Box::new(standard_ed25519()),
        Box::new(svix()),
        Box::new(stripe()),
        row(body("github", "GitHub", "x-hub-signature-256", HEX).prefix("sha256=")),
        row(body("slack", "Slack", "x-slack-signature", HEX)
            .prefix("v0=")
            .time("x-slack-request-timestamp", TimeForm::Seconds)
            .signed(V0_TIME_BODY)
            .limit(FIVE_MINUTES)),
        Box::new(SecondHeader {
            facts: body("shopify", "Shopify", "x-shopify-hmac-sha256", BASE64),
            second: HeaderName::from_static("shopify-hmac-sha256"),
        }),
        row(body("square", "Square", "x-square-hmacsha256-signature", BASE64).signed(URL_BODY)),
        Box::new(Twilio::new()),
        row(body("zoom", "Zoom", "x-zm-signature", HEX)
            .prefix("v0=")
            .time("x-zm-request-timestamp", TimeForm::Seconds)
            .signed(V0_TIME_BODY)),
        Box::new(paddle()),
        Box::new(Linear::new()),
        Box::new(HubSpot::new()),
        Box::new(Row(discord())),
        row(body("zendesk", "Zendesk", "x-zendesk-webhook-signature", BASE64)
            .time("x-zendesk-webhook-signature-timestamp", TimeForm::SecondsOrDate)
            .signed(TIME_BODY)),
        Box::new(SecondHeader {
            facts: body("hookdeck", "Hookdeck", "x-hookdeck-signature", BASE64),
            second: HeaderName::from_static("x-hookdeck-signature-2"),
        }),
        row(body("woocommerce", "WooCommerce", "x-wc-webhook-signature", BASE64)),
        row(body("vercel", "Vercel", "x-vercel-signature", HEX).algorithm(Algorithm::HmacSha1)),
        row(body("webflow", "Webflow", "x-webflow-signature", HEX)
            .time("x-webflow-timestamp", TimeForm::Millis)
            .signed(TIME_COLON_BODY)
            .limit(FIVE_MINUTES)),
        Box::new(calendly()),
        Box::new(elevenlabs()),
        row(body("dropbox", "Dropbox", "x-dropbox-signature", HEX)),
        row(body("sentry", "Sentry", "sentry-hook-signature", HEX)),
        row(body("typeform", "Typeform", "typeform-signature", BASE64).prefix("sha256=")),
        row(body("razorpay", "Razorpay", "x-razorpay-signature", HEX)),
        row(body("xero", "Xero", "x-xero-signature", BASE64)),
        row(body("docusign", "DocuSign", "x-docusign-signature-1", BASE64)),
        row(body("coinbase", "Coinbase Commerce", "x-cc-webhook-signature", HEX)),
        row(body("box", "Box", "box-signature-primary", BASE64)
            .time("box-delivery-timestamp", TimeForm::SecondsOrDate)
            .signed(BODY_TIME)
            .limit(Tolerance::seconds(600))),
        row(body(ORIGINAL, "the original", "x-webhook-signature", HEX)),
    ]
});

/// The name of the scheme of `X-Webhook-Signature`.
pub const ORIGINAL: &str = "syncctl";
/// The name of the scheme of `webhook-signature`.
pub const STANDARD: &str = standard::NAME;

/// Every scheme but the generic one.
pub fn schemes() -> impl Iterator<Item = &'static dyn Scheme> {
    SCHEMES.iter().map(AsRef::as_ref)
}

/// The scheme of that name.
pub fn find(name: &str) -> Option<&'static dyn Scheme> {
    schemes().find(|scheme| scheme.facts().name == name)
}

/// Headers of older versions, which name their scheme but are never verified.
const LEGACY: &[(&str, &str)] = &[("x-hub-signature", "github"), ("x-hubspot-signature", "hubspot")];

/// The schemes that a request's headers speak of, the one to verify first.
///
/// Where there are several, the stronger decides and the weaker cannot rescue it.
pub fn detect(received: &Received) -> Vec<&'static dyn Scheme> {
    let mut found: Vec<_> = schemes().filter(|scheme| speaks_of(*scheme, received)).collect();
    let legacy = LEGACY.iter().filter(|(header, _)| received.headers.contains_key(*header));
    for scheme in legacy.filter_map(|(_, name)| find(name)) {
        if !found.iter().any(|known| known.facts().name == scheme.facts().name) {
            found.push(scheme);
        }
    }
    found
}

/// The header of that request which speaks of `scheme`: its own, or else one of an older version.
pub fn told_by(scheme: &dyn Scheme, received: &Received) -> HeaderName {
    let facts = scheme.facts();
    let names = [Some(&facts.header), scheme.second_header()];
    let own = names.into_iter().flatten().find(|own| received.headers.contains_key(*own));
    let older = || received.headers.keys().find(|name| is_older(name, facts));
    own.or_else(older).unwrap_or(&facts.header).clone()
}

/// Whether a header is that of an older version of a scheme.
pub(crate) fn is_older(name: &HeaderName, facts: &Facts) -> bool {
    LEGACY.iter().any(|(header, scheme)| name == *header && *scheme == facts.name)
}

/// Both kinds of Standard Webhooks share their header: what stands in it tells which.
fn speaks_of(scheme: &dyn Scheme, received: &Received) -> bool {
    let facts = scheme.facts();
    let only_v1a = |text: &str| text.contains("v1a,") && !text.contains("v1,");
    let mut values = received.headers.get_all(&facts.header).iter().map(|value| value.to_str().unwrap_or(""));
    match facts.prefix.as_ref() {
        "v1a," => values.any(only_v1a),
        "v1," => values.any(|text| !only_v1a(text)),
        _ => values.next().is_some() || scheme.second_header().is_some_and(|name| received.headers.contains_key(name)),
    }
}
