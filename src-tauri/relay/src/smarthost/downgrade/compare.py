"""Compares each mail before and after: the same parts of the same types, the same octets once they are decoded."""

import email
import email.policy
import pathlib
import sys

# Nothing is interpreted that need not be: the parts as they stand.
POLICY = email.policy.compat32


def parts(path):
    mail = email.message_from_bytes(path.read_bytes(), policy=POLICY)
    for part in mail.walk():
        body = None if part.is_multipart() else part.get_payload(decode=True)
        yield part.get_content_type(), part.get_params(), body


compared = 0
for before in sorted(pathlib.Path(sys.argv[1]).glob("*.before")):
    after = before.with_suffix(".after")
    assert after.read_bytes().isascii(), after
    one, other = list(parts(before)), list(parts(after))
    assert one == other, (before.read_bytes(), after.read_bytes())
    compared += sum(body is not None for _, _, body in one)
print(compared)
