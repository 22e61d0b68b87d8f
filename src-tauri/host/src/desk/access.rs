//! Who may send what, and who was refused: questions of people, answered from the engine and the settings.

use super::{FrontDesk, asks, store_trouble, views};
use crate::secrets;
use crate::settings::{self, Checked};
use control::Secret;
use control::problem::{Problem, ProblemCode};
use control::request::{AccessQuestion, Answer, Refused};
use control::view::{DecidedBy, DecisionView, DeviceView, RefusalPage, RefusalView};
use relay::AccountError;
use relay::history::refusals::RefusalLine;
use relay::mail::{ForwardPath, ReversePath};
use relay::policy::burst::Who;
use relay::policy::{self, Asking, Policy, Verdict};
use relay::store::Device;
use secrecy::ExposeSecret;
use std::net::IpAddr;

pub async fn set_password(desk: &FrontDesk, account: &str, password: Secret) -> Result<Answer, Refused> {
    let password = password.into_inner();
    if let Some(said) = secrets::unfit(password.expose_secret()) {
        return Err(Refused::BadValue { field: "password".into(), said: said.replace("secret", "password") });
    }
    let _one_at_a_time = desk.force.changing.lock().await;
    known(desk, account)?;
    desk.relay.set_account_password(account, password).await.map_err(|error| match error {
        AccountError::Store(error) => store_trouble(&error),
        AccountError::Hash(error) => Refused::Trouble { problem: Problem::new(ProblemCode::EngineFault).said(error.to_string()) },
    })?;
    tracing::info!(account, "The password of a device account was set");
    desk.force.tell(&desk.relay).await;
    Ok(desk.settings().await)
}

pub async fn remove_password(desk: &FrontDesk, account: &str) -> Result<Answer, Refused> {
    let _one_at_a_time = desk.force.changing.lock().await;
    known(desk, account)?;
    desk.relay.remove_account_password(account).await.map_err(|error| store_trouble(&error))?;
    tracing::info!(account, "The password of a device account was removed");
    desk.force.tell(&desk.relay).await;
    Ok(desk.settings().await)
}

fn known(desk: &FrontDesk, account: &str) -> Result<(), Refused> {
    let accounts = desk.force.checked().settings.accounts;
    if accounts.iter().any(|known| known.name.to_lowercase() == account.to_lowercase()) {
        return Ok(());
    }
    let names: Vec<String> = accounts.into_iter().map(|account| account.name).collect();
    let said = if names.is_empty() {
        "there are no device accounts".to_owned()
    } else {
        format!("there is no such account; there is: {}", names.join(", "))
    };
    Err(Refused::BadValue { field: "account".into(), said })
}

pub fn may_i_send(desk: &FrontDesk, question: &AccessQuestion, settings: Option<&control::Settings>) -> Result<Answer, Refused> {
    let checked: Checked = match settings {
        None => desk.force.checked(),
        Some(settings) => match settings::check(settings, &desk.force.facts) {
            Ok(checked) => checked,
            Err(problems) => return Ok(Answer::Problems { problems }),
        },
    };
    Ok(Answer::Decision { decision: decide(&checked.policy, question)? })
}

fn decide(policy: &Policy, question: &AccessQuestion) -> Result<DecisionView, Refused> {
    let AccessQuestion { address, encrypted, account, sender, recipient } = question;
    let bad = |field: &str, said: &str| Refused::BadValue { field: field.into(), said: said.into() };
    if account.as_deref().is_some_and(|name| policy.account(name).is_none()) {
        return Err(bad("account", "there is no such account, or it is switched off"));
    }
    let client: IpAddr = address.trim().parse().map_err(|_| bad("address", "this is no IP address"))?;
    let sender = if sender.trim().is_empty() { ReversePath::Null } else { ReversePath::Mailbox(asks::mailbox("sender", sender)?) };
    let recipient = ForwardPath::from(asks::mailbox("recipient", recipient)?);
    let decision = policy.decide(&Asking { client, encrypted: *encrypted, account: account.as_deref() }, &sender, &recipient);
    let reply = match decision.verdict {
        Verdict::Permit => None,
        Verdict::Refuse(refusal) => Some(refusal.reply.to_string()),
    };
    Ok(DecisionView {
        permitted: reply.is_none(),
        by: match decision.by {
            policy::DecidedBy::Rule => DecidedBy::Rule,
            policy::DecidedBy::Account => DecidedBy::Account,
            policy::DecidedBy::Lists => DecidedBy::Lists,
            policy::DecidedBy::Nothing => DecidedBy::Nothing,
        },
        rule: decision.rule.and_then(|rule| u32::try_from(rule).ok()),
        reply,
    })
}

pub async fn devices(desk: &FrontDesk) -> Result<Answer, Refused> {
    let devices = desk.relay.devices().await.map_err(|error| store_trouble(&error))?;
    desk.force.look_at_networks();
    let (around, checked) = (desk.force.around(), desk.force.checked());
    Ok(Answer::Devices { devices: devices.iter().map(|device| device_view(device, &checked, &around)).collect() })
}

fn device_view(device: &Device, checked: &Checked, around: &views::Around) -> DeviceView {
    // The settings' rules, whose places are the policy's: one without a name is called by its network.
    let rule = checked.policy.rule_for(device.address).and_then(|(place, _)| checked.settings.rules.get(place));
    let called = |rule: &control::settings::AccessRule| if rule.name.is_empty() { rule.network.clone() } else { rule.name.clone() };
    DeviceView {
        address: device.address.to_string(),
        client_name: device.name.clone(),
        rule: rule.map(called),
        account: device.account.clone(),
        first_seen_at: views::millis(device.first_at),
        last_seen_at: views::millis(device.last_at),
        tls: device.tls.clone(),
        messages_today: device.messages_today,
        messages: device.messages,
        recipients_this_hour: device.recipients_this_hour,
        busiest_hour: device.busiest_hour,
        held: device.held,
        refused_today: device.refused_today,
        last_refusal: device.last_refusal.as_ref().map(refusal_view),
        network: around.network_of(device.address),
    }
}

pub async fn refusals(desk: &FrontDesk, text: &str, offset: u32, limit: u32) -> Result<Answer, Refused> {
    let page = desk.relay.refusals(text, offset, limit.min(super::LONGEST_PAGE)).await.map_err(|error| store_trouble(&error))?;
    Ok(Answer::Refusals { page: RefusalPage { refusals: page.lines.iter().map(refusal_view).collect(), total: page.total } })
}

fn refusal_view(line: &RefusalLine) -> RefusalView {
    RefusalView {
        address: line.client.map(|client| client.to_string()).unwrap_or_default(),
        client_name: line.client_name.clone(),
        why: views::refusal_kind(line.why),
        count: line.count,
        first_at: views::millis(line.first_at),
        last_at: views::millis(line.last_at),
        sender: line.sender.clone(),
        recipient: line.recipient.clone(),
        reply: line.reply.clone(),
    }
}

pub async fn end_burst(desk: &FrontDesk, address: &str, release: bool) -> Result<Answer, Refused> {
    let who = Who::parse(address.trim()).ok_or_else(|| Refused::BadValue {
        field: "address".into(),
        said: "this is neither an IP address nor `account:` and the name of a device account".into(),
    })?;
    let count = desk.relay.end_burst(&who, release).await.map_err(|error| store_trouble(&error))?;
    Ok(Answer::Count { count })
}
