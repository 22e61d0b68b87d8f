//! Lists of addresses as the metabase keeps them: written here from their description, and read.

use super::*;
use crate::import::ipsec::{self, List};
use proptest::prelude::*;
use std::net::Ipv4Addr;

/// Writes the block as the description has it: groups of (mask, addresses), and names.
pub fn block(grant: &[(&str, &[&str])], deny: &[(&str, &[&str])], grant_names: &[&str]) -> Vec<u8> {
    const RELATIVE: u32 = 0x8000_0000;
    let table = |groups: &[(&str, &[&str])]| 8 + groups.len() * 20;
    let deny_at = 24;
    let grant_at = deny_at + table(deny);
    let deny_names_at = grant_at + table(grant);
    let grant_names_at = deny_names_at + 8;
    let data_at = grant_names_at + 8 + grant_names.len() * 4;
    let (mut words, mut data) = (Vec::<u32>::new(), Vec::<u8>::new());
    words.extend([deny_at, grant_at, deny_names_at, grant_names_at].map(|at| at as u32 | RELATIVE));
    words.extend([1, data_at as u32]);
    for groups in [deny, grant] {
        words.extend([groups.len() as u32, groups.iter().map(|(_, addresses)| addresses.len() as u32).sum()]);
        for (mask, addresses) in groups {
            words.extend([2, addresses.len() as u32 + 1, 4, 0, (data_at + data.len()) as u32 | RELATIVE]);
            for address in [mask].into_iter().chain(addresses.iter()) {
                data.extend(address.parse::<Ipv4Addr>().unwrap().octets());
            }
        }
    }
    words.extend([0, 0]);
    words.extend([grant_names.len() as u32, 0]);
    for name in grant_names {
        words.push((data_at + data.len()) as u32 | RELATIVE);
        data.extend(name.bytes().chain([0]));
    }
    words.into_iter().flat_map(u32::to_le_bytes).chain(data).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What IIS Manager made of the one address 127.0.0.1.
pub const ONE_ADDRESS: &str = "18000080 20000080 3c000080 44000080 01000000 4c000000 00000000 00000000 01000000 01000000 02000000 02000000 \
                           04000000 00000000 4c000080 00000000 00000000 00000000 00000000 ffffffff 7f000001";

#[test]
fn the_list_iis_manager_made_is_read_and_made_again() {
    let Access::OnlyThese(list) = ipsec::from_hex(ONE_ADDRESS).unwrap() else { panic!() };
    assert_eq!(list, List { networks: vec!["127.0.0.1/32".parse().unwrap()], ..List::default() });
    // The order of the two tables of addresses in the header is the same; so is every byte.
    assert_eq!(hex(&block(&[("255.255.255.255", &["127.0.0.1"])], &[], &[])), ONE_ADDRESS.replace(' ', ""));
}

#[test]
fn groups_of_every_mask_are_read_and_what_is_odd_is_named() {
    let block = block(
        &[("255.255.255.0", &["192.168.1.0", "192.168.2.0"]), ("255.255.255.255", &["10.0.0.7"]), ("255.0.255.0", &["10.0.1.0"])],
        &[("255.255.255.255", &["192.168.1.66"])],
        &["printers.office.example"],
    );
    let Access::OnlyThese(list) = ipsec::from_bytes(&block).unwrap() else { panic!() };
    let networks: Vec<String> = list.networks.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.168.1.0/24", "192.168.2.0/24", "10.0.0.7/32"]);
    assert_eq!(list.names, ["printers.office.example"]);
    assert_eq!(list.odd, ["10.0.1.0 with mask 255.0.255.0"]);
    assert_eq!(list.but_not, ["192.168.1.66/32".parse().unwrap()]);
}

#[test]
fn an_empty_list_of_those_allowed_is_not_an_empty_list_of_those_refused() {
    let nobody = ipsec::from_bytes(&block(&[("255.255.255.255", &[])], &[], &[])).unwrap();
    assert_eq!(nobody, Access::OnlyThese(List::default()));
    for everyone in [block(&[], &[], &[]), Vec::new()] {
        assert_eq!(ipsec::from_bytes(&everyone).unwrap(), Access::AllExcept(List::default()));
    }
    let Access::AllExcept(list) = ipsec::from_bytes(&block(&[], &[("255.255.255.255", &["10.0.0.66"])], &[])).unwrap() else { panic!() };
    assert_eq!(list.networks, ["10.0.0.66/32".parse().unwrap()]);
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_fall(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = ipsec::from_bytes(&bytes);
    }

    #[test]
    fn no_damage_to_a_good_list_makes_the_reader_fall(at in 0_usize..84, to in any::<u8>(), cut in 0_usize..84) {
        let mut bytes = block(&[("255.255.255.255", &["127.0.0.1"])], &[], &[]);
        bytes[at] = to;
        let _ = ipsec::from_bytes(&bytes);
        bytes.truncate(cut);
        let _ = ipsec::from_bytes(&bytes);
    }

    #[test]
    fn no_text_makes_the_metabase_reader_fall(text in "\\PC{0,200}") {
        let _ = metabase::read(text.as_bytes());
    }
}
