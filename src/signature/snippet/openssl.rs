//! A shell with openssl.

use super::recipe::{ContentPiece, Recipe, SecretDecoding};
use crate::signature::code::Encoding;
use crate::signature::shell_commands::shell;

/// The program of a recipe.
pub(super) fn program(recipe: &Recipe<'_>) -> String {
    let (secret, body) = (recipe.sources.secret, shell(recipe.sources.body));
    let content = recipe.pieces.iter().map(|piece| match piece {
        ContentPiece::Text(text) => format!("printf %s {}; ", shell(text)),
        ContentPiece::Body => format!("cat {body}; "),
    });
    let content = format!("{{ {}}}", content.collect::<String>());
    let encode = match recipe.encoding {
        Encoding::Hex => "od -An -v -tx1 | tr -d ' \\n'",
        Encoding::Base64 => "openssl base64 -A",
        Encoding::Base64Url => "openssl base64 -A | tr '+/' '-_' | tr -d '='",
        Encoding::Text => "cat",
    };
    let print = format!("printf '%s\\n' {}", recipe.around(shell, "\"$code\"", ""));
    if recipe.is_pair() {
        return format!(
            "key=$(mktemp); content=$(mktemp)\n\
             {{ printf '\\060\\056\\002\\001\\000\\060\\005\\006\\003\\053\\145\\160\\004\\042\\004\\040'; \
             printf %s \"${{{secret}#whsk_}}\" | openssl base64 -d -A | head -c 32; }} > \"$key\"\n\
             {content} > \"$content\"\n\
             code=$(openssl pkeyutl -sign -rawin -keyform DER -inkey \"$key\" -in \"$content\" | {encode})\n\
             rm -f \"$key\" \"$content\"\n{print}\n"
        );
    }
    let bytes = match recipe.secret {
        SecretDecoding::Whsec => format!("printf %s \"${{{secret}#whsec_}}\" | openssl base64 -d -A"),
        SecretDecoding::Hex | SecretDecoding::Text => format!("printf %s \"${secret}\""),
    };
    let key = match recipe.secret {
        SecretDecoding::Hex => format!("${secret}"),
        SecretDecoding::Whsec | SecretDecoding::Text => format!("$({bytes} | od -An -v -tx1 | tr -d ' \\n')"),
    };
    if recipe.is_hash() {
        return format!("code=$({{ {bytes}; {content}; }} | openssl dgst -sha256 -binary | {encode})\n{print}\n");
    }
    format!(
        "key={key}\n\
         code=$({content} | openssl dgst -{} -mac HMAC -macopt hexkey:\"$key\" -binary | {encode})\n{print}\n",
        recipe.hash()
    )
}
