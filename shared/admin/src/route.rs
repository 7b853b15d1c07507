//! Every route. This list is the table of contents, and `openapi.json` has the same, which a test sees to.

use http::Method;
use store::Right::{self, Agent, Read, Write};

/// What is asked for. The names are the `operationId`s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    GetKey,
    GetFleet,
    StartClocks,
    ListBots,
    CreateBot,
    GetBot,
    ReplaceBot,
    DeleteBot,
    ExportBot,
    CheckBot,
    ListChannels,
    GetChannel,
    PutChannel,
    PatchChannel,
    DeleteChannel,
    ListWebhooks,
    CreateWebhook,
    GetWebhook,
    PatchWebhook,
    DeleteWebhook,
    GetSecret,
    RotateSecret,
    SwitchOn,
    SwitchOff,
    TestWebhook,
    Recover,
    CancelRecovery,
    ReleaseHeld,
    DropHeld,
    ListDeliveries,
    GetDelivery,
    ResendDelivery,
    FindEndUser,
    GetEndUser,
    DeleteEndUser,
    ListEndUserMessages,
    ListConversations,
    GetConversation,
    ListMessages,
    SendMessage,
    TakeOver,
    Finish,
    Move,
    GetUsage,
    GetHealth,
}

#[derive(Debug)]
pub struct Route {
    pub method: Method,
    /// `{bot}` and its like take one segment.
    pub path: &'static str,
    pub action: Action,
    /// One of them is enough.
    pub rights: &'static [Right],
}

const SEE: &[Right] = &[Read];
const CHANGE: &[Right] = &[Write];
const TALK: &[Right] = &[Agent];
/// Whoever talks to customers must see them.
const SEE_CUSTOMERS: &[Right] = &[Read, Agent];

const fn route(method: Method, path: &'static str, action: Action, rights: &'static [Right]) -> Route {
    Route { method, path, action, rights }
}

pub const ROUTES: &[Route] = &[
    route(Method::GET, "/v1/key", Action::GetKey, &[Read, Write, Agent]),
    route(Method::GET, "/v1/fleet", Action::GetFleet, SEE),
    route(Method::POST, "/v1/fleet/clocks", Action::StartClocks, CHANGE),
    route(Method::GET, "/v1/bots", Action::ListBots, SEE),
    route(Method::POST, "/v1/bots", Action::CreateBot, CHANGE),
    route(Method::GET, "/v1/bots/{bot}", Action::GetBot, SEE),
    route(Method::PUT, "/v1/bots/{bot}", Action::ReplaceBot, CHANGE),
    route(Method::DELETE, "/v1/bots/{bot}", Action::DeleteBot, CHANGE),
    route(Method::GET, "/v1/bots/{bot}/export", Action::ExportBot, SEE),
    route(Method::GET, "/v1/bots/{bot}/check", Action::CheckBot, SEE),
    route(Method::GET, "/v1/bots/{bot}/channels", Action::ListChannels, SEE),
    route(Method::GET, "/v1/bots/{bot}/channels/{platform}", Action::GetChannel, SEE),
    route(Method::PUT, "/v1/bots/{bot}/channels/{platform}", Action::PutChannel, CHANGE),
    route(Method::PATCH, "/v1/bots/{bot}/channels/{platform}", Action::PatchChannel, CHANGE),
    route(Method::DELETE, "/v1/bots/{bot}/channels/{platform}", Action::DeleteChannel, CHANGE),
    route(Method::GET, "/v1/bots/{bot}/webhooks", Action::ListWebhooks, SEE),
    route(Method::POST, "/v1/bots/{bot}/webhooks", Action::CreateWebhook, CHANGE),
    route(Method::GET, "/v1/bots/{bot}/webhooks/{webhook}", Action::GetWebhook, SEE),
    route(Method::PATCH, "/v1/bots/{bot}/webhooks/{webhook}", Action::PatchWebhook, CHANGE),
    route(Method::DELETE, "/v1/bots/{bot}/webhooks/{webhook}", Action::DeleteWebhook, CHANGE),
    // Whoever has it can make deliveries up: a right to see is not enough.
    route(Method::GET, "/v1/bots/{bot}/webhooks/{webhook}/secret", Action::GetSecret, CHANGE),
    route(Method::POST, "/v1/bots/{bot}/webhooks/{webhook}/secret", Action::RotateSecret, CHANGE),
    route(Method::POST, "/v1/bots/{bot}/webhooks/{webhook}/on", Action::SwitchOn, CHANGE),
    route(Method::POST, "/v1/bots/{bot}/webhooks/{webhook}/off", Action::SwitchOff, CHANGE),
    route(Method::POST, "/v1/bots/{bot}/webhooks/{webhook}/test", Action::TestWebhook, CHANGE),
    route(Method::POST, "/v1/bots/{bot}/webhooks/{webhook}/recovery", Action::Recover, CHANGE),
    route(Method::DELETE, "/v1/bots/{bot}/webhooks/{webhook}/recovery", Action::CancelRecovery, CHANGE),
    route(Method::POST, "/v1/bots/{bot}/webhooks/{webhook}/held", Action::ReleaseHeld, CHANGE),
    route(Method::DELETE, "/v1/bots/{bot}/webhooks/{webhook}/held", Action::DropHeld, CHANGE),
    route(Method::GET, "/v1/bots/{bot}/webhooks/{webhook}/deliveries", Action::ListDeliveries, SEE),
    route(Method::GET, "/v1/bots/{bot}/webhooks/{webhook}/deliveries/{delivery}", Action::GetDelivery, SEE),
    route(
        Method::POST,
        "/v1/bots/{bot}/webhooks/{webhook}/deliveries/{delivery}/resend",
        Action::ResendDelivery,
        CHANGE,
    ),
    route(Method::GET, "/v1/bots/{bot}/end-users", Action::FindEndUser, SEE_CUSTOMERS),
    route(Method::GET, "/v1/bots/{bot}/end-users/{endUser}", Action::GetEndUser, SEE_CUSTOMERS),
    route(Method::DELETE, "/v1/bots/{bot}/end-users/{endUser}", Action::DeleteEndUser, CHANGE),
    route(Method::GET, "/v1/bots/{bot}/end-users/{endUser}/messages", Action::ListEndUserMessages, SEE_CUSTOMERS),
    route(Method::GET, "/v1/bots/{bot}/conversations", Action::ListConversations, SEE_CUSTOMERS),
    route(Method::GET, "/v1/bots/{bot}/conversations/{conversation}", Action::GetConversation, SEE_CUSTOMERS),
    route(Method::GET, "/v1/bots/{bot}/conversations/{conversation}/messages", Action::ListMessages, SEE_CUSTOMERS),
    route(Method::POST, "/v1/bots/{bot}/conversations/{conversation}/messages", Action::SendMessage, TALK),
    route(Method::POST, "/v1/bots/{bot}/conversations/{conversation}/take-over", Action::TakeOver, TALK),
    route(Method::POST, "/v1/bots/{bot}/conversations/{conversation}/finish", Action::Finish, TALK),
    route(Method::POST, "/v1/bots/{bot}/conversations/{conversation}/move", Action::Move, TALK),
    route(Method::GET, "/v1/bots/{bot}/usage", Action::GetUsage, SEE),
    route(Method::GET, "/v1/bots/{bot}/health", Action::GetHealth, SEE),
];

