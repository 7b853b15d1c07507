//! Signatures and the encrypted mode: <https://developers.weixin.qq.com/doc/service/guide/dev/push/encryption>.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit};
use sha1::{Digest, Sha1};

use crate::Secrets;
use crate::secret::same;

/// 43 characters hold two bits more than 32 bytes, and Tencent's own keys have something in them.
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&base64::alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// Padding is to this, twice the cipher's own.
const BLOCK: usize = 32;
/// Random bytes, and the length of what follows.
const HEAD: usize = 20;

/// Which of the tokens made `given` of these parts. Every one is compared, in constant time.
pub(super) fn signed(tokens: &Secrets, parts: &[&str], given: &str) -> Option<usize> {
    tokens.iter().enumerate().fold(None, |found, (index, token)| {
        let is_same = same(signature(token, parts).as_bytes(), given.as_bytes());
        if is_same && found.is_none() { Some(index) } else { found }
    })
}

/// Sorted as texts, so `15…` comes before `4…`.
pub(super) fn signature(token: &str, parts: &[&str]) -> String {
    let mut parts = [&[token], parts].concat();
    parts.sort_unstable();
    let mut digest = Sha1::new();
    for part in parts {
        digest.update(part);
    }
    format!("{:x}", digest.finalize())
}

/// An EncodingAESKey.
pub(super) struct Key([u8; 32]);

impl Key {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() != 43 {
            return None;
        }
        BASE64.decode(format!("{text}=")).ok()?.try_into().ok().map(Self)
    }

    /// What is inside, if this key and account made it.
    pub(super) fn open(&self, encrypted: &str, app_id: &str) -> Option<String> {
        let mut bytes = BASE64.decode(encrypted.trim()).ok()?;
        let plain = cbc::Decryptor::<Aes256>::new((&self.0).into(), self.iv().into())
            .decrypt_padded_mut::<NoPadding>(&mut bytes);
        let plain = unpadded(plain.ok()?)?;
        let length = plain.get(16..HEAD).and_then(|length| length.try_into().ok()).map(u32::from_be_bytes)?;
        let end = HEAD.checked_add(usize::try_from(length).ok()?)?;
        if !same(plain.get(end..)?, app_id.as_bytes()) {
            return None;
        }
        String::from_utf8(plain.get(HEAD..end)?.to_vec()).ok()
    }

    /// `random` makes the same text look different each time.
    pub(super) fn close(&self, xml: &str, app_id: &str, random: [u8; 16]) -> String {
        let mut bytes = Vec::with_capacity(HEAD + xml.len() + app_id.len() + BLOCK);
        bytes.extend_from_slice(&random);
        bytes.extend_from_slice(&u32::try_from(xml.len()).unwrap_or(u32::MAX).to_be_bytes());
        bytes.extend_from_slice(xml.as_bytes());
        bytes.extend_from_slice(app_id.as_bytes());
        let pad = BLOCK - bytes.len() % BLOCK;
        bytes.resize(bytes.len() + pad, u8::try_from(pad).unwrap_or(0));
        let encryptor = cbc::Encryptor::<Aes256>::new((&self.0).into(), self.iv().into());
        BASE64.encode(encryptor.encrypt_padded_vec_mut::<NoPadding>(&bytes))
    }

    fn iv(&self) -> &[u8; 16] {
        let (iv, _) = self.0.split_at(16);
        iv.try_into().unwrap_or(&[0; 16])
    }
}

