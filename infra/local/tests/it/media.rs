//! What customers send on LINE opens for everybody who has the link, and for nobody else.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use closer::dev::Running;
use closer::gateway;
use model::PlatformType;
use serde_json::json;
use shell::media::MOST;

use crate::world;

/// The link that a company is told of when a customer sends the video `id`.
async fn link(running: &Running, id: &str) -> String {
    let body = json!({
        "destination": "U00000000000000000000000000000000",
        "events": [{
            "type": "message", "mode": "active", "timestamp": 1_780_300_045_595_i64, "webhookEventId": id, "replyToken": id,
            "deliveryContext": { "isRedelivery": false }, "source": { "type": "user", "userId": "U0123456789abcdef0123456789abcdef" },
            "message": { "type": "video", "id": id, "contentProvider": { "type": "line" } },
        }],
    })
    .to_string();
    let signature = world::line_signature(body.as_bytes());
    let headers = [("x-line-signature", signature.as_str())];
    assert_eq!(world::post(running, "/hooks/line/Bhello", &headers, body.as_bytes()).await.0, 200);
    let queue = &running.stack.services.queues.inbound;
    let (event, receipts) = world::batch(running, queue).await;
    closer::mapping::acknowledge(&running.stack.services.aws.sqs, queue, receipts.into_iter()).await;
    let queued: serde_json::Value = serde_json::from_str(event.records[0].body.as_ref().unwrap()).unwrap();
    let uri = queued["kind"]["data"]["media"]["uri"].as_str().unwrap();
    uri.strip_prefix(&format!("http://{}", running.address)).unwrap().to_owned()
}

async fn open(running: &Running, path: &str, range: Option<&str>) -> (StatusCode, HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    if let Some(range) = range {
        headers.insert("range", range.parse().unwrap());
    }
    let adapter = &running.stack.adapters[&PlatformType::Line];
    let uri: Uri = path.parse().unwrap();
    let response =
        gateway::invoke(async |request| adapter.handle(request).await, &Method::GET, &uri, &headers, &Bytes::new())
            .await;
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, axum::body::to_bytes(body, usize::MAX).await.unwrap())
}

#[tokio::test]
async fn a_link_opens_and_a_forged_one_does_not() {
    let running = world::start_idle().await;
    let path = link(&running, "1").await;
    let (status, headers, body) = open(&running, &path, None).await;
    assert_eq!((status, &body[..3]), (StatusCode::OK, &b"GIF"[..]));
    assert_eq!(
        (headers["content-type"].as_bytes(), headers["content-disposition"].as_bytes()),
        (&b"image/gif"[..], &b"inline"[..])
    );
    assert_eq!(headers["x-content-type-options"], "nosniff");
    for (path, status) in [
        (format!("{path}x"), 404),
        (path.replace("/media/", "/media/e30"), 404),
        ("/hooks/line/Bhello/media/".to_owned(), 404),
        (link(&running, "2s404").await, 404),
        (link(&running, "3s410").await, 410),
        (link(&running, "4s202").await, 503),
        (link(&running, "5s500").await, 502),
    ] {
        assert_eq!(open(&running, &path, None).await.0, status, "{path}");
    }
    running.stop().await;
}

#[tokio::test]
async fn what_is_large_is_had_in_ranges() {
    let running = world::start_idle().await;
    let size = MOST + 1000;
    let path = link(&running, &format!("1b{size}")).await;
    assert_eq!(open(&running, &path, None).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    let mut whole: Vec<u8> = Vec::new();
    for expected in [format!("bytes 0-{}/{size}", MOST - 1), format!("bytes {MOST}-{}/{size}", size - 1)] {
        let (status, headers, body) = open(&running, &path, Some(&format!("bytes={}-", whole.len()))).await;
        assert_eq!(
            (status, headers["content-range"].to_str().unwrap()),
            (StatusCode::PARTIAL_CONTENT, expected.as_str())
        );
        whole.extend(body);
    }
    assert!(whole.len() as u64 == size && whole.iter().enumerate().all(|(at, byte)| usize::from(*byte) == at % 251));
    let (status, _, body) = open(&running, &path, Some("bytes=10-12")).await;
    assert_eq!((status, &body[..]), (StatusCode::PARTIAL_CONTENT, &[10, 11, 12][..]));
    let beyond = format!("bytes={size}-");
    assert_eq!(open(&running, &path, Some(&beyond)).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
    running.stop().await;
}

/// WeChat's errors come as files do, with 200, and videos as an address.
#[tokio::test]
async fn what_wechat_sends_in_place_of_a_file_is_read() {
    let running = world::start_idle().await;
    let secrets = serde_json::from_value(json!("localwechattoken")).unwrap();
    for (id, status) in [("picture", 200), ("gone", 410), ("video", 502)] {
        let source = format!("https://api.weixin.qq.com/cgi-bin/media/get?media_id={id}");
        let now = shell::clock::now();
        let path = platforms::media::link("", PlatformType::Wechat, &world::bot(), &secrets, &source, 60, now);
        let adapter = &running.stack.adapters[&PlatformType::Wechat];
        let uri: Uri = path.parse().unwrap();
        let response = gateway::invoke(
            async |request| adapter.handle(request).await,
            &Method::GET,
            &uri,
            &HeaderMap::new(),
            &Bytes::new(),
        )
        .await;
        assert_eq!(response.status(), status, "{id}: an address of ours is not asked for");
    }
    running.stop().await;
}
