//! What a browser writes: one JSON object in one text frame, with an `action`. Who wrote it, when, and where it belongs is
//! never taken from there.

use std::fmt;

use model::{ContentType, Location, MessageData, Params};
use serde::Serialize;
use serde_json::{Map, Value};
use url::Url;

use super::{Web, limits};
use crate::fit;

/// A frame that was understood.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    Open(Open),
    Message(Said),
    Typing {
        on: bool,
    },
    Read {
        seq: u64,
    },
    History {
        before_seq: Option<u64>,
        limit: usize,
    },
    Upload(Upload),
    /// To a flow, and to a node of it where one is named.
    Navigate {
        flow_id: u64,
        node_id: Option<u64>,
    },
    Ping {
        t: Value,
    },
}

/// The first frame of every connection.
#[derive(Clone, Default, PartialEq)]
pub struct Open {
    /// The last number that the browser has; 0 for none.
    pub last_seq: u64,
    /// `ko` or `en`.
    pub locale: Option<String>,
    /// Of the page, so the visitor's own to choose: no right may follow from them.
    pub params: Params,
    /// Ends the conversation that there is.
    pub restart: bool,
    /// The browser's own, by which a second one is known.
    pub restart_id: Option<String>,
    pub capabilities: Vec<String>,
    pub tab: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The browser's own, by which a second one is known.
    pub client_message_id: String,
    /// Looked at after it was asked whether it is a second one: that one is acknowledged, whatever it says by now.
    pub content: Result<Content, Complaint>,
}

#[derive(Clone, PartialEq)]
pub struct Content {
    pub data: MessageData,
    pub payload: Option<Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub client_upload_id: String,
    pub content_type: &'static str,
    pub ending: &'static str,
    pub size: u64,
}

/// Why a frame is not taken. The socket stays open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub code: Code,
    /// For developers; never the customer's words.
    pub message: &'static str,
    pub client_message_id: Option<String>,
    pub client_upload_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    FrameTooLarge,
    BadJson,
    UnknownAction,
    /// A field of a known action is missing or of the wrong type.
    BadFrame,
    MissingClientMessageId,
    EmptyText,
    TextTooLong,
    UnsupportedType,
    BadUri,
    BadLocation,
    PayloadTooLong,
    FileTooLarge,
    NotOpen,
    NotAllowed,
    RateLimited,
    Unauthorized,
    Internal,
}

/// What a page tells of its customer is not for logs.
impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { last_seq, restart, .. } = self;
        f.debug_struct("Open").field("last_seq", last_seq).field("restart", restart).finish_non_exhaustive()
    }
}

/// Nor what the customer said.
impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Content").field("data", &self.data.type_name()).finish_non_exhaustive()
    }
}

impl Complaint {
    pub const fn new(code: Code, message: &'static str) -> Self {
        Self { code, message, client_message_id: None, client_upload_id: None }
    }
}

