//! A certificate in a PFX file: whatever is in it, it is opened, or it is said why not, and never with its password.

use host::certificate::pfx::opened;

pub const WORDS: &[&[u8]] = &[
    b"\x30\x80",
    b"\x30\x82",
    b"\x02\x01\x01",
    b"\x02\x03\x0f\x42\x40",
    b"\x02\x04\xff\xff\xff\xff",
    b"\x04\x08",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d",
    b"\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02",
    b"\xa0\x03\x02\x01",
    b"\x05\x00",
];
/// That of the files in the corpus.
const PASSWORD: &str = "k\u{e4}tzchen 7";

pub fn pfx(data: &[u8]) {
    match opened(data, PASSWORD) {
        Ok(certificate) => assert!(!certificate.cert.is_empty(), "a certificate of nothing"),
        Err(error) => {
            let said = format!("{error} {error:?} {}", error.remedy());
            assert!(!said.trim().is_empty() && !said.contains(PASSWORD), "{said}");
        }
    }
}
