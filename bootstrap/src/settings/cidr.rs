//! A block of addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A block of addresses such as `10.42.0.0/16`; its address is the first of the block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cidr {
    address: IpAddr,
    prefix: u8,
}

impl Cidr {
    /// Length of the prefix in bits.
    pub(crate) fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Whether it is of IPv6.
    pub(crate) fn is_ipv6(&self) -> bool {
        self.address.is_ipv6()
    }

    /// The bits that addresses of the block may choose freely.
    pub(crate) fn host_bits(&self) -> u8 {
        width(self.address) - self.prefix
    }

    /// The address `index` places behind the first, if the block is that large.
    pub(crate) fn address(&self, index: u32) -> Option<IpAddr> {
        let within = self.host_bits() >= 32 || u64::from(index) < 1_u64 << self.host_bits();
        let bits = bits(self.address) + u128::from(index);
        within.then(|| from_bits(bits, self.address))
    }

    /// Whether the address lies in the block.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        self.address.is_ipv4() == address.is_ipv4() && self.first_of(address) == self.address
    }

    /// Whether the blocks share an address.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.contains(other.address) || other.contains(self.address)
    }

    /// The first address of the block of this size that `address` lies in.
    fn first_of(&self, address: IpAddr) -> IpAddr {
        let kept = bits(address).checked_shr(self.host_bits().into()).unwrap_or(0);
        from_bits(kept.checked_shl(self.host_bits().into()).unwrap_or(0), address)
    }
}

fn width(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_bits().into(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The address with these bits, of the family of `like`.
fn from_bits(bits: u128, like: IpAddr) -> IpAddr {
    match like {
        IpAddr::V4(_) => Ipv4Addr::from_bits(u32::try_from(bits & u128::from(u32::MAX)).unwrap_or(0)).into(),
        IpAddr::V6(_) => Ipv6Addr::from_bits(bits).into(),
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || format!("takes a block of addresses such as 10.42.0.0/16, not `{text}`");
        let (address, prefix) = text.split_once('/').ok_or_else(expected)?;
        let address: IpAddr = address.parse().map_err(|_| expected())?;
        let prefix: u8 = prefix.parse().map_err(|_| expected())?;
        if prefix > width(address) {
            return Err(expected());
        }
        let cidr = Self { address, prefix };
        let first = cidr.first_of(address);
        if first == address {
            Ok(cidr)
        } else {
            Err(format!(
                "holds `{text}`, which is not the start of a block; write {first}/{prefix}"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_block_is_read_and_written_alike() {
        for text in ["10.42.0.0/16", "0.0.0.0/0", "10.0.0.1/32", "fd00:42::/56", "::/0"] {
            assert_eq!(cidr(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "10.42.0.0",
            "10.42.0.0/33",
            "10.42/16",
            "x/8",
            "10.0.0.0/",
            "fd00::/129",
        ] {
            assert!(
                text.parse::<Cidr>().unwrap_err().contains("takes a block"),
                "{text}"
            );
        }
        let error = "10.42.7.0/16".parse::<Cidr>().unwrap_err();
        assert!(error.ends_with("write 10.42.0.0/16"), "{error}");
    }

    #[test]
    fn addresses_are_counted_from_the_first() {
        assert_eq!(
            cidr("10.43.0.0/16").address(10),
            Some("10.43.0.10".parse().unwrap())
        );
        assert_eq!(
            cidr("fd00:43::/112").address(10),
            Some("fd00:43::a".parse().unwrap())
        );
        assert_eq!(cidr("10.43.0.0/29").address(8), None);
        assert_eq!(
            cidr("10.43.0.0/29").address(7),
            Some("10.43.0.7".parse().unwrap())
        );
    }

    #[test]
    fn blocks_know_what_lies_in_them() {
        assert!(cidr("10.42.0.0/16").contains("10.42.255.255".parse().unwrap()));
        assert!(!cidr("10.42.0.0/16").contains("10.43.0.0".parse().unwrap()));
        assert!(!cidr("0.0.0.0/0").contains("::1".parse().unwrap()));
        assert!(cidr("10.0.0.0/8").overlaps(&cidr("10.43.0.0/16")));
        assert!(cidr("10.43.0.0/16").overlaps(&cidr("10.0.0.0/8")));
        assert!(!cidr("10.42.0.0/16").overlaps(&cidr("10.43.0.0/16")));
    }
}
