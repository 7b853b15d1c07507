//! Reads the flat XML of a push, without copying what needs no decoding, and writes the one of an answer.

use std::borrow::Cow;
use std::fmt::Write as _;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, Event};

use super::wire::Push;
use crate::ReceiveError;

/// A document type could define entities, and nothing of Tencent's has one.
pub(super) fn read(xml: &str) -> Result<Push<'_>, ReceiveError> {
    let malformed = |what: &str| ReceiveError::Malformed(what.to_owned());
    let mut reader = Reader::from_str(xml);
    let mut push = Push::default();
    let mut depth = 0;
    let mut text = Value::default();
    let mut is_closed = false;
    loop {
        let place = reader.buffer_position();
        let event = reader.read_event().map_err(|_| malformed(&format!("it is not XML, byte {place}")))?;
        match event {
            Event::Start(_) | Event::Empty(_) if is_closed => return Err(malformed("there is more than one element")),
            Event::Start(start) => {
                depth += 1;
                match depth {
                    1 if start.name().as_ref() != b"xml" => return Err(malformed("its element is not `xml`")),
                    2 => text = Value::default(),
                    _ => {}
                }
            }
            Event::End(end) => {
                if depth == 2
                    && let Some(field) = field(&mut push, end.name().as_ref())
                    && field.is_none()
                {
                    *field = Some(std::mem::take(&mut text).0).filter(|text| !text.is_empty());
                }
                depth -= 1;
                is_closed = depth == 0;
            }
            Event::Text(part) if depth == 2 => {
                text.plain(part.decode().map_err(|_| malformed("it is not UTF-8"))?);
            }
            Event::CData(part) if depth == 2 => {
                text.cdata(part.decode().map_err(|_| malformed("it is not UTF-8"))?);
            }
            Event::GeneralRef(part) if depth == 2 => text.plain(entity(&part).into()),
            Event::DocType(_) => return Err(malformed("it has a DOCTYPE")),
            Event::Eof if is_closed => return Ok(push),
            Event::Eof => return Err(malformed("it ends too early")),
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {}
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
}

/// The text of an element.
#[derive(Default)]
struct Value<'a>(Cow<'a, str>, bool);

impl<'a> Value<'a> {
    /// Blanks around CDATA are for the eye.
    fn plain(&mut self, part: Cow<'a, str>) {
        if self.1 && part.trim().is_empty() {
            return;
        }
        self.add(part);
    }

    fn cdata(&mut self, part: Cow<'a, str>) {
        if !self.1 && self.0.trim().is_empty() {
            self.0 = Cow::Borrowed("");
        }
        self.1 = true;
        self.add(part);
    }

    fn add(&mut self, part: Cow<'a, str>) {
        if self.0.is_empty() {
            self.0 = part;
        } else {
            self.0.to_mut().push_str(&part);
        }
    }
}

