//! Where we may connect: webhooks, callbacks and HTTP nodes name addresses that strangers chose, and next to a function
//! there are things that only it may see. Lambda's own runtime API is plain HTTP on loopback, and nothing but this keeps
//! a bot away from it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// The text for users, as CLOSER's guide has it.
pub const REFUSAL: &str = "Cannot use private IP address for request url";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    #[error("{REFUSAL}")]
    Private,
    #[error("a URL starts with http:// or https:// and names a host, without a user and without a fragment")]
    Malformed,
    #[error("this port cannot be used")]
    Port,
}

/// Who may be called. Only the local stack can allow more than public addresses; no function has a switch for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Public,
    /// Public addresses, and this one: the local stack's own stand-ins.
    PublicAnd(SocketAddr),
    Anywhere,
}

/// The URL as we connect to it, if its text and its host, where that is an address, are in order.
pub fn check(text: &str, reach: Reach) -> Result<Url, AddressError> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")).ok_or(AddressError::Malformed)?;
    if rest.is_empty() || rest.starts_with(['/', '\\']) {
        return Err(AddressError::Malformed);
    }
    let url = Url::parse(text).map_err(|_| AddressError::Malformed)?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(AddressError::Malformed);
    }
    let host = url.host().ok_or(AddressError::Malformed)?;
    match reach {
        Reach::Anywhere => return Ok(url),
        Reach::PublicAnd(address) if is_at(&url, address) => return Ok(url),
        Reach::PublicAnd(_) | Reach::Public => {}
    }
    match host {
        Host::Ipv4(address) if !is_public(IpAddr::V4(address)) => return Err(AddressError::Private),
        Host::Ipv6(address) if !is_public(IpAddr::V6(address)) => return Err(AddressError::Private),
        Host::Domain(name) if is_local_name(name) => return Err(AddressError::Private),
        Host::Ipv4(_) | Host::Ipv6(_) | Host::Domain(_) => {}
    }
    match url.port_or_known_default() {
        Some(80 | 443) => Ok(url),
        Some(port) if port >= 1024 && !BAD_PORTS.contains(&port) => Ok(url),
        Some(_) | None => Err(AddressError::Port),
    }
}

/// Ports from 1024 on that the Fetch standard keeps browsers away from, because something else listens there.
const BAD_PORTS: [u16; 19] =
    [1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080];

/// Whether the URL names this address itself, without a name to resolve.
fn is_at(url: &Url, address: SocketAddr) -> bool {
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain(_)) | None => return false,
    };
    SocketAddr::from((ip, url.port_or_known_default().unwrap_or_default())) == address
}

fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    let inside = |zone: &str| name == zone || name.ends_with(&format!(".{zone}"));
    !name.contains('.') || inside("localhost") || inside("local") || inside("internal")
}

/// Whether an address is one of the public Internet: the special registries of IANA, and what clouds hide behind
/// addresses of their own.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !PRIVATE_V4.iter().any(|(net, bits)| in_v4(address, *net, *bits)),
        // Everything but what is allotted is refused, so mapped, translated and local addresses need no names here.
        IpAddr::V6(address) => {
            in_v6(address, Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
                && !PRIVATE_V6.iter().any(|(net, bits)| in_v6(address, *net, *bits))
        }
    }
}

const fn v4(a: u8, b: u8, c: u8, d: u8, bits: u32) -> (Ipv4Addr, u32) {
    (Ipv4Addr::new(a, b, c, d), bits)
}

