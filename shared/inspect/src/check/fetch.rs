//! Addresses that a fetch node will never get an answer from. Whoever connects looks again, at what a name resolves to;
//! here is only the text.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::Found;
use crate::atlas::{Atlas, Kind, text};
use crate::fact::{Fact, Refusal};

pub(super) fn check(atlas: &Atlas<'_>, found: &mut Found) {
    for (place, node) in atlas.places().filter(|(_, node)| node.kind == Kind::Fetch) {
        let uri = text(&node.data["uri"]).trim();
        // What a template prints is not known, but what stands before it is.
        let (known, is_whole) = uri.split_once("{{").map_or((uri, true), |(known, _)| (known, false));
        let host = known.split_once("://").map_or("", |(_, rest)| rest);
        if known.is_empty() && !is_whole {
            continue;
        }
        if (is_whole || host.contains(['/', '?']))
            && let Some(reason) = refusal(known)
        {
            found.node(place, Fact::FetchAddress { reason });
        } else if known.starts_with("http://") {
            found.node(place, Fact::FetchHttp);
        }
    }
}

fn refusal(text: &str) -> Option<Refusal> {
    let scheme = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let Some(url) = scheme.filter(|rest| !rest.is_empty() && !rest.starts_with(['/', '\\'])).and(Url::parse(text).ok())
    else {
        return Some(Refusal::Malformed);
    };
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Some(Refusal::Malformed);
    }
    let is_private = match url.host() {
        Some(Host::Ipv4(address)) => is_private_v4(address),
        Some(Host::Ipv6(address)) => is_private_v6(address),
        Some(Host::Domain(name)) => is_local(name),
        None => return Some(Refusal::Malformed),
    };
    if is_private {
        return Some(Refusal::Private);
    }
    let port = url.port_or_known_default().unwrap_or_default();
    (!matches!(port, 80 | 443) && port < 1024).then_some(Refusal::Port)
}

fn is_local(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let inside = |zone: &str| name == zone || name.ends_with(&format!(".{zone}"));
    !name.contains('.') || inside("localhost") || inside("local") || inside("internal")
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry>
fn is_private_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || a == 0
        // Multicast, and reserved.
        || a >= 224
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && matches!(b, 18 | 19))
}

/// What is allotted is 2000::/3, <https://www.iana.org/assignments/ipv6-address-space>, and a part of it is for documents.
fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    first & 0xe000 != 0x2000 || (first == 0x2001 && second == 0x0db8)
}
