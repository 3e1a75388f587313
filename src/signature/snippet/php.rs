//! PHP; Ed25519 needs its sodium extension.

use super::recipe::{Recipe, SecretDecoding};
use crate::signature::code::Encoding;

/// The program of a recipe.
pub(super) fn program(recipe: &Recipe<'_>) -> String {
    let (secret, body) = (php(recipe.sources.secret), php(recipe.sources.body));
    let parts = recipe.expressions(php, "$body").join(" . ");
    let code = if recipe.is_pair() {
        format!(
            "$seed = substr(base64_decode(preg_replace('/^whsk_/', '', getenv({secret}))), 0, 32);\n\
             $pair = sodium_crypto_sign_seed_keypair($seed);\n\
             $code = sodium_crypto_sign_detached({parts}, sodium_crypto_sign_secretkey($pair));\n"
        )
    } else {
        let key = match recipe.secret {
            SecretDecoding::Whsec => format!("base64_decode(preg_replace('/^whsec_/', '', getenv({secret})))"),
            SecretDecoding::Hex => format!("hex2bin(getenv({secret}))"),
            SecretDecoding::Text => format!("getenv({secret})"),
        };
        match recipe.is_hash() {
            true => format!("$code = hash('sha256', {key} . {parts}, true);\n"),
            false => format!("$code = hash_hmac('{}', {parts}, {key}, true);\n", recipe.hash()),
        }
    };
    let text = match recipe.encoding {
        Encoding::Hex => "bin2hex($code)",
        Encoding::Base64 => "base64_encode($code)",
        Encoding::Base64Url => "rtrim(strtr(base64_encode($code), '+/', '-_'), '=')",
        Encoding::Text => "$code",
    };
    format!("<?php\n$body = file_get_contents({body});\n{code}echo {} . \"\\n\";\n", recipe.around(php, text, " . "))
}

fn php(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}
