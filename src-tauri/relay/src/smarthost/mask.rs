//! Takes secrets out of what a smart host says: some echo the line they did not like.
//!
//! Invariant: no run of a secret's letters long enough to be of use is left, also when the echo is cut short.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};

/// Knows every form in which a password or token went over the wire.
#[derive(Default, Clone)]
pub struct Mask(Vec<SecretString>);

/// Forms that are remembered: a token's own of the last two, so that a server may also echo the one before.
const FORMS: usize = 8;
const STARS: &str = "***";
/// So many letters of a secret in a row are no chance.
const RUN: usize = 8;

impl Mask {
    pub fn of(user: &str, password: &SecretString) -> Self {
        let password = password.expose_secret();
        let forms = [
            STANDARD.encode(format!("\0{user}\0{password}")),
            STANDARD.encode(password),
            password.to_owned(),
            // What a reply looks like after bytes beyond ASCII were made question marks.
            password.chars().map(|letter| if letter.is_ascii() { letter.to_string() } else { "?".repeat(letter.len_utf8()) }).collect(),
        ];
        // A password of one or two letters would star out half of every reply and hide nothing.
        Self(forms.into_iter().filter(|form| form.len() >= 3).map(SecretString::from).collect())
    }

    /// A secret that was not known from the beginning.
    pub fn learn(&mut self, forms: impl IntoIterator<Item = String>) {
        for form in forms.into_iter().filter(|form| form.len() >= 3) {
            if !self.0.iter().any(|known| known.expose_secret() == form) {
                self.0.push(form.into());
            }
        }
        self.0.drain(..self.0.len().saturating_sub(FORMS));
    }

    pub fn clean(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, form| without(&text, form.expose_secret()))
    }
}

/// Stars in place of the secret and of every longer part of it, in any case: some servers shout their echo.
fn without(text: &str, secret: &str) -> String {
    let secret: Vec<char> = secret.trim_end_matches('=').chars().collect();
    let text: Vec<char> = text.chars().collect();
    let least = secret.len().min(RUN);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = text.get(at) {
        let longest = (0..secret.len()).map(|start| common(&text[at..], &secret[start..])).max().unwrap_or(0);
        if longest >= least && longest > 0 {
            out.push_str(STARS);
            at += longest;
        } else {
            out.push(*letter);
            at += 1;
        }
    }
    out
}

fn common(text: &[char], secret: &[char]) -> usize {
    text.iter().zip(secret).take_while(|(a, b)| a.eq_ignore_ascii_case(b)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_password_is_starred_out() {
        let mask = Mask::of("relay@office.test", &SecretString::from("geheim wört"));
        let plain = STANDARD.encode("\0relay@office.test\0geheim wört");
        let alone = STANDARD.encode("geheim wört");
        let echoes = [
            format!("500 what is AUTH PLAIN {plain}"),
            format!("500 WHAT IS AUTH PLAIN {}", plain.to_uppercase()),
            format!("500 what is AUTH PLAIN {}...", &plain[..30]),
            format!("535 {alone} is wrong"),
            "535 no geheim wört".into(),
            "535 no geheim w??rt".into(),
        ];
        for said in echoes {
            let cleaned = mask.clean(&said);
            assert!(cleaned.contains("***"), "{cleaned}");
            for secret in ["geheim", &plain[..30], &alone] {
                assert!(!cleaned.to_lowercase().contains(&secret.to_lowercase()), "{cleaned}");
            }
        }
        assert_eq!(mask.clean("250 2.0.0 ok"), "250 2.0.0 ok");
        assert_eq!(Mask::of("a", &SecretString::from("xyz")).clean("550 xy xyz xz"), "550 xy *** xz");
    }
}
