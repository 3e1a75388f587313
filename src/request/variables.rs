//! Substitutes `{{name}}` by the variables that the same file defines.

use std::collections::HashMap;

use super::{MOST_BYTES, RequestError};

/// The deepest nesting of variables in values of variables.
const MOST_DEPTH: usize = 8;
/// The most values substituted in one text.
const MOST_VALUES: usize = 10_000;
/// The longest name of a variable, in bytes.
const LONGEST_NAME: usize = 200;

/// The variables that a `.http` file or a script sets.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables(HashMap<String, String>);

impl Variables {
    pub(super) fn set(&mut self, name: String, value: String) {
        self.0.insert(name, value);
    }

    /// A text with variables substituted. An undefined variable is an error, because its value was part of what was sent.
    pub(super) fn filled(&self, text: &str) -> Result<String, RequestError> {
        self.filled_at(text, 0, &mut 0)
    }

    fn filled_at(&self, text: &str, depth: usize, values: &mut usize) -> Result<String, RequestError> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("{{") {
            let Some(name) = name_at(&rest[start..]) else {
                // Braces of JSON.
                let (before, after) = rest.split_at(start + 1);
                out.push_str(before);
                rest = after;
                continue;
            };
            out.push_str(&rest[..start]);
            let unknown = || RequestError::Variable(name.trim().to_owned());
            let value = self.0.get(name.trim()).filter(|_| depth < MOST_DEPTH).ok_or_else(unknown)?;
            *values += 1;
            out.push_str(&self.filled_at(value, depth + 1, values)?);
            if out.len() > MOST_BYTES || *values > MOST_VALUES {
                return Err(RequestError::TooLong);
            }
            rest = &rest[start + name.len() + 4..];
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// The name in `{{name}}` at the start of a text: a variable, or a call such as `$timestamp`, but not JSON.
fn name_at(text: &str) -> Option<&str> {
    let is_part = |c: char| c.is_alphanumeric() || "_.-$ %".contains(c);
    let inner = &text[2..];
    let length = inner.find(|c| !is_part(c)).filter(|length| *length <= LONGEST_NAME)?;
    (inner[length..].starts_with("}}") && !inner[..length].trim().is_empty()).then_some(&inner[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in_and_braces_of_json_stay() {
        let mut variables = Variables::default();
        variables.set("host".into(), "{{name}}.example".into());
        variables.set("name".into(), "hooks".into());
        variables.set("again".into(), "{{again}}{{again}}".into());
        assert_eq!(variables.filled("https://{{ host }}/").as_deref(), Ok("https://hooks.example/"));
        assert_eq!(variables.filled(r#"{"a":{"b":{{name}}}}"#).as_deref(), Ok(r#"{"a":{"b":hooks}}"#));
        assert_eq!(variables.filled(r#"{{"a":1}}"#).as_deref(), Ok(r#"{{"a":1}}"#));
        assert_eq!(variables.filled("{{$timestamp}}"), Err(RequestError::Variable("$timestamp".into())));
        assert_eq!(variables.filled("{{again}}"), Err(RequestError::Variable("again".into())));
        assert_eq!(variables.filled("{{{{").as_deref(), Ok("{{{{"));
    }
}
