//! The APIs that a company may send by. Happytalk: <https://mbi-developer-center.happytalk.io/kakaotalk_webhook/counseling/send_chat>,
//! `file_upload/img_upload` there. BizGo: <https://developers.bizgo.io/api-sdk/api-reference/comm/kakao-counsel>.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fit::cut;
use crate::need;
use crate::{Call, Need, Want};

use super::bubbles::{Bubble, File, FileKind};
use super::buttons::{Button, Does};
use super::limits;
use super::wire::{bizgo, happytalk};

pub(super) const HAPPYTALK_URL: &str = "https://kakao-api.happytalk.io";
pub(super) const HAPPYTALK_TEST_URL: &str = "https://patch-kakao-api.happytalk.io";
pub(super) const BIZGO_URL: &str = "https://mars.ibapi.kr";
/// It takes the same token, and delivers nothing.
pub(super) const BIZGO_TEST_URL: &str = "https://sandbox-mars.ibapi.kr";

pub(super) enum Dealer {
    Happytalk { url: &'static str, client_id: String, client_secret: String },
    Bizgo { url: &'static str, token: String },
}

/// Who gets it.
#[derive(Clone, Copy)]
pub(super) struct To<'a> {
    pub user_key: &'a str,
    pub sender_key: &'a str,
}

/// The names of the calls.
pub(super) const WRITE: &str = "write";
pub(super) const UPLOAD: &str = "upload";

impl Dealer {
    /// For what is told to the bot's owner.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Happytalk { .. } => "Happytalk",
            Self::Bizgo { .. } => "BizGo",
        }
    }

    /// The request that sends a bubble. Happytalk knows a repetition by the serial number; BizGo does not look at it.
    pub(super) fn write(&self, to: To<'_>, bubble: &Bubble, serial: &str) -> Call {
        // It holds nothing that a customer or a bot wrote, and is another for each bubble.
        let mark = format!("closer-upload-{serial}");
        let file = bubble.file.as_ref();
        let needs = file.map(|file| self.upload(to, file, !bubble.words.is_empty(), &mark)).into_iter().collect();
        let call = match self {
            Self::Happytalk { url, .. } => {
                Call::json(WRITE, format!("{url}/v1/chat/write"), &happytalk_write(to, bubble, serial, &mark))
            }
            Self::Bizgo { url, .. } => {
                let (path, body) = bizgo_send(to, bubble, serial, &mark);
                Call::json(WRITE, format!("{url}/api/comm/v1/cstalk/{path}"), &body)
            }
        };
        self.authorized(Call { needs, ..call })
    }

    fn upload(&self, to: To<'_>, file: &File, over_words: bool, mark: &str) -> Need {
        let sender_key = to.sender_key.to_owned();
        let most_bytes = match (file.kind, self) {
            (FileKind::Image, Self::Happytalk { .. }) if over_words => limits::LINK_IMAGE_BYTES,
            (FileKind::Image, Self::Happytalk { .. } | Self::Bizgo { .. }) => limits::IMAGE_BYTES,
            (FileKind::Audio, _) => limits::AUDIO_BYTES,
            (FileKind::Video, _) => limits::VIDEO_BYTES,
        };
        let (url, field, fields) = match self {
            Self::Happytalk { url, .. } => {
                let key = ("sender_key", sender_key);
                match file.kind {
                    FileKind::Image if over_words => {
                        (format!("{url}/v1/image/upload"), "image", vec![key, ("image_type", "link".to_owned())])
                    }
                    FileKind::Image => (format!("{url}/v1/image/upload"), "image", vec![key]),
                    FileKind::Video => (happytalk_files(url), "file", vec![key, ("file_type", "video".to_owned())]),
                    FileKind::Audio => (happytalk_files(url), "file", vec![key, ("file_type", "audio".to_owned())]),
                }
            }
            Self::Bizgo { url, .. } => {
                let files = format!("{url}/api/comm/v1/file/cstalk");
                let key = ("senderKey", sender_key);
                match file.kind {
                    FileKind::Image => (format!("{files}/image"), "file", vec![key, ("imageType", "rich".to_owned())]),
                    FileKind::Video => (files, "file", vec![key, ("fileType", "video".to_owned())]),
                    FileKind::Audio => (files, "file", vec![key, ("fileType", "audio".to_owned())]),
                }
            }
        };
        let call = Call {
            method: "POST",
            url,
            headers: Vec::new(),
            body: Vec::new(),
            name: UPLOAD,
            needs: Vec::new(),
            instead: None,
        };
        let what = Want::File(need::File { source: file.source.clone(), most_bytes, field, fields });
        Need { mark: mark.to_owned(), what, call: Box::new(self.authorized(call)) }
    }

    fn authorized(&self, call: Call) -> Call {
        match self {
            Self::Happytalk { client_id, client_secret, .. } => {
                call.header("ht-client-id", client_id).header("ht-client-secret", client_secret)
            }
            // As it is: BizGo knows no `Bearer`.
            Self::Bizgo { token, .. } => call.header("authorization", token),
        }
    }
}

fn happytalk_files(url: &str) -> String {
    format!("{url}/v1/file/upload")
}

