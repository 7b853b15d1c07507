//! `JOSA(noun, josa)`: the noun with the particle that fits its last sound, whichever of the two forms is given. Numbers
//! and Latin letters count as they are read in Korean.

use super::{Argument, Made, Setting, text};

/// After a consonant, after a vowel.
const PAIRS: &[(&str, &str)] = &[
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("아", "야"),
    ("으로", "로"),
    ("이나", "나"),
    ("이랑", "랑"),
    ("이라", "라"),
    ("이며", "며"),
    ("이든", "든"),
    ("이에요", "예요"),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    Vowel,
    /// ㄹ, after which `로` is said like after a vowel.
    Rieul,
    Consonant,
    Unknown,
}

pub(super) fn josa<'v>(of: &[Argument<'v>], _: &mut Setting) -> Made<'v> {
    let (noun, josa) = (of[0].text(), of[1].text());
    let josa = josa.trim();
    if noun.is_empty() {
        return text(String::new());
    }
    let pair = PAIRS.iter().find(|(consonant, vowel)| *consonant == josa || *vowel == josa);
    // Others, like 도 or 에게, have one form.
    let (consonant, vowel) = pair.copied().unwrap_or((josa, josa));
    let particle = match last_sound(&noun) {
        Sound::Vowel => vowel.to_owned(),
        Sound::Rieul if consonant == "으로" => vowel.to_owned(),
        Sound::Rieul | Sound::Consonant => consonant.to_owned(),
        Sound::Unknown if consonant == vowel => consonant.to_owned(),
        // As it is written where one cannot know: 은(는), (으)로.
        Sound::Unknown => match consonant.strip_suffix(vowel) {
            Some(start) => format!("({start}){vowel}"),
            None => format!("{consonant}({vowel})"),
        },
    };
    text(format!("{noun}{particle}"))
}

/// Of the last letter or digit: what stands behind, like a bracket, is not read.
fn last_sound(noun: &str) -> Sound {
    let Some((at, last)) = noun.char_indices().rfind(|(_, c)| c.is_alphanumeric() || *c == '%') else {
        return Sound::Unknown;
    };
    match last {
        '가'..='힣' => match (u32::from(last) - u32::from('가')) % 28 {
            0 => Sound::Vowel,
            8 => Sound::Rieul,
            _ => Sound::Consonant,
        },
        '0'..='9' => digits(&noun[..=at]),
        'a'..='z' | 'A'..='Z' => latin(&noun[..=at]),
        // 퍼센트
        '%' => Sound::Vowel,
        // Letters of Hangul by their names: 리을, 키읔, 아.
        'ㄹ' => Sound::Rieul,
        'ㄱ'..='ㅎ' => Sound::Consonant,
        'ㅏ'..='ㅣ' => Sound::Vowel,
        'ん' | 'ン' => Sound::Consonant,
        'ぁ'..='ゖ' | 'ァ'..='ヺ' => Sound::Vowel,
        _ => Sound::Unknown,
    }
}

/// 영 일 이 삼 사 오 육 칠 팔 구; of a round number its last unit: 십 백 천 만 억 조 경 해.
fn digits(text: &str) -> Sound {
    let start = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == ',').len();
    let number = &text[start..];
    let digits = number.trim_end_matches(['0', ',']);
    let zeros = number[digits.len()..].matches('0').count();
    let decimal = text[..start].ends_with('.');
    match digits.as_bytes().last() {
        Some(b'1' | b'7' | b'8') if zeros == 0 => Sound::Rieul,
        Some(b'3' | b'6') if zeros == 0 => Sound::Consonant,
        Some(_) if zeros == 0 => Sound::Vowel,
        Some(_) if !decimal && zeros.is_multiple_of(4) => match zeros / 4 {
            1 | 2 | 4 => Sound::Consonant,
            3 | 5 => Sound::Vowel,
            _ => Sound::Unknown,
        },
        // 십, 백, 천, and zeros that are read one by one: 영, 공.
        Some(_) | None => Sound::Consonant,
    }
}

/// An abbreviation by the name of its last letter, a word by how it is mostly written in Hangul.
fn latin(text: &str) -> Sound {
    let word = &text[text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len()..];
    if word.bytes().all(|byte| byte.is_ascii_uppercase()) || word.len() == 1 {
        // 엘 엠 엔 알, and all others end in a vowel.
        return match word.as_bytes().last().map(u8::to_ascii_uppercase) {
            Some(b'L' | b'R') => Sound::Rieul,
            Some(b'M' | b'N') => Sound::Consonant,
            _ => Sound::Vowel,
        };
    }
    let word = word.to_ascii_lowercase();
    let is_vowel = |byte: &u8| b"aeiouy".contains(byte);
    match word.as_bytes() {
        // 구글, 파일
        [.., b'l'] | [.., b'l', b'e'] => Sound::Rieul,
        // 톰, 라인, 게임, 킹
        [.., b'm' | b'n'] | [.., b'n', b'g'] => Sound::Consonant,
        [.., before, b'n' | b'm', b'e'] if is_vowel(before) => Sound::Consonant,
        // 슬랙, 앱
        [.., before, b'c', b'k'] | [.., before, b'p', b'p'] | [.., before, b't', b't'] if is_vowel(before) => {
            Sound::Consonant
        }
        // 북, 뮤직, 숍, 웹, 챗, but 링크, 포인트
        [.., before, b'k' | b'c' | b'p' | b'b' | b't'] if is_vowel(before) => Sound::Consonant,
        _ => Sound::Vowel,
    }
}
