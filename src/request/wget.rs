//! Reads wget commands.

use super::draft::RequestDraft;
use super::{Captured, RequestError};

/// Options without a value, or with one that changes nothing a signature covers. All others are refused.
const IGNORED: &[&str] = &[
    "-q",
    "--quiet",
    "-v",
    "--verbose",
    "-nv",
    "--no-verbose",
    "-S",
    "--server-response",
    "--no-check-certificate",
    "-d",
    "--debug",
    "--content-on-error",
    "--no-proxy",
    "-c",
    "--continue",
    "--no-hsts",
    "--compression",
    "-N",
    "-4",
    "-6",
    "--no-cookies",
    "--auth-no-challenge",
    "--show-progress",
    "--trust-server-names",
];
const IGNORED_WITH_VALUE: &[&str] = &[
    "-O",
    "--output-document",
    "-o",
    "--output-file",
    "-T",
    "--timeout",
    "-t",
    "--tries",
    "--user",
    "--password",
    "-P",
    "--directory-prefix",
    "--ca-certificate",
    "--certificate",
    "--private-key",
    "--wait",
    "--max-redirect",
    "--progress",
    "--connect-timeout",
    "--read-timeout",
    "--dns-timeout",
    "--secure-protocol",
    "-a",
    "--append-output",
    "--retry-connrefused",
    "--load-cookies",
    "--save-cookies",
    "--http-user",
    "--http-password",
    "--limit-rate",
];

/// The request of a wget command with these words.
pub(super) fn request(words: &[Vec<u8>]) -> Result<Captured, RequestError> {
    let mut draft = RequestDraft::default();
    let mut urls = Vec::new();
    let mut data = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = String::from_utf8_lossy(word);
        if !text.starts_with('-') {
            urls.push(text.into_owned());
            continue;
        }
        let equals = word.iter().position(|byte| *byte == b'=').filter(|_| text.starts_with("--"));
        let name = String::from_utf8_lossy(&word[..equals.unwrap_or(word.len())]).into_owned();
        let mut value = || match equals {
            Some(at) => Ok(word[at + 1..].to_vec()),
            None => words.next().cloned().ok_or_else(|| RequestError::OptionValue(name.clone())),
        };
        match name.as_str() {
            "--header" => add_line(&mut draft, &value()?)?,
            "--method" => draft.method(&String::from_utf8_lossy(&value()?).to_ascii_uppercase())?,
            "--post-data" | "--body-data" => data = Some((name == "--post-data", value()?)),
            "--post-file" | "--body-file" => {
                return Err(RequestError::OtherFile(format!("{name} {}", String::from_utf8_lossy(&value()?))));
            }
            "-U" | "--user-agent" => draft.header(b"user-agent", &value()?)?,
            "--referer" => draft.header(b"referer", &value()?)?,
            option if IGNORED.contains(&option) || is_output_to(option) => {}
            option if IGNORED_WITH_VALUE.contains(&option) => drop(value()?),
            option => return Err(RequestError::UnknownOption(option.to_owned())),
        }
    }
    let [url] = <[String; 1]>::try_from(urls).map_err(|_| RequestError::CommandUrl)?;
    draft.url = Some(super::url(if url.contains("://") { url } else { format!("http://{url}") })?);
    match data {
        Some((is_post, data)) => {
            if is_post {
                draft.method("POST")?;
            }
            draft.default_content_type("application/x-www-form-urlencoded")?;
            draft.body = data;
        }
        None => draft.default_method("GET")?,
    }
    Ok(draft.captured("wget command"))
}

/// `-O-`, or short options that are joined, such as `-qO-`; each of their letters is an option that is ignored.
fn is_output_to(option: &str) -> bool {
    option.strip_prefix('-').and_then(|letters| letters.split_once('O')).is_some_and(|(before, _)| {
        !before.starts_with('-') && option.len() > 2 && before.chars().all(|letter| "qvSNc46".contains(letter))
    })
}

fn add_line(draft: &mut RequestDraft, line: &[u8]) -> Result<(), RequestError> {
    let wrong = || RequestError::Header(String::from_utf8_lossy(line).into_owned());
    let colon = line.iter().position(|byte| *byte == b':').ok_or_else(wrong)?;
    draft.header(&line[..colon], &line[colon + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Captured, RequestError> {
        request(&crate::request::shell_words(text.as_bytes()).expect("words")[1..])
    }

    #[test]
    fn the_usual_command_gives_method_url_headers_and_body() {
        let body = "{\"a\":1}";
        for text in [
            "wget --method=PUT --header='X-A: b' --body-data='{\"a\":1}' -qO- https://h.example/x",
            "wget -q -O - https://h.example/x --header 'X-A: b' --method put --body-data '{\"a\":1}'",
        ] {
            let request = read(text).expect("a request").request;
            assert_eq!(
                (request.method.as_str(), request.url.as_deref()),
                ("PUT", Some("https://h.example/x")),
                "{text}"
            );
            assert_eq!((&request.headers["x-a"], &request.body[..]), (&"b".parse().expect("text"), body.as_bytes()));
        }
        let posted = read("wget h --post-data a=b").expect("a request").request;
        assert_eq!((posted.method.as_str(), &posted.body[..]), ("POST", &b"a=b"[..]));
        assert_eq!(posted.headers["content-type"], "application/x-www-form-urlencoded");
    }

    #[test]
    fn what_the_command_does_not_hold_is_refused() {
        assert_eq!(read("wget h --post-file x"), Err(RequestError::OtherFile("--post-file x".into())));
        assert_eq!(read("wget h -r"), Err(RequestError::UnknownOption("-r".into())));
        assert_eq!(read("wget --header"), Err(RequestError::OptionValue("--header".into())));
        assert_eq!(read("wget"), Err(RequestError::CommandUrl));
    }
}
