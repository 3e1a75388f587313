//! Credentials of the role of a container or of an instance, from its metadata service.
//!
//! The address rules refuse metadata services for all other requests; only this module calls them, by their fixed addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use ::http::header::{AUTHORIZATION, HOST};
use ::http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio::time::timeout;
use url::{Host, Url};

use super::super::super::server::Server;
use super::super::http::{Body, Connection};
use super::{AccessKey, read, variable};
use crate::clock::Timestamp;
use crate::network::connect::{ClientStream, ServerAddress};
use crate::network::failure::PhaseTimer;

/// The metadata service of instances.
const INSTANCE: &str = "http://169.254.169.254";
/// The metadata service of containers.
const CONTAINER: &str = "http://169.254.170.2";
/// The metadata services: of instances, of containers, and of pods.
const SERVICES: [IpAddr; 5] = [
    IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 2)),
    IpAddr::V4(Ipv4Addr::new(169, 254, 170, 23)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)),
];
/// The path of the roles of an instance.
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";
/// The connect timeout of an instance's metadata service; outside AWS nothing answers at its address.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// Credentials as metadata services return them.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
}

/// The credentials of the container's role, if the environment names a service for them.
pub(super) async fn of_container(server: &Server, limit: Duration) -> Result<Option<AccessKey>, String> {
    let text =
        match (variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"), variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")) {
            (Some(path), _) => format!("{CONTAINER}{path}"),
            (None, Some(url)) => url,
            (None, None) => return Ok(None),
        };
    let url = Url::parse(&text).map_err(|_| "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL".to_owned())?;
    let mut request = request(Method::GET, &url)?;
    if let Some(token) = container_token()? {
        let mut value =
            HeaderValue::from_str(token.trim()).map_err(|_| "the container's token is not valid".to_owned())?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let told = if url.scheme() == "https" {
        by_the_rules(server, &url, request, limit).await?
    } else {
        ask(&url, request).await?
    };
    keys(&told).map(Some)
}

/// The authorization token for a container's service.
fn container_token() -> Result<Option<String>, String> {
    match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(path) => read(Path::new(&path)).map(|text| Some(text.to_string())),
        None => Ok(variable("AWS_CONTAINER_AUTHORIZATION_TOKEN")),
    }
}

/// The credentials of the instance's role, by version 2 of its service, which requires a session token.
pub(super) async fn of_instance(limit: Duration) -> Result<AccessKey, String> {
    let none = "give basic_file, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role";
    if variable("AWS_EC2_METADATA_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true")) {
        return Err(none.to_owned());
    }
    let service = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").unwrap_or_else(|| INSTANCE.to_owned());
    let service = Url::parse(&service).map_err(|_| "AWS_EC2_METADATA_SERVICE_ENDPOINT is not a URL".to_owned())?;
    let asked =
        timeout(limit, role_of_instance(&service)).await.unwrap_or_else(|_| Err("no answer in time".to_owned()));
    asked.map_err(|why| format!("{none} (the metadata service of an instance: {why})"))
}

async fn role_of_instance(service: &Url) -> Result<AccessKey, String> {
    let at = |path: &str| service.join(path).map_err(|e| e.to_string());
    let url = at("/latest/api/token")?;
    let mut request_token = request(Method::PUT, &url)?;
    let lifetime = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
    request_token.headers_mut().insert(lifetime, HeaderValue::from_static("300"));
    let token = ask(&url, request_token).await?;
    let token = HeaderValue::from_str(token.trim()).map_err(|_| "its token is not valid".to_owned())?;
    let get = async |path: &str| {
        let url = at(path)?;
        let mut request = request(Method::GET, &url)?;
        request.headers_mut().insert(HeaderName::from_static("x-aws-ec2-metadata-token"), token.clone());
        ask(&url, request).await
    };
    let roles = get(ROLES).await?;
    let role = roles.lines().next().filter(|role| !role.is_empty()).ok_or("the instance has no role")?;
    keys(&get(&format!("{ROLES}{role}")).await?)
}

fn keys(told: &str) -> Result<AccessKey, String> {
    let told: RoleCredentials = serde_json::from_str(told).map_err(|_| "its answer has no credentials".to_owned())?;
    let ends = told.expiration.as_deref().and_then(Timestamp::parse);
    Ok(AccessKey::new(&told.access_key_id, &told.secret_access_key, told.token.as_deref()).until(ends))
}

fn request(method: Method, url: &Url) -> Result<Request<Body>, String> {
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let mut request = Request::new(Full::default());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().map_err(|_| "its path is not valid".to_owned())?;
    let authority = HeaderValue::from_str(url.authority()).map_err(|_| "its host is not valid".to_owned())?;
    request.headers_mut().insert(HOST, authority);
    Ok(request)
}

/// Sends a request to a metadata service, and returns the response.
async fn ask(url: &Url, request: Request<Body>) -> Result<String, String> {
    let address = address(url)?;
    let connected = timeout(CONNECT_LIMIT, TcpStream::connect(address)).await;
    let stream = connected.map_err(|_| format!("no answer from {address}"))?.map_err(|e| format!("{address}: {e}"))?;
    answered(ClientStream::Plain(stream), request).await
}

/// Sends a request to another server over TLS, by the address rules.
async fn by_the_rules(server: &Server, url: &Url, request: Request<Body>, limit: Duration) -> Result<String, String> {
    let host = url.host_str().unwrap_or_default().to_owned();
    let origin = ServerAddress { is_secure: true, host, port: url.port_or_known_default().unwrap_or(443) };
    let stream = server.at(origin).connect(limit, &PhaseTimer::new()).await.map_err(|failure| failure.detail)?;
    answered(stream, request).await
}

async fn answered(stream: ClientStream, request: Request<Body>) -> Result<String, String> {
    let answer = async { Connection::over(stream).await?.send(request).await }.await;
    let answer = answer.map_err(|failure| failure.detail)?;
    if !answer.status.is_success() {
        return Err(format!("it answered with HTTP {}", answer.status.as_u16()));
    }
    String::from_utf8(answer.body.to_vec()).map_err(|_| "its answer is not text".to_owned())
}

/// The address of a metadata service, or of a program on this machine: no other is called without TLS.
fn address(url: &Url) -> Result<SocketAddr, String> {
    let address = match url.host() {
        Some(Host::Ipv4(v4)) => Some(IpAddr::V4(v4)),
        Some(Host::Ipv6(v6)) => Some(IpAddr::V6(v6)),
        Some(Host::Domain("localhost")) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Some(Host::Domain(_)) | None => None,
    };
    let address = address.filter(|it| url.scheme() == "http" && (it.is_loopback() || SERVICES.contains(it)));
    let address =
        address.ok_or("credentials are requested only from a metadata service, this machine, or over https")?;
    Ok(SocketAddr::new(address, url.port_or_known_default().unwrap_or(80)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_tls_only_metadata_services_and_this_machine_are_asked() {
        let of = |text: &str| address(&Url::parse(text).expect(text));
        for right in
            ["http://169.254.170.2/x", "http://[fd00:ec2::23]/", "http://127.0.0.1:51679/", "http://localhost/"]
        {
            assert!(of(right).is_ok(), "{right}");
        }
        for wrong in ["http://10.0.0.1/", "http://example.com/", "http://169.254.169.253/", "https://169.254.169.254/"]
        {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
