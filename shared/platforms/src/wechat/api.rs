//! The calls that there are: <https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage>,
//! <https://developers.weixin.qq.com/doc/service/api/base/api_getstableaccesstoken>,
//! <https://developers.weixin.qq.com/doc/service/api/material/temporary/api_uploadtempmedia>.

use model::Inbound;

use super::pieces::FileKind;
use super::wire::{Message, Send, TokenRequest};
use super::{API_URL, limits};
use crate::{Call, File, Need, Want};

/// How the calls are named; `judge` knows them by it.
pub(super) const TOKEN: &str = "token";
pub(super) const UPLOAD: &str = "upload";
pub(super) const TEXT: &str = "text";
pub(super) const NEWS: &str = "news";
pub(super) const MENU: &str = "msgmenu";
pub(super) const FILE: &str = "media";

/// Where nobody's words are beside it.
pub(super) const TOKEN_MARK: &str = "{access_token}";

/// The token of an account: the same for all that ask, so it is shared with other systems of the company.
pub(super) fn token(app_id: &str, secret: &str, mark: String) -> Need {
    let body = TokenRequest { grant_type: "client_credential", appid: app_id, secret };
    Need {
        mark,
        what: Want::Token,
        call: Box::new(Call::json(TOKEN, format!("{API_URL}/cgi-bin/stable_token"), &body)),
    }
}

/// A customer service message. The mark is no text that a customer could know.
pub(super) fn send(app_id: &str, secret: &str, inbound: &Inbound, name: &'static str, message: Message<'_>) -> Call {
    let mark = format!("token-{}", inbound.id.action(TOKEN, 0).simple());
    let body = Send { touser: inbound.user_key.as_str(), message };
    let mut call = Call::json(name, format!("{API_URL}/cgi-bin/message/custom/send?access_token={mark}"), &body);
    call.needs.push(token(app_id, secret, mark));
    call
}

/// The media id of a file, for three days.
pub(super) fn upload(app_id: &str, secret: &str, source: &str, kind: FileKind, mark: String) -> Need {
    let (name, most_bytes) = match kind {
        FileKind::Image => ("image", limits::IMAGE_BYTES),
        FileKind::Voice => ("voice", limits::VOICE_BYTES),
        FileKind::Video => ("video", limits::VIDEO_BYTES),
    };
    let call = Call {
        method: "POST",
        url: format!("{API_URL}/cgi-bin/media/upload?access_token={TOKEN_MARK}&type={name}"),
        headers: Vec::new(),
        body: Vec::new(),
        name: UPLOAD,
        needs: vec![token(app_id, secret, TOKEN_MARK.to_owned())],
        instead: None,
    };
    let file = File { source: source.to_owned(), most_bytes, field: "media", fields: Vec::new() };
    Need { mark, what: Want::File(file), call: Box::new(call) }
}
