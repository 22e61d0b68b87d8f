//! The certificates among what is in force: opened, loaded anew when their files change, made anew before ours ends.
//!
//! Invariant: one that cannot be used leaves the one that was shown before.

use super::super::ends::ends;
use super::Force;
use crate::files::Marks;
use crate::settings::{self, Checked, Files};
use crate::{certificate, machine};
use control::problem::{Problem, ProblemCode};
use control::settings::ListenerEncryption;
use control::view::CertificateView;
use relay::Relay;
use rustls::sign::CertifiedKey;
use secrecy::SecretString;
use std::sync::Arc;

impl Force {
    /// Shows what is in the PFX file, if there is one; what cannot be opened leaves the certificate that was shown before.
    pub(super) async fn open_pfx(&self, checked: &mut Checked, password: Option<SecretString>) -> Option<Problem> {
        let file = checked.pfx_file()?;
        let path = file.clone();
        let password = password.unwrap_or_default();
        // It may take a million rounds of hashing.
        let opened = tokio::task::spawn_blocking(move || certificate::pfx::open(&path, &password)).await;
        match opened {
            Ok(Ok(certificate)) => {
                checked.show(certificate);
                None
            }
            Ok(Err(error)) => {
                tracing::warn!(file = %file.display(), %error, "The certificate cannot be used");
                // A file that is gone is told of already.
                (!checked.is_unusable(&file)).then(|| error.problem(&file))
            }
            Err(error) => {
                Some(Problem::new(ProblemCode::CertificateFileUnusable).about(file.display().to_string()).said(error.to_string()))
            }
        }
    }

    /// Loads the files that settings name again, if something else stands in them now. Sessions stay open; what begins
    /// from now on sees the new certificate.
    pub async fn look_at_files(&self, relay: &Relay) {
        let _one_at_a_time = self.changing.lock().await;
        let before = self.now().checked.clone();
        let files = before.files();
        let Ok(marks) = tokio::task::spawn_blocking(move || Marks::of(files)).await else { return };
        if marks == self.now().files {
            return;
        }
        let Ok(mut checked) = settings::check_with(&before.settings, &self.facts, Files::MayBeGone) else { return };
        match checked.unusable.first() {
            None => tracing::info!("A certificate file has changed and is loaded"),
            Some(problem) => tracing::warn!(file = problem.subject, said = problem.said, "A certificate file cannot be used"),
        }
        checked.keep_certificate_of(&before);
        {
            let mut now = self.now();
            (now.checked, now.files) = (checked, marks);
        }
        self.renew(relay).await;
    }

    /// Whether our own certificate ends soon.
    pub fn certificate_is_due(&self) -> bool {
        let checked = self.now().checked.clone();
        checked.wants_self_signed() && !certificate::is_still_good(&self.facts.folder, checked.host_name(), self.today())
    }

    /// Days go by, and files are renewed.
    pub async fn look_at_ends(&self, relay: &Relay) {
        let found = ends(&self.checked(), self.today());
        if std::mem::replace(&mut self.now().ends, found.clone()) != found {
            self.tell(relay).await;
        }
    }

    /// What devices see: the office's own, else ours.
    pub(super) fn shown(checked: &Checked, own: Option<&CertifiedKey>) -> Option<CertificateView> {
        let encrypts = checked.settings.listeners.iter().any(|listener| listener.encryption != ListenerEncryption::Plain);
        let office = checked.shown().map(|certificate| (certificate, false));
        let (certificate, is_own) = office.or_else(|| own.map(|certificate| (certificate, true))).filter(|_| encrypts)?;
        certificate::shown::shown(certificate, is_own)
    }

    pub(super) fn own_certificate(&self, checked: &Checked) -> (Option<Arc<CertifiedKey>>, Option<Problem>) {
        match certificate::self_signed(&self.facts.folder, checked.host_name(), &machine::addresses(), self.today()) {
            Ok(config) => (Some(config), None),
            Err(error) => {
                tracing::error!(%error, "There is no certificate: no encryption is offered");
                let subject = certificate::files(&self.facts.folder).0.display().to_string();
                (None, Some(Problem::new(ProblemCode::CertificateFileUnusable).about(subject).said(error.to_string())))
            }
        }
    }
}
