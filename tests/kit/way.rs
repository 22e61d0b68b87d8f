//! How a client of ours gets through to us: which port, which encryption, which account.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    None,
    Starttls,
    /// From the first octet.
    Implicit,
}

/// Who signs in, and by which mechanism of SASL.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    pub mechanism: &'static str,
    pub user: &'static str,
    /// Without blanks and quotes: it stands in configuration files of many kinds.
    pub password: &'static str,
}

#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Letters and hyphens.
    pub name: &'static str,
    pub port: u16,
    pub tls: Tls,
    pub account: Option<Account>,
}

impl Way {
    /// What goes this way is from there.
    pub fn sender(&self) -> String {
        format!("{}@office.test", self.name)
    }
}