/// 1 to 32 bytes that all tell how many they are.
fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let pad = usize::from(*plain.last()?);
    let end = plain.len().checked_sub(pad).filter(|_| (1..=BLOCK).contains(&pad))?;
    plain[end..].iter().all(|byte| usize::from(*byte) == pad).then_some(&plain[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const APP: &str = "wxdemo0123456789ab";

    fn secrets(json: &str) -> Secrets {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn signatures() {
        for (token, timestamp, nonce, expected) in [
            ("AAAAA", "1714036504", "1514711492", "f464b24fc39322e44b38aa78f5edd27bd1441696"),
            ("AAAAA", "1714037059", "486452656", "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
            ("spamtest", "1409735669", "1320562132", "16120ec1b8dbb870f510d87ce6bc2463eae6ca1a"),
            ("closerDemoToken", "1714037059", "486452656", "44f080a7292538be96ca5ab193cbe739558d344d"),
        ] {
            assert_eq!(signature(token, &[timestamp, nonce]), expected);
            let tokens = secrets(&format!(r#"["new","{token}"]"#));
            assert_eq!(signed(&tokens, &[timestamp, nonce], expected), Some(1));
            assert_eq!(signed(&tokens, &[nonce, timestamp], expected), Some(1));
            for wrong in ["", &expected[..39], &expected.to_uppercase(), &expected.replacen(|c| c != '0', "0", 1)] {
                assert_eq!(signed(&tokens, &[timestamp, nonce], wrong), None, "{wrong}");
            }
            assert_eq!(signed(&Secrets::default(), &[timestamp, nonce], expected), None);
        }
    }

    #[test]
    fn the_demo_key_has_spare_bits() {
        let key = Key::parse(KEY).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&key.0), "69b71d79f8218a39259a7a29aabb2dbafc31cb3d35db7e39ebbf3d0010831051");
        assert_eq!(hex(key.iv()), "69b71d79f8218a39259a7a29aabb2dba");
        for bad in ["", &KEY[1..], &format!("{KEY}H"), &KEY.replace('a', " "), &KEY.replace("aA", "가")[..]] {
            assert_eq!(Key::parse(bad).is_some(), bad == KEY, "{bad}");
        }
    }

    #[test]
    fn opens_what_tencent_made() {
        let key = Key::parse(KEY).unwrap();
        let ours = "Q3stYC6hdFzMh9T8HCvyDBzTOeT6LZAVRV+KJkF5K1iYD4Pzv6kZyHEfqj/MDnSlKhvXRFQAFhESFA3I8CzNOQMhQ5wzq/OXgFL1/F5jlmJLt66FUYyEs1Gk/By8181a1MWYk7LeQ8JbG5dYI3bIkIbZTpxa2v4kjTikk0c0oS7jeq4p4KBE06d08LJnLWvwki+XvbbRcVjl9whHNm8CRWEGlpPUBdl8e5MCFUECzpgiEKERkPNnEqaOPnPfsAThttyg2jjVNNBAiVy+kn8LiqWtOd1QGHTgvq7zQTNmWvkL3HXg180YiEprUAyGtGuymUk4l7ZYipI+Av4c2c6DCHTJFTaNtJmrbZMipAj41bgaJ4hn+UhUCzyTRbEydoQUmdMGxTX8lXpa285ySMFg5y1udjnPJCKPKVsgtZF7Ayw=";
        let xml = key.open(ours, APP).unwrap();
        assert_eq!(xml.len(), 279);
        assert!(xml.contains("<Content><![CDATA[안녕하세요]]></Content><MsgId>24537846213905512</MsgId>"));
        assert_eq!(
            signature("closerDemoToken", &["1714037059", "486452656", ours]),
            "59e753285d9bcb421bde7a05061c13dc54dc4797"
        );
        assert_eq!(key.close(&xml, APP, *b"0123456789abcdef"), ours);

        let theirs = "hyzAe4OzmOMbd6TvGdIOO6uBmdJoD0Fk53REIHvxYtJlE2B655HuD0m8KUePWB3+LrPXo87wzQ1QLvbeUgmBM4x6F8PGHQHFVAFmOD2LdJF9FrXpbUAh0B5GIItb52sn896wVsMSHGuPE328HnRGBcrS7C41IzDWyWNlZkyyXwon8T332jisa+h6tEDYsVticbSnyU8dKOIbgU6ux5VTjg3yt+WGzjlpKn6NPhRjpA912xMezR4kw6KWwMrCVKSVCZciVGCgavjIQ6X8tCOp3yZbGpy0VxpAe+77TszTfRd5RJSVO/HTnifJpXgCSUdUue1v6h0EIBYYI1BD1DlD+C0CR8e6OewpusjZ4uBl9FyJvnhvQl+q5rv1ixrcpCumEPo5MJSgM9ehVsNPfUM669WuMyVWQLCzpu9GhglF2PE=";
        let xml = key.open(theirs, "wx2c2769f8efd9abc2").unwrap();
        assert_eq!(xml.len(), 280);
        assert!(xml.contains("oyORnuP8q7ou2gfYjqLzSIWZf0rs") && xml.contains("6054768590064713728"));
        assert_eq!(
            signature("spamtest", &["1409735669", "1320562132", theirs]),
            "5d197aaffba7e9b25a30732f161a50dee96bd5fa"
        );
    }

    #[test]
    fn closes_as_tencent_expects() {
        let xml = "<xml><ToUserName><![CDATA[oDemoUser000000000000000001]]></ToUserName><FromUserName><![CDATA[gh_demo00000001]]></FromUserName><CreateTime>1714037060</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[OK]]></Content></xml>";
        let encrypted = Key::parse(KEY).unwrap().close(xml, APP, *b"fedcba9876543210");
        assert_eq!(
            encrypted,
            "DpQeJfnf/MGZ/+GTIspwVNGiqjvXsIWWUiDXZtuw+ZX9gk6ybfSfT8DOEdpu0a2XFZzrafJn8fpY92akBznmirenCHVsN3IBHDkNvdRxXK2g8jJ25Yz33o6oAdnBxW/Hkoc5JrsBagPAUrjgAYGL9HIJTBM55cRpNu8+5BUhvH9aTk5rl5FKmWHhWseS1BgnC5RwJeV9RdbNCf4DCy0hlJBvXbtqhdaXCQ0I6kbYCgS4Kl//h6F3sTk3qbGcgjTKU5R5YCmekKEDfnNVSuNGh62i62e/hHUy7+0jMwltrS+pvCf4wAYnie88XR4H6I+vcPVwm6BDAyksGd1pul+h+zcTK3P06IsoHWneKdEtjZ0OHxLtmqnYAVCpGHCV6bsr"
        );
        assert_eq!(
            signature("closerDemoToken", &["1714037060", "55667788", &encrypted]),
            "97753572a13de57f1f1f4fab1a1534bd30a4bb87"
        );
    }

    #[test]
    fn every_length_comes_back_and_nothing_else_opens() {
        let key = Key::parse(KEY).unwrap();
        let other = Key::parse(&KEY.replace('a', "b")).unwrap();
        for length in 0..70 {
            let xml = "x".repeat(length);
            let encrypted = key.close(&xml, APP, [7; 16]);
            assert_eq!(BASE64.decode(&encrypted).unwrap().len() % BLOCK, 0);
            assert_eq!(key.open(&encrypted, APP), Some(xml));
            assert_eq!(key.open(&encrypted, &APP[1..]), None);
            assert_eq!(key.open(&encrypted, ""), None);
            assert_eq!(other.open(&encrypted, APP), None);
            assert_eq!(key.open(&encrypted[4..], APP), None);
        }
        for bad in ["", "=", "가", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA=="] {
            assert_eq!(key.open(bad, APP), None, "{bad}");
        }
    }

    #[test]
    fn pads() {
        for (plain, rest) in [
            (&[5, 1][..], Some(1)),
            (&[2, 2], Some(0)),
            (&[32; 32], Some(0)),
            (&[33; 33], None),
            (&[0], None),
            (&[3, 3], None),
            (&[1, 3, 2], None),
            (&[], None),
        ] {
            assert_eq!(unpadded(plain).map(<[u8]>::len), rest, "{plain:?}");
        }
    }
}
