//! What a token service's refusal means, for a person: a table.
//!
//! Microsoft's own number (AADSTS…) says more than the code of RFC 6749 §5.2, so it decides first.

use super::endpoint::Refusal;
use super::plan::{Grant, Plan};
use relay::smarthost::{Trouble, TroubleKind};

use TroubleKind::{AppSecretRefused, AppUnknown, ConsentMissing, SignInLapsed, TokenRefused, TokenUnreachable};

/// Number, what it means, and what there is to be done beside the problem's own advice.
const ENTRA: &[(&str, TroubleKind, &str)] = &[
    ("7000215", AppSecretRefused, "the secret is wrong; its value is wanted, not its ID"),
    ("7000222", AppSecretRefused, "the secret has run out; make a new one"),
    ("700027", AppSecretRefused, "the certificate or its key is not the one the application was registered with"),
    ("700024", AppSecretRefused, "this machine's clock is wrong"),
    ("7000218", AppUnknown, "the registration does not allow public client flows"),
    ("700025", AppUnknown, "the registration is of a public client, which has no secret"),
    ("700016", AppUnknown, "there is no such application in this directory"),
    ("90002", AppUnknown, "there is no such directory (tenant)"),
    ("900023", AppUnknown, "this is no directory (tenant)"),
    ("7000112", AppUnknown, "the application is switched off"),
    ("7000114", AppUnknown, "the application may not sign in by itself"),
    ("50011", AppUnknown, "http://localhost is not among the redirect addresses of the registration"),
    ("500011", ConsentMissing, "the right to send mail has not been added to the application"),
    ("65001", ConsentMissing, "nobody has agreed to what the application wants"),
    ("65004", ConsentMissing, "whoever signed in did not agree"),
    ("90094", ConsentMissing, "an administrator has to agree"),
    ("50105", ConsentMissing, "this account is not assigned to the application"),
    ("50173", SignInLapsed, "the password was changed, or sign-ins were called back"),
    ("700082", SignInLapsed, "the sign-in was not used for too long"),
    ("700084", SignInLapsed, "the sign-in has reached its end"),
    ("70008", SignInLapsed, "the sign-in has ended"),
    ("70043", SignInLapsed, "a policy of the organisation has ended the sign-in"),
    ("50076", SignInLapsed, "a second factor is wanted"),
    ("50079", SignInLapsed, "a second factor has to be set up"),
    ("50078", SignInLapsed, "the second factor has to be shown again"),
    ("50055", SignInLapsed, "the password has run out"),
    ("50057", SignInLapsed, "the account is switched off"),
    ("53003", SignInLapsed, "a Conditional Access policy does not allow this sign-in"),
    ("530036", SignInLapsed, "a Conditional Access policy does not allow the device code"),
    ("90033", TokenUnreachable, ""),
    ("50196", TokenUnreachable, ""),
    ("90055", TokenUnreachable, ""),
];

pub fn trouble(plan: &Plan, refusal: &Refusal) -> Trouble {
    let (error, said) = match refusal {
        Refusal::Unreachable(said) => return Trouble { kind: TokenUnreachable, subject: plan.host(), said: said.clone() },
        Refusal::Trouble(trouble) => return trouble.clone(),
        Refusal::Refused { error, said } => (error.as_str(), said.as_str()),
    };
    let number = said.split_once("AADSTS").map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    let known = number.and_then(|number| ENTRA.iter().find(|(known, ..)| *known == number));
    let (kind, means) = match known {
        Some((_, kind, means)) => (*kind, *means),
        None => of_error(plan, error),
    };
    let words = [means, error, said].into_iter().filter(|words| !words.is_empty());
    Trouble { kind, subject: subject(plan, kind), said: words.collect::<Vec<_>>().join(": ") }
}

