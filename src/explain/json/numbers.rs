//! Numbers as other languages write them.

use super::tokens;

/// Rewrites the numbers of a JSON text, and keeps everything else.
pub(in crate::explain) fn renumber(text: &str, form: fn(&str) -> Option<String>) -> String {
    tokens(text, |token, _, out| {
        let number = token.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        match number.then(|| form(token)).flatten() {
            Some(written) => out.push_str(&written),
            None => out.push_str(token),
        }
    })
}

/// A number as JavaScript writes it.
pub(in crate::explain) fn javascript_number(token: &str) -> Option<String> {
    let value: f64 = token.parse().ok()?;
    if !value.is_finite() {
        return None;
    }
    let size = value.abs();
    if size == 0.0 {
        return Some("0".to_owned());
    }
    if (1e-6..1e21).contains(&size) {
        return Some(value.to_string());
    }
    Some(signed_exponent(&format!("{value:e}"), 1))
}

/// A number as Python writes it: whole numbers as they are, others with a point.
pub(in crate::explain) fn python_number(token: &str) -> Option<String> {
    if !token.contains(['.', 'e', 'E']) {
        return None;
    }
    let value: f64 = token.parse().ok()?;
    let size = value.abs();
    if !value.is_finite() {
        return None;
    }
    if size == 0.0 || (1e-4..1e16).contains(&size) {
        let text = value.to_string();
        return Some(if text.contains('.') { text } else { text + ".0" });
    }
    Some(signed_exponent(&format!("{value:e}"), 2))
}

/// A whole number as `1.0`.
pub(in crate::explain) fn float_number(token: &str) -> Option<String> {
    (!token.contains(['.', 'e', 'E'])).then(|| format!("{token}.0"))
}

/// A number as Java writes a double: with a point, and with an exponent from ten million on and below a thousandth.
pub(in crate::explain) fn java_number(token: &str) -> Option<String> {
    if !token.contains(['.', 'e', 'E']) {
        return None;
    }
    let value: f64 = token.parse().ok().filter(|value: &f64| value.is_finite())?;
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        let text = value.to_string();
        return Some(if text.contains('.') { text } else { text + ".0" });
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e')?;
    let point = if mantissa.contains('.') { "" } else { ".0" };
    Some(format!("{mantissa}{point}E{exponent}"))
}

/// A number as PHP writes it: the shortest digits, without `.0`; whole numbers of more than 64 bits as floats.
pub(in crate::explain) fn php_number(token: &str) -> Option<String> {
    php_digits(token, |value| format!("{value:e}"))
}

/// The same with `serialize_precision` at 17, as older configurations have it.
pub(in crate::explain) fn php_number_17(token: &str) -> Option<String> {
    php_digits(token, |value| {
        let text = format!("{value:.16e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'))
    })
}

fn php_digits(token: &str, digits: fn(f64) -> String) -> Option<String> {
    if !token.contains(['.', 'e', 'E']) && token.parse::<i64>().is_ok() {
        return None;
    }
    let value: f64 = token.parse().ok().filter(|value: &f64| value.is_finite())?;
    if value == 0.0 {
        return Some(if value.is_sign_negative() { "-0".to_owned() } else { "0".to_owned() });
    }
    let text = digits(value);
    let (mantissa, exponent) = text.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits = mantissa.replace('.', "");
    let point = usize::try_from(exponent + 1);
    Some(match (exponent, point) {
        (-4..=16, Ok(point)) if point > 0 && point >= digits.len() => format!("{sign}{digits:0<point$}"),
        (-4..=16, Ok(point)) if point > 0 => format!("{sign}{}.{}", &digits[..point], &digits[point..]),
        (-4..=16, _) => format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).ok()?)),
        _ => {
            let rest = if digits.len() > 1 { &digits[1..] } else { "0" };
            let plus = if exponent < 0 { '-' } else { '+' };
            format!("{sign}{}.{rest}e{plus}{}", &digits[..1], exponent.abs())
        }
    })
}

fn signed_exponent(text: &str, digits: usize) -> String {
    let Some((mantissa, exponent)) = text.split_once('e') else { return text.to_owned() };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    format!("{mantissa}e{sign}{exponent:0>digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_each_language_does() {
        let text = "[1.0,100,1e2,1E21,1.5e-7,-0.0,0.1,1e16]";
        assert_eq!(renumber(text, javascript_number), "[1,100,100,1e+21,1.5e-7,0,0.1,10000000000000000]");
        assert_eq!(renumber(text, python_number), "[1.0,100,100.0,1e+21,1.5e-07,-0.0,0.1,1e+16]");
        assert_eq!(renumber("[1,2.5]", float_number), "[1.0,2.5]");
        let text = "[1,12345678.9,1e3,0.0005,1250.0,0.1]";
        assert_eq!(renumber(text, java_number), "[1,1.23456789E7,1000.0,5.0E-4,1250.0,0.1]");
        let text = "[1,1250.0,0.1,1e25,0.00001,0.00015,12345678901234567890,-2.50]";
        assert_eq!(renumber(text, php_number), "[1,1250,0.1,1.0e+25,1.0e-5,0.00015,1.2345678901234567e+19,-2.5]");
        assert_eq!(renumber("[0.1,0.5]", php_number_17), "[0.10000000000000001,0.5]");
    }
}
