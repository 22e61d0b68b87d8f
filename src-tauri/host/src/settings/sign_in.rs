//! The rules for how we sign in to the smart host.

use super::check::Rules;
use super::short;
use crate::certificate;
use control::Settings;
use control::settings::{SignIn, SmartHostEncryption, TokenGrant, TokenService};

/// Longer than any that are known.
const LONGEST: usize = 500;

impl Rules<'_> {
    pub(super) fn sign_in(&mut self, at: &str, sign_in: &SignIn, encryption: SmartHostEncryption) {
        let field = |name: &str| format!("{at}.signIn.{name}");
        if let Some(user) = sign_in.user()
            && !is_a_name(user)
        {
            let wrong = "this is no user name";
            self.wrong(field("user"), short(user), wrong, "the user name your provider gave you, often a mail address");
        }
        let (wrong, remedy) = match sign_in {
            SignIn::None => ("", ""),
            SignIn::Password { .. } => {
                ("a password would cross the network readable by everyone", "`starttls` or `implicit`; or the sign-in `none`")
            }
            SignIn::Oauth { .. } => {
                ("a token would cross the network readable by everyone", "`starttls` or `implicit`; or the sign-in `none`")
            }
            SignIn::Certificate { .. } => ("a certificate is shown only where there is encryption", "`starttls` or `implicit`"),
        };
        if encryption == SmartHostEncryption::None && !wrong.is_empty() {
            self.wrong(format!("{at}.encryption"), "none", wrong, remedy);
        }
        match sign_in {
            SignIn::None | SignIn::Password { .. } => {}
            SignIn::Oauth { user: _, client_id, service, grant, scopes } => {
                if !is_a_name(client_id) {
                    let remedy = "the application (client) ID as the service shows it; of a Google service account its mail address";
                    self.wrong(field("clientId"), short(client_id), "this is no application ID", remedy);
                }
                self.token_service(at, service, grant);
                for (number, scope) in scopes.iter().enumerate() {
                    if scope.is_empty() || scope.len() > LONGEST || !scope.bytes().all(|byte| byte.is_ascii_graphic()) {
                        let remedy = "one word a line, as the service's description has it; or none, for what is usual";
                        self.wrong(field(&format!("scopes[{number}]")), short(scope), "this is no scope", remedy);
                    }
                }
            }
            SignIn::Certificate { certificate_file, key_file } => {
                let folder = self.facts.folder.clone();
                if let Err(error) = certificate::load(&folder.join(certificate_file), &folder.join(key_file)) {
                    let is_known = self.is_known(|now| sign_ins_of(now).any(|known| known == sign_in));
                    let (name, file) = match error.whose() {
                        certificate::Whose::Certificate => ("certificateFile", certificate_file),
                        certificate::Whose::Key => ("keyFile", key_file),
                    };
                    self.file(field(name), file, &error, is_known);
                }
            }
        }
    }

    fn token_service(&mut self, at: &str, service: &TokenService, grant: &TokenGrant) {
        let field = |name: &str| format!("{at}.signIn.{name}");
        match service {
            TokenService::Microsoft365 { tenant } => {
                let fits = !tenant.is_empty()
                    && tenant.len() <= 253
                    && tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
                if !fits {
                    let remedy = "the directory (tenant) ID, or a domain of it, as in `contoso.onmicrosoft.com`";
                    self.wrong(field("service.tenant"), short(tenant), "this is no directory", remedy);
                }
            }
            TokenService::Google => {}
            TokenService::Custom { token, authorize, device, has_secret: _ } => {
                self.https(field("service.token"), token);
                for (name, url, is_wanted) in [
                    ("authorize", authorize, *grant == TokenGrant::AuthorizationCode),
                    ("device", device, *grant == TokenGrant::DeviceCode),
                ] {
                    match url {
                        Some(url) => self.https(field(&format!("service.{name}")), url),
                        None if is_wanted => self.https(field(&format!("service.{name}")), ""),
                        None => {}
                    }
                }
            }
        }
        match (service, grant) {
            (TokenService::Google, TokenGrant::DeviceCode) => {
                let wrong = "Google gives no right to send mail this way";
                self.wrong(field("grant.kind"), "deviceCode", wrong, "`authorizationCode`, or `jwtBearer` with a service account");
            }
            (TokenService::Google, TokenGrant::ClientCredentials { .. }) => {
                let wrong = "at Google an application signs in by itself as a service account";
                self.wrong(field("grant.kind"), "clientCredentials", wrong, "`jwtBearer`");
            }
            (TokenService::Microsoft365 { .. }, TokenGrant::JwtBearer) => {
                let wrong = "Microsoft has no service accounts of this kind";
                self.wrong(field("grant.kind"), "jwtBearer", wrong, "`clientCredentials`");
            }
            (
                TokenService::Microsoft365 { .. } | TokenService::Custom { .. } | TokenService::Google,
                TokenGrant::DeviceCode | TokenGrant::AuthorizationCode | TokenGrant::ClientCredentials { .. } | TokenGrant::JwtBearer,
            ) => {}
        }
        if let TokenGrant::ClientCredentials { secret_ends: Some(day), .. } = grant
            && day.parse::<jiff::civil::Date>().is_err()
        {
            self.wrong(field("grant.secretEnds"), day, "this is no day", "year, month and day, such as `2027-03-01`; or nothing");
        }
        if let TokenGrant::ClientCredentials { certificate_file: Some(file), .. } = grant
            && let Err(error) = certificate::read_chain(&self.facts.folder.join(file))
        {
            let is_known = self.is_known(|now| {
                sign_ins_of(now).any(|sign_in| {
                    matches!(sign_in, SignIn::Oauth { grant: TokenGrant::ClientCredentials { certificate_file: Some(known), .. }, .. } if known == file)
                })
            });
            self.file(field("grant.certificateFile"), file, &error, is_known);
        }
    }

    fn https(&mut self, field: String, url: &str) {
        let fits = url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'))
            && url.len() <= 2000
            && url.bytes().all(|byte| byte.is_ascii_graphic());
        if !fits {
            let remedy = "an address that begins with `https://`: what is sent there is secret";
            self.wrong(field, short(url), "this is no address of a token service", remedy);
        }
    }
}

