//! Node.js, without packages.

use super::recipe::{Recipe, SecretDecoding, json};

/// The program of a recipe.
pub(super) fn program(recipe: &Recipe<'_>) -> String {
    let (secret, body) = (json(recipe.sources.secret), json(recipe.sources.body));
    let parts = recipe.expressions(json, "body").join(", ");
    let parts = format!("Buffer.concat([{parts}].map((part) => Buffer.from(part)))");
    let encoding = recipe.encoding.title();
    let code = if recipe.is_pair() {
        format!(
            "const seed = Buffer.from(process.env[{secret}].replace(/^whsk_/, \"\"), \"base64\").subarray(0, 32);\n\
             const der = Buffer.concat([Buffer.from(\"302e020100300506032b657004220420\", \"hex\"), seed]);\n\
             const key = crypto.createPrivateKey({{ key: der, format: \"der\", type: \"pkcs8\" }});\n\
             const code = crypto.sign(null, content, key).toString(\"{encoding}\");\n"
        )
    } else {
        let key = match recipe.secret {
            SecretDecoding::Whsec => format!("Buffer.from(process.env[{secret}].replace(/^whsec_/, \"\"), \"base64\")"),
            SecretDecoding::Hex => format!("Buffer.from(process.env[{secret}], \"hex\")"),
            SecretDecoding::Text => format!("process.env[{secret}]"),
        };
        let begun = if recipe.is_hash() { "crypto.createHash(\"sha256\").update(" } else { "crypto.createHmac(" };
        let hash = if recipe.is_hash() { String::new() } else { format!("\"{}\", ", recipe.hash()) };
        format!("const code = {begun}{hash}{key}).update(content).digest(\"{encoding}\");\n")
    };
    format!(
        "const crypto = require(\"crypto\");\nconst body = require(\"fs\").readFileSync({body});\n\
         const content = {parts};\n{code}console.log({});\n",
        recipe.around(json, "code", " + ")
    )
}
