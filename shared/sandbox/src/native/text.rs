//! Texts and their bytes.

use encoding_rs::{EUC_KR, Encoding, UTF_8, UTF_16LE, WINDOWS_1252};
use rquickjs::{Ctx, Object, Result};

use super::{Bytes, bytes, put, type_error};

/// What a page or an API in Korea may answer in. A table is linked for each.
const KNOWN: &[&Encoding] = &[UTF_8, EUC_KR, UTF_16LE, WINDOWS_1252];

pub(super) fn put_all<'js>(native: &Object<'js>) -> Result<()> {
    put(native, "utf8", |ctx: Ctx<'js>, text: String| Bytes::new_copy(ctx, text))?;
    put(native, "charset", |label: String| known(&label).map(|encoding| encoding.name().to_ascii_lowercase()))?;
    put(native, "text", |ctx: Ctx<'js>, label: String, data: String| {
        let encoding = known(&label).ok_or_else(|| type_error(&ctx, "there is no such encoding"))?;
        let data = bytes(&ctx, &data)?;
        let (text, _) = encoding.decode_without_bom_handling(&data);
        Ok::<_, rquickjs::Error>(text.into_owned())
    })
}

fn known(label: &str) -> Option<&'static Encoding> {
    // Korean servers' own name for it.
    let label = if label.eq_ignore_ascii_case("cp949") { "euc-kr" } else { label };
    Encoding::for_label(label.as_bytes()).filter(|encoding| KNOWN.contains(encoding))
}
