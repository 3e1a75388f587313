//! The dashboard: one page with what an operator looks for first. It loads itself again and needs nothing but HTML.

use http::StatusCode;

use super::answer::Reply;
use super::call::Call;
use super::page::{Escaped, Page};
use crate::clock::Timestamp;
use crate::report::dashboard::{Dashboard, Part, dashboard};

/// Seconds between two looks where nobody says otherwise.
const REFRESH: u64 = 15;
/// The longest time between two looks.
const SLOWEST: u64 = 3_600;

/// `?refresh=0` stays as it is, for whoever reads slowly.
pub(super) async fn show(call: Call) -> Reply {
    let refresh = call.number("refresh", REFRESH, 0..=SLOWEST)?;
    let now = call.now;
    let state = call
        .blocking(move |app| {
            let settings = app.settings();
            dashboard(app.store.as_ref(), &settings.limits, &settings.ages, now)
        })
        .await?;
    Ok(page(&state, refresh, now).respond(StatusCode::OK))
}

fn page(state: &Dashboard, refresh: u64, now: Timestamp) -> Page {
    let mut page = Page::new(if state.healthy { "syncctl: healthy" } else { "syncctl: unhealthy" })
        .again_after((refresh > 0).then_some(refresh));
    let version = env!("CARGO_PKG_VERSION");
    page.add(format_args!(
        "<header>\n<h1>syncctl <small>{version}</small></h1>\n<p class=\"quiet\">as of <time datetime=\"{now}\">{now}</time>, \
         {}</p>\n<form method=\"post\" action=\"/logout\"><button>Sign out</button></form>\n</header>\n<main>\n",
        again(refresh)
    ));
    let (class, word) = if state.healthy { ("good", "Healthy") } else { ("bad", "Unhealthy") };
    let why = state.message.split_once(": ").map_or(state.message.as_str(), |(_, why)| why);
    page.add(format_args!(
        "<p class=\"verdict {class}\" role=\"status\"><strong>{word}</strong> {}</p>\n",
        Escaped(why)
    ));
    page.figures(&state.figures, now);
    state.parts.iter().for_each(|part| section(&mut page, part, now));
    page.add(format_args!("</main>\n"));
    page
}

fn again(refresh: u64) -> String {
    match refresh {
        0 => "<a href=\"/\">look again by itself</a>".to_owned(),
        n => format!("again every {n} s, <a href=\"/?refresh=0\">stop that</a>"),
    }
}

fn section(page: &mut Page, part: &Part, now: Timestamp) {
    page.add(format_args!("<section>\n<h2>{}</h2>\n", Escaped(part.title)));
    if part.table.rows.is_empty() {
        page.add(format_args!("<p class=\"quiet\">{}</p>\n", Escaped(part.empty)));
    } else {
        page.table(&part.table, now);
        if !part.hint.is_empty() {
            page.add(format_args!("<p class=\"quiet hint\">{}</p>\n", Escaped(part.hint)));
        }
    }
    page.add(format_args!("</section>\n"));
}
