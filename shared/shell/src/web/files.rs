//! What a browser loads: the widget, the SDK, and the page that is the chat alone. As they were built in `web/`, and
//! compiled in, so that a checkout without Node serves them too.

use lambda_http::http::StatusCode;
use serde_json::{Value, json};

use super::status;

struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const FILES: &[File] = &[
    File { name: "/webchat.js", content_type: SCRIPT, text: include_str!("../../../../web/dist/webchat.js") },
    File { name: "/closer-sdk.js", content_type: SCRIPT, text: include_str!("../../../../web/dist/closer-sdk.js") },
    File {
        name: "/closer-sdk.global.js",
        content_type: SCRIPT,
        text: include_str!("../../../../web/dist/closer-sdk.global.js"),
    },
];
const PAGE: File = File {
    name: "/webchat/",
    content_type: "text/html; charset=utf-8",
    text: include_str!("../../../../web/dist/webchat.html"),
};

/// The file of a path, unless the browser has it already. `connects`: where the page may connect to.
pub(super) fn serve(path: &str, etag: Option<&str>, connects: &[&str]) -> Option<Value> {
    let file = FILES.iter().find(|file| path.ends_with(file.name));
    // Whose chat it is the page reads itself, from its address.
    let is_page = || path.split_once(PAGE.name).is_some_and(|(_, bot)| !bot.trim_end_matches('/').contains('/'));
    let file = match file {
        Some(file) => file,
        None if is_page() => &PAGE,
        None => return None,
    };
    let known = format!("\"{:016x}\"", hash(file.text));
    if etag == Some(&known) {
        return Some(status(StatusCode::NOT_MODIFIED.as_u16()));
    }
    let mut headers = json!({
        "content-type": file.content_type,
        "cache-control": "public, max-age=300",
        "etag": known,
        "x-content-type-options": "nosniff",
        // Scripts are for pages of other sites.
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
    });
    if file.name == PAGE.name {
        headers["content-security-policy"] = format!(
            "default-src 'none'; script-src 'self'; connect-src 'self' {}; img-src * data: blob:; \
             media-src *; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'",
            connects.join(" ")
        )
        .into();
        headers["referrer-policy"] = "no-referrer".into();
    }
    Some(json!({ "statusCode": 200, "headers": headers, "body": file.text, "isBase64Encoded": false }))
}

/// FNV-1a: the files are ours, and only told apart from their former selves.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
