//! What runs out: certificates in files that settings name, and secrets of applications. Told before it does.
//!
//! In: the settings in force, the day. Out: a problem for each that ends within [`AHEAD_DAYS`] or has ended.
//! Our own certificate is not among them, it is made anew by itself; nor is the provider's, which every connection looks at.
//!
//! Invariant: a file that cannot be read is no matter of this room, others tell of it.

use crate::certificate;
use crate::settings::Checked;
use control::problem::{Problem, ProblemCode};
use control::settings::{CertificateSettings, SignIn, TokenGrant};
use jiff::civil::Date;
use jiff::{Span, Unit};
use relay::smarthost::last_day;

/// Time enough to ask whoever gives certificates, and holidays.
const AHEAD_DAYS: i64 = 30;

pub fn ends(checked: &Checked, today: Date) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut tell = |code, subject: String, ends: Option<Date>| {
        let told = ends.and_then(|day| say(day, today)).map(|said| Problem::new(code).about(subject).said(said));
        problems.extend(told.filter(|problem| !problems.contains(problem)));
    };
    let shown = match &checked.settings.certificate {
        CertificateSettings::SelfSigned => None,
        CertificateSettings::Pem { certificate_file: file, .. } | CertificateSettings::Pfx { file } => Some(file),
    };
    if let (Some(file), Some(certificate)) = (shown, checked.shown()) {
        let first = certificate.cert.first();
        tell(ProblemCode::CertificateEnds, checked.place_of(file).display().to_string(), first.and_then(|der| day_of(der)));
    }
    for (_, smart_host) in checked.settings.smart_hosts() {
        let file = match &smart_host.sign_in {
            SignIn::None | SignIn::Password { .. } => None,
            SignIn::Certificate { certificate_file, .. } => Some(certificate_file),
            SignIn::Oauth { user, grant, .. } => match grant {
                TokenGrant::ClientCredentials { certificate_file: Some(file), secret_ends: _ } => Some(file),
                TokenGrant::ClientCredentials { certificate_file: None, secret_ends } => {
                    let day = secret_ends.as_ref().and_then(|day| day.parse().ok());
                    tell(ProblemCode::AppSecretEnds, user.clone(), day);
                    None
                }
                TokenGrant::DeviceCode | TokenGrant::AuthorizationCode | TokenGrant::JwtBearer => None,
            },
        };
        if let Some(file) = file.map(|file| checked.place_of(file)) {
            let chain = certificate::read_chain(&file).unwrap_or_default();
            tell(ProblemCode::CertificateEnds, file.display().to_string(), chain.first().and_then(|der| day_of(der)));
        }
    }
    problems
}

fn day_of(der: &[u8]) -> Option<Date> {
    last_day(der)?.parse().ok()
}

/// None: there is time.
fn say(last: Date, today: Date) -> Option<String> {
    let left = today.until((Unit::Day, last)).unwrap_or_else(|_| Span::new()).get_days();
    match i64::from(left) {
        ..0 => Some(format!("it ended on {last}")),
        0 => Some(format!("it ends today, {last}")),
        1 => Some(format!("it ends tomorrow, {last}")),
        2..=AHEAD_DAYS => Some(format!("it ends on {last}, in {left} days")),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::settings::{Facts, read_and_check};
    use serde_json::json;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_told_a_month_ahead_and_until_it_is_mended() {
        let ends = day("2027-03-01");
        for (today, said) in [
            ("2027-01-29", None),
            ("2027-01-30", Some("it ends on 2027-03-01, in 30 days")),
            ("2027-02-28", Some("it ends tomorrow, 2027-03-01")),
            ("2027-03-01", Some("it ends today, 2027-03-01")),
            ("2027-03-02", Some("it ended on 2027-03-01")),
            ("2030-03-02", Some("it ended on 2027-03-01")),
        ] {
            assert_eq!(say(ends, day(today)).as_deref(), said, "{today}");
        }
    }

    #[test]
    fn certificates_of_devices_and_of_providers_are_looked_at_each_file_once() {
        let folder = tempfile::tempdir().unwrap();
        for (name, (year, month)) in [("relay", (2027, 3)), ("connector", (2027, 4))] {
            let key = rcgen::KeyPair::generate().unwrap();
            let mut params = rcgen::CertificateParams::new(vec!["relay.office.test".to_owned()]).unwrap();
            params.not_after = rcgen::date_time_ymd(year, month, 1);
            std::fs::write(folder.path().join(format!("{name}.pem")), params.self_signed(&key).unwrap().pem()).unwrap();
            std::fs::write(folder.path().join(format!("{name}.key")), key.serialize_pem()).unwrap();
        }
        let out = json!({
            "server": "smtp.away.test", "port": 587, "encryption": "starttls",
            "signIn": { "kind": "certificate", "certificateFile": "connector.pem", "keyFile": "connector.key" },
        });
        let document = json!({
            "version": 1,
            "certificate": { "kind": "pem", "certificateFile": "relay.pem", "keyFile": "relay.key" },
            "smartHost": out,
            "otherSmartHosts": [{ "name": "news", "smartHost": out }],
        });
        let facts = Facts::new(folder.path().to_owned(), "relay.office.test");
        let checked = read_and_check(document.to_string().as_bytes(), &facts).unwrap();
        let told = |today| ends(&checked, day(today)).iter().map(|problem| problem.said.clone().unwrap()).collect::<Vec<_>>();
        assert!(told("2027-01-01").is_empty());
        assert_eq!(told("2027-02-27"), ["it ends on 2027-03-01, in 2 days"]);
        assert_eq!(told("2027-03-30"), ["it ended on 2027-03-01", "it ends on 2027-04-01, in 2 days"]);
        let file = folder.path().join("connector.pem").display().to_string();
        assert_eq!(
            ends(&checked, day("2027-03-30"))[1],
            Problem::new(ProblemCode::CertificateEnds).about(file).said("it ends on 2027-04-01, in 2 days")
        );
    }
}
