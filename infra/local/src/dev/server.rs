//! What `closer dev` serves: the page and its API, the webhooks by way of the gateway, the stand-ins.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{any, get, post};
use axum::{Json, Router};
use delivery::Secret;
use futures::{Stream, StreamExt as _};
use model::{BotId, PlatformType};
use serde_json::{Value, json};
use shell::web::WebChat;
use tokio::sync::watch;
use tokio_stream::wrappers::BroadcastStream;

use super::{Bots, Dev};
use crate::chat::{self, Said};
use crate::feed::Feed;
use crate::sockets::{self, Sockets};
use crate::stack::Stack;
use crate::{gateway, stand_in};

#[derive(Clone)]
struct App {
    stack: Arc<Stack>,
    feed: Feed,
    bots: Bots,
    key: String,
    live: bool,
    allow_private: bool,
    web: Arc<WebChat>,
    stopped: watch::Receiver<bool>,
}

pub(super) fn router(
    dev: &Dev,
    stack: Arc<Stack>,
    feed: Feed,
    bots: Bots,
    key: &str,
    secret: Secret,
    stopped: watch::Receiver<bool>,
) -> (Router, Sockets) {
    let stand_ins = stand_in::router(&feed, secret);
    let (live, allow_private) = (dev.live, dev.allow_private);
    let web = Arc::new(stack.web().alone().with_witness(dev.web_witness.clone()));
    let sockets = {
        let web = Arc::clone(&web);
        let handler = sockets::handler(move |event| {
            let web = Arc::clone(&web);
            async move { web.handle(event).await }
        });
        Sockets::new(handler, dev.lifetimes, stopped.clone())
    };
    let app = App { stack, feed, bots, key: key.to_owned(), live, allow_private, web, stopped };
    let router = Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/api/state", get(state))
        .route("/api/chat/{bot}", post(say))
        .route("/api/feed", get(feed_of))
        .route("/cost", get(cost))
        .layer(middleware::from_fn(only_by_its_own_name))
        .route("/hooks/{platform}/{*rest}", any(hook))
        .route("/v1/web/{*rest}", any(web_chat))
        .route("/webchat/{bot}", get(web_chat))
        .route("/webchat.js", get(web_chat))
        .route("/closer-sdk.js", get(web_chat))
        .route("/closer-sdk.global.js", get(web_chat))
        .route("/v1/{*rest}", any(manage))
        .with_state(app)
        .merge(sockets.router())
        .merge(stand_ins)
        .layer(DefaultBodyLimit::max(gateway::MAX_BODY_BYTES));
    (router, sockets)
}

/// The page and its API are for this machine: a web site that points its own name here gets nothing.
async fn only_by_its_own_name(request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "127.0.0.1" | "localhost" | "[::1]") {
        return next.run(request).await;
    }
    let text = "this page is served to http://127.0.0.1 and http://localhost only\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

async fn state(State(app): State<App>) -> Response {
    let mut bots = json!(app.bots.all());
    for bot in bots.as_array_mut().into_iter().flatten() {
        let webhooks = match bot["id"].as_str().unwrap_or_default().parse::<BotId>() {
            Ok(id) => app.stack.webhooks.of_bot(&id).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        };
        // Never the secrets.
        bot["webhooks"] = webhooks
            .iter()
            .map(|webhook| {
                json!({ "id": webhook.id, "name": webhook.name, "url": webhook.url, "policy": webhook.policy, "on": webhook.is_on() })
            })
            .collect::<Vec<Value>>()
            .into();
    }
    let version = env!("CARGO_PKG_VERSION");
    Json(json!({ "version": version, "live": app.live, "allowPrivate": app.allow_private, "key": app.key, "bots": bots }))
        .into_response()
}

async fn say(State(app): State<App>, Path(bot): Path<String>, said: Json<Said>) -> Response {
    let refuse = |status: StatusCode, error: String| (status, Json(json!({ "error": error }))).into_response();
    let bot_id: BotId = match bot.parse() {
        Ok(bot_id) => bot_id,
        Err(error) => return refuse(StatusCode::NOT_FOUND, format!("{error}")),
    };
    match chat::say(&app.stack, &bot_id, said.0).await {
        Ok(reply) => Json(json!({ "messages": reply.messages, "keyboard": reply.keyboard })).into_response(),
        Err(error) => refuse(StatusCode::UNPROCESSABLE_ENTITY, format!("{error:#}")),
    }
}

async fn feed_of(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (entries, new) = app.feed.follow();
    // A page that fell behind gets the rest from here on.
    let new = BroadcastStream::new(new).filter_map(|entry| async { entry.ok() });
    let mut stopped = app.stopped;
    let events = futures::stream::iter(entries)
        .chain(new)
        .map(|entry| Ok(Event::default().json_data(&entry).unwrap_or_default()))
        .take_until(async move {
            let _ = stopped.wait_for(|stopped| *stopped).await;
        });
    Sse::new(events).keep_alive(KeepAlive::default())
}

/// What the turns so far would cost on AWS, as they come.
async fn cost(State(app): State<App>) -> Response {
    match crate::cost::live(&app.stack.services.meter, &app.feed) {
        Ok(text) => ([("refresh", "2")], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}\n")).into_response(),
    }
}

/// The management API.
async fn manage(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let function = async |request| app.stack.admin.handle(request).await;
    gateway::invoke(function, &method, &uri, &headers, &body).await
}

async fn hook(
    State(app): State<App>,
    Path((platform, _)): Path<(String, String)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match platform.parse::<PlatformType>().ok().and_then(|platform| app.stack.adapters.get(&platform)) {
        Some(adapter) => {
            let function = async |request| adapter.handle(request).await;
            if let Ok(kind) = platform.parse::<PlatformType>() {
                app.stack.services.meter.invoked(kind.as_str());
            }
            gateway::invoke(function, &method, &uri, &headers, &body).await
        }
        None => Response::builder()
            .status(StatusCode::NOT_FOUND)
            .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(Body::from("there is no such messenger here\n"))
            .unwrap_or_default(),
    }
}

/// The HTTP side of web chat: tokens, and the files of a page.
async fn web_chat(State(app): State<App>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    gateway::answer(&app.web.handle(gateway::event(&method, &uri, &headers, &body)).await)
}
