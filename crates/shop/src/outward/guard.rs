//! Which addresses a webhook may reach.
//!
//! A merchant types the address, and this server calls it from inside the operator's network: without a guard it could
//! be made to call the machine itself, the neighbours or a cloud's metadata service. The address is checked when a rule
//! is saved, when it is called, and again on every address that its name resolves to: the connection is made to exactly
//! those, so a name cannot change its mind in between.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use url::{Host, Url};

/// Ports of 1024 and above that belong to databases, caches and administration, and speak enough of HTTP, or mind it
/// little enough, to be harmed by a stranger's request.
const SERVICE_PORTS: [u16; 26] = [
    1433, 1521, 2049, 2181, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6000, 6379, 6443, 6667,
    9042, 9092, 9200, 9300, 10250, 11211, 27017,
];

/// Why an address may not be called.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It cannot be read as a URL.
    #[error("not a URL")]
    NotAUrl,
    /// Neither `http` nor `https`.
    #[error("neither http nor https")]
    Scheme,
    /// It carries a user name or a password.
    #[error("the URL carries a user name or a password")]
    Credentials,
    /// A port that belongs to another service.
    #[error("port {0} is not for webhooks")]
    Port(u16),
    /// A name or an address inside a private network.
    #[error("{0} is not a public address")]
    Private(String),
}

/// The rule of which addresses may be called: public ones, and those the operator allows.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    allowed: Vec<Allowed>,
}

/// One entry of the operator's setting `allow_private_webhooks`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    /// A host by name (lower case), perhaps only on one port.
    Host(String, Option<u16>),
    /// Addresses by prefix; `10.0.0.0/8`, `::1`.
    Net { address: IpAddr, prefix: u8 },
}

/// A text that is neither a host nor an address range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a host (hooks.intern, hooks.intern:9000) nor an address range (10.1.0.0/16)")]
pub struct NotAllowable(String);

impl Guard {
    /// Public addresses, and the hosts (`hooks.intern`, `hooks.intern:9000`), addresses and ranges (`10.1.0.0/16`) that
    /// the operator allows. For an allowed host and an allowed address every port is open.
    ///
    /// # Errors
    /// When an entry is none of these.
    pub fn allowing<S: AsRef<str>>(entries: impl IntoIterator<Item = S>) -> Result<Self, NotAllowable> {
        let allowed = entries.into_iter().map(|entry| entry.as_ref().parse()).collect::<Result<_, _>>()?;
        Ok(Self { allowed })
    }

    /// Reads a webhook's URL and refuses what can be refused without a look-up.
    ///
    /// # Errors
    /// [`Refused`] says why.
    pub fn check_url(&self, text: &str) -> Result<Url, Refused> {
        let url = Url::parse(text.trim()).map_err(|_| Refused::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        let port = url.port_or_known_default().unwrap_or(0);
        match url.host().ok_or(Refused::NotAUrl)? {
            // url reads 0x7f.1, 2130706433 and 127.1 as the addresses that they are.
            Host::Ipv4(ip) => self.check_literal(ip.into(), port)?,
            Host::Ipv6(ip) => self.check_literal(ip.into(), port)?,
            Host::Domain(name) if self.allows_host(name, Some(port)) => {}
            // Allowed on certain ports only: its addresses are exempt later, so the port must be right here.
            Host::Domain(name) if self.allows_host(name, None) => return Err(Refused::Port(port)),
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                // What an allowed range holds is known only after the look-up.
                let local =
                    is_local_name(name) && !self.allowed.iter().any(|entry| matches!(entry, Allowed::Net { .. }));
                if local {
                    return Err(Refused::Private(name.to_owned()));
                }
                check_port(port)?;
            }
        }
        Ok(url)
    }

    /// Refuses an address that the name `host` resolved to.
    ///
    /// # Errors
    /// [`Refused::Private`], with the address.
    pub fn check_resolved(&self, host: &str, ip: IpAddr) -> Result<(), Refused> {
        if self.allows_host(host, None) || self.allows_ip(ip) || is_public(ip) {
            return Ok(());
        }
        Err(Refused::Private(ip.to_string()))
    }

