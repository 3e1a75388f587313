//! What the buttons of pages do. Each form carries the token of its session, and leads to a page that says what was done.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::response::Response;

use super::buttons::{TOKEN_FIELD, is_of_own_page, see_other};
use super::parts::segment;
use super::viewer::FormFields;
use crate::server::admin::actions::{ActionResult, Actor};
use crate::server::admin::lists::number;
use crate::server::extract::{Path, Payload};
use crate::server::plan::BulkAction;
use crate::server::response::Problem;
use crate::server::state::App;
use crate::store::DeliveryId;

/// The size limit of a form: the numbers of a page of chosen deliveries, or headers that were pasted.
const FORM_LIMIT: usize = 64 * 1024;

/// The response to a form: a redirect to a page that says what was done, or a problem.
type FormResponse = Result<Response, Problem>;

/// A form that a browser sent, checked to be from one of our pages, and the operator who sent it.
pub(in crate::server) struct SubmittedForm {
    pub(super) actor: Actor,
    pub(super) pairs: FormFields,
}

impl FromRequest<Arc<App>> for SubmittedForm {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let actor = Actor::from_request_parts(&mut parts, app).await?;
        let payload = Payload::<FORM_LIMIT>::from_request(Request::from_parts(parts, body), app).await?;
        let text = std::str::from_utf8(&payload.bytes).map_err(|_| Problem::field("body", "is not UTF-8"))?;
        let mut pairs = FormFields::of(text);
        let token = pairs.take(TOKEN_FIELD).unwrap_or_default();
        match is_of_own_page(&actor.operator, &token) {
            true => Ok(Self { actor, pairs }),
            false => {
                Err(Problem::forbidden("this form belongs to another session; reload the page and submit it again"))
            }
        }
    }
}

/// Leads to `path`, which says what the action came to.
fn done<T>(path: &str, done: &ActionResult<T>) -> Response {
    let sign = if path.contains('?') { '&' } else { '?' };
    see_other(&format!("{path}{sign}action={}", done.action))
}

fn endpoint_page(name: &str) -> String {
    format!("/endpoints/{}", segment(name))
}

pub(in crate::server) async fn pause(Path(name): Path, form: SubmittedForm) -> FormResponse {
    Ok(done(&endpoint_page(&name), &form.actor.pause(&name).await?))
}

pub(in crate::server) async fn acknowledge(Path(name): Path, form: SubmittedForm) -> FormResponse {
    Ok(done("/failures", &form.actor.acknowledge(&name).await?))
}

pub(in crate::server) async fn resume(Path(name): Path, form: SubmittedForm) -> FormResponse {
    Ok(done(&endpoint_page(&name), &form.actor.resume(&name).await?))
}

pub(in crate::server) async fn test(Path(name): Path, form: SubmittedForm) -> FormResponse {
    Ok(done(&endpoint_page(&name), &form.actor.test(&name).await?))
}

pub(in crate::server) async fn process(form: SubmittedForm) -> FormResponse {
    Ok(done("/", &form.actor.process().await?))
}

pub(in crate::server) async fn replay_event(Path(id): Path, form: SubmittedForm) -> FormResponse {
    Ok(done(&format!("/events/{}", segment(&id)), &form.actor.replay_event(&id).await?))
}

pub(in crate::server) async fn replay_delivery(Path(id): Path, form: SubmittedForm) -> FormResponse {
    let id = number(&id, "delivery")?;
    let is_set = |name: &str| form.pairs.get(name).is_some();
    let verb = BulkAction::Replay { include_delivered: is_set("include_delivered"), force: is_set("force") };
    let changed = form.actor.change_named(verb, vec![DeliveryId(id)]).await?;
    Ok(done(&format!("/deliveries/{id}"), &changed))
}

pub(in crate::server) async fn give_up_delivery(Path(id): Path, form: SubmittedForm) -> FormResponse {
    let id = number(&id, "delivery")?;
    let changed = form.actor.change_named(BulkAction::GiveUp, vec![DeliveryId(id)]).await?;
    Ok(done(&format!("/deliveries/{id}"), &changed))
}

pub(in crate::server) async fn replay_request(Path(id): Path, form: SubmittedForm) -> FormResponse {
    let id = number(&id, "kept request")?;
    let replayed = form.actor.replay_request(id, form.pairs.get("any_time").is_some()).await?;
    Ok(done(&format!("/requests/{id}"), &replayed))
}

pub(in crate::server) async fn end_session(Path(id): Path, form: SubmittedForm) -> FormResponse {
    let ended = form.actor.end_session(number(&id, "session")?).await?;
    Ok(done("/configuration", &ended))
}

pub(in crate::server) async fn apply_plan(form: SubmittedForm) -> FormResponse {
    let asked = super::plan::PlanQuery::read(&form.pairs, form.actor.app.now())?;
    let digest = form.pairs.get("plan").ok_or_else(|| Problem::field("plan", "is missing"))?;
    let applied = form.actor.apply(asked.verb, asked.selection, digest).await?;
    Ok(done("/deliveries", &applied))
}
