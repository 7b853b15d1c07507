//! What makes a channel of a platform usable on this machine: settings of a stand-in, the address to register, and a
//! request as the messenger would send it, ready to paste into a shell.

use model::{BotId, PlatformType};
use serde_json::{Value, json};

/// Settings of a channel that nobody registered: nothing outside of this machine knows or trusts them.
pub fn stand_in_settings(platform: PlatformType) -> Value {
    match platform {
        PlatformType::Line => json!({ "channelSecret": "local-line-channel-secret", "channelAccessToken": "local" }),
        PlatformType::Kakao => {
            json!({ "botSecret": "local-kakao-secret", "channelAdminKey": "local-kakao-admin-key" })
        }
        PlatformType::Kakaobiz => json!({
            "botSecret": "local-kakaobiz-secret",
            "senderKeys": ["0123456789abcdef0123456789abcdef01234567"],
            "dealer": "happytalk",
            "happytalk": { "clientId": "local", "clientSecret": "local" },
        }),
        PlatformType::Facebook => json!({
            "appSecret": "local-facebook-app-secret",
            "verifyToken": "local-facebook-verify-token",
            "pageId": "1000000000000001",
            "appId": "2000000000000002",
            "pageAccessToken": "local",
        }),
        PlatformType::Navertalk => {
            json!({ "botSecret": "local-navertalk-secret", "authorization": "local", "partner": "wclocal" })
        }
        PlatformType::Bizchat => json!({
            "numbers": ["15881234"],
            "moSecret": "local-bizchat-mo-secret",
            // The sample events were signed long ago.
            "signatureToleranceSeconds": 3_153_600_000_i64,
            "driver": "sens",
            "sens": { "serviceId": "ncp:sms:kr:000000000000:local", "accessKey": "local", "secretKey": "local" },
        }),
        PlatformType::Wechat => json!({
            "originalId": "gh_local",
            "appId": "wxlocal",
            "appSecret": "local-wechat-secret",
            "token": "localwechattoken",
            "encodingAESKey": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
        }),
        PlatformType::Web => json!({
            "tokenSecret": "local-web-token-secret",
            "identitySecret": "local-web-identity-secret",
            "apiKey": "local-web-api-key",
        }),
        PlatformType::Test => json!({}),
    }
}

/// What follows the bot's id in the address that is registered with the messenger.
pub(super) fn tail(platform: PlatformType, settings: &Value) -> String {
    platforms::tail(platform, settings, first_text(&settings["botSecret"]).unwrap_or_default())
}

