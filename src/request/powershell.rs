//! Reads PowerShell: `Invoke-WebRequest` and `Invoke-RestMethod`, and programs called from it, such as `curl.exe`.
//!
//! Strings, tables and variables are read. Nothing is run; a value that depends on running is marked as unknown.

mod value;

use super::command::called as requests_of;
use super::draft::RequestDraft;
use super::program::Program;
use super::{Captured, Note, ReadResult, RequestError};
use value::{Reader, Value};

/// The commands that send a request.
const COMMANDS: &[&str] = &["invoke-webrequest", "invoke-restmethod", "iwr", "irm"];
/// Parameters without a value.
const SWITCHES: &[&str] = &[
    "usebasicparsing",
    "skipcertificatecheck",
    "skiphttperrorcheck",
    "skipheadervalidation",
    "disablekeepalive",
    "passthru",
    "verbose",
    "preserveauthorizationonredirect",
    "allowunencryptedauthentication",
    "noproxy",
    "usedefaultcredentials",
    "debug",
];
/// The most requests of one text.
const MOST_REQUESTS: usize = 10_000;

/// Whether a text calls one of the commands, or a program with PowerShell syntax.
pub(super) fn begins(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n').take(200).map(<[u8]>::trim_ascii);
    let calls = |line: &[u8]| {
        let line = line.to_ascii_lowercase();
        COMMANDS[..2].iter().any(|name| line.windows(name.len()).any(|part| part == name.as_bytes()))
            || COMMANDS[2..].iter().any(|name| line.starts_with(name.as_bytes()) && line.get(name.len()) == Some(&b' '))
    };
    // Only PowerShell ends lines in a backtick, begins strings with `@'`, and sets variables with `$name =`.
    let is_powershell =
        |line: &[u8]| line.ends_with(b" `") || line.ends_with(b"@'") || line.ends_with(b"@\"") || is_set(line);
    let has_program = || text.windows(4).any(|four| four.eq_ignore_ascii_case(b"curl"));
    lines.clone().any(calls) || (lines.any(is_powershell) && has_program())
}

/// `$name = …`
fn is_set(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(b"$") else { return false };
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    name > 0 && rest[name..].trim_ascii_start().starts_with(b"=")
}

/// Reads the requests of every command.
pub(super) fn read(bytes: &[u8]) -> ReadResult {
    let text = std::str::from_utf8(bytes).map_err(|_| RequestError::Call("it is not UTF-8"))?;
    let mut reader = Reader::new(text);
    let mut all = Vec::new();
    while reader.begins_statement() && all.len() < MOST_REQUESTS {
        if let Some(name) = reader.assigned() {
            let value = reader.expression();
            reader.set(name, value);
            // `$response = Invoke-WebRequest …` is both.
            continue;
        }
        if reader.adds_member() {
            continue;
        }
        let word = reader.word().unwrap_or_default();
        match word.to_ascii_lowercase() {
            name if COMMANDS.contains(&name.as_str()) => all.push(invoked(&mut reader)),
            _ => match Program::of(word.as_bytes()) {
                Some(program) => all.extend(called(program, &mut reader).unwrap_or_else(|error| vec![Err(error)])),
                None => reader.skip_statement(),
            },
        }
    }
    if all.is_empty() { Err(RequestError::NoCommand) } else { Ok(all) }
}

/// Reads the requests of a program that PowerShell calls with arguments.
fn called(program: Program, reader: &mut Reader<'_>) -> ReadResult {
    let mut words = Vec::new();
    let mut has_escapes = false;
    let mut has_quotes = false;
    while let Some(value) = reader.argument() {
        let text = value.into_text().ok_or(RequestError::Words(super::WordError::Expansion))?;
        // Older versions pass quotes on only after a backslash.
        let plain = text.replace("\\\"", "\"");
        has_escapes |= plain != text;
        has_quotes |= plain == text && text.contains('"');
        words.push(plain.into_bytes());
    }
    reader.skip_statement();
    let mut all = requests_of(program, words, None);
    for captured in all.iter_mut().flatten() {
        captured.notes.extend(has_escapes.then_some(Note::PowershellEscapes));
        captured.notes.extend((has_quotes && !has_escapes).then_some(Note::PowershellQuotes));
        captured.format.push_str(" in PowerShell");
    }
    Ok(all)
}

