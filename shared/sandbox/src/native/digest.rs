//! Digests and HMAC.

use hmac::{Hmac, Mac};
use md5::Md5;
use rquickjs::{Ctx, Object, Result};
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use super::{Bytes, bytes, put, type_error};

pub(super) fn put_all<'js>(native: &Object<'js>) -> Result<()> {
    put(native, "hash", |ctx: Ctx<'js>, algorithm: String, data: String| {
        let data = bytes(&ctx, &data)?;
        let digest = match algorithm.as_str() {
            "md5" => Md5::digest(data).to_vec(),
            "sha1" => Sha1::digest(data).to_vec(),
            "sha224" => Sha224::digest(data).to_vec(),
            "sha256" => Sha256::digest(data).to_vec(),
            "sha384" => Sha384::digest(data).to_vec(),
            "sha512" => Sha512::digest(data).to_vec(),
            _ => return Err(type_error(&ctx, "there is no such digest")),
        };
        Bytes::new_copy(ctx, digest)
    })?;
    put(native, "hmac", |ctx: Ctx<'js>, algorithm: String, key: String, data: String| {
        let (key, data) = (bytes(&ctx, &key)?, bytes(&ctx, &data)?);
        let code = match algorithm.as_str() {
            "md5" => code::<Hmac<Md5>>(&key, &data),
            "sha1" => code::<Hmac<Sha1>>(&key, &data),
            "sha224" => code::<Hmac<Sha224>>(&key, &data),
            "sha256" => code::<Hmac<Sha256>>(&key, &data),
            "sha384" => code::<Hmac<Sha384>>(&key, &data),
            "sha512" => code::<Hmac<Sha512>>(&key, &data),
            _ => None,
        };
        Bytes::new_copy(ctx.clone(), code.ok_or_else(|| type_error(&ctx, "there is no such digest"))?)
    })
}

/// An HMAC takes a key of any length.
fn code<M: Mac + hmac::digest::KeyInit>(key: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let mac = <M as Mac>::new_from_slice(key).ok()?;
    Some(mac.chain_update(data).finalize().into_bytes().to_vec())
}
