//! Messenger's JSON, in its spelling.

mod incoming;
mod outgoing;

pub(super) use incoming::{
    Attached, AttachedPayload, Entry, EntryParts, Event, Lead, Message, Optin, Parts, Postback, Product, Referral,
    Webhook,
};
pub(super) use outgoing::{
    Attachment, Button, Carried, Complaint, Content, DefaultAction, Element, Failure, File, Outgoing, PassThread,
    QuickReply, Recipient, Send, Template,
};
