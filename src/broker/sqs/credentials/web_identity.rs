//! Credentials of a role in exchange for an identity token, such as Kubernetes gives to pods.

use std::path::Path;
use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HOST, HeaderValue};
use ::http::{Method, Request};
use bytes::Bytes;
use http_body_util::Full;
use url::{Url, form_urlencoded};

use super::super::super::server::Server;
use super::super::http::{Body, Connection};
use super::{AccessKey, read, variable};
use crate::clock::Timestamp;
use crate::network::connect::ServerAddress;
use crate::network::failure::{Failure, PhaseTimer};

/// The session name in AWS logs, unless the environment sets one.
const SESSION: &str = "syncctl";

/// Exchanges the token for credentials, if the environment names a token and a role.
pub(super) async fn load(server: &Server, region: &str, limit: Duration) -> Result<Option<AccessKey>, String> {
    let (Some(file), Some(role)) = (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN")) else {
        return Ok(None);
    };
    let token = read(Path::new(&file))?;
    let session = variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| SESSION.to_owned());
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", "AssumeRoleWithWebIdentity")
        .append_pair("Version", "2011-06-15")
        .append_pair("RoleArn", &role)
        .append_pair("RoleSessionName", &session)
        .append_pair("WebIdentityToken", token.trim())
        .finish();
    let url = service(region)?;
    let answer = async { exchange(server, &url, form, limit).await }.await.map_err(|failure| failure.detail)?;
    let read = |name| element(&answer, name);
    match (read("AccessKeyId"), read("SecretAccessKey")) {
        (Some(id), Some(secret)) => {
            let ends = read("Expiration").and_then(Timestamp::parse);
            Ok(Some(AccessKey::new(id, secret, read("SessionToken")).until(ends)))
        }
        _ => Err(format!("the role {role} is refused: {}", read("Message").unwrap_or("the answer cannot be read"))),
    }
}

/// The URL of the token service (STS) in a region, unless the environment sets one.
fn service(region: &str) -> Result<Url, String> {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let text = variable("AWS_ENDPOINT_URL_STS").unwrap_or_else(|| format!("https://sts.{region}.{domain}"));
    Url::parse(&text).map_err(|_| "AWS_ENDPOINT_URL_STS is not a URL".to_owned())
}

async fn exchange(server: &Server, url: &Url, form: String, limit: Duration) -> Result<String, Failure> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let origin =
        ServerAddress { is_secure: url.scheme() == "https", host, port: url.port_or_known_default().unwrap_or(443) };
    let mut request: Request<Body> = Request::new(Full::new(Bytes::from(form)));
    *request.method_mut() = Method::POST;
    let host = HeaderValue::from_str(url.authority()).unwrap_or(HeaderValue::from_static(""));
    request.headers_mut().insert(HOST, host);
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, form);
    let stream = server.at(origin).connect(limit, &PhaseTimer::new()).await?;
    let answer = Connection::over(stream).await?.send(request).await?;
    Ok(String::from_utf8_lossy(&answer.body).into_owned())
}

/// The text of the first XML element of that name; the elements that are read contain no markup.
fn element<'t>(xml: &'t str, name: &str) -> Option<&'t str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.trim())
}
