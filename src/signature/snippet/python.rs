//! Python 3; Ed25519 needs the package `cryptography`.

use super::recipe::{Recipe, json};
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
        let key = if recipe.standard_key {
            format!("base64.b64decode(os.environ[{secret}].removeprefix(\"whsec_\"))")
        } else {
            format!("os.environb[{secret}.encode()]")
        };
        format!("code = hmac.new({key}, {parts}, hashlib.{}).digest()\n", recipe.hash())
    };
    let text = match recipe.encoding {
        Encoding::Hex => "code.hex()",
        Encoding::Base64 => "base64.b64encode(code).decode()",
    };
    format!(
        "import base64, hashlib, hmac, os\nbody = open({body}, \"rb\").read()\n{code}print({})\n",
        recipe.around(json, text, " + ")
    )
}
