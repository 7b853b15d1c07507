//! Where a callback may go. The address came in a request, and whoever can forge one would like us to call anything.
//! <https://kakaobusiness.gitbook.io/main/tool/chatbot/skill_guide/ai_chatbot_callback_guide>

/// Kakao's own hosts over TLS, spelled plainly. Whoever reads the address after us may know more tricks than we do.
pub(super) fn is_kakao(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
        && (host == "kakao.com" || host.strip_suffix(".kakao.com").is_some_and(|name| !name.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callbacks_go_to_kakao_alone() {
        for good in
            ["https://kakao.com/x", "https://bot-api.kakao.com/v1/bots/a/callback/b%2Fc%3D", "https://a.b.kakao.com?x"]
        {
            assert!(is_kakao(good), "{good}");
        }
        for bad in [
            "",
            "http://bot-api.kakao.com/",
            "HTTPS://bot-api.kakao.com/",
            "https:///bot-api.kakao.com/",
            "https://.kakao.com/",
            "https://evilkakao.com/",
            "https://kakao.com.evil.example/",
            "https://kakao.com@evil.example/",
            "https://evil.example/kakao.com",
            "https://evil.example?.kakao.com",
            "https://evil.example#.kakao.com",
            "https://evil.example\\.kakao.com/",
            "https://bot-api.kakao.com\\@evil.example/",
            "https://bot-api.kakao.com:443/",
            "https://bot-api.kakao.com:8443/",
            "https://user@bot-api.kakao.com/",
            "https://bot-api.kakao.com./",
            "https://bot-api.kakao.com/\n",
            "https://evil\t.kakao.com/",
            "https://169.254.169.254/",
            "https://한글.kakao.com/",
            "https://bot-api.kakao.com/한글",
        ] {
            assert!(!is_kakao(bad), "{bad}");
        }
    }
}
