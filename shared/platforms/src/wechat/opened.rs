//! What WeChat sends when a customer's file is asked for: the file, or JSON with the address of a video or an error.

use serde::Deserialize;

use crate::Opened;

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    errcode: i64,
    #[serde(default)]
    video_url: Option<String>,
}

pub(super) fn opened(answer: &[u8]) -> Opened {
    match serde_json::from_slice(answer) {
        Ok(Answer { errcode: 0, video_url: Some(url) }) => Opened::Elsewhere(url),
        Ok(Answer { errcode: 0, video_url: None }) | Err(_) => Opened::File,
        Ok(Answer { errcode: 40001 | 40014 | 41001 | 42001, .. }) => Opened::Renew,
        Ok(Answer { errcode: 40007, .. }) => Opened::Gone,
        Ok(Answer { .. }) => Opened::Later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_files_place() {
        for (answer, expected) in [
            (&b"GIF89a"[..], Opened::File),
            (b"", Opened::File),
            (br#"{"any":"file"}"#, Opened::File),
            (
                br#"{"video_url":"http://203.205.158.1/a.mp4"}"#,
                Opened::Elsewhere("http://203.205.158.1/a.mp4".to_owned()),
            ),
            (br#"{"errcode":40001,"errmsg":"invalid credential"}"#, Opened::Renew),
            (br#"{"errcode":42001,"errmsg":"access_token expired"}"#, Opened::Renew),
            (br#"{"errcode":40007,"errmsg":"invalid media_id"}"#, Opened::Gone),
            (br#"{"errcode":-1,"errmsg":"system error"}"#, Opened::Later),
        ] {
            assert_eq!(opened(answer), expected, "{}", String::from_utf8_lossy(answer));
        }
    }
}
