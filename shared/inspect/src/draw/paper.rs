//! Writes XML. Whatever a bot's author wrote comes here, and nothing of it is ever markup.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::words::short;

#[derive(Debug, Default)]
pub(super) struct Paper(pub String);

impl Paper {
    /// `tag` is the name with its attributes, which hold nothing of a bot but numbers.
    pub(super) fn open(&mut self, tag: &str) {
        self.0.push('<');
        self.0.push_str(tag);
        self.0.push_str(">\n");
    }

    pub(super) fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push_str(">\n");
    }

    pub(super) fn empty(&mut self, tag: &str) {
        self.0.push('<');
        self.0.push_str(tag);
        self.0.push_str("/>\n");
    }

    pub(super) fn tag(&mut self, name: &str, content: &str) {
        self.0.push_str(&format!("<{name}>"));
        self.escaped(content);
        self.close(name);
    }

    /// A line of text, cut to so many columns. Of nothing there is none.
    pub(super) fn text(&mut self, class: &str, x: i64, y: i64, content: &str, columns: usize) {
        let content = short(content, columns);
        if !content.is_empty() {
            self.0.push_str(&format!(r#"<text class="{class}" x="{x}" y="{y}">"#));
            self.escaped(&content);
            self.0.push_str("</text>\n");
        }
    }

    fn escaped(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // No XML may hold these, not even escaped: <https://www.w3.org/TR/xml/#charsets>.
                '\u{fffe}' | '\u{ffff}' => {}
                control if control.is_control() => self.0.push(' '),
                // What turns the text around would turn what follows it, too.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                other => self.0.push(other),
            }
        }
    }
}

/// About how wide a text is, in a size of so many pixels.
pub(super) fn pixels(text: &str, size: i64) -> i64 {
    let columns = i64::try_from(text.width()).unwrap_or_default();
    // A Hangul letter is as wide as it is high; others are a little more than half as wide.
    (columns * size * 11).div_euclid(20)
}

/// At most so many lines of so many columns, broken at blanks where there are any.
pub(super) fn wrapped(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let mut wrapped = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() && wrapped.len() < lines {
        if wrapped.len() + 1 == lines || rest.width() <= columns {
            wrapped.push(short(rest, columns));
            break;
        }
        let mut used = 0;
        let fits = |character: &&str| {
            used += character.width();
            used <= columns
        };
        let end: usize = rest.graphemes(true).take_while(fits).map(str::len).sum();
        let end = if end == 0 { rest.graphemes(true).next().map_or(rest.len(), str::len) } else { end };
        // A blank in the first half would leave too much of the line empty.
        let blank = rest[..end].rfind(' ').filter(|blank| *blank > end / 2 && !rest[end..].starts_with(' '));
        let (line, after) = rest.split_at(blank.unwrap_or(end));
        wrapped.push(line.trim_end().to_owned());
        rest = after.trim_start();
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        for (text, expected) in [
            ("", &[][..]),
            ("짧다", &["짧다"]),
            ("아주 긴 말을 나눈다", &["아주 긴 말을", "나눈다"]),
            ("가나다라마바사아자차카타파하", &["가나다라마바", "사아자차카…"]),
            ("one two three four five six", &["one two", "three four…"]),
            ("👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", &["👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]),
        ] {
            assert_eq!(wrapped(text, 12, 2), expected, "{text}");
        }
    }

    #[test]
    fn nothing_is_markup() {
        let mut paper = Paper::default();
        paper.tag("title", "<a b=\"c\">&\u{0}\u{ffff}\u{202e}</a>");
        assert_eq!(paper.0, "<title>&lt;a b=&quot;c&quot;&gt;&amp; &lt;/a&gt;</title>\n");
    }
}