fn of_error(plan: &Plan, error: &str) -> (TroubleKind, &'static str) {
    match (error, plan.grant) {
        ("invalid_grant", Grant::DeviceCode | Grant::AuthorizationCode) => (SignInLapsed, "the sign-in has ended or was called back"),
        ("invalid_grant", Grant::JwtBearer) => (AppSecretRefused, "the key is not the service account's, or this machine's clock is wrong"),
        ("interaction_required" | "login_required", _) => (SignInLapsed, ""),
        ("consent_required", _) => (ConsentMissing, ""),
        // Google's word for a service account without domain-wide delegation of these scopes.
        ("unauthorized_client", Grant::JwtBearer) => (ConsentMissing, "the service account may not act for this mailbox"),
        ("unauthorized_client", _) => (AppUnknown, "the application may not get a token this way"),
        ("invalid_client" | "deleted_client" | "disabled_client", _) => {
            (AppSecretRefused, "the application, its secret or its certificate is not accepted")
        }
        ("access_denied" | "authorization_declined", _) => (TokenRefused, "whoever was to sign in did not agree"),
        ("expired_token" | "code_expired", _) => (TokenRefused, "nobody signed in in time"),
        ("temporarily_unavailable" | "server_error" | "slow_down", _) => (TokenUnreachable, ""),
        _ => (TokenRefused, ""),
    }
}

/// What the person looks at: the account, the application, or the service.
fn subject(plan: &Plan, kind: TroubleKind) -> String {
    if kind == SignInLapsed {
        plan.user.clone()
    } else if matches!(kind, AppSecretRefused | AppUnknown | ConsentMissing) {
        plan.client_id.clone()
    } else {
        plan.host()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn plan(grant: &str) -> Plan {
        let text = format!(
            r#"{{"server": "a.test", "port": 587, "encryption": "starttls", "signIn": {{"kind": "oauth", "user": "ann@a.test",
                "clientId": "app", "grant": {{"kind": "{grant}"}}, "service": {{"kind": "microsoft365", "tenant": "a.test"}}}}}}"#
        );
        Plan::of(&serde_json::from_str(&text).unwrap(), std::path::Path::new("/")).unwrap()
    }

    #[test]
    fn refusals_are_told_as_what_a_person_can_mend() {
        let entra = "AADSTS7000222: The provided client secret keys for app '…' are expired. Trace ID: 1";
        let rows = [
            ("clientCredentials", "invalid_client", entra, AppSecretRefused, "app"),
            ("clientCredentials", "invalid_client", "AADSTS7000215: Invalid client secret provided.", AppSecretRefused, "app"),
            ("clientCredentials", "unauthorized_client", "AADSTS700016: Application was not found", AppUnknown, "app"),
            ("deviceCode", "invalid_grant", "AADSTS50173: The provided grant has expired", SignInLapsed, "ann@a.test"),
            ("deviceCode", "invalid_grant", "AADSTS65001: has not consented", ConsentMissing, "app"),
            ("deviceCode", "invalid_grant", "AADSTS7000099: never heard of", SignInLapsed, "ann@a.test"),
            ("authorizationCode", "invalid_grant", "grant request is invalid", SignInLapsed, "ann@a.test"),
            ("clientCredentials", "invalid_client", "", AppSecretRefused, "app"),
            ("clientCredentials", "invalid_scope", "no such scope", TokenRefused, "login.microsoftonline.com"),
            ("jwtBearer", "unauthorized_client", "Client is unauthorized to retrieve access tokens", ConsentMissing, "app"),
            ("deviceCode", "temporarily_unavailable", "", TokenUnreachable, "login.microsoftonline.com"),
        ];
        for (grant, error, said, kind, subject) in rows {
            let refusal = Refusal::Refused { error: error.into(), said: said.into() };
            let trouble = trouble(&plan(grant), &refusal);
            assert_eq!((trouble.kind, trouble.subject.as_str()), (kind, subject), "{grant} {error} {said}");
            assert!(trouble.said.contains(error) && trouble.said.ends_with(if said.is_empty() { error } else { said }), "{trouble}");
        }
        let trouble = trouble(&plan("deviceCode"), &Refusal::Unreachable("no route".into()));
        assert_eq!((trouble.kind, trouble.said.as_str()), (TokenUnreachable, "no route"));
    }
}
