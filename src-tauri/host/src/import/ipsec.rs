//! IPSECLIST: the binary list in which IIS keeps who may relay (RelayIpList) and who may connect (IPSecurity).
//!
//! In: its bytes, from anywhere. Out: an [`Access`]. Never panics, never reads past the end, and never takes what it does
//! not understand for an allowance.
//!
//! Little-endian words of 32 bits; offsets from the start of the block carry 0x80000000. The header has the offsets of four
//! tables: denied addresses (0), granted addresses (4), denied names (8), granted names (12). A table of addresses begins with
//! the number of its groups and of all its addresses; each group (20 bytes) has one mask: family (2 is IPv4), entries
//! with the mask, bytes an address, a reserved word, and the offset of its data: the mask, then the addresses. There is no
//! official description; this one comes from what public scripts write and IIS Manager made (127.0.0.1 is a test).

use super::Access;
use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// What a list names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct List {
    pub networks: Vec<IpNet>,
    /// Exceptions from them.
    pub but_not: Vec<IpNet>,
    /// Names of domains, found by reverse lookup.
    pub names: Vec<String>,
    /// What stands there and cannot be an allowance here, as people may read it.
    pub odd: Vec<String>,
}

impl List {
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty() && self.but_not.is_empty() && self.names.is_empty() && self.odd.is_empty()
    }
}

const RELATIVE: u32 = 0x8000_0000;
const IPV4: u32 = 2;
/// More groups or names than a hand-kept list ever has: the block is not what it seems.
const MOST: usize = 10_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IpsecError {
    #[error("it ends too early, at byte {0}")]
    Short(usize),
    #[error("it names more than {MOST} entries")]
    TooMany,
    #[error("it is no hexadecimal text")]
    NotHex,
}

/// As MetaBase.xml has it: pairs of hexadecimal digits, perhaps with blanks.
pub fn from_hex(text: &str) -> Result<Access, IpsecError> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    from_bytes(&pairs.collect::<Option<Vec<u8>>>().ok_or(IpsecError::NotHex)?)
}

/// A grant makes everybody else refused, a deny everybody else allowed; no entry at all means "all except nobody".
pub fn from_bytes(bytes: &[u8]) -> Result<Access, IpsecError> {
    if bytes.is_empty() {
        return Ok(Access::AllExcept(List::default()));
    }
    let block = Block(bytes);
    let [deny, grant, deny_names, grant_names] = [0, 4, 8, 12].map(|at| block.offset(at));
    let (deny_names, grant_names) = (deny_names?, grant_names?);
    let (granted_groups, mut granted) = block.addresses(grant?)?;
    let (_, mut denied) = block.addresses(deny?)?;
    granted.names = block.names(grant_names)?;
    denied.names = block.names(deny_names)?;
    // An empty list "only these" has a group without addresses.
    if granted_groups == 0 && granted.is_empty() {
        return Ok(Access::AllExcept(denied));
    }
    granted.but_not = denied.networks;
    granted.odd.extend(denied.odd.iter().map(|odd| format!("but not {odd}")));
    granted.odd.extend(denied.names.iter().map(|name| format!("but not {name}")));
    Ok(Access::OnlyThese(granted))
}

/// As ADSI says it: `192.168.1.0, 255.255.255.0`.
pub fn from_pairs<'a>(pairs: impl Iterator<Item = &'a str>) -> List {
    let mut list = List::default();
    for pair in pairs.map(str::trim).filter(|pair| !pair.is_empty()) {
        let (address, mask) = pair.split_once(',').map_or((pair, "255.255.255.255"), |(address, mask)| (address.trim(), mask.trim()));
        match (address.parse(), mask.parse()) {
            (Ok(address), Ok(mask)) => list.add(address, mask),
            _ => list.odd.push(pair.to_owned()),
        }
    }
    list
}

impl List {
    fn add(&mut self, address: Ipv4Addr, mask: Ipv4Addr) {
        match Ipv4Net::with_netmask(address, mask) {
            Ok(network) => {
                let network = IpNet::V4(network.trunc());
                if !self.networks.contains(&network) {
                    self.networks.push(network);
                }
            }
            // A mask with holes is a set of addresses no subnet describes.
            Err(_) => self.odd.push(format!("{address} with mask {mask}")),
        }
    }
}

struct Block<'a>(&'a [u8]);

impl Block<'_> {
    fn word(&self, at: usize) -> Result<u32, IpsecError> {
        let bytes = at.checked_add(4).and_then(|end| self.0.get(at..end)).ok_or(IpsecError::Short(at))?;
        let mut word = [0; 4];
        word.copy_from_slice(bytes);
        Ok(u32::from_le_bytes(word))
    }

    fn offset(&self, at: usize) -> Result<usize, IpsecError> {
        Ok((self.word(at)? & !RELATIVE) as usize)
    }

    fn count(&self, at: usize) -> Result<usize, IpsecError> {
        let count = self.word(at)? as usize;
        if count > MOST { Err(IpsecError::TooMany) } else { Ok(count) }
    }

    /// The number of groups, and what they name. A table at 0 is none: there the header lies.
    fn addresses(&self, table: usize) -> Result<(usize, List), IpsecError> {
        let mut list = List::default();
        if table == 0 {
            return Ok((0, list));
        }
        let groups = self.count(table)?;
        for group in 0..groups {
            let at = table + 8 + group * 20;
            let (family, entries, width) = (self.word(at)?, self.count(at + 4)?, self.word(at + 8)?);
            if family != IPV4 || width != 4 {
                list.odd.push(format!("{} addresses of a kind that is not IPv4", entries.saturating_sub(1)));
                continue;
            }
            let data = self.offset(at + 16)?;
            // In the order they are written: these words are not little-endian.
            let address = |entry: usize| Ok(Ipv4Addr::from(self.word(data.saturating_add(entry * 4))?.to_le_bytes()));
            for entry in 1..entries {
                list.add(address(entry)?, address(0)?);
            }
        }
        Ok((groups, list))
    }

    /// Names of domains: how many, then their offsets; each ends with NUL.
    fn names(&self, table: usize) -> Result<Vec<String>, IpsecError> {
        if table == 0 {
            return Ok(Vec::new());
        }
        let count = self.count(table)?;
        (0..count)
            .map(|n| {
                let at = self.offset(table + 8 + n * 4)?;
                let text = self.0.get(at..).ok_or(IpsecError::Short(at))?;
                let end = text.iter().position(|byte| *byte == 0).ok_or(IpsecError::Short(self.0.len()))?;
                Ok(String::from_utf8_lossy(&text[..end]).into_owned())
            })
            .collect()
    }
}
