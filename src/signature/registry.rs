//! The registry of schemes, and detecting the scheme of a request.

use std::sync::LazyLock;

use http::HeaderName;

use super::code::Encoding;
use super::facts::{
    Algorithm, KeyForm, SchemeFacts, TIME_BODY, TIME_COLON_BODY, TimeForm, Tolerance, URL_BODY, V0_TIME_BODY, body,
};
use super::received::Received;
use super::scheme::{FactsScheme, Scheme};
use super::schemes::adyen::Adyen;
use super::schemes::contentful::Contentful;
use super::schemes::discord::discord;
use super::schemes::hub::Hub;
use super::schemes::hubspot::{HubSpot, HubSpotLegacy};
use super::schemes::linear::Linear;
use super::schemes::mailgun::Mailgun;
use super::schemes::mercado_pago::MercadoPago;
use super::schemes::name_value_pairs::{calendly, elevenlabs, paddle, pagerduty, sanity, stripe};
use super::schemes::paypal::PayPal;
use super::schemes::second_header::{box_com, docusign, hookdeck, shopify};
use super::schemes::sns::Sns;
use super::schemes::standard::{self, standard, standard_ed25519, svix};
use super::schemes::twilio::Twilio;

const HEX: Encoding = Encoding::Hex;
const BASE64: Encoding = Encoding::Base64;
const FIVE_MINUTES: Tolerance = Tolerance::seconds(300);

/// All schemes but the generic one, in order of detection: stronger ones first.
static SCHEMES: LazyLock<Vec<Box<dyn Scheme>>> = LazyLock::new(|| {
    let row = |facts: SchemeFacts| -> Box<dyn Scheme> { Box::new(FactsScheme(facts)) };
    vec![
        Box::new(standard()),
        Box::new(standard_ed25519()),
        Box::new(svix()),
        Box::new(stripe()),
        Box::new(Hub::meta()),
        row(body("github", "GitHub", "x-hub-signature-256", HEX).prefix("sha256=")),
        Box::new(Hub::bitbucket()),
        Box::new(Hub::intercom()),
        row(body("slack", "Slack", "x-slack-signature", HEX)
            .prefix("v0=")
            .time("x-slack-request-timestamp", TimeForm::Seconds)
            .signed(V0_TIME_BODY)
            .limit(FIVE_MINUTES)),
        Box::new(shopify()),
        row(body("square", "Square", "x-square-hmacsha256-signature", BASE64).signed(URL_BODY)),
        Box::new(Twilio::new()),
        row(body("zoom", "Zoom", "x-zm-signature", HEX)
            .prefix("v0=")
            .time("x-zm-request-timestamp", TimeForm::Seconds)
            .signed(V0_TIME_BODY)),
        Box::new(paddle()),
        Box::new(Linear::new()),
        Box::new(HubSpot::new()),
        Box::new(HubSpotLegacy::version_2()),
        Box::new(HubSpotLegacy::version_1()),
        Box::new(FactsScheme(discord())),
        row(body("zendesk", "Zendesk", "x-zendesk-webhook-signature", BASE64)
            .time("x-zendesk-webhook-signature-timestamp", TimeForm::SecondsOrDate)
            .signed(TIME_BODY)),
        Box::new(hookdeck()),
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
        Box::new(docusign()),
        row(body("coinbase", "Coinbase Commerce", "x-cc-webhook-signature", HEX)),
        Box::new(box_com()),
        Box::new(pagerduty()),
        Box::new(sanity()),
        Box::new(Contentful::new()),
        Box::new(MercadoPago::new()),
        row(body("sendgrid", "SendGrid", "x-twilio-email-event-webhook-signature", BASE64)
            .time("x-twilio-email-event-webhook-timestamp", TimeForm::Seconds)
            .signed(TIME_BODY)
            .algorithm(Algorithm::EcdsaP256)
            .key_form(KeyForm::Certificate)),
        Box::new(PayPal::new()),
        Box::new(Sns::new()),
        Box::new(Sns::version_1()),
        Box::new(Adyen::new()),
        Box::new(Mailgun::new()),
        row(body("gitlab", "GitLab", "x-gitlab-token", Encoding::Text).algorithm(Algorithm::Token).signed(&[])),
        row(body(ORIGINAL, "the original", "x-webhook-signature", HEX)),
    ]
});

/// The name of the scheme of `X-Webhook-Signature`.
pub const ORIGINAL: &str = "syncctl";
/// The name of the scheme of `webhook-signature`.
pub const STANDARD: &str = standard::NAME;

/// All schemes but the generic one.
pub fn schemes() -> impl Iterator<Item = &'static dyn Scheme> {
    SCHEMES.iter().map(AsRef::as_ref)
}

/// The scheme of that name.
pub fn find(name: &str) -> Option<&'static dyn Scheme> {
    schemes().find(|scheme| scheme.facts().name == name)
}

/// Headers of older versions, which identify a scheme but are never verified.
const LEGACY: &[(&str, &str)] = &[("x-hub-signature", "github")];

/// The schemes that a request is signed by, judged by its headers and body; the one to verify comes first.
///
/// Where there are several, the stronger decides and the weaker cannot rescue it.
pub fn detect(received: &Received) -> Vec<&'static dyn Scheme> {
    let mut found: Vec<_> = schemes().filter(|scheme| is_signed_by(*scheme, received)).collect();
    let is_told = |header: &str| found.iter().any(|scheme| scheme.facts().header == *header);
    let legacy: Vec<_> =
        LEGACY.iter().filter(|(header, _)| received.headers.contains_key(*header) && !is_told(header)).collect();
    for scheme in legacy.into_iter().filter_map(|(_, name)| find(name)) {
        if !found.iter().any(|known| known.facts().name == scheme.facts().name) {
            found.push(scheme);
        }
    }
    found
}

/// What identifies `scheme` in a request: its header, one of an older version, or a member of the body.
pub fn detected_by(scheme: &dyn Scheme, received: &Received) -> String {
    let facts = scheme.facts();
    if let Some(member) = scheme.code_member() {
        return format!("`{member}` of the body");
    }
    let names = [Some(&facts.header), scheme.second_header()];
    let own = names.into_iter().flatten().find(|own| received.headers.contains_key(*own));
    let older = || received.headers.keys().find(|name| is_older(name, facts));
    own.or_else(older).unwrap_or(&facts.header).to_string()
}

/// Whether a header is that of an older version of a scheme.
pub(crate) fn is_older(name: &HeaderName, facts: &SchemeFacts) -> bool {
    LEGACY.iter().any(|(header, scheme)| name == *header && *scheme == facts.name)
}

/// Whether a request is signed by `scheme`. Both kinds of Standard Webhooks share a header, whose value tells which.
fn is_signed_by(scheme: &dyn Scheme, received: &Received) -> bool {
    let facts = scheme.facts();
    let only_v1a = |text: &str| text.contains("v1a,") && !text.contains("v1,");
    let mut values = received.headers.get_all(&facts.header).iter().map(|value| value.to_str().unwrap_or(""));
    match facts.prefix.as_ref() {
        "v1a," => values.any(only_v1a),
        "v1," => values.any(|text| !only_v1a(text)),
        _ => scheme.is_named_by(received),
    }
}
