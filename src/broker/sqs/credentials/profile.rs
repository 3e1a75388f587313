//! Profiles in the files of AWS's command line: `~/.aws/credentials` and `~/.aws/config`.

use std::path::{Path, PathBuf};

use super::{AccessKey, read, variable};

/// The profile that is used where none is named.
const DEFAULT: &str = "default";
/// Keys of a profile whose credentials come from another service, which is not supported.
const ELSEWHERE: [&str; 5] = ["credential_process", "sso_session", "sso_start_url", "role_arn", "login_session"];

/// The access key of the profile that `AWS_PROFILE` names, or of the default one; none if that has none.
pub(super) fn load() -> Result<Option<AccessKey>, String> {
    let named = variable("AWS_PROFILE");
    let name = named.as_deref().unwrap_or(DEFAULT);
    let mut is_there = false;
    for (variable_name, file, heading) in [
        ("AWS_SHARED_CREDENTIALS_FILE", "credentials", name.to_owned()),
        ("AWS_CONFIG_FILE", "config", if name == DEFAULT { name.to_owned() } else { format!("profile {name}") }),
    ] {
        let Some(path) = path(variable_name, file) else { continue };
        if !path.exists() {
            continue;
        }
        let text = read(&path)?;
        let Some(profile) = section(&text, &heading) else { continue };
        is_there = true;
        if let Some(keys) = keys(&profile) {
            return Ok(Some(keys));
        }
        if let Some(key) = ELSEWHERE.into_iter().find(|key| value(&profile, key).is_some()) {
            let path = path.display();
            return Err(format!(
                "the profile `{name}` of {path} gets its credentials by {key}: export them with `aws configure export-credentials`"
            ));
        }
    }
    match named {
        Some(name) if !is_there => Err(format!("there is no profile `{name}` (AWS_PROFILE)")),
        _ => Ok(None),
    }
}

/// The file that a variable names, or the one in the home directory.
fn path(variable_name: &str, file: &str) -> Option<PathBuf> {
    let named = variable(variable_name).map(PathBuf::from);
    named.or_else(|| Some(Path::new(&variable("HOME")?).join(".aws").join(file)))
}

/// The names and values under a heading.
fn section<'t>(text: &'t str, heading: &str) -> Option<Vec<(&'t str, &'t str)>> {
    let mut found: Option<Vec<_>> = None;
    let mut is_in_it = false;
    for line in text.lines().filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            is_in_it = name.split_whitespace().eq(heading.split_whitespace());
            if is_in_it {
                found.get_or_insert_default();
            }
        } else if let (true, Some(found), Some((name, value))) = (is_in_it, &mut found, line.split_once('=')) {
            // An indented line continues the previous one.
            if !name.starts_with(char::is_whitespace) {
                found.push((name.trim(), value.trim()));
            }
        }
    }
    found
}

fn value<'t>(profile: &[(&str, &'t str)], name: &str) -> Option<&'t str> {
    profile.iter().find(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| *value)
}

fn keys(profile: &[(&str, &str)]) -> Option<AccessKey> {
    let of = |name| value(profile, name);
    Some(AccessKey::new(of("aws_access_key_id")?, of("aws_secret_access_key")?, of("aws_session_token")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_what_stands_under_its_heading() {
        let text = "[default]\naws_access_key_id = A\naws_secret_access_key=s/1=\n# [x]\ns3 =\n  aws_access_key_id = nested\n\
                    [ profile  x ]\nregion = eu\n[y]\naws_access_key_id=B\naws_secret_access_key=t\naws_session_token = u\n";
        let default = section(text, "default").expect("it is there");
        let found = keys(&default).expect("keys");
        assert_eq!((found.id.as_str(), found.secret.as_str(), found.token), ("A", "s/1=", None));
        assert!(keys(&section(text, "profile x").expect("it is there")).is_none());
        let other = keys(&section(text, "y").expect("it is there")).expect("keys");
        assert_eq!(other.token.as_deref().map(String::as_str), Some("u"));
        assert!(section(text, "z").is_none());
    }
}
