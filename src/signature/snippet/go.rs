//! Go, without modules.

use super::recipe::{ContentPiece, Recipe, SecretDecoding, json};
use crate::signature::code::Encoding;

/// The program of a recipe.
pub(super) fn program(recipe: &Recipe<'_>) -> String {
    let (secret, body) = (json(recipe.sources.secret), json(recipe.sources.body));
    let mut imports = vec!["fmt", "os"];
    let writes = |sink: &str| {
        let line = |part: String| format!("\t{sink}.Write({part})\n");
        recipe.expressions(|text| format!("[]byte({})", json(text)), "body").into_iter().map(line).collect::<String>()
    };
    let decoded = |prefix: &str| {
        format!("\tkey, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(os.Getenv({secret}), \"{prefix}\"))\n")
    };
    let code = if recipe.is_pair() {
        imports.extend(["bytes", "crypto/ed25519", "encoding/base64", "strings"]);
        let writes = writes("content");
        format!(
            "{}\tvar content bytes.Buffer\n{writes}\tcode := ed25519.Sign(ed25519.NewKeyFromSeed(key[:32]), content.Bytes())\n",
            decoded("whsk_")
        )
    } else {
        let key = match recipe.secret {
            SecretDecoding::Whsec => {
                imports.extend(["encoding/base64", "strings"]);
                decoded("whsec_")
            }
            SecretDecoding::Hex => {
                imports.push("encoding/hex");
                format!("\tkey, _ := hex.DecodeString(os.Getenv({secret}))\n")
            }
            SecretDecoding::Text => format!("\tkey := []byte(os.Getenv({secret}))\n"),
        };
        let hash = recipe.hash();
        imports.push(if hash == "sha1" {
            "crypto/sha1"
        } else if hash == "sha512" {
            "crypto/sha512"
        } else {
            "crypto/sha256"
        });
        let begun = if recipe.is_hash() {
            format!("mac := {hash}.New()\n\tmac.Write(key)")
        } else {
            imports.push("crypto/hmac");
            format!("mac := hmac.New({hash}.New, key)")
        };
        format!("{key}\t{begun}\n{}\tcode := mac.Sum(nil)\n", writes("mac"))
    };
    let text = match recipe.encoding {
        Encoding::Hex => "hex.EncodeToString(code)",
        Encoding::Base64 => "base64.StdEncoding.EncodeToString(code)",
        Encoding::Base64Url => "base64.RawURLEncoding.EncodeToString(code)",
        Encoding::Text => "string(code)",
    };
    imports.push(if recipe.encoding == Encoding::Hex { "encoding/hex" } else { "encoding/base64" });
    imports.sort_unstable();
    imports.dedup();
    let imports: String = imports.iter().map(|name| format!("\t\"{name}\"\n")).collect();
    // Go refuses unused variables, and a URL with the body's hash replaces the body.
    let read = if recipe.pieces.iter().any(|piece| matches!(piece, ContentPiece::Body)) {
        format!("\tbody, err := os.ReadFile({body})\n\tif err != nil {{\n\t\tpanic(err)\n\t}}\n")
    } else {
        String::new()
    };
    format!(
        "package main\n\nimport (\n{imports})\n\nfunc main() {{\n{read}{code}\tfmt.Println({})\n}}\n",
        recipe.around(json, text, " + ")
    )
}