    fn check_literal(&self, ip: IpAddr, port: u16) -> Result<(), Refused> {
        if self.allows_ip(ip) || self.allows_host(&ip.to_string(), Some(port)) {
            return Ok(());
        }
        if !is_public(ip) {
            return Err(Refused::Private(ip.to_string()));
        }
        check_port(port)
    }

    /// Without a port: whether the host is allowed on any. The port was compared when the URL was checked.
    fn allows_host(&self, host: &str, port: Option<u16>) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        self.allowed.iter().any(|entry| match entry {
            Allowed::Host(name, only) => *name == host && (only.is_none() || port.is_none() || *only == port),
            Allowed::Net { .. } => false,
        })
    }

    fn allows_ip(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.allowed.iter().any(|entry| match entry {
            Allowed::Net { address, prefix } => in_net(ip, *address, *prefix),
            Allowed::Host(..) => false,
        })
    }
}

impl FromStr for Allowed {
    type Err = NotAllowable;

    fn from_str(text: &str) -> Result<Self, NotAllowable> {
        let wrong = || NotAllowable(text.to_owned());
        let text = text.trim();
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        if let Ok(address) = address.trim_matches(['[', ']']).parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
            return if prefix <= most { Ok(Self::Net { address, prefix }) } else { Err(wrong()) };
        }
        let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
        let port = port.map(str::parse).transpose().map_err(|_| wrong())?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_'));
        if plain { Ok(Self::Host(name.to_lowercase(), port)) } else { Err(wrong()) }
    }
}

fn in_net(ip: IpAddr, net: IpAddr, prefix: u8) -> bool {
    let mask = |width: u8| u128::MAX.checked_shl(u32::from(width - prefix)).unwrap_or(0);
    match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => (u128::from(ip.to_bits()) ^ u128::from(net.to_bits())) & mask(32) == 0,
        (IpAddr::V6(ip), IpAddr::V6(net)) => (ip.to_bits() ^ net.to_bits()) & mask(128) == 0,
        _ => false,
    }
}

fn check_port(port: u16) -> Result<(), Refused> {
    match port {
        80 | 443 => Ok(()),
        1024.. if !SERVICE_PORTS.contains(&port) => Ok(()),
        _ => Err(Refused::Port(port)),
    }
}

/// Names that stand for this machine or its network wherever they are asked (RFC 6761, RFC 6762, RFC 9476).
fn is_local_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let last = name.rsplit('.').next().unwrap_or_default();
    !name.contains('.')
        || matches!(last, "localhost" | "local" | "internal" | "localdomain" | "lan" | "intranet" | "home")
}

/// True for addresses of the open internet (IANA's special-purpose registries).
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b, c) {
        (0, ..) => true,            // this network
        (100, 64..=127, _) => true, // carrier-grade NAT
        (192, 0, 0) => true,        // protocol assignments
        (192, 88, 99) => true,      // 6to4 relays
        (198, 18..=19, _) => true,  // benchmarks
        (240.., ..) => true,        // reserved, broadcast
        // Alibaba Cloud's metadata service is 100.100.100.200, in the NAT range; this is Azure's wire server.
        (168, 63, 129) => ip.octets()[3] == 16,
        _ => false,
    };
    !(special
        || ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation())
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let embedded = |high: u16, low: u16| is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match s {
        // NAT64 (RFC 6052): the IPv4 address is at the end.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => embedded(high, low),
        // 6to4 (RFC 3056): the IPv4 address is in the prefix.
        [0x2002, high, low, ..] => embedded(high, low),
        // Protocol assignments, Teredo, ORCHID, benchmarks; documentation.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => false,
        // Everything that is not in 2000::/3: loopback, unspecified, IPv4-mapped and -compatible, NAT64 for local use,
        // discard, segment routing, unique local, link- and site-local, multicast.
        [0x2000..=0x3fff, ..] => true,
        [0, 0, 0, 0, 0, 0xffff, high, low] => embedded(high, low),
        _ => false,
    }
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
