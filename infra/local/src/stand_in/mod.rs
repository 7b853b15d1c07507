//! Stand-ins for what lives outside: messengers' APIs and a company's webhook receiver. They are as strict as the real
//! ones, and show on the page what they were sent.

pub mod kakao;
pub mod line;
pub mod receiver;

use axum::Router;
use delivery::Secret;

use crate::feed::Feed;

/// All of them, below `/stand-in`.
pub fn router(feed: &Feed, secret: Secret) -> Router {
    Router::new()
        .nest("/stand-in/line", line::router(feed.clone()))
        .nest("/stand-in/kakao", kakao::router(feed.clone()))
        .nest("/stand-in/receiver", receiver::router(feed.clone(), secret))
}

/// Where a platform's API is when its stand-in takes its place. `None`: there is none.
pub fn place(variable: &str, base: &str) -> Option<String> {
    let path = match variable {
        "LINE_API_URL" | "LINE_DATA_API_URL" => "line",
        "KAKAO_CALLBACK_URL" => "kakao",
        _ => return None,
    };
    Some(format!("{base}/stand-in/{path}"))
}
