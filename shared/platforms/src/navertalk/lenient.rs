//! An event whose members are not all of the kind that they should be: those that are not count as absent, so that one of
//! them does not lose the rest.

use std::borrow::Cow;

use serde_json::Value;

use super::wire::{Event, ImageContent, Options, Text, TextContent};

pub(super) fn event(value: &Value) -> Event<'_> {
    let object = |name: &str| Some(&value[name]).filter(|value| value.is_object());
    Event {
        event: text(&value["event"]),
        user: text(&value["user"]),
        partner: text(&value["partner"]),
        standby: value["standby"].as_bool(),
        text_content: object("textContent").map(|content| TextContent {
            text: text(&content["text"]),
            code: text(&content["code"]).or_else(|| json(&content["code"])),
            input_type: text(&content["inputType"]),
        }),
        image_content: object("imageContent").map(|content| ImageContent { image_url: text(&content["imageUrl"]) }),
        options: object("options").map(|value| Box::new(options(value))),
    }
}

fn options(value: &Value) -> Options<'_> {
    let any = |name: &str| Some(value[name].clone());
    Options {
        inflow: any("inflow"),
        referer: any("referer"),
        from: any("from"),
        friend: any("friend"),
        under14: any("under14"),
        under19: any("under19"),
        unread_message: any("unreadMessage"),
        product: any("product"),
        set: text(&value["set"]),
        source_id: any("sourceId"),
        manager_nickname: text(&value["managerNickname"]),
        control: text(&value["control"]),
        metadata: any("metadata"),
        result: text(&value["result"]),
        nickname: any("nickname"),
        cellphone: any("cellphone"),
        address: any("address"),
        withdrawals: any("withdrawals"),
        payment_result: any("paymentResult"),
        payment_confirm_result: any("paymentConfirmResult"),
    }
}

/// A number in place of a text is the text that it would be.
fn text(value: &Value) -> Option<Text<'_>> {
    match value {
        Value::String(text) => Some(Text(Cow::Borrowed(text))),
        Value::Number(number) => Some(Text(Cow::Owned(number.to_string()))),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn json(value: &Value) -> Option<Text<'_>> {
    value.is_object().then(|| Text(Cow::Owned(value.to_string())))
}