/// What an entity stands for; one that XML does not know stays as it is.
fn entity(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = reference.resolve_char_ref() {
        return c.to_string();
    }
    let name = reference.decode().unwrap_or_default();
    resolve_xml_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

fn field<'p, 'a>(push: &'p mut Push<'a>, name: &[u8]) -> Option<&'p mut Option<Cow<'a, str>>> {
    Some(match name {
        b"ToUserName" => &mut push.to_user_name,
        b"FromUserName" => &mut push.from_user_name,
        b"CreateTime" => &mut push.create_time,
        b"MsgType" => &mut push.msg_type,
        b"MsgId" => &mut push.msg_id,
        b"Encrypt" => &mut push.encrypt,
        b"Content" => &mut push.content,
        b"bizmsgmenuid" => &mut push.bizmsgmenuid,
        b"PicUrl" => &mut push.pic_url,
        b"MediaId" => &mut push.media_id,
        b"ThumbMediaId" => &mut push.thumb_media_id,
        b"Format" => &mut push.format,
        b"Recognition" => &mut push.recognition,
        b"Location_X" => &mut push.location_x,
        b"Location_Y" => &mut push.location_y,
        b"Label" => &mut push.label,
        b"Title" => &mut push.title,
        b"Description" => &mut push.description,
        b"Url" => &mut push.url,
        b"Event" => &mut push.event,
        b"EventKey" => &mut push.event_key,
        b"Ticket" => &mut push.ticket,
        b"Latitude" => &mut push.latitude,
        b"Longitude" => &mut push.longitude,
        b"Precision" => &mut push.precision,
        _ => return None,
    })
}

/// Adds `<name>` with `text` in it.
pub(super) fn element(xml: &mut String, name: &str, text: &str) {
    let _ = write!(xml, "<{name}><![CDATA[{}]]></{name}>", text.replace("]]>", "]]]]><![CDATA[>"));
}

/// Adds `<name>` with a number in it.
pub(super) fn number(xml: &mut String, name: &str, number: i64) {
    let _ = write!(xml, "<{name}>{number}</{name}>");
}

/// Without what XML 1.0 cannot hold, and what nobody sees.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    let is_fine = |c: char| match c {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        c => c >= ' ',
    };
    if text.chars().all(is_fine) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| is_fine(*c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(xml: &str) -> Result<Option<String>, ReceiveError> {
        read(xml).map(|push| push.content.map(Cow::into_owned))
    }

    #[test]
    fn texts_come_as_they_were_written() {
        for (inside, expected) in [
            ("<![CDATA[ a\n ]]>", Some(" a\n ")),
            ("\n <![CDATA[ a ]]>\n ", Some(" a ")),
            (" a ", Some(" a ")),
            ("a &amp; b &lt;c&gt; &#44032;&#x1F34E; &nbsp;", Some("a & b <c> 가🍎 &nbsp;")),
            ("<![CDATA[a]]]]><![CDATA[>b]]>", Some("a]]>b")),
            ("<![CDATA[&amp;<b>\r\n]]>", Some("&amp;<b>\r\n")),
            ("a<!-- x -->b<i>c</i>d", Some("abd")),
            ("", None),
            ("<![CDATA[]]>", None),
        ] {
            assert_eq!(content(&format!("<xml><Content>{inside}</Content></xml>")), Ok(expected.map(str::to_owned)));
        }
        let odd = "\u{feff}<?xml version=\"1.0\"?>\n<xml a='1'>\n<Other><Content>x</Content></Other><Content/>\
                   <Content>1</Content><Content>2</Content></xml>\n";
        assert_eq!(content(odd.trim_start_matches('\u{feff}')), Ok(Some("1".to_owned())));
        assert!(content(odd).is_ok(), "a byte order mark");
    }

    #[test]
    fn the_rest_is_refused_without_a_word_of_it() {
        for xml in [
            "",
            " ",
            "words",
            "{\"a\":1}",
            "<xml>",
            "<xml><Content>words</xml>",
            "<xml><Content>words",
            "<xml><Content><![CDATA[words</Content></xml>",
            "<words></words>",
            "<xml/>",
            "<xml></xml><xml></xml>",
            "</xml>",
            "<!DOCTYPE xml><xml></xml>",
            "<!DOCTYPE xml [<!ENTITY words \"x\">]><xml><Content>&words;</Content></xml>",
            "<xml><!DOCTYPE words></xml>",
            "<!doctype xml><xml></xml>",
        ] {
            let error = content(xml).unwrap_err();
            assert!(!error.to_string().contains("words"), "{xml}: {error}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for text in ["", "a", "]]>", "]]]]>>", "<a href=\"x\">&amp;</a>", "가\n🍎"] {
            let mut xml = "<xml>".to_owned();
            element(&mut xml, "Content", text);
            number(&mut xml, "MsgId", -5);
            xml.push_str("</xml>");
            let push = read(&xml).unwrap();
            assert_eq!(push.content.unwrap_or_default(), text);
            assert_eq!(push.msg_id.unwrap(), "-5");
        }
        assert_eq!(clean("a\u{0}\u{1f}\u{fffe}\t\n가"), "a\t\n가");
    }
}