/// A request as the messenger would send it. Each paste is a new message. Nobody's real secret is shown: it comes from
/// the shell that the command is pasted into.
pub(super) fn curl(platform: PlatformType, url: &str, settings: &Value, real: bool) -> String {
    let secret = |name: &str, variable: &str| match first_text(&settings[name]) {
        Some(secret) if !real => format!("'{secret}'"),
        _ => format!("\"${variable}\""),
    };
    let text = |name: &str, otherwise: &str| settings[name].as_str().unwrap_or(otherwise).to_owned();
    let json = "-H 'content-type: application/json'";
    match platform {
        PlatformType::Line => {
            let body = json!({
                "destination": "U00000000000000000000000000000000",
                "events": [{
                    "type": "message", "mode": "active", "timestamp": "NOW",
                    "webhookEventId": "EVENT", "replyToken": "EVENT",
                    "deliveryContext": { "isRedelivery": false },
                    "source": { "type": "user", "userId": "U0123456789abcdef0123456789abcdef" },
                    "message": { "type": "text", "id": "EVENT", "text": "안녕" },
                }],
            });
            let secret = secret("channelSecret", "LINE_CHANNEL_SECRET");
            format!(
                "{}\ncurl -i '{url}' {json} --data-binary \"$BODY\" \\\n  \
                 -H \"x-line-signature: $(printf %s \"$BODY\" | openssl dgst -sha256 -hmac {secret} -binary | base64)\"",
                new_body(&body)
            )
        }
        PlatformType::Facebook => {
            let page = text("pageId", "1000000000000001");
            let body = json!({ "object": "page", "entry": [{ "id": page, "time": "NOW", "messaging": [{
                "sender": { "id": "3000000000000003" }, "recipient": { "id": page }, "timestamp": "NOW",
                "message": { "mid": "EVENT", "text": "안녕" } }] }] });
            let secret = secret("appSecret", "FACEBOOK_APP_SECRET");
            format!(
                "{}\ncurl -i '{url}' {json} --data-binary \"$BODY\" \\\n  \
                 -H \"x-hub-signature-256: sha256=$(printf %s \"$BODY\" | openssl dgst -sha256 -hmac {secret} -r | cut -c1-64)\"",
                new_body(&body)
            )
        }
        PlatformType::Bizchat => {
            let number = first_text(&settings["numbers"]).unwrap_or("15881234");
            let body = json!({ "moCnt": "1", "moLst": [{ "moNumber": number, "moCallback": "01012345678",
                "moType": "SMS", "moMsg": "안녕", "moKey": "EVENT" }] });
            let secret = secret("moSecret", "BIZCHAT_MO_SECRET");
            format!(
                "{}; NOW=$(date +%s)\ncurl -i '{url}' {json} --data-binary \"$BODY\" \\\n  \
                 -H \"x-gateway-signature: t=$NOW,v1=$(printf %s \"$NOW.$BODY\" | openssl dgst -sha256 -hmac {secret} -r | cut -c1-64)\"",
                new_body(&body)
            )
        }
        PlatformType::Wechat => {
            let (account, token) = (text("originalId", "gh_local"), secret("token", "WECHAT_TOKEN"));
            format!(
                "NOW=$(date +%s); NONCE=$RANDOM; BODY=\"<xml><ToUserName>{account}</ToUserName><FromUserName>oLocal</FromUserName>\
                 <CreateTime>$NOW</CreateTime><MsgType>text</MsgType><Content>안녕</Content><MsgId>$NOW$NONCE</MsgId></xml>\"\n\
                 SIGN=$(printf '%s\\n' {token} $NOW $NONCE | LC_ALL=C sort | tr -d '\\n' | openssl dgst -sha1 -r | cut -c1-40)\n\
                 curl \"{url}?signature=$SIGN&timestamp=$NOW&nonce=$NONCE\" -H 'content-type: text/xml' --data-binary \"$BODY\""
            )
        }
        PlatformType::Kakao => {
            let body =
                json!({ "userRequest": { "user": { "id": "local-user", "type": "botUserKey" }, "utterance": "안녕" } });
            format!("curl '{url}' {json}{} \\\n  -d '{body}'", header(settings, "KAKAO_SECRET_HEADER"))
        }
        PlatformType::Navertalk => {
            let body = json!({ "event": "send", "user": "al-2eGuGr5WQOnco1_V-FQ",
                "textContent": { "text": "안녕", "inputType": "typing" } });
            format!("curl -i '{url}' {json}{} \\\n  -d '{body}'", header(settings, "NAVERTALK_SECRET_HEADER"))
        }
        PlatformType::Kakaobiz => {
            let sender = first_text(&settings["senderKeys"]).unwrap_or_default();
            let body = json!({ "user_key": "local-user", "sender_key": sender, "serial_number": "EVENT", "time": "NOW",
                "type": "text", "contents": ["안녕"] });
            format!(
                "{}\ncurl -i '{url}/message' {json}{} --data-binary \"$BODY\"",
                new_body(&body),
                header(settings, "KAKAOBIZ_SECRET_HEADER")
            )
        }
        PlatformType::Web | PlatformType::Test => format!("curl -i '{url}'"),
    }
}

/// A token, as a company's server asks for one.
pub(super) fn token(id: &BotId, base: &str, settings: &Value, real: bool) -> String {
    let key = first_text(&settings["apiKey"]).filter(|_| !real).unwrap_or("$WEB_API_KEY");
    let body = json!({ "botId": id, "userKey": "local-user" });
    format!(
        "curl -i '{base}/v1/web/tokens' -H 'content-type: application/json' \\\n  -H \"authorization: Bearer {key}\" -d '{body}'"
    )
}

/// Puts the body into `$BODY`, with an id and a time of its own.
fn new_body(body: &Value) -> String {
    let body = body.to_string().replace("\"NOW\"", "'$(date +%s)'000").replace("EVENT", "'$ID'");
    format!("ID=$(date +%s)$RANDOM; BODY='{body}'")
}

/// A header that the console was told to send along.
fn header(settings: &Value, variable: &str) -> String {
    let header = &settings["secretHeader"];
    match (&header["name"], first_text(&header["value"])) {
        (Value::String(name), Some(_)) => format!(" -H \"{name}: ${variable}\""),
        _ => String::new(),
    }
}

/// A secret's text, or the first of a list while it is rotated.
fn first_text(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| value.get(0)?.as_str())
}