pub(super) fn read(web: &Web, body: &[u8]) -> Result<Frame, Complaint> {
    if body.len() > limits::FRAME.0 {
        return Err(Complaint::new(Code::FrameTooLarge, "a frame has at most 32768 bytes"));
    }
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else {
        return Err(Complaint::new(Code::BadJson, "a frame is one JSON object"));
    };
    match fields.get("action").and_then(Value::as_str).unwrap_or_default() {
        "open" => open(&mut fields).map(Frame::Open),
        "message" => message(web, &mut fields).map(Frame::Message),
        "typing" => match fields.get("state").and_then(Value::as_str) {
            Some("on") => Ok(Frame::Typing { on: true }),
            Some("off") => Ok(Frame::Typing { on: false }),
            _ => Err(Complaint::new(Code::BadFrame, "state is `on` or `off`")),
        },
        "read" => match fields.get("seq").and_then(Value::as_u64) {
            Some(seq) => Ok(Frame::Read { seq }),
            None => Err(Complaint::new(Code::BadFrame, "seq is a number of a frame")),
        },
        "history" => {
            let limit = fields.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
            Ok(Frame::History {
                before_seq: fields.get("beforeSeq").and_then(Value::as_u64),
                limit: limit.unwrap_or(limits::HISTORY).clamp(1, limits::HISTORY),
            })
        }
        "upload" => upload(&fields).map(Frame::Upload),
        "navigate" if !web.navigation => {
            Err(Complaint::new(Code::NotAllowed, "the bot's settings do not let pages lead its customers"))
        }
        "navigate" => match (fields.get("flowId").and_then(Value::as_u64), fields.get("nodeId")) {
            (Some(flow_id), None | Some(Value::Null)) => Ok(Frame::Navigate { flow_id, node_id: None }),
            (Some(flow_id), Some(node)) if node.is_u64() => Ok(Frame::Navigate { flow_id, node_id: node.as_u64() }),
            _ => Err(Complaint::new(Code::BadFrame, "flowId and nodeId are numbers of the bot's")),
        },
        "ping" => Ok(Frame::Ping { t: fields.remove("t").filter(Value::is_number).unwrap_or_default() }),
        _ => Err(Complaint::new(
            Code::UnknownAction,
            "action is open, message, typing, read, history, upload, navigate or ping",
        )),
    }
}

/// Nothing of it is worth refusing a customer for: what cannot be used is left out.
fn open(fields: &mut Map<String, Value>) -> Result<Open, Complaint> {
    let params = match fields.remove("params") {
        Some(Value::Object(params)) => params,
        _ => Map::new(),
    };
    if !limits::PARAMS.holds(&Value::from(params.clone()).to_string()) {
        return Err(Complaint::new(Code::BadFrame, "params have at most 4096 bytes"));
    }
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| limits::CLIENT_ID.holds(text));
    let capabilities = fields.get("capabilities").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Ok(Open {
        last_seq: fields.get("lastSeq").and_then(Value::as_u64).unwrap_or_default(),
        locale: text("locale").filter(|locale| matches!(*locale, "ko" | "en")).map(str::to_owned),
        params: params.into_iter().filter(|(name, value)| !name.is_empty() && scalar(value)).collect(),
        restart: fields.get("restart") == Some(&Value::Bool(true)),
        restart_id: client_id(fields, "restartId"),
        capabilities: capabilities
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| limits::CLIENT_ID.holds(name))
            .take(limits::CAPABILITIES)
            .map(str::to_owned)
            .collect(),
        tab: text("tab").map(str::to_owned),
    })
}

fn message(web: &Web, fields: &mut Map<String, Value>) -> Result<Said, Complaint> {
    let Some(id) = client_id(fields, "clientMessageId") else {
        return Err(Complaint::new(Code::MissingClientMessageId, "clientMessageId has 1 to 64 characters"));
    };
    let content = data(web, fields.get("data"))
        .and_then(|data| Ok(Content { data, payload: payload(fields.remove("payload"))? }))
        .map_err(|complaint| Complaint { client_message_id: Some(id.clone()), ..complaint });
    Ok(Said { client_message_id: id, content })
}

fn client_id(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let id = fields.get(name)?.as_str()?;
    (!id.is_empty() && limits::CLIENT_ID.holds(id)).then(|| id.to_owned())
}

