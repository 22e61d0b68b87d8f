"""Hands in the message on standard input with Python's smtplib: HOST PORT MODE FROM TO USER PASSWORD."""

import smtplib
import ssl
import sys

host, port, mode, sender, recipient, user, password = sys.argv[1:]
# As devices do: whatever certificate is shown is taken.
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE

if mode == "tls":
    server = smtplib.SMTP_SSL(host, int(port), context=context)
else:
    server = smtplib.SMTP(host, int(port))
with server:
    if mode in ("starttls", "auth-plain", "auth-login"):
        server.starttls(context=context)
    server.ehlo()
    server.user, server.password = user, password
    if mode == "auth-plain":
        server.auth("PLAIN", server.auth_plain)
    elif mode in ("auth-login", "auth-clear"):
        server.auth("LOGIN", server.auth_login)
    server.sendmail(sender, [recipient], sys.stdin.buffer.read())
