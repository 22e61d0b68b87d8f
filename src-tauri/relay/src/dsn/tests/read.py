"""Reads each report named on the command line as a strict mail program would, and fails at the first oddity."""

import email
import email.policy
import re
import sys


def read(path):
    raw = open(path, "rb").read()
    assert raw.isascii(), "not ASCII"
    assert raw.endswith(b"\r\n"), "no line end at the end"
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw), "a bare CR or LF"
    assert all(len(line) <= 998 for line in raw.split(b"\r\n")), "a line is too long"

    report = email.message_from_bytes(raw, policy=email.policy.SMTP)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["MIME-Version"] == "1.0"
    for name in ["From", "To", "Subject", "Date", "Message-ID"]:
        assert len(report.get_all(name)) == 1, name
    assert len(report["From"].addresses) == len(report["To"].addresses) == 1
    assert "Bcc" not in report

    people, status, header = report.get_payload()
    assert people.get_content_type() == "text/plain"
    assert status.get_content_type() == "message/delivery-status"
    assert status["Content-Transfer-Encoding"] == "7bit"
    assert header.get_content_type() == "text/rfc822-headers"
    assert "What you can do" in people.get_content() or "no need to send" in people.get_content()
    quoted = email.message_from_bytes(header.get_payload(decode=True), policy=email.policy.compat32)
    assert "subject" in quoted and not quoted.get_payload().strip(), "the header is not one"

    message, *recipients = status.get_payload()
    assert message["Reporting-MTA"] == "dns; relay.office.test"
    assert message["Arrival-Date"].endswith(" +0000")
    assert recipients
    for recipient in recipients:
        assert recipient["Final-Recipient"].startswith("rfc822; ")
        assert recipient["Action"] in ("failed", "delayed")
        assert re.fullmatch(r"[45]\.\d{1,3}\.\d{1,3}", recipient["Status"])
        assert len(recipient.get_all("Action")) == len(recipient.get_all("Status")) == 1
        assert set(recipient.keys()) <= {
            "Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until",
        }, recipient.keys()

    for part in report.walk():
        assert not part.defects, part.defects
        for name, value in part.items():
            assert not getattr(value, "defects", ()), (name, value.defects)


for path in sys.argv[1:]:
    try:
        read(path)
    except Exception as error:
        raise SystemExit(f"{path}: {error!r}")
