"""Reads each report named on the command line as a strict mail program would, and fails at the first oddity."""

import email
import email.policy
import quopri
import re
import sys


def read(path):
    raw = open(path, "rb").read()
    eight_bit = "eight_bit" in path
    assert raw.isascii() != eight_bit, "not ASCII"
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
    assert report["Content-Transfer-Encoding"] == ("8bit" if eight_bit else None)
    if "utf8" in path:
        # Who is meant stands in the name of a group, since a header in ASCII cannot hold the address.
        (group,) = report["To"].groups
        assert group.display_name == "b\u00fcro@b\u00fcro.test" and not group.addresses, group
    else:
        assert len(report["To"].addresses) == 1
    assert len(report["From"].addresses) == 1
    assert "Bcc" not in report

    people, status, quoted = report.get_payload()
    assert people.get_content_type() == "text/plain"
    assert status.get_content_type() == "message/delivery-status"
    assert status["Content-Transfer-Encoding"] == "7bit"
    words = people.get_content()
    assert "What you can do" in words or "no need to send" in words or "handed over" in words
    if "whole" in path:
        assert quoted.get_content_type() == "message/rfc822"
        assert quoted["Content-Transfer-Encoding"] == ("8bit" if eight_bit else "7bit")
        (original,) = quoted.get_payload()
        assert original["Subject"].startswith("Scan") and original.get_payload().strip(), "the message is not whole"
        assert "The message itself is attached." in words
    else:
        expected = "message/global-headers" if "utf8" in path else "text/rfc822-headers"
        assert quoted.get_content_type() == expected
        text = quoted.get_payload(decode=True) if expected.startswith("text") else quopri.decodestring(raw_part(raw, expected))
        header = email.message_from_bytes(text, policy=email.policy.compat32)
        assert "subject" in header and not header.get_payload().strip(), "the header is not one"

    message, *recipients = status.get_payload()
    assert message["Reporting-MTA"] == "dns; relay.office.test"
    assert message["Arrival-Date"].endswith(" +0000")
    assert message["Original-Envelope-Id"] == ("job+17 of today" if "asked_for" in path else None)
    assert recipients
    for recipient in recipients:
        assert recipient["Final-Recipient"].startswith("utf-8; " if "utf8" in path else "rfc822; ")
        classes = {"failed": "[45]", "delayed": "4", "relayed": "2"}[recipient["Action"]]
        assert re.fullmatch(classes + r"\.\d{1,3}\.\d{1,3}", recipient["Status"])
        if "asked_for" in path:
            assert recipient["Original-Recipient"] == "rfc822; sales+europe@office.test"
        assert len(recipient.get_all("Action")) == len(recipient.get_all("Status")) == 1
        assert set(recipient.keys()) <= {
            "Original-Recipient", "Final-Recipient", "Action", "Status", "Remote-MTA", "Diagnostic-Code", "Last-Attempt-Date", "Will-Retry-Until",
        }, recipient.keys()

    for part in report.walk():
        assert not part.defects, part.defects
        for name, value in part.items():
            assert not getattr(value, "defects", ()), (name, value.defects)


def raw_part(raw, kind):
    """The body of the part of this type, which Python takes for a message and does not decode."""
    part = raw.split(b"Content-Type: " + kind.encode(), 1)[1]
    return part.split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--=_", 1)[0]


for path in sys.argv[1:]:
    try:
        read(path)
    except Exception as error:
        raise SystemExit(f"{path}: {error!r}")
