//! Addresses, as the WHATWG has them.

use rquickjs::{Object, Result};
use url::{Url, quirks};

use super::put;

pub(super) fn put_all(native: &Object<'_>) -> Result<()> {
    put(native, "url", |href: String, base: Option<String>| {
        let base = base.map(|base| Url::parse(&base)).transpose().ok()?;
        Url::options().base_url(base.as_ref()).parse(&href).ok().map(|url| parts(&url))
    })?;
    put(native, "urlWith", |href: String, name: String, value: String| {
        let mut url = Url::parse(&href).ok()?;
        // What cannot be set stays as it is.
        match name.as_str() {
            "href" => quirks::set_href(&mut url, &value).ok()?,
            "protocol" => quirks::set_protocol(&mut url, &value).unwrap_or_default(),
            "username" => quirks::set_username(&mut url, &value).unwrap_or_default(),
            "password" => quirks::set_password(&mut url, &value).unwrap_or_default(),
            "host" => quirks::set_host(&mut url, &value).unwrap_or_default(),
            "hostname" => quirks::set_hostname(&mut url, &value).unwrap_or_default(),
            "port" => quirks::set_port(&mut url, &value).unwrap_or_default(),
            "pathname" => quirks::set_pathname(&mut url, &value),
            "search" => quirks::set_search(&mut url, &value),
            "hash" => quirks::set_hash(&mut url, &value),
            _ => {}
        }
        Some(parts(&url))
    })
}

/// In the order of the names in `js/url.js`.
fn parts(url: &Url) -> Vec<String> {
    let origin = quirks::origin(url);
    let parts = [
        quirks::href(url),
        &origin,
        quirks::protocol(url),
        quirks::username(url),
        quirks::password(url),
        quirks::host(url),
        quirks::hostname(url),
        quirks::port(url),
        quirks::pathname(url),
        quirks::search(url),
        quirks::hash(url),
    ];
    parts.map(str::to_owned).to_vec()
}