const PRIVATE_V4: [(Ipv4Addr, u32); 19] = [
    v4(0, 0, 0, 0, 8),
    v4(10, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(127, 0, 0, 0, 8),
    // Azure's host, from inside.
    v4(168, 63, 129, 16, 32),
    v4(169, 254, 0, 0, 16),
    v4(172, 16, 0, 0, 12),
    v4(192, 0, 0, 0, 24),
    v4(192, 0, 2, 0, 24),
    v4(192, 31, 196, 0, 24),
    v4(192, 52, 193, 0, 24),
    v4(192, 88, 99, 0, 24),
    v4(192, 168, 0, 0, 16),
    v4(192, 175, 48, 0, 24),
    v4(198, 18, 0, 0, 15),
    v4(198, 51, 100, 0, 24),
    v4(203, 0, 113, 0, 24),
    v4(224, 0, 0, 0, 4),
    v4(240, 0, 0, 0, 4),
];

const PRIVATE_V6: [(Ipv6Addr, u32); 6] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

fn in_v4(address: Ipv4Addr, net: Ipv4Addr, bits: u32) -> bool {
    (address.to_bits() ^ net.to_bits()) >> (32 - bits) == 0
}

fn in_v6(address: Ipv6Addr, net: Ipv6Addr, bits: u32) -> bool {
    (address.to_bits() ^ net.to_bits()) >> (128 - bits) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_pass() {
        for address in [
            "1.0.0.0",
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "168.63.129.15",
            "168.63.129.17",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::1",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2001:db7:ffff::1",
            "2001:db9::1",
            "2003::1",
            "2406:da12::1",
            "2606:4700:4700::1111",
            "2a00::1",
            "3000::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn special_addresses_are_refused() {
        for (net, bits) in PRIVATE_V4 {
            let last = Ipv4Addr::from_bits(net.to_bits() | (u32::MAX.checked_shr(bits).unwrap_or(0)));
            assert!(!is_public(net.into()) && !is_public(last.into()), "{net}/{bits}");
        }
        for (net, bits) in PRIVATE_V6 {
            let last = Ipv6Addr::from_bits(net.to_bits() | (u128::MAX >> bits));
            assert!(!is_public(net.into()) && !is_public(last.into()), "{net}/{bits}");
        }
        for address in [
            "::",
            "::1",
            "::7f00:1",
            "::169.254.169.254",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "::5efe:127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::808:808",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2001::1",
            "4000::1",
            "100::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "100.100.100.200",
            "192.0.0.192",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn one_address_more() {
        let reach = Reach::PublicAnd("127.0.0.1:3000".parse().unwrap());
        for (text, reached) in [
            ("http://127.0.0.1:3000/a", true),
            ("http://127.1:3000/a", true),
            ("http://127.0.0.1:3001/a", false),
            ("http://127.0.0.2:3000/a", false),
            ("http://localhost:3000/a", false),
            ("https://example.com/", true),
        ] {
            assert_eq!(check(text, reach).is_ok(), reached, "{text}");
        }
    }

    #[test]
    fn spellings_of_private_addresses() {
        for text in [
            "http://2130706433",
            "http://0x7f.1",
            "http://017700000001",
            "http://127.1",
            "http://127.0.0.1.",
            "http://①②⑦.⓪.⓪.①",
            "http://１２７.０.０.１",
            "http://127。0。0。1",
            "http://%31%32%37.0.0.1",
            "http://0",
            "http://0xA9FEA9FE",
            "http://0251.0376.0251.0376",
            "https://localhost",
            "https://a.localhost.",
            "http://printer",
            "http://db.internal",
            "http://x.LOCAL",
            "http://[::1]",
            "http://[::ffff:8.8.8.8]",
        ] {
            assert_eq!(check(text, Reach::Public), Err(AddressError::Private), "{text}");
            assert!(check(text, Reach::Anywhere).is_ok(), "{text}");
        }
        for text in [
            "",
            "ftp://example.com",
            "example.com",
            "http:127.0.0.1/",
            "http:///127.0.0.1/",
            "http://\\127.0.0.1",
            "http://user@127.0.0.1",
            "http://example.com@127.0.0.1",
            "http://127.0.0.1#@example.com",
            "http://256.1.1.1",
            "http://exa mple.com",
            "http://xn--",
            "http://[fe80::1%25eth0]",
            "http://[127.0.0.1]",
            "https://u:p@example.com",
            "HTTP://example.com",
            "http://",
        ] {
            assert_eq!(check(text, Reach::Public), Err(AddressError::Malformed), "{text}");
        }
        for (text, port) in
            [("https://example.com:22", 22), ("http://example.com:0", 0), ("http://example.com:6000", 6000)]
        {
            assert_eq!(check(text, Reach::Public), Err(AddressError::Port), "{port}");
        }
        for text in ["https://example.com", "http://example.com:8080/a?b=c", "https://한국.kr", "https://1.1.1.1"] {
            assert!(check(text, Reach::Public).is_ok(), "{text}");
        }
        // A backslash ends the host, so this is 127.0.0.1 without a user.
        assert_eq!(check("http://127.0.0.1\\@example.com", Reach::Public), Err(AddressError::Private));
    }
}