/// The parameters of an `Invoke-WebRequest` command that somebody pasted, such as a browser's "copy as PowerShell".
#[derive(Default)]
struct InvokeWebRequest {
    url: Option<Value>,
    method: Option<Value>,
    headers: Option<Value>,
    content_type: Option<Value>,
    agent: Option<Value>,
    body: Option<Value>,
}

impl InvokeWebRequest {
    /// Sets a parameter by its name, or by a prefix of it.
    fn take(&mut self, name: &str, value: Value) -> Result<(), RequestError> {
        let name = name.to_ascii_lowercase();
        let is = |whole: &str, least: usize| name.len() >= least && whole.starts_with(&name);
        if is("uri", 1) {
            self.url = Some(value);
        } else if is("method", 3) || is("custommethod", 2) {
            self.method = Some(value);
        } else if is("headers", 1) {
            self.headers = Some(value);
        } else if is("contenttype", 4) {
            self.content_type = Some(value);
        } else if is("useragent", 5) {
            self.agent = Some(value);
        } else if is("body", 1) {
            self.body = Some(value);
        } else if is("infile", 3) || is("form", 2) {
            return Err(RequestError::OtherFile(format!("-{name}")));
        }
        Ok(())
    }
}

fn invoked(reader: &mut Reader<'_>) -> Result<Captured, RequestError> {
    let mut given = InvokeWebRequest::default();
    let mut outcome = Ok(());
    while let Some(argument) = reader.argument() {
        let taken = match argument.parameter() {
            Some(name)
                if SWITCHES.iter().any(|switch| name.len() > 3 && switch.starts_with(&name.to_ascii_lowercase())) =>
            {
                Ok(())
            }
            Some(name) => match reader.argument() {
                Some(value) => given.take(name, value),
                None => Err(RequestError::OptionValue(format!("-{name}"))),
            },
            None => match argument {
                Value::Splat(pairs) => pairs.into_iter().try_for_each(|(name, value)| given.take(&name, value)),
                other => given.take("uri", other),
            },
        };
        outcome = outcome.and(taken);
    }
    reader.skip_statement();
    outcome?;
    captured(given)
}

