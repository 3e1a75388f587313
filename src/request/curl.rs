//! Reads curl command lines, as browsers and documentation write them.

use http::Method;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap};
use url::form_urlencoded;

use super::{Captured, RequestError, method};
use crate::signature::Received;

/// Options that take a value and change nothing a signature covers.
const IGNORED_WITH_VALUE: &[&str] = &[
    "-A",
    "--user-agent",
    "-b",
    "--cookie",
    "-c",
    "--cookie-jar",
    "-e",
    "--referer",
    "-m",
    "--max-time",
    "-o",
    "--output",
    "-u",
    "--user",
    "-w",
    "--write-out",
    "-x",
    "--proxy",
    "--cacert",
    "--cert",
    "--key",
    "--connect-timeout",
    "--resolve",
    "--retry",
    "--limit-rate",
    "-E",
    "--interface",
    "--connect-to",
    "--retry-delay",
    "--retry-max-time",
    "-D",
    "--dump-header",
    "--tls-max",
    "--ciphers",
    "--max-redirs",
    "-U",
    "--proxy-user",
    "-Y",
    "--speed-limit",
    "-y",
    "--speed-time",
    "-C",
    "--continue-at",
    "-z",
    "--time-cond",
    "--proto",
    "--proto-default",
    "--proto-redir",
    "--keepalive-time",
    "--trace",
    "--trace-ascii",
    "--stderr",
    "--cert-type",
    "--key-type",
    "--pass",
    "--capath",
    "--pinnedpubkey",
    "--dns-servers",
    "--doh-url",
    "--noproxy",
    "--preproxy",
    "--socks4",
    "--socks4a",
    "--socks5",
    "--socks5-hostname",
    "--happy-eyeballs-timeout-ms",
    "--expect100-timeout",
    "--oauth2-bearer",
    "--aws-sigv4",
    "--local-port",
    "--netrc-file",
    "--max-filesize",
    "--tls13-ciphers",
    "--curves",
    "--output-dir",
    "--unix-socket",
    "--abstract-unix-socket",
    "--rate",
];

/// Options that take no value and change nothing a signature covers.
const IGNORED: &[&str] = &[
    "--",
    "-s",
    "--silent",
    "-S",
    "--show-error",
    "-v",
    "--verbose",
    "-i",
    "--include",
    "-L",
    "--location",
    "-k",
    "--insecure",
    "-f",
    "--fail",
    "--fail-with-body",
    "--compressed",
    "--http1.1",
    "--http2",
    "--http2-prior-knowledge",
    "-g",
    "--globoff",
    "--path-as-is",
    "-#",
    "--progress-bar",
    "-N",
    "--no-buffer",
    "-4",
    "-6",
    "--ipv4",
    "--ipv6",
    "--tcp-nodelay",
    "--no-progress-meter",
    "-0",
    "--http1.0",
    "--http3",
    "--http3-only",
    "-n",
    "--netrc",
    "--netrc-optional",
    "--no-keepalive",
    "--no-sessionid",
    "--no-alpn",
    "-1",
    "--tlsv1",
    "--tlsv1.0",
    "--tlsv1.1",
    "--tlsv1.2",
    "--tlsv1.3",
    "--ssl",
    "--ssl-reqd",
    "--ssl-no-revoke",
    "--location-trusted",
    "--post301",
    "--post302",
    "--post303",
    "-q",
    "--disable",
    "-O",
    "--remote-name",
    "-J",
    "--remote-header-name",
    "-j",
    "--junk-session-cookies",
    "-Z",
    "--parallel",
    "--raw",
    "--create-dirs",
    "--fail-early",
    "--trace-time",
    "--styled-output",
    "--no-styled-output",
    "--anyauth",
    "--basic",
    "--digest",
    "--ntlm",
    "--negotiate",
    "--tcp-fastopen",
    "--retry-all-errors",
    "--retry-connrefused",
];

/// Short options that take a value.
const SHORT_WITH_VALUE: &str = "HdXAbcemouwxEDUYyCz";

/// The options of a curl command that decide what it sends.
#[derive(Default)]
struct CurlCommand {
    headers: Vec<Vec<u8>>,
    data: Option<Vec<u8>>,
    method: Option<Method>,
    urls: Vec<String>,
    json: bool,
    query: bool,
    url_query: Vec<u8>,
    head: bool,
    input: Option<Vec<u8>>,
}

/// The requests of a curl command with these words: one, and another after each `--next`. `input` is its standard input, if
/// the text tells.
pub(super) fn requests(words: Vec<Vec<u8>>, input: Option<Vec<u8>>) -> Vec<Result<Captured, RequestError>> {
    let is_next = |word: &Vec<u8>| word == b"--next" || word == b"-:";
    if !words.iter().any(is_next) {
        return vec![request(words, input)];
    }
    words.split(is_next).map(|part| request(part.to_vec(), input.clone())).collect()
}

