//! What only the messenger can give and a call cannot go without: a token that lives for a while, or a file that has to
//! be handed over before it can be named.
//!
//! The call holds a mark where it belongs, in URL, headers or body; the shell gets it and puts it there.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Call;

#[derive(Clone, PartialEq)]
pub struct Need {
    /// The text that what is obtained takes the place of. No two needs of a call have the same.
    pub mark: String,
    pub what: Want,
    /// Asks for it. Of a file the shell writes the body.
    pub call: Box<Call>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// The same for every call that asks with the same request, for as long as it lives.
    Token,
    File(File),
    Embedded(Embedded),
}

/// A file that goes in base64 into the JSON of the call that hands it over.
#[derive(Clone, PartialEq)]
pub struct Embedded {
    /// As of a [`File`].
    pub source: String,
    pub most_bytes: usize,
    /// What it takes the place of in the call's body. No letter of it needs an escape.
    pub mark: &'static str,
}

/// A file for `multipart/form-data`.
#[derive(Clone, PartialEq)]
pub struct File {
    /// Where it is now. Bot authors choose it, so the shell takes it from public addresses only.
    pub source: String,
    pub most_bytes: usize,
    /// The name of its part.
    pub field: &'static str,
    /// The other parts.
    pub fields: Vec<(&'static str, String)>,
}

/// What came of it.
#[derive(Clone, PartialEq)]
pub enum Obtained {
    /// Good for so many seconds.
    Text { text: String, seconds: i64 },
    /// The token that it was asked with is spent.
    Renew { reason: String },
    /// The messenger is busy or down.
    Later { reason: String },
    /// It will never work. `reason` is for the bot's owner.
    Refused { reason: String },
}

impl File {
    /// Content type and body of the request that hands `bytes` over.
    pub fn multipart(&self, bytes: &[u8], content_type: &str) -> (String, Vec<u8>) {
        // Files hold anything, and what is between the parts must not be in them.
        let mut boundary = "closer-5f0c1b7e9a".to_owned();
        while contains(bytes, boundary.as_bytes()) {
            boundary.push('x');
        }
        let mut body = Vec::with_capacity(bytes.len() + 512);
        for (name, value) in &self.fields {
            body.extend_from_slice(
                format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                    .as_bytes(),
            );
        }
        let (field, name) = (self.field, file_name(&self.source, content_type));
        body.extend_from_slice(
            format!(
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
                 content-type: {content_type}\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        (format!("multipart/form-data; boundary={boundary}"), body)
    }
}

impl Embedded {
    /// `body` with the file in it.
    pub fn body(&self, body: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mark = self.mark.as_bytes();
        let Some(at) = body.windows(mark.len()).position(|window| window == mark) else { return body.to_vec() };
        [&body[..at], STANDARD.encode(bytes).as_bytes(), &body[at + mark.len()..]].concat()
    }
}

/// Messengers look at the ending. Only harmless characters of the name are kept.
fn file_name(source: &str, content_type: &str) -> String {
    let path = source.split(['?', '#']).next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    let name: String = last.chars().filter(|c| c.is_ascii_alphanumeric() || "._-".contains(*c)).take(60).collect();
    if name.rsplit_once('.').is_some_and(|(stem, ending)| !stem.is_empty() && (2..=4).contains(&ending.len())) {
        return name;
    }
    let ending = match content_type.split(';').next().unwrap_or_default().trim() {
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/gif" => "gif",
        "image/webp" => "webp",
        "video/mp4" => "mp4",
        "audio/mpeg" => "mp3",
        "audio/amr" => "amr",
        _ => "bin",
    };
    format!("file.{ending}")
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

impl fmt::Debug for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Need").field("what", &self.what).field("call", &self.call).finish_non_exhaustive()
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("field", &self.field).finish_non_exhaustive()
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").finish_non_exhaustive()
    }
}

/// A token is a secret.
impl fmt::Debug for Obtained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { seconds, .. } => write!(f, "Text for {seconds} s"),
            Self::Renew { reason } => write!(f, "Renew {reason:?}"),
            Self::Later { reason } => write!(f, "Later {reason:?}"),
            Self::Refused { reason } => write!(f, "Refused {reason:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_into_the_json_of_a_call() {
        let embedded = Embedded { source: String::new(), most_bytes: 9, mark: "the-mark" };
        assert_eq!(embedded.body(br#"{"a":"the-mark","b":1}"#, b"\xff\x00x"), br#"{"a":"/wB4","b":1}"#);
        assert_eq!(embedded.body(b"{}", b"x"), b"{}");
    }

    #[test]
    fn a_file_goes_between_boundaries_that_it_does_not_hold() {
        let source = "https://a.example/p/cat%20.JPG?x=/b.png".to_owned();
        let file = File { source, most_bytes: 9, field: "media", fields: vec![("type", "image".to_owned())] };
        let (kind, body) = file.multipart(b"--closer-5f0c1b7e9a", "image/jpeg");
        assert_eq!(kind, "multipart/form-data; boundary=closer-5f0c1b7e9ax");
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "--closer-5f0c1b7e9ax\r\ncontent-disposition: form-data; name=\"type\"\r\n\r\nimage\r\n\
             --closer-5f0c1b7e9ax\r\ncontent-disposition: form-data; name=\"media\"; filename=\"cat20.JPG\"\r\n\
             content-type: image/jpeg\r\n\r\n--closer-5f0c1b7e9a\r\n--closer-5f0c1b7e9ax--\r\n"
        );
        for (source, kind, name) in [
            ("https://a.example/", "image/png; q=1", "file.png"),
            ("https://a.example/.png", "image/gif", "file.gif"),
            ("https://a.example/x\".mp3", "audio/mpeg", "x.mp3"),
            ("https://a.example/picture", "text/html", "file.bin"),
        ] {
            assert_eq!(file_name(source, kind), name, "{source}");
        }
    }
}
