//! Eight-bit mail made fit for a server that takes seven bits: the same octets whatever the pieces, whole lines, and mail
//! that needs nothing done to it goes as it came.

use super::{mended, opened};
use crate::{Dice, naive};
use relay::bare::{Converter, Survey};

pub fn downgrade(data: &[u8]) {
    let Some((_, mut dice, octets)) = opened(data) else { return };
    let content = mended(octets, &mut dice);
    let out = converted(&content, None);
    assert!(out == converted(&content, Some(&mut dice)), "other octets in other pieces");
    assert!(naive::has_only_crlf(&out), "{}", out.escape_ascii());
    // Nobody converts mail in seven bits; what says 8bit all the same is corrected.
    let says_eight_bit = content.to_ascii_lowercase().windows(4).any(|word| word == b"8bit");
    if content.is_ascii() && !says_eight_bit {
        assert_eq!(out.escape_ascii().to_string(), content.escape_ascii().to_string(), "it was in seven bits before");
    }
    let again = converted(&out, None);
    assert_eq!(again.escape_ascii().to_string(), out.escape_ascii().to_string(), "there was something left to do");
}

fn converted(content: &[u8], dice: Option<&mut Dice>) -> Vec<u8> {
    let pieces = dice.map_or_else(|| vec![content], |dice| dice.pieces(content));
    let mut survey = Survey::default();
    pieces.iter().for_each(|piece| survey.see(piece));
    let mut converter = Converter::new(survey.finish());
    let mut out: Vec<u8> = pieces.iter().flat_map(|piece| converter.convert(piece)).collect();
    out.extend(converter.finish());
    out
}
