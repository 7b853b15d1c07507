//! Settings of a channel as people may see them: who can write a secret need not be able to read it.

use model::PlatformType;
use serde_json::{Map, Value};

/// What may be shown of a channel's settings, and the names of the rest, `twilio.authToken` say. What is not in the list of
/// its platform is a secret, so a setting that somebody forgets here is hidden.
pub fn shown(platform: PlatformType, settings: &Value) -> (Value, Vec<String>) {
    let mut hidden = Vec::new();
    let shown = part("", settings, public(platform), &mut hidden);
    (shown, hidden)
}

/// What follows the bot's id in the address that is registered with the messenger. `secret` stands for the `botSecret`.
pub fn tail(platform: PlatformType, settings: &Value, secret: &str) -> String {
    match platform {
        PlatformType::Kakao | PlatformType::Navertalk | PlatformType::Kakaobiz => format!("/{secret}"),
        PlatformType::Bizchat if settings["driver"] == "twilio" => "/twilio".to_owned(),
        PlatformType::Bizchat => "/mo".to_owned(),
        PlatformType::Facebook | PlatformType::Line | PlatformType::Wechat | PlatformType::Web | PlatformType::Test => {
            String::new()
        }
    }
}

const fn public(platform: PlatformType) -> &'static [&'static str] {
    match platform {
        PlatformType::Kakao => &[
            "secretHeader.name",
            "welcomeBlockIds",
            "welcomeBlockNames",
            "placeholderImage",
            "answerWithinMs",
            "emptyMessage",
            "interimMessage",
            "interimLabel",
            "waitingText",
        ],
        PlatformType::Kakaobiz => &[
            "secretHeader.name",
            "senderKeys",
            "dealer",
            "dialect",
            "linkMessageLimit",
            "quickReplies",
            "happytalk.clientId",
            "happytalk.test",
            "bizgo.test",
        ],
        PlatformType::Facebook => &["pageId", "appId", "graphVersion", "appSecretProof", "handOver"],
        PlatformType::Line | PlatformType::Test => &[],
        PlatformType::Navertalk => &[
            "secretHeader.name",
            "partner",
            "synchronous",
            "answerWithinMs",
            "payments",
            "notification",
            "handOver",
            "placeholderTitle",
            "defaultDescription",
        ],
        PlatformType::Bizchat => &[
            "numbers",
            "from",
            "driver",
            "title",
            "signatureToleranceSeconds",
            "sens.serviceId",
            "sens.accessKey",
            "solapi.apiKey",
            "twilio.accountSid",
        ],
        PlatformType::Wechat => {
            &["originalId", "appId", "requireEncryption", "customerService", "answerWithinMs", "messagesPerQuestion"]
        }
        PlatformType::Web => &["tokenIssuer", "allowedOrigins", "uploadUriPrefixes"],
    }
}

fn part(path: &str, settings: &Value, public: &[&str], hidden: &mut Vec<String>) -> Value {
    let Value::Object(settings) = settings else { return Value::Object(Map::new()) };
    let mut shown = Map::new();
    for (name, value) in settings {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if public.contains(&path.as_str()) {
            shown.insert(name.clone(), value.clone());
        } else if value.is_object() {
            let inside = part(&path, value, public, hidden);
            if inside.as_object().is_some_and(|inside| !inside.is_empty()) {
                shown.insert(name.clone(), inside);
            }
        } else if !value.is_null() {
            hidden.push(path);
        }
    }
    Value::Object(shown)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_named_and_not_shown() {
        for (platform, settings, expected, names) in [
            (PlatformType::Line, json!({ "channelSecret": "s" }), json!({}), vec!["channelSecret"]),
            (
                PlatformType::Bizchat,
                json!({ "numbers": ["1"], "sens": { "serviceId": "i", "secretKey": "k" }, "moSecret": null }),
                json!({ "numbers": ["1"], "sens": { "serviceId": "i" } }),
                vec!["sens.secretKey"],
            ),
            (
                PlatformType::Kakao,
                json!({ "botSecret": ["a", "b"], "secretHeader": { "name": "x-a", "value": "v" }, "new": { "deep": "s" } }),
                json!({ "secretHeader": { "name": "x-a" } }),
                vec!["botSecret", "secretHeader.value", "new.deep"],
            ),
            (PlatformType::Wechat, json!("text"), json!({}), vec![]),
        ] {
            let (shown, hidden) = shown(platform, &settings);
            assert_eq!((shown, hidden), (expected, names.into_iter().map(str::to_owned).collect()), "{platform}");
        }
    }
}
