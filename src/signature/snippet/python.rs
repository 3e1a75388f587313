//! Python 3; Ed25519 needs the package `cryptography`.

use super::recipe::{Recipe, SecretDecoding, json};
use crate::signature::code::Encoding;

/// The program of a recipe.
pub(super) fn program(recipe: &Recipe<'_>) -> String {
    let (secret, body) = (json(recipe.sources.secret), json(recipe.sources.body));
    let parts = recipe.expressions(|text| format!("{}.encode()", json(text)), "body").join(" + ");
    let code = if recipe.is_pair() {
        format!(
            "from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey\n\
             seed = base64.b64decode(os.environ[{secret}].removeprefix(\"whsk_\"))[:32]\n\
             code = Ed25519PrivateKey.from_private_bytes(seed).sign({parts})\n"
        )
    } else {
        let key = match recipe.secret {
            SecretDecoding::Whsec => format!("base64.b64decode(os.environ[{secret}].removeprefix(\"whsec_\"))"),
            SecretDecoding::Hex => format!("bytes.fromhex(os.environ[{secret}])"),
            SecretDecoding::Text => format!("os.environb[{secret}.encode()]"),
        };
        match recipe.is_hash() {
            true => format!("code = hashlib.sha256({key} + {parts}).digest()\n"),
            false => format!("code = hmac.new({key}, {parts}, hashlib.{}).digest()\n", recipe.hash()),
        }
    };
    let text = match recipe.encoding {
        Encoding::Hex => "code.hex()",
        Encoding::Base64 => "base64.b64encode(code).decode()",
        Encoding::Base64Url => "base64.urlsafe_b64encode(code).decode().rstrip(\"=\")",
        Encoding::Text => "code.decode()",
    };
    format!(
        "import base64, hashlib, hmac, os\nbody = open({body}, \"rb\").read()\n{code}print({})\n",
        recipe.around(json, text, " + ")
    )
}
