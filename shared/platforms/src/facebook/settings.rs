//! `integration.facebook` of a bot. Where each is found: <https://developers.facebook.com/docs/messenger-platform/getting-started>.

use model::PlatformType;
use serde::Deserialize;
use serde_json::Value;

use super::{API_URL, Account, Facebook};
use crate::secret::hmac_sha256;
use crate::{Channel, Secrets, SettingsError, Setup};

/// Works until Meta's calendar ends it, which is at least two years.
const GRAPH_VERSION: &str = "v26.0";

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Settings {
    app_secret: Secrets,
    verify_token: Secrets,
    page_id: Value,
    app_id: Value,
    page_access_token: Option<String>,
    graph_version: Option<String>,
    app_secret_proof: Option<bool>,
    hand_over: bool,
}

pub(super) fn connect(setup: Setup<'_>) -> Result<Box<dyn Channel>, SettingsError> {
    let refuse = |reason: &str| SettingsError { platform: PlatformType::Facebook, reason: reason.to_owned() };
    let settings = Settings::deserialize(setup.settings).map_err(|_| {
        refuse(
            "appSecret and verifyToken are texts or lists of texts, pageAccessToken and graphVersion texts, and appSecretProof true or false, handOver too",
        )
    })?;
    let Some(secret) = settings.app_secret.current() else {
        return Err(refuse(
            "set appSecret to the App secret, on App settings > Basic of your app in the Meta App Dashboard",
        ));
    };
    if settings.verify_token.is_empty() {
        return Err(refuse(
            "set verifyToken to a text of your own, and write the same one beside the callback URL in the Webhooks settings of Messenger in the Meta App Dashboard",
        ));
    }
    let page_id = id(&settings.page_id)
        .ok_or_else(|| refuse("pageId is a number; it is on the About page of your Facebook Page, as Page ID"))?
        .ok_or_else(|| refuse("set pageId to the id of your Facebook Page, a number on its About page"))?;
    let app_id =
        id(&settings.app_id).ok_or_else(|| refuse("appId is a number, at the top of the Meta App Dashboard"))?;
    let token = settings.page_access_token.filter(|token| !token.is_empty());
    if token.iter().any(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
        return Err(refuse(
            "pageAccessToken has a blank or a strange letter in it; copy it again, on the Messenger settings of your app in the Meta App Dashboard",
        ));
    }
    let version = settings.graph_version.filter(|version| !version.is_empty());
    let version = version.as_deref().unwrap_or(GRAPH_VERSION);
    if !is_version(version) {
        return Err(refuse("graphVersion is a version of the Graph API, such as v26.0"));
    }

    let with_proof = settings.app_secret_proof.unwrap_or(true);
    let account = token.map(|token| Account {
        url: format!("{API_URL}/{version}/{page_id}"),
        proof: with_proof.then(|| proof(secret, &token)),
        token,
        hand_over: settings.hand_over,
    });
    Ok(Box::new(Facebook {
        bot_id: setup.bot_id.clone(),
        app_secret: settings.app_secret,
        verify_token: settings.verify_token,
        page_id,
        app_id,
        account,
    }))
}

/// An id, written as a number or as a text; none, when nothing is written. The outer `None`: it is something else.
#[expect(clippy::option_option, reason = "the two kinds of nothing differ")]
fn id(setting: &Value) -> Option<Option<String>> {
    match setting {
        Value::Null => Some(None),
        Value::Number(number) => number.as_u64().map(|number| Some(number.to_string())),
        Value::String(text) => match text.trim() {
            "" => Some(None),
            digits => digits.bytes().all(|b| b.is_ascii_digit()).then(|| Some(digits.to_owned())),
        },
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn is_version(version: &str) -> bool {
    let is_number = |text: &str| (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let parts = version.strip_prefix('v').and_then(|version| version.split_once('.'));
    parts.is_some_and(|(major, minor)| is_number(major) && is_number(minor))
}

/// <https://developers.facebook.com/docs/graph-api/guides/secure-requests>: that whoever has the token has the secret.
pub(super) fn proof(secret: &str, token: &str) -> String {
    hmac_sha256(secret.as_bytes(), &[token.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect()
}