fn data(web: &Web, data: Option<&Value>) -> Result<MessageData, Complaint> {
    let none = Value::Null;
    let data = data.unwrap_or(&none);
    match data["type"].as_str().unwrap_or_default() {
        "text" => {
            let text = data["text"].as_str().unwrap_or_default();
            if text.trim().is_empty() {
                return Err(Complaint::new(Code::EmptyText, "data.text is empty"));
            }
            if !limits::TEXT.holds(text) {
                return Err(Complaint::new(Code::TextTooLong, "data.text has at most 1000 characters"));
            }
            Ok(MessageData::text(text))
        }
        "media" => {
            let content_type = match data["media"]["contentType"].as_str().unwrap_or_default() {
                "image" => ContentType::Image,
                "video" => ContentType::Video,
                "audio" => ContentType::Audio,
                _ => return Err(Complaint::new(Code::UnsupportedType, "media.contentType is image, video or audio")),
            };
            let uri = uploaded(data["media"]["uri"].as_str().unwrap_or_default(), &web.upload_uri_prefixes);
            let uri = uri.ok_or(Complaint::new(Code::BadUri, "media.uri is the `uri` of an upload"))?;
            Ok(MessageData::media(content_type, uri))
        }
        "location" => {
            let location = &data["location"];
            let within = |name: &str, most: f64| location[name].as_f64().filter(|degrees| degrees.abs() <= most);
            let (Some(latitude), Some(longitude)) = (within("latitude", 90.0), within("longitude", 180.0)) else {
                return Err(Complaint::new(Code::BadLocation, "latitude and longitude are degrees on earth"));
            };
            let title = location["title"].as_str().filter(|title| !title.trim().is_empty());
            let title =
                title.map(|title| fit::cut(title, limits::PLACE, "location title", &mut Vec::new()).into_owned());
            Ok(MessageData::Location { location: Location { title, latitude, longitude } })
        }
        _ => Err(Complaint::new(Code::UnsupportedType, "data.type is text, media or location")),
    }
}

/// Also on this machine, whose uploads nobody else sees.
pub(super) fn secure(url: &Url) -> bool {
    let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost"));
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// The address as a browser would ask for it, if it is below one that we gave for uploads: `..` and `%2e` are resolved
/// before anything is compared.
fn uploaded(uri: &str, prefixes: &[Url]) -> Option<String> {
    let url = Url::parse(uri).ok().filter(|_| limits::URI.holds(uri))?;
    if !secure(&url) || !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return None;
    }
    // What a server decodes once more must not lead elsewhere.
    let path = url.path().to_ascii_lowercase();
    if ["%2f", "%5c", "%2e", "%25"].iter().any(|escape| path.contains(escape)) {
        return None;
    }
    let below = |prefix: &Url| {
        prefix.origin() == url.origin()
            && url.path().len() > prefix.path().len()
            && url.path().starts_with(prefix.path())
    };
    prefixes.iter().any(below).then(|| url.into())
}

/// As text or compact JSON; a text that holds an object is that.
fn payload(payload: Option<Value>) -> Result<Option<Value>, Complaint> {
    let payload = match payload {
        None | Some(Value::Null) => return Ok(None),
        Some(payload) => payload,
    };
    let long = match &payload {
        Value::String(text) => !limits::PAYLOAD.holds(text),
        other => !limits::PAYLOAD.holds(&other.to_string()),
    };
    if long {
        return Err(Complaint::new(Code::PayloadTooLong, "payload has at most 1000 characters"));
    }
    let object = payload.as_str().and_then(|text| serde_json::from_str(text).ok()).filter(Value::is_object);
    Ok(Some(object.unwrap_or(payload)))
}

fn upload(fields: &Map<String, Value>) -> Result<Upload, Complaint> {
    let Some(id) = client_id(fields, "clientUploadId") else {
        return Err(Complaint::new(Code::BadFrame, "clientUploadId has 1 to 64 characters"));
    };
    let refuse = |code, message| Complaint { client_upload_id: Some(id.clone()), ..Complaint::new(code, message) };
    let name = fields.get("contentType").and_then(Value::as_str).unwrap_or_default();
    let Some((content_type, ending, most)) = limits::FILES.iter().find(|(kind, ..)| name.eq_ignore_ascii_case(kind))
    else {
        return Err(refuse(Code::UnsupportedType, "contentType is of a picture, sound or video that browsers show"));
    };
    match fields.get("size").and_then(Value::as_u64) {
        None | Some(0) => Err(refuse(Code::BadFrame, "size is the file's bytes")),
        Some(size) if size > *most => {
            Err(refuse(Code::FileTooLarge, "pictures and sound have at most 10 MB, videos 50"))
        }
        Some(size) => Ok(Upload { client_upload_id: id, content_type, ending, size }),
    }
}