fn captured(given: InvokeWebRequest) -> Result<Captured, RequestError> {
    let unknown = || RequestError::Words(super::WordError::Expansion);
    let text = |value: Value| value.into_text().ok_or_else(unknown);
    let mut draft = RequestDraft::to(super::url(text(given.url.ok_or(RequestError::CommandUrl)?)?)?);
    let method = given.method.map(text).transpose()?.unwrap_or_else(|| "GET".to_owned());
    draft.method(&method.to_ascii_uppercase())?;
    for (name, value) in
        given.headers.map(|table| table.into_table().ok_or_else(unknown)).transpose()?.unwrap_or_default()
    {
        // Browsers copy pseudo-headers of HTTP/2 as headers.
        if !matches!(name.as_str(), "method" | "authority" | "scheme" | "path") {
            draft.header(name.as_bytes(), text(value)?.as_bytes())?;
        }
    }
    if let Some(agent) = given.agent.map(text).transpose()? {
        draft.header(b"user-agent", agent.as_bytes())?;
    }
    if let Some(kind) = given.content_type.map(text).transpose()? {
        draft.default_content_type(&kind)?;
    }
    match given.body {
        None => {}
        Some(Value::Table(fields)) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| Ok((name, text(value)?)))
                .collect::<Result<Vec<_>, RequestError>>()?;
            draft.default_content_type("application/x-www-form-urlencoded")?;
            draft.body =
                url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish().into_bytes();
        }
        Some(body) => {
            let is_bytes = matches!(body, Value::Bytes(_));
            let body = text(body)?;
            if !is_bytes && !body.is_ascii() {
                draft.notes.push(Note::PowershellEncoding);
            }
            draft.default_content_type("application/x-www-form-urlencoded")?;
            draft.body = body.into_bytes();
        }
    }
    Ok(draft.captured("Invoke-WebRequest in PowerShell"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Result<Captured, RequestError> {
        assert!(begins(text.as_bytes()), "{text}");
        let mut all = read(text.as_bytes())?;
        assert_eq!(all.len(), 1, "{text}");
        all.remove(0)
    }

    #[test]
    fn a_command_as_browsers_copy_it_gives_the_bytes_that_were_sent() {
        let copied = "$session = New-Object Microsoft.PowerShell.Commands.WebRequestSession\n$session.UserAgent = \"x (y; z)\"\n\
                      Invoke-WebRequest -UseBasicParsing -Uri \"https://h/x?a=b\" `\n-Method \"POST\" `\n-WebSession $session `\n\
                      -Headers @{\n\"method\"=\"POST\"\n  \"x-a\"=\"b`$c\"\n} `\n-ContentType \"application/json\" `\n\
                      -Body ([System.Text.Encoding]::UTF8.GetBytes(\"{`\"a`\":`\"$([char]233)`\"}\"))\n";
        let request = one(copied).expect("a request").request;
        assert_eq!((request.method.as_str(), request.url.as_deref()), ("POST", Some("https://h/x?a=b")));
        assert_eq!((&request.headers["x-a"], request.headers.len()), (&"b$c".parse().expect("text"), 2));
        assert_eq!(&request.body[..], "{\"a\":\"é\"}".as_bytes());
    }

    #[test]
    fn variables_tables_and_here_strings_are_filled_in() {
        let text = "$url = 'https://h/x'\n$sig = \"ab\"\n$headers = @{ 'X-A' = $sig; \"X-B\" = 'it''s' }\n$body = @'\n{\"a\":\n\"b\"}\n'@\n\
                    $params = @{ Uri = $url; Method = 'Post'; Headers = $headers; Body = $body }\n$r = Invoke-RestMethod @params\n";
        let request = one(text).expect("a request").request;
        assert_eq!(
            (&request.headers["x-a"], &request.headers["x-b"]),
            (&"ab".parse().expect("text"), &"it's".parse().expect("text"))
        );
        assert_eq!(&request.body[..], b"{\"a\":\n\"b\"}");
        let form = one("irm https://h/x -Method Post -Body @{ a = 'b c' }").expect("a request").request;
        assert_eq!(&form.body[..], b"a=b+c");
    }

    #[test]
    fn a_program_called_from_it_is_read_by_its_own_words() {
        let text = "$body = '{\"a\":1}'\ncurl.exe -X POST \"https://h/x\" `\n  -H \"X-A: b\" `\n  -d $body\n";
        let captured = one(text).expect("a request");
        assert_eq!((captured.request.body.as_ref(), captured.notes), (&b"{\"a\":1}"[..], vec![Note::PowershellQuotes]));
        let escaped = one("curl.exe https://h/x `\n -d '{\\\"a\\\":1}'").expect("a request");
        assert_eq!((escaped.request.body.as_ref(), escaped.notes), (&b"{\"a\":1}"[..], vec![Note::PowershellEscapes]));
    }

    #[test]
    fn what_only_running_gives_is_no_request() {
        for text in [
            "Invoke-WebRequest https://h/x -Body (Get-Content x)",
            "Invoke-WebRequest https://h/x -Body ($data | ConvertTo-Json)",
            "irm https://h/x -InFile x",
            "irm -Uri $url",
            "irm",
        ] {
            assert!(!matches!(read(text.as_bytes()), Ok(all) if all[0].is_ok()), "{text}");
        }
    }
}
