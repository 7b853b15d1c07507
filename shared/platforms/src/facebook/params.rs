//! What an event tells of a customer, as parameters. All of them each time: what is not told any more takes the place of
//! what was.

use model::Params;
use serde_json::{Value, json};

use super::wire::{Lead, Optin, Referral};

/// Where the customer came from this time.
pub(super) fn referral(referral: &Referral<'_>, lead: Option<&Lead<'_>>) -> Params {
    let Referral { reference, source, kind, ad_id } = referral;
    let mut params = Params::from_iter([
        ("referralRef".to_owned(), json!(reference)),
        ("referralSource".to_owned(), json!(source)),
        ("referralType".to_owned(), json!(kind)),
        ("referralAdId".to_owned(), json!(ad_id)),
    ]);
    // The answers to the questions of an ad.
    let lead = lead.and_then(|lead| lead.data).and_then(|data| serde_json::from_str(data.get()).ok());
    if let Some(answers @ Value::Array(_)) = lead {
        params.insert("lead".to_owned(), answers);
    }
    params
}

/// The customer agreed to be written to, or took it back.
pub(super) fn optin(optin: &Optin<'_>) -> Params {
    Params::from_iter([
        ("optinType".to_owned(), json!(optin.kind)),
        ("optinRef".to_owned(), json!(optin.reference)),
        ("optinPayload".to_owned(), json!(optin.payload)),
        ("optinTitle".to_owned(), json!(optin.title)),
        ("optinToken".to_owned(), json!(optin.notification_messages_token)),
        ("optinTokenStatus".to_owned(), json!(optin.user_token_status)),
        ("optinExpires".to_owned(), json!(optin.token_expiry_timestamp)),
        ("optinFrequency".to_owned(), json!(optin.notification_messages_frequency)),
        ("optinTimezone".to_owned(), json!(optin.notification_messages_timezone)),
        ("optinStatus".to_owned(), json!(optin.notification_messages_status)),
    ])
}
