//! From the settings to what a token is asked for with: where, for what, and how the application proves itself.

use control::settings::{SignIn, SmartHostProtocol, SmartHostSettings, TokenGrant, TokenService};
use std::path::{Path, PathBuf};

/// Two of the same ask for the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub user: String,
    pub client_id: String,
    pub grant: Grant,
    pub service: Service,
    /// Separated by spaces.
    pub scopes: String,
    pub token: String,
    /// Empty where the grant needs none.
    pub authorize: String,
    pub device: String,
    pub proof: Proof,
    pub extra_ca_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    DeviceCode,
    AuthorizationCode,
    ClientCredentials,
    JwtBearer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    Microsoft,
    Google,
    Other,
}

/// How the application shows that it is the one it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A public client (RFC 6749 §2.1).
    None,
    Secret,
    /// By the key of this certificate.
    Certificate(PathBuf),
}

impl Plan {
    /// None where no token is wanted. Relative file names begin in `folder`.
    pub fn of(smart_host: &SmartHostSettings, folder: &Path) -> Option<Self> {
        let SignIn::Oauth { user, client_id, service, grant, scopes } = &smart_host.sign_in else { return None };
        let kind = match grant {
            TokenGrant::DeviceCode => Grant::DeviceCode,
            TokenGrant::AuthorizationCode => Grant::AuthorizationCode,
            TokenGrant::ClientCredentials { .. } => Grant::ClientCredentials,
            TokenGrant::JwtBearer => Grant::JwtBearer,
        };
        let proof = match grant {
            TokenGrant::ClientCredentials { certificate_file: Some(file), .. } => Proof::Certificate(folder.join(file)),
            // The assertion itself is the proof.
            TokenGrant::JwtBearer => Proof::None,
            TokenGrant::ClientCredentials { certificate_file: None, .. } | TokenGrant::DeviceCode | TokenGrant::AuthorizationCode => {
                if smart_host.sign_in.wants_secret() {
                    Proof::Secret
                } else {
                    Proof::None
                }
            }
        };
        let (service, token, authorize, device) = endpoints(service);
        let scopes = match (&smart_host.protocol, scopes.is_empty()) {
            (_, false) => scopes.join(" "),
            (SmartHostProtocol::Smtp, true) => usual_scopes(service, kind).to_owned(),
            (SmartHostProtocol::MicrosoftGraph { .. }, true) => graph_scopes(service, kind).to_owned(),
        };
        let extra_ca_file = smart_host.extra_ca_file.as_ref().map(|file| folder.join(file));
        Some(Self {
            user: user.clone(),
            client_id: client_id.clone(),
            grant: kind,
            service,
            scopes,
            token,
            authorize,
            device,
            proof,
            extra_ca_file,
        })
    }

    /// What somebody's sign-in is good for: it is never shown to another service, nor used for another application.
    pub fn mark(&self) -> String {
        format!("{} at {}", self.client_id, self.token)
    }

    /// The name of the token service.
    pub fn host(&self) -> String {
        reqwest::Url::parse(&self.token).ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| self.token.clone())
    }

    pub fn wants_somebody(&self) -> bool {
        match self.grant {
            Grant::DeviceCode | Grant::AuthorizationCode => true,
            Grant::ClientCredentials | Grant::JwtBearer => false,
        }
    }

    /// Whether what the credential store holds is needed for it.
    pub fn wants_secret(&self) -> bool {
        self.proof != Proof::None || self.grant == Grant::JwtBearer
    }
}

/// Token, authorization and device endpoint, as both describe them.
fn endpoints(service: &TokenService) -> (Service, String, String, String) {
    match service {
        TokenService::Microsoft365 { tenant } => {
            let at = |name: &str| format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{name}");
            (Service::Microsoft, at("token"), at("authorize"), at("devicecode"))
        }
        TokenService::Google => {
            let token = "https://oauth2.googleapis.com/token".to_owned();
            (Service::Google, token, "https://accounts.google.com/o/oauth2/v2/auth".to_owned(), String::new())
        }
        TokenService::Custom { token, authorize, device, has_secret: _ } => {
            (Service::Other, token.clone(), authorize.clone().unwrap_or_default(), device.clone().unwrap_or_default())
        }
    }
}

/// What sending mail wants, where somebody signs in also that it lasts, and who it was.
fn usual_scopes(service: Service, grant: Grant) -> &'static str {
    match (service, grant) {
        (Service::Microsoft, Grant::DeviceCode | Grant::AuthorizationCode) => {
            "https://outlook.office.com/SMTP.Send offline_access openid email"
        }
        (Service::Microsoft, Grant::ClientCredentials | Grant::JwtBearer) => "https://outlook.office365.com/.default",
        (Service::Google, Grant::DeviceCode | Grant::AuthorizationCode) => "https://mail.google.com/ openid email",
        (Service::Google, Grant::ClientCredentials | Grant::JwtBearer) => "https://mail.google.com/",
        (Service::Other, Grant::DeviceCode | Grant::AuthorizationCode) => "openid offline_access",
        (Service::Other, Grant::ClientCredentials | Grant::JwtBearer) => "",
    }
}

/// For sending, and for a draft that large attachments are put on.
fn graph_scopes(service: Service, grant: Grant) -> &'static str {
    match (service, grant) {
        (Service::Microsoft, Grant::DeviceCode | Grant::AuthorizationCode) => {
            "https://graph.microsoft.com/Mail.Send https://graph.microsoft.com/Mail.ReadWrite offline_access openid email"
        }
        (Service::Microsoft, Grant::ClientCredentials | Grant::JwtBearer) => "https://graph.microsoft.com/.default",
        (Service::Google | Service::Other, grant) => usual_scopes(Service::Other, grant),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn plan(sign_in: &str) -> Plan {
        let text = format!(r#"{{"server": "a.test", "port": 587, "encryption": "starttls", "signIn": {sign_in}}}"#);
        Plan::of(&serde_json::from_str(&text).unwrap(), Path::new("/data")).unwrap()
    }

    #[test]
    fn presets_know_where_to_ask_for_what() {
        let device = plan(
            r#"{"kind": "oauth", "user": "relay@contoso.example", "clientId": "c1", "grant": {"kind": "deviceCode"},
                "service": {"kind": "microsoft365", "tenant": "contoso.example"}}"#,
        );
        assert_eq!(device.token, "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token");
        assert_eq!(device.device, "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/devicecode");
        assert_eq!(device.scopes, "https://outlook.office.com/SMTP.Send offline_access openid email");
        assert_eq!((&device.proof, device.wants_somebody(), device.wants_secret()), (&Proof::None, true, false));
        assert_eq!(device.host(), "login.microsoftonline.com");

        let by_itself = plan(
            r#"{"kind": "oauth", "user": "relay@contoso.example", "clientId": "c1",
                "grant": {"kind": "clientCredentials", "certificateFile": "app.pem"},
                "service": {"kind": "microsoft365", "tenant": "contoso.example"}}"#,
        );
        assert_eq!(by_itself.scopes, "https://outlook.office365.com/.default");
        assert_eq!(by_itself.proof, Proof::Certificate("/data/app.pem".into()));
        assert_eq!((by_itself.wants_somebody(), by_itself.wants_secret()), (false, true));

        let google = plan(
            r#"{"kind": "oauth", "user": "relay@contoso.example", "clientId": "c1", "service": {"kind": "google"},
                "grant": {"kind": "authorizationCode"}, "scopes": ["one", "two"]}"#,
        );
        assert_eq!((google.scopes.as_str(), &google.proof), ("one two", &Proof::Secret));
        assert_ne!(google.mark(), device.mark());
    }
}
