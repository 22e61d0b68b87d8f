//! `outtrayd certificate`: what devices see when they encrypt, to compare and to hand to them.

use super::{Exit, Failure, Outcome, Place, link};
use control::view::CertificateView;
use control::{Answer, Request};
use std::fmt::Write;

pub async fn certificate(place: &Place, pem: bool) -> Outcome {
    let answer = link::ask(place, Request::Settings).await?;
    let Answer::Settings { settings } = answer else { return Err(link::strange(&answer)) };
    let Some(view) = settings.certificate else {
        return Err(Failure::new(Exit::Failed, "no port encrypts, or there is no certificate to show (`outtrayd status` says why)"));
    };
    place.print(&view, || if pem { view.pem.clone() } else { text(&view) })
}

fn text(view: &CertificateView) -> String {
    let mut text = String::new();
    for name in &view.names {
        let _ = writeln!(text, "for          {name}");
    }
    let issuer = if view.own { "Outtray itself".to_owned() } else { view.issuer.clone() };
    let _ = writeln!(text, "issued by    {issuer}");
    let renewed = if view.own { ", and a new one is made before" } else { "" };
    let _ = writeln!(text, "until        {}{renewed}", view.last_day);
    let _ = writeln!(text, "fingerprint  {} (SHA-256)", view.fingerprint);
    text
}
