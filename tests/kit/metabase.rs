//! What a MetaBase.xml of IIS holds in a form of its own.

/// A relay list with one address, in the binary form of IIS.
pub fn relay_list(address: [u8; 4]) -> String {
    let head = "18000080200000803c00008044000080010000004c000000000000000000000001000000010000000200000002000000\
                04000000000000004c00008000000000000000000000000000000000ffffffff";
    head.to_owned() + &address.map(|byte| format!("{byte:02x}")).concat()
}