/// What a path means.
#[derive(Debug)]
pub enum Found<'a> {
    /// With what stands for the names in braces, in order.
    Route(&'static Route, Vec<&'a str>),
    /// The path is known by other methods.
    Others(Vec<&'static Method>),
    Nothing,
}

pub fn find<'a>(method: &Method, path: &'a str) -> Found<'a> {
    // Behind a stage's name, as API Gateway has it.
    let Some(at) = path.find("/v1/") else { return Found::Nothing };
    let path = path[at..].trim_end_matches('/');
    let mut others = Vec::new();
    for route in ROUTES {
        let Some(names) = matches(route.path, path) else { continue };
        if route.method == *method {
            return Found::Route(route, names);
        }
        others.push(&route.method);
    }
    if others.is_empty() { Found::Nothing } else { Found::Others(others) }
}

fn matches<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut names = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(names),
            (Some(expected), Some(given)) if expected.starts_with('{') && !given.is_empty() => names.push(given),
            (Some(expected), Some(given)) if expected == given => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (method, path, expected) in [
            (Method::GET, "/v1/bots", Some((Action::ListBots, vec![]))),
            (Method::GET, "/v1/bots/", Some((Action::ListBots, vec![]))),
            (Method::GET, "/prod/v1/bots/Babcde", Some((Action::GetBot, vec!["Babcde"]))),
            (Method::DELETE, "/v1/bots/B/webhooks/W/held", Some((Action::DropHeld, vec!["B", "W"]))),
            (Method::GET, "/v1/bots//export", None),
            (Method::GET, "/v1", None),
            (Method::GET, "/v1/bots/B/nothing", None),
        ] {
            let found = match find(&method, path) {
                Found::Route(route, names) => Some((route.action, names)),
                Found::Others(_) | Found::Nothing => None,
            };
            assert_eq!(found, expected, "{method} {path}");
        }
        assert!(matches!(find(&Method::PATCH, "/v1/bots/B"), Found::Others(methods) if methods.len() == 3));
    }
}