fn request(words: Vec<Vec<u8>>, input: Option<Vec<u8>>) -> Result<Captured, RequestError> {
    let mut words = words.into_iter();
    let mut command = CurlCommand { input, ..CurlCommand::default() };
    while let Some(word) = words.next() {
        if word.starts_with(b"-") && word.len() > 1 {
            command.option(&word, &mut words)?;
        } else {
            command.urls.push(lossy(&word));
        }
    }
    let request = command.finish()?;
    Ok(Captured { request, format: "curl command".to_owned(), notes: Vec::new() })
}

fn lossy(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

impl CurlCommand {
    fn option(&mut self, word: &[u8], words: &mut impl Iterator<Item = Vec<u8>>) -> Result<(), RequestError> {
        let shown = String::from_utf8_lossy(word).into_owned();
        if word.starts_with(b"--") {
            return self.one(&shown, None, words);
        }
        // Short options may be joined, and the last may be joined to its value: `-sXPOST`.
        let letters = &word[1..];
        for (at, letter) in letters.iter().enumerate() {
            let name = format!("-{}", char::from(*letter));
            let rest = &letters[at + 1..];
            if SHORT_WITH_VALUE.contains(char::from(*letter)) {
                let value = (!rest.is_empty()).then_some(rest);
                return self.one(&name, value, words);
            }
            self.one(&name, None, words)?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        name: &str,
        joined: Option<&[u8]>,
        words: &mut impl Iterator<Item = Vec<u8>>,
    ) -> Result<(), RequestError> {
        let mut value =
            || joined.map(<[u8]>::to_vec).or_else(|| words.next()).ok_or(RequestError::OptionValue(name.to_owned()));
        match name {
            "-H" | "--header" => self.headers.push(no_file(name, value()?)?),
            "-d" | "--data" | "--data-ascii" => {
                let mut data = self.given(name, value()?)?;
                if data.is_input {
                    data.bytes.retain(|byte| !matches!(byte, b'\r' | b'\n' | 0));
                }
                self.add_data(data.bytes);
            }
            "--data-binary" => {
                let data = self.given(name, value()?)?;
                self.add_data(data.bytes);
            }
            "--data-raw" => self.add_data(value()?),
            "--data-urlencode" => self.add_data(urlencoded(name, &value()?)?),
            "--json" => {
                self.json = true;
                // curl joins the values of `--json` without a separator.
                let more = self.given(name, value()?)?;
                self.data.get_or_insert_default().extend(more.bytes);
            }
            "-X" | "--request" => self.method = Some(method(&lossy(&value()?))?),
            "--url" => self.urls.push(lossy(&value()?)),
            "--url-query" => {
                let value = value()?;
                let more = match value.strip_prefix(b"+") {
                    Some(plain) => plain.to_vec(),
                    None => urlencoded(name, &value)?,
                };
                joined_by_ampersand(&mut self.url_query, more);
            }
            "-G" | "--get" => self.query = true,
            "-I" | "--head" => self.head = true,
            name if IGNORED_WITH_VALUE.contains(&name) => drop(value()?),
            name if IGNORED.contains(&name) => {}
            other => return Err(RequestError::UnknownOption(other.to_owned())),
        }
        Ok(())
    }

    /// A value, or for `@-` the standard input, if the text tells it.
    fn given(&self, name: &str, value: Vec<u8>) -> Result<CurlData, RequestError> {
        match &self.input {
            Some(input) if value == b"@-" => Ok(CurlData { bytes: input.clone(), is_input: true }),
            _ => Ok(CurlData { bytes: no_file(name, value)?, is_input: false }),
        }
    }

    fn add_data(&mut self, data: Vec<u8>) {
        match &mut self.data {
            Some(before) => {
                before.push(b'&');
                before.extend(data);
            }
            None => self.data = Some(data),
        }
    }

    fn finish(self) -> Result<Received, RequestError> {
        let [url] = <[String; 1]>::try_from(self.urls).map_err(|_| RequestError::CommandUrl)?;
        let mut received = super::from_lines(self.headers.iter().filter_map(|line| sent(line)), bytes::Bytes::new())?;
        received.url = Some(super::url(if url.contains("://") { url } else { format!("http://{url}") })?);
        let default = match (&self.data, self.head) {
            (_, true) => Method::HEAD,
            (Some(_), false) if !self.query => Method::POST,
            (_, false) => Method::GET,
        };
        received.method = self.method.unwrap_or(default);
        if !self.url_query.is_empty() {
            add_query(&mut received, &self.url_query)?;
        }
        match self.data {
            Some(data) if self.query => add_query(&mut received, &data)?,
            Some(data) => {
                default_headers(&mut received.headers, self.json);
                received.body = data.into();
            }
            None => {}
        }
        Ok(received)
    }
}

/// What a `--data` option of curl sends, and whether it came from standard input.
struct CurlData {
    bytes: Vec<u8>,
    is_input: bool,
}

fn joined_by_ampersand(all: &mut Vec<u8>, more: Vec<u8>) {
    if !all.is_empty() {
        all.push(b'&');
    }
    all.extend(more);
}

/// A header line as curl would send it: `Name;` is an empty header, `Name:` leaves one out.
fn sent(line: &[u8]) -> Option<Vec<u8>> {
    if let Some(name) = line.strip_suffix(b";").filter(|name| !name.contains(&b':')) {
        return Some([name, b":"].concat());
    }
    let left_out = line.iter().position(|b| *b == b':').is_some_and(|at| line[at + 1..].trim_ascii().is_empty());
    (!left_out).then(|| line.to_vec())
}

fn default_headers(headers: &mut HeaderMap, json: bool) {
    let (kind, accept) =
        if json { ("application/json", Some("application/json")) } else { ("application/x-www-form-urlencoded", None) };
    headers.entry(CONTENT_TYPE).or_insert_with(|| http::HeaderValue::from_static(kind));
    if let Some(accept) = accept {
        headers.entry(ACCEPT).or_insert_with(|| http::HeaderValue::from_static(accept));
    }
}

fn add_query(received: &mut Received, data: &[u8]) -> Result<(), RequestError> {
    if let Some(url) = received.url.take() {
        let joint = if url.contains('?') { '&' } else { '?' };
        received.url = Some(super::url(format!("{url}{joint}{}", String::from_utf8_lossy(data)))?);
    }
    Ok(())
}

fn no_file(name: &str, value: Vec<u8>) -> Result<Vec<u8>, RequestError> {
    if value.starts_with(b"@") { Err(RequestError::OtherFile(format!("{name} {}", lossy(&value)))) } else { Ok(value) }
}

/// `content`, `=content` or `name=content`; the forms that read a file are refused.
fn urlencoded(name: &str, value: &[u8]) -> Result<Vec<u8>, RequestError> {
    let encode = |content: &[u8]| form_urlencoded::byte_serialize(content).collect::<String>().replace('+', "%20");
    let equals = value.iter().position(|b| *b == b'=');
    let at = value.iter().position(|b| *b == b'@');
    match (equals, at) {
        (None, Some(_)) => Err(RequestError::OtherFile(format!("{name} {}", String::from_utf8_lossy(value)))),
        (Some(equals), Some(at)) if at < equals => {
            Err(RequestError::OtherFile(format!("{name} {}", String::from_utf8_lossy(value))))
        }
        (Some(0), _) => Ok(encode(&value[1..]).into_bytes()),
        (Some(equals), _) => {
            let mut out = value[..=equals].to_vec();
            out.extend(encode(&value[equals + 1..]).into_bytes());
            Ok(out)
        }
        (None, None) => Ok(encode(value).into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Received, RequestError> {
        let words = crate::request::shell_words(text.as_bytes()).expect("words");
        request(words.into_iter().skip(1).collect(), None).map(|captured| captured.request)
    }

    fn good(text: &str) -> Received {
        read(text).expect("a request")
    }

    #[test]
    fn the_usual_command_gives_method_url_headers_and_exact_bytes() {
        let received = good(
            "curl -sSX PUT 'https://h.example/a?b=c' \\\n  -H 'X-Webhook-Signature: ab' --compressed \\\n  \
             --data-raw $'{\"a\":\"\\u00e9\\n\"}'",
        );
        assert_eq!(received.method, Method::PUT);
        assert_eq!(received.url.as_deref(), Some("https://h.example/a?b=c"));
        assert_eq!(received.headers["x-webhook-signature"], "ab");
        assert_eq!(&received.body[..], "{\"a\":\"é\n\"}".as_bytes());
        assert_eq!(received.headers[CONTENT_TYPE], "application/x-www-form-urlencoded");
    }

    #[test]
    fn data_is_joined_as_curl_joins_it() {
        assert_eq!(&good("curl h -d a=1 -db=2 --data-urlencode 'c=x y&'").body[..], b"a=1&b=2&c=x%20y%26");
        let json = good("curl h --json '{\"a\":' --json '1}'");
        assert_eq!(&json.body[..], b"{\"a\":1}");
        assert_eq!(json.headers[CONTENT_TYPE], "application/json");
        let query = good("curl -G h/p -d a=1");
        assert_eq!((query.url.as_deref(), query.method), (Some("http://h/p?a=1"), Method::GET));
    }

    #[test]
    fn headers_can_be_empty_or_left_out() {
        let received = good("curl h -H 'X-Empty;' -H 'Accept:'");
        assert_eq!(received.headers["x-empty"], "");
        assert!(!received.headers.contains_key(ACCEPT));
    }

    #[test]
    fn what_cannot_be_repeated_exactly_is_refused() {
        for (text, error) in [
            ("curl h -d @body.json", RequestError::OtherFile("-d @body.json".into())),
            ("curl h -F a=b", RequestError::UnknownOption("-F".into())),
            ("curl h -H", RequestError::OptionValue("-H".into())),
            ("curl", RequestError::CommandUrl),
            ("curl a b", RequestError::CommandUrl),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }
}
