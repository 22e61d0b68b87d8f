//! Signing in with a browser anywhere: a code is shown, and somebody types it there (RFC 8628).

use super::endpoint::Refusal;
use super::refusals;
use super::source::Source;
use control::view::SignInWaiting;
use relay::smarthost::{Trouble, TroubleKind};
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// How often is asked when the service does not say, and how much slower when it asks for that (RFC 8628 §3.2, §3.5).
const PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A code that has been given out.
pub struct Code {
    device_code: String,
    pause: Duration,
    ends: Instant,
}

pub async fn begin(source: &Source) -> Result<(SignInWaiting, Code), Trouble> {
    let plan = source.plan();
    let form = source.form(vec![("scope", plan.scopes.clone())])?;
    let answer = source.endpoint()?.ask(&plan.device, &form).await.map_err(|refusal| refusals::trouble(plan, &refusal))?;
    let word = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
    let seconds = |name: &str| answer.get(name).and_then(Value::as_u64).map(Duration::from_secs);
    // Google's own description has `verification_url`.
    let link = word("verification_uri").or_else(|| word("verification_url"));
    let (Some(device_code), Some(code), Some(link)) = (word("device_code"), word("user_code"), link) else {
        let said = "there is no code in its answer".to_owned();
        return Err(Trouble { kind: TroubleKind::TokenRefused, subject: plan.host(), said });
    };
    if !link.starts_with("https://") {
        let said = "the address in its answer is not encrypted".to_owned();
        return Err(Trouble { kind: TroubleKind::TokenRefused, subject: plan.host(), said });
    }
    let life = seconds("expires_in").unwrap_or(Duration::from_secs(600));
    let until = source.now().checked_add(life).unwrap_or_default().as_millisecond();
    let pause = seconds("interval").unwrap_or(PAUSE).clamp(Duration::from_secs(1), LONGEST_PAUSE);
    Ok((SignInWaiting::DeviceCode { code, link, until }, Code { device_code, pause, ends: Instant::now() + life }))
}

/// Asks until somebody has signed in or declined, or the code has ended.
pub async fn wait(source: &Source, code: Code) -> Result<(), Trouble> {
    let Code { device_code, mut pause, ends } = code;
    let plan = source.plan();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    loop {
        tokio::time::sleep(pause).await;
        if Instant::now() >= ends {
            let refusal = Refusal::Refused { error: "expired_token".into(), said: String::new() };
            return Err(refusals::trouble(plan, &refusal));
        }
        let form = source.form(vec![("grant_type", grant.to_owned()), ("device_code", device_code.clone())])?;
        match source.endpoint()?.token(&plan.token, &form).await {
            Ok(given) => return source.take(given).await,
            Err(Refusal::Refused { error, .. }) if error == "authorization_pending" => {}
            Err(Refusal::Refused { error, .. }) if error == "slow_down" => pause = (pause + PAUSE).min(LONGEST_PAUSE),
            Err(Refusal::Unreachable(_)) => pause = (pause * 2).min(LONGEST_PAUSE),
            Err(refusal @ (Refusal::Refused { .. } | Refusal::Trouble(_))) => return Err(refusals::trouble(plan, &refusal)),
        }
    }
}