fn happytalk_write<'a>(to: To<'a>, bubble: &'a Bubble, serial: &'a str, mark: &'a str) -> happytalk::Write<'a> {
    let hangs = !bubble.buttons.is_empty() || !bubble.quick_replies.is_empty();
    let message_type = match bubble.file.as_ref().map(|file| file.kind) {
        Some(FileKind::Image) if bubble.words.is_empty() => "IM",
        // Only LI takes links, and the supplement.
        Some(FileKind::Image) => "LI",
        // A video has no type of its own.
        Some(FileKind::Video) => "FI",
        Some(FileKind::Audio) => "AU",
        None if hangs => "LI",
        None => "TX",
    };
    let is = |kinds: &[FileKind]| bubble.file.as_ref().is_some_and(|file| kinds.contains(&file.kind)).then_some(mark);
    let quick_reply: Vec<_> = bubble.quick_replies.iter().map(happytalk_button).collect();
    happytalk::Write {
        user_key: to.user_key,
        sender_key: to.sender_key,
        serial_number: serial,
        message_type,
        message: &bubble.words,
        image_url: is(&[FileKind::Image]),
        file_url: is(&[FileKind::Video, FileKind::Audio]),
        links: bubble.buttons.iter().map(happytalk_button).collect(),
        supplement: (!quick_reply.is_empty()).then_some(happytalk::Supplement { quick_reply }),
    }
}

fn happytalk_button(button: &Button) -> happytalk::Button<'_> {
    let press = match &button.does {
        Does::Web(url) => happytalk::Press::Web { url_mobile: url, url_pc: url },
        Does::App(url) => happytalk::Press::App { scheme_android: url, scheme_ios: url },
        Does::Say(reference) => happytalk::Press::Say { extra: reference },
    };
    happytalk::Button { name: &button.name, press }
}

/// A path and what is sent there.
fn bizgo_send<'a>(to: To<'a>, bubble: &'a Bubble, serial: &'a str, mark: &'a str) -> (&'static str, bizgo::Send<'a>) {
    let file = bubble.file.as_ref();
    let hangs = !bubble.buttons.is_empty() || !bubble.quick_replies.is_empty();
    let (path, msg_type) = match file.map(|file| file.kind) {
        Some(FileKind::Image) => ("rich", "IMAGE"),
        Some(FileKind::Video) => ("plain", "VIDEO"),
        Some(FileKind::Audio) => ("plain", "AUDIO"),
        None if hangs => ("rich", "TEXT"),
        None => ("plain", "TEXT"),
    };
    let message = match file {
        // Where BizGo wants words, they say what it is.
        Some(file) if bubble.words.is_empty() && path == "plain" => &file.name,
        Some(_) | None => &bubble.words,
    };
    let is_image = msg_type == "IMAGE";
    let attachment = bizgo::Attachment {
        image: file.filter(|_| is_image).map(|_| bizgo::Image { img_url: mark }),
        file: file.filter(|_| !is_image).map(|_| bizgo::File { file_url: mark }),
        buttons: bubble.buttons.iter().map(bizgo_button).collect(),
        quick_replies: bubble.quick_replies.iter().map(bizgo_button).collect(),
    };
    let (user_key, sender_key) = (to.user_key, to.sender_key);
    (path, bizgo::Send { user_key, sender_key, msg_type, message, attachment, r#ref: serial })
}

fn bizgo_button(button: &Button) -> bizgo::Button<'_> {
    let press = match &button.does {
        Does::Web(url) => bizgo::Press::Web { url_mobile: url, url_pc: url },
        Does::App(url) => bizgo::Press::App { scheme_android: url, scheme_ios: url },
        Does::Say(reference) => bizgo::Press::Say { extra: reference },
    };
    bizgo::Button { name: &button.name, press }
}

/// What an upload of anything but a picture gave, as the one text that takes the place of a mark.
#[derive(Serialize, Deserialize)]
pub(super) struct Uploaded {
    pub name: String,
    pub size: Option<u64>,
    pub url: String,
}

impl Uploaded {
    pub(super) fn text(&self) -> String {
        json!(self).to_string()
    }
}

/// Puts address, name and size of an uploaded file where they belong. Done twice, it does nothing the second time.
pub(super) fn part_file(call: &mut Call) {
    if call.name != WRITE {
        return;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(&call.body) else { return };
    let uploaded = |text: &Value| text.as_str().and_then(|text| serde_json::from_str::<Uploaded>(text).ok());
    let name_of =
        |uploaded: &Uploaded| cut(&uploaded.name, limits::FILE_NAME, "file name", &mut Vec::new()).into_owned();
    if let Some(uploaded) = uploaded(&body["file_url"]) {
        body["file_name"] = json!(name_of(&uploaded));
        body["file_url"] = json!(uploaded.url);
        if let Some(size) = uploaded.size {
            body["file_size"] = json!(size);
        }
    } else if let Some(uploaded) = uploaded(&body["attachment"]["file"]["fileUrl"]) {
        let file = &mut body["attachment"]["file"];
        file["fileName"] = json!(name_of(&uploaded));
        file["fileUrl"] = json!(uploaded.url);
        if let Some(size) = uploaded.size {
            file["fileSize"] = json!(size.to_string());
        }
    } else {
        return;
    }
    call.body = body.to_string().into_bytes();
}

impl fmt::Debug for Dealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
