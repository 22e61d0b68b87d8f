"""Checks the DKIM signatures of a message with dkimpy, which knows nothing of Outtray.

Arguments: a JSON object (record name -> TXT record), a message, and a word for what is done to it before.
Prints a JSON list: for each signature its domain, algorithm, whether it holds, and why not.
"""
import json
import re
import sys

import dkim

records = json.loads(sys.argv[1])
with open(sys.argv[2], "rb") as file:
    message = file.read()

change = sys.argv[3] if len(sys.argv) > 3 else ""
if change == "body":
    # One octet, near the end.
    at = len(message.rstrip()) - 1
    message = message[:at] + bytes([message[at] ^ 1]) + message[at + 1 :]
elif change == "header":
    message = message.replace(b"Subject: ", b"Subject: x", 1)
elif change == "second":
    # A reader might show this one.
    message = re.sub(rb"\r\nSubject: ", rb"\r\nSubject: Win a prize\r\nSubject: ", message, count=1)
elif change == "spaces":
    # What servers on the way may do, and relaxed signatures forgive.
    message = message.replace(b"\r\nSubject: ", b"\r\nSUBJECT:\r\n\t ", 1) + b"\r\n\r\n"


def published(name, timeout=5):
    return records.get(name.decode().rstrip("."), "").encode()


found = []
signed = dkim.DKIM(message, minkey=1024)
for place in range(len(re.findall(rb"(?im)^dkim-signature:", message.split(b"\r\n\r\n")[0]))):
    holds, why = False, ""
    try:
        holds = signed.verify(idx=place, dnsfunc=published)
    except dkim.DKIMException as error:
        why = str(error)
    tags = {name.decode(): value.decode() for name, value in signed.signature_fields.items() if name in (b"d", b"a", b"s")} if signed.signature_fields else {}
    found.append({**tags, "holds": holds, "why": why})
print(json.dumps(found))
