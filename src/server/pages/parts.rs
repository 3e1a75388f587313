//! What pages are made of: foreign text, ids, times, states, and the three components of the original's admin panel.

use maud::{Escaper, Markup, Render, html};

use crate::clock::Timestamp;
use crate::format::relative;
use crate::report::Level;
use crate::untrusted::Untrusted;

/// The longest id that is shown whole.
const SHOWN_WHOLE: usize = 26;
/// The last characters of a longer one, which tell ids that begin alike apart.
const TAIL: usize = 8;

/// Text from outside on a page: markup is escaped, control and bidirectional characters are made visible.
pub(super) struct ForeignText<'a>(pub(super) &'a str);

impl Render for ForeignText<'_> {
    fn render_to(&self, buffer: &mut String) {
        use std::fmt::Write as _;
        let _ = write!(Escaper::new(buffer), "{}", Untrusted(self.0));
    }
}

/// An id: a long one is shortened in the middle for the eye, and copied whole.
pub(super) fn id(text: &str) -> Markup {
    let safe = Untrusted(text).to_string();
    let length = safe.chars().count();
    if length <= SHOWN_WHOLE {
        return html! { (safe) };
    }
    let cut = safe.char_indices().nth(length - TAIL).map_or(safe.len(), |(at, _)| at);
    html! { span.cut title=(safe) { span { (safe[..cut]) } span { (safe[cut..]) } } }
}

/// A link with an id as its text.
pub(super) fn id_link(address: &str, text: &str) -> Markup {
    html! { a href=(address) { (id(text)) } }
}

/// A segment of a path.
pub(super) fn segment(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// When something was last updated, in words that go on counting, with the exact time as a tooltip.
pub(super) fn time_ago(time: Timestamp, now: Timestamp) -> Markup {
    let exact = time.to_string();
    html! { time.ago datetime=(exact) title=(exact) { (relative(time, now)) } }
}

/// A moment in full, where the order matters.
pub(super) fn time_exact(time: Timestamp) -> Markup {
    let exact = time.to_string();
    html! { time datetime=(exact) { (exact) } }
}

/// A state in a word, and how good it is.
pub(super) fn state(level: Level, text: &str) -> Markup {
    html! { span.badge.(class(level)) { (ForeignText(text)) } }
}

/// How fresh something is: `● Fresh`, `● Aging`, `● Stale`.
pub(super) fn freshness(level: Level, text: &str) -> Markup {
    let word = text.trim_start_matches(|c: char| !c.is_alphabetic());
    html! { span.badge.(class(level)) { "● " (word) } }
}

/// The class of a level.
pub(super) fn class(level: Level) -> &'static str {
    match level {
        Level::Good => "good",
        Level::Busy => "busy",
        Level::Warning => "warning",
        Level::Bad => "bad",
        Level::Quiet => "quiet",
    }
}

/// Lines of a report, of which those that are indented belong to the one before.
pub(super) fn lines(lines: &[String]) -> Markup {
    html! { pre.lines tabindex="0" { @for line in lines { (ForeignText(line)) "\n" } } }
}

/// A block of foreign text that a button copies.
pub(super) fn block(name: &str, label: &str, text: &str) -> Markup {
    html! {
        div.block {
            button.copy type="button" hidden data-copy=(name) { "Copy" }
            pre #(name) tabindex="0" aria-label=(label) { (SourceText(text)) }
        }
    }
}

/// Text of several lines from outside on a page: as foreign text, but with its line breaks and tabs.
pub(super) struct SourceText<'a>(pub(super) &'a str);

impl Render for SourceText<'_> {
    fn render_to(&self, buffer: &mut String) {
        let mut rest = self.0;
        while let Some(at) = rest.find(['\n', '\t']) {
            ForeignText(&rest[..at]).render_to(buffer);
            buffer.push_str(&rest[at..=at]);
            rest = &rest[at + 1..];
        }
        ForeignText(rest).render_to(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_foreign_is_read_as_markup() {
        let escaped = |text: &str| html! { (ForeignText(text)) }.into_string();
        assert_eq!(escaped("<b a=\"1\">&\u{202e}\u{1b}[1m\n"), "&lt;b a=&quot;1&quot;&gt;&amp;\\u{202e}␛[1m␊");
        for hostile in crate::untrusted::DANGEROUS.chars() {
            assert!(!escaped(&hostile.to_string()).contains(hostile));
            assert!(!id(&hostile.to_string().repeat(40)).into_string().contains(hostile));
        }
        let source = html! { (SourceText("a\n\t<b>\r\u{202e}\n")) }.into_string();
        assert_eq!(source, "a\n\t&lt;b&gt;␍\\u{202e}\n");
    }

    #[test]
    fn a_long_id_is_cut_for_the_eye_and_whole_in_the_text() {
        let shown = |text: &str| id(text).into_string();
        assert_eq!(shown("evt_1"), "evt_1");
        let long = "é".repeat(300);
        let text: String = shown(&long).split('>').filter_map(|part| part.split('<').next()).collect();
        assert_eq!(text, long);
        assert_eq!(segment("a/b?c d"), "a%2Fb%3Fc%20d");
    }
}
