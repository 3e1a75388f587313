//! Compares two JSON texts: whether their values are equal, and how their spelling differs.

use super::json::{self, Node};

/// A difference between two texts of the same JSON value, such as white space or the order of keys: why a signature over one does
/// not fit the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextDifference {
    /// White space between the tokens.
    Spaces,
    /// The order of the members of objects.
    KeyOrder,
    /// Numbers of the same value: `1.0` and `1`.
    Numbers,
    /// Characters and their escapes: `é` and `\u00e9`.
    Escapes,
}

impl TextDifference {
    /// Its words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spaces => "spaces",
            Self::KeyOrder => "key order",
            Self::Numbers => "numbers",
            Self::Escapes => "escapes",
        }
    }
}

/// The differences in spelling between two JSON texts of equal value; `None` if the values differ or one is not JSON.
pub(super) fn text_differences(one: &[u8], other: &[u8]) -> Option<Vec<TextDifference>> {
    let [one, other] = [one, other].map(|bytes| std::str::from_utf8(bytes).ok().filter(|text| json::is_json(text)));
    let (one, other) = (one?, other?);
    let mut found = Differences::default();
    found.compare(&json::parse(one)?, &json::parse(other)?)?;
    let spaces = found.is_reordered && sorted(white_space(one)) != sorted(white_space(other));
    let spaces = spaces || (!found.is_reordered && white_space(one) != white_space(other));
    let all = [
        (spaces, TextDifference::Spaces),
        (found.is_reordered, TextDifference::KeyOrder),
        (found.numbers, TextDifference::Numbers),
        (found.escapes, TextDifference::Escapes),
    ];
    Some(all.into_iter().filter(|(is_so, _)| *is_so).map(|(_, writing)| writing).collect())
}

/// All the ways in which two texts of the same JSON value are written differently.
#[derive(Default)]
struct Differences {
    is_reordered: bool,
    numbers: bool,
    escapes: bool,
}

impl Differences {
    /// Records differences in spelling between two values; `None` if the values differ.
    fn compare(&mut self, one: &Node<'_>, other: &Node<'_>) -> Option<()> {
        match (one, other) {
            (Node::Atom(one), Node::Atom(other)) => self.compare_atoms(one, other),
            (Node::Array(one), Node::Array(other)) if one.len() == other.len() => {
                one.iter().zip(other).try_for_each(|(one, other)| self.compare(one, other))
            }
            (Node::Object(one), Node::Object(other)) if one.len() == other.len() => self.compare_members(one, other),
            _ => None,
        }
    }

    fn compare_members(&mut self, one: &[(&str, Node<'_>)], other: &[(&str, Node<'_>)]) -> Option<()> {
        let [one, other] = [one, other].map(by_name);
        let (one, other) = (one?, other?);
        for ((name, token, place, value), (other_name, other_token, other_place, other_value)) in one.iter().zip(&other)
        {
            if name != other_name {
                return None;
            }
            self.is_reordered |= place != other_place;
            self.escapes |= token != other_token;
            self.compare(value, other_value)?;
        }
        Some(())
    }

    fn compare_atoms(&mut self, one: &str, other: &str) -> Option<()> {
        if one == other {
            return Some(());
        }
        if one.starts_with('"') {
            self.escapes = true;
            return (text(one)? == text(other)?).then_some(());
        }
        self.numbers = true;
        (decimal(one)? == decimal(other)?).then_some(())
    }
}

/// A member of a JSON object: its name, its token, its place and its value.
type Member<'n, 't> = (String, &'t str, usize, &'n Node<'t>);

/// The members by name, each with its token and index; `None` if a name is duplicate, because parsers differ on that.
fn by_name<'n, 't>(members: &'n [(&'t str, Node<'t>)]) -> Option<Vec<Member<'n, 't>>> {
    let members = members.iter().enumerate().map(|(place, (token, value))| Some((text(token)?, *token, place, value)));
    let mut members: Vec<_> = members.collect::<Option<_>>()?;
    members.sort_by(|one, other| one.0.cmp(&other.0));
    members.windows(2).all(|two| two[0].0 != two[1].0).then_some(members)
}

fn text(token: &str) -> Option<String> {
    serde_json::from_str(token).ok()
}

/// The exact value of a number: sign, digits without outer zeros, and the power of ten of the last digit.
fn decimal(token: &str) -> Option<(bool, String, i64)> {
    let (is_negative, digits) = token.strip_prefix('-').map_or((false, token), |rest| (true, rest));
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let exponent: i64 = exponent.parse().ok()?;
    let all = format!("{whole}{fraction}");
    let kept = all.trim_end_matches('0');
    let power = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let power = power.checked_add(i64::try_from(all.len() - kept.len()).ok()?)?;
    match kept.trim_start_matches('0') {
        "" => Some((false, String::new(), 0)),
        digits => Some((is_negative, digits.to_owned(), power)),
    }
}

/// The white space before each token and at the end.
fn white_space(text: &str) -> Vec<&str> {
    let (mut spaces, mut rest) = (Vec::new(), text);
    loop {
        let token = rest.trim_start_matches([' ', '\t', '\n', '\r']);
        spaces.push(&rest[..rest.len() - token.len()]);
        let Some(first) = token.chars().next() else { return spaces };
        let length = if "{}[],:".contains(first) { 1 } else { json::token_length(token).max(first.len_utf8()) };
        rest = token.get(length..).unwrap_or("");
    }
}

fn sorted(mut spaces: Vec<&str>) -> Vec<&str> {
    spaces.sort_unstable();
    spaces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(one: &str, other: &str) -> Option<String> {
        let names = text_differences(one.as_bytes(), other.as_bytes())?;
        Some(names.into_iter().map(TextDifference::name).collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn each_way_of_writing_is_told_alone_and_together() {
        let told = |one, other| told(one, other).expect("the same JSON");
        assert_eq!(told(r#"{"a":1,"b":2}"#, r#"{"a": 1,"b":2}"#), "spaces");
        assert_eq!(told(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#), "key order");
        assert_eq!(told(r#"[1.0,1e2]"#, r#"[1,100]"#), "numbers");
        assert_eq!(told(r#"{"é":"/"}"#, r#"{"\u00e9":"\/"}"#), "escapes");
        assert_eq!(
            told(r#"{"b": 1.50, "a": "\u00e9"}"#, "{\"a\":\"é\",\n\"b\":1.5}"),
            "spaces, key order, numbers, escapes"
        );
    }

    #[test]
    fn another_value_is_never_called_the_same() {
        for (one, other) in [
            ("1", "2"),
            ("12345678901234567890", "12345678901234567891"),
            ("1e400", "1e401"),
            ("-1", "1"),
            ("1", "\"1\""),
            ("null", "0"),
            ("true", "false"),
            ("[1,2]", "[2,1]"),
            (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
            (r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#),
            (r#"{"a":1}"#, r#"{"a":1}x"#),
            ("", "{}"),
        ] {
            assert_eq!(told(one, other), None, "{one} {other}");
        }
        assert_eq!(told("0", "-0.0e7").as_deref(), Some("numbers"));
    }
}
