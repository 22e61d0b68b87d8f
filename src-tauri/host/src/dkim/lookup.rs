//! What is published for a key, as this machine's name servers tell it (RFC 6376 §3.6.2).
//!
//! In: a domain, a selector and the key. Out: whether receivers will find it. Takes some seconds at most.

use control::view::DkimFound;
use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use std::time::Duration;

/// For all of it; name servers that do not answer are asked twice in this time.
const PATIENCE: Duration = Duration::from_secs(10);

/// `public` is what `p=` has to hold.
pub async fn look_up(record_name: &str, public: &str) -> DkimFound {
    match tokio::time::timeout(PATIENCE, texts(record_name)).await {
        Ok(Ok(texts)) => judge(texts, public),
        Ok(Err(said)) => DkimFound::NoAnswer { said },
        Err(_) => DkimFound::NoAnswer { said: "the name servers of this machine do not answer in time".into() },
    }
}

/// The TXT records there, each joined; none when there is no such name.
async fn texts(name: &str) -> Result<Vec<String>, String> {
    let resolver = TokioResolver::builder_tokio().and_then(|builder| builder.build()).map_err(|error| error.to_string())?;
    // With its dot, so that no domain of this machine is put behind it.
    match resolver.txt_lookup(format!("{name}.")).await {
        Ok(found) => Ok(found
            .answers()
            .iter()
            .filter_map(|record| {
                let RData::TXT(text) = &record.data else { return None };
                Some(text.txt_data.iter().map(|string| String::from_utf8_lossy(string)).collect::<String>())
            })
            .collect()),
        Err(error) if error.is_no_records_found() => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

/// Of several the best: receivers may take any.
fn judge(texts: Vec<String>, public: &str) -> DkimFound {
    if texts.iter().any(|text| public_of(text).is_some_and(|found| found == public)) {
        return DkimFound::Published;
    }
    match texts.into_iter().next() {
        Some(record) => DkimFound::Other { record: record.chars().filter(|letter| !letter.is_control()).take(600).collect() },
        None => DkimFound::NotFound,
    }
}

/// What stands in `p=`, without the white space that people put there.
fn public_of(text: &str) -> Option<String> {
    text.split(';').find_map(|tag| {
        let (name, value) = tag.split_once('=')?;
        (name.trim() == "p").then(|| value.split_whitespace().collect())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_ours_another_or_none() {
        let found = |texts: &[&str]| judge(texts.iter().map(|text| (*text).to_owned()).collect(), "QUJD");
        assert_eq!(found(&["v=DKIM1; k=rsa; p=QUJD"]), DkimFound::Published);
        assert_eq!(found(&["spf", "v=DKIM1; p = QU JD ;"]), DkimFound::Published);
        assert_eq!(found(&[]), DkimFound::NotFound);
        for other in ["v=DKIM1; p=", "v=DKIM1; p=QUJE", "k=rsa; pp=QUJD", "hello"] {
            assert_eq!(found(&[other]), DkimFound::Other { record: other.into() }, "{other}");
        }
    }
}