fn sign_ins_of(settings: &Settings) -> impl Iterator<Item = &SignIn> {
    settings.smart_hosts().map(|(_, smart_host)| &smart_host.sign_in)
}

fn is_a_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::{Facts, check};

    fn wrong(sign_in: &str) -> Vec<String> {
        let text =
            format!(r#"{{"version": 1, "smartHost": {{"server": "a.test", "port": 587, "encryption": "starttls", "signIn": {sign_in}}}}}"#);
        let settings = serde_json::from_str(&text).unwrap();
        let problems = check(&settings, &Facts::new("/nowhere".into(), "relay.test")).err().unwrap_or_default();
        problems.into_iter().map(|problem| format!("{} = {}: {}", problem.field, problem.value, problem.wrong)).collect()
    }

    fn oauth(service: &str, grant: &str) -> String {
        format!(r#"{{"kind": "oauth", "user": "ann@a.test", "clientId": "app", "service": {service}, "grant": {grant}}}"#)
    }

    #[test]
    fn what_can_be_used_has_no_problem() {
        let (microsoft, google) = (r#"{"kind": "microsoft365", "tenant": "a.test"}"#, r#"{"kind": "google"}"#);
        let other = r#"{"kind": "custom", "token": "https://a.test/token", "device": "https://a.test/device"}"#;
        for (service, grant) in [
            (microsoft, r#"{"kind": "deviceCode"}"#),
            (microsoft, r#"{"kind": "authorizationCode"}"#),
            (microsoft, r#"{"kind": "clientCredentials"}"#),
            (google, r#"{"kind": "authorizationCode"}"#),
            (google, r#"{"kind": "jwtBearer"}"#),
            (other, r#"{"kind": "deviceCode"}"#),
        ] {
            assert_eq!(wrong(&oauth(service, grant)), Vec::<String>::new(), "{service} {grant}");
        }
    }

    #[test]
    fn what_cannot_work_is_told_with_its_place() {
        let google = r#"{"kind": "google"}"#;
        let plain = r#"{"kind": "custom", "token": "http://a.test/token"}"#;
        let rows = [
            (oauth(google, r#"{"kind": "deviceCode"}"#), "signIn.grant.kind = deviceCode: Google gives no right to send mail this way"),
            (
                oauth(r#"{"kind": "microsoft365", "tenant": "a/../b"}"#, r#"{"kind": "deviceCode"}"#),
                "signIn.service.tenant = a/../b: this is no directory",
            ),
            (oauth(plain, r#"{"kind": "jwtBearer"}"#), "signIn.service.token = http://a.test/token: this is no address of a token service"),
            (
                oauth(r#"{"kind": "custom", "token": "https://a.test"}"#, r#"{"kind": "authorizationCode"}"#),
                "signIn.service.authorize = : this is no address of a token service",
            ),
            (
                oauth(r#"{"kind": "microsoft365", "tenant": "a.test"}"#, r#"{"kind": "clientCredentials", "certificateFile": "app.pem"}"#),
                "signIn.grant.certificateFile = app.pem: the file cannot be read: ",
            ),
            (
                r#"{"kind": "certificate", "certificateFile": "c.pem", "keyFile": "c.key"}"#.to_owned(),
                "signIn.certificateFile = c.pem: the file cannot be read: ",
            ),
            (
                r#"{"kind": "oauth", "user": "ann", "clientId": "", "service": {"kind": "google"}, "grant": {"kind": "jwtBearer"}}"#
                    .to_owned(),
                "signIn.clientId = : this is no application ID",
            ),
        ];
        for (sign_in, wanted) in rows {
            let found = wrong(&sign_in);
            // What the system says of a file is its own words.
            assert!(found.len() == 1 && found[0].starts_with(&format!("smartHost.{wanted}")), "{sign_in}: {found:?}");
        }
    }
}
