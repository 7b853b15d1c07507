//! The message attributes that a sender attaches: what is allowed, their MD5, and which of them a receiver asks for.
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html>

use std::collections::BTreeMap;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::fault::Fault;
use crate::wire::AttributeValue;

pub(crate) type MessageAttributes = BTreeMap<String, AttributeValue>;

/// Checks them, and gives their size in bytes.
pub(crate) fn check(attributes: &MessageAttributes) -> Result<usize, Fault> {
    let invalid = |reason| Err(Fault::InvalidParameterValue("MessageAttributes", reason));
    if attributes.len() > 10 {
        return invalid("Number of message attributes exceeds the allowed maximum 10");
    }
    let mut size = 0;
    for (name, attribute) in attributes {
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
        if name.is_empty() || name.len() > 256 || !name.chars().all(is_allowed) {
            return invalid("An attribute name can contain A-Z, a-z, 0-9, underscore, hyphen and period");
        }
        let Some(value) = bytes(attribute) else {
            return invalid("The type must be String, Number or Binary, with a value of that type");
        };
        if value.is_empty() {
            return invalid("An attribute must have a non-empty value");
        }
        size += name.len() + attribute.data_type.len() + value.len();
    }
    Ok(size)
}

/// The sum that AWS gives, over names, types and values in the order of the names; none without attributes.
pub(crate) fn md5(attributes: &MessageAttributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut summed = Vec::new();
    let mut add = |part: &[u8], kind: Option<u8>| {
        summed.extend(kind);
        summed.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        summed.extend(part);
    };
    for (name, attribute) in attributes {
        let kind = if attribute.data_type.starts_with("Binary") { 2 } else { 1 };
        add(name.as_bytes(), None);
        add(attribute.data_type.as_bytes(), None);
        add(&bytes(attribute).unwrap_or_default(), Some(kind));
    }
    Some(format!("{:x}", md5::compute(summed)))
}

/// Those that one of the names asks for: a name, a prefix as `foo.*`, or all as `All` and `.*`.
pub(crate) fn asked_for(attributes: MessageAttributes, names: &[String]) -> MessageAttributes {
    let is_asked_for = |attribute: &str| {
        names.iter().any(|name| match name.strip_suffix(".*") {
            Some(prefix) => attribute.starts_with(prefix),
            None => name == "All" || name == attribute,
        })
    };
    attributes.into_iter().filter(|(name, _)| is_asked_for(name)).collect()
}

/// A type may go on after a dot, as in `Number.int`.
fn bytes(attribute: &AttributeValue) -> Option<Vec<u8>> {
    match attribute.data_type.split('.').next()? {
        "String" | "Number" => attribute.string_value.as_ref().map(|text| text.as_bytes().to_vec()),
        "Binary" => BASE64_STANDARD.decode(attribute.binary_value.as_ref()?).ok(),
        _ => None,
    }
}
