//! Signature Version 4 of AWS, for requests whose path is `/` and that have no query.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use super::credentials::AccessKey;
use crate::clock::Timestamp;

/// The name of the algorithm, and of the end of a scope.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const TERMINATOR: &str = "aws4_request";

/// For what a signature is valid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope<'a> {
    pub(super) region: &'a str,
    pub(super) service: &'a str,
}

/// The time of a request in the form that it carries it: `20150830T123600Z`.
pub(super) fn time(now: Timestamp) -> String {
    now.to_datetime().format("%Y%m%dT%H%M%SZ").to_string()
}

/// The value of `Authorization` for a request with these headers, whose names are in lower case and sorted, at a time as [`time`]
/// writes it.
pub(super) fn authorization(
    method: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    keys: &AccessKey,
    scope: Scope<'_>,
    time: &str,
) -> String {
    let date = time.get(..8).unwrap_or_default();
    let scope_text = format!("{date}/{}/{}/{TERMINATOR}", scope.region, scope.service);
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
    let canonical = format!("{method}\n/\n\n{lines}\n{names}\n{}", hex::encode(Sha256::digest(body)));
    let to_sign = format!("{ALGORITHM}\n{time}\n{scope_text}\n{}", hex::encode(Sha256::digest(canonical)));
    let secret = format!("AWS4{}", keys.secret.as_str());
    let key = [date, scope.region, scope.service, TERMINATOR]
        .into_iter()
        .fold(secret.into_bytes(), |key, part| hmac(&key, part));
    let signature = hex::encode(hmac(&key, &to_sign));
    format!("{ALGORITHM} Credential={}/{scope_text}, SignedHeaders={names}, Signature={signature}", keys.id)
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(method: &str, headers: &[(&str, &str)], body: &[u8]) -> String {
        let keys = AccessKey::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None);
        let scope = Scope { region: "us-east-1", service: "service" };
        let value = authorization(method, headers, body, &keys, scope, "20150830T123600Z");
        let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=";
        let rest = value.strip_prefix(start).expect("the beginning");
        let (names, signature) = rest.split_once(", Signature=").expect("both");
        assert_eq!(names, headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";"));
        signature.to_owned()
    }

    /// The cases of AWS's test suite whose requests are of this form.
    #[test]
    fn the_signatures_of_the_test_suite_of_aws_are_ours() {
        let host = ("host", "example.amazonaws.com");
        let date = ("x-amz-date", "20150830T123600Z");
        for (case, method, headers, body, expected) in [
            (
                "get-vanilla",
                "GET",
                &[host, date][..],
                "",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "post-vanilla",
                "POST",
                &[host, date],
                "",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                "get-header-value-trim",
                "GET",
                &[host, ("my-header1", " value1"), ("my-header2", "\"a b c\""), date],
                "",
                "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
            ),
            (
                "post-x-www-form-urlencoded",
                "POST",
                &[("content-type", "application/x-www-form-urlencoded"), host, date],
                "Param1=value1",
                "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
            ),
        ] {
            assert_eq!(signature(method, headers, body.as_bytes()), expected, "{case}");
        }
    }
}
