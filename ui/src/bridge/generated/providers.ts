// Generated from src-tauri/control/src/providers.json.
import type { Provider } from "./control";

export const providerTable: Provider[] = [
  {
    "key": "microsoft365",
    "name": "Microsoft 365",
    "summary": "A mailbox of your Microsoft 365 or Exchange Online",
    "knownBy": [
      "smtp.office365.com"
    ],
    "servers": [
      {
        "label": "smtp.office365.com",
        "server": "smtp.office365.com"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password",
      "oauth"
    ],
    "user": {
      "label": "Mailbox",
      "hint": "The sign-in name of a licensed mailbox, best one of its own for the relay.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "Password",
      "hint": "Accounts with a second factor need another way of signing in."
    },
    "conditions": [
      "Sends only as this mailbox, or as addresses it has the “Send as” right for.",
      "3 connections, 30 messages a minute, 10,000 recipients a day. Outtray keeps to all three by itself."
    ],
    "caution": {
      "title": "Sign-in with a password is on its way out",
      "text": "At the end of December 2026 Microsoft switches it off by default. An administrator can switch it on again for now; tenants created later do not get it. Choose “Sign in with Microsoft” or “As an application” instead."
    },
    "link": {
      "key": "microsoftSmtpAuth",
      "label": "How to allow authenticated SMTP for a mailbox"
    },
    "parallelConnections": 3,
    "messagesPerConnection": 30,
    "ownSendersOnly": [
      "smtp.office365.com"
    ],
    "pace": {
      "messagesPerMinute": 30,
      "recipientsPerDay": 10000,
      "recipientsPerMessage": 500
    },
    "largestMessage": 36700160,
    "nullSender": "account",
    "spf": "spf.protection.outlook.com",
    "dkim": "Two CNAME records that the Defender portal shows, selector1 and selector2.",
    "advice": {
      "signInRefused": "Wrong password, or the account has a second factor switched on. Sign in to the mailbox in a browser to see which.",
      "signInSwitchedOff": "In the Microsoft 365 admin centre open the user, then Mail, then Manage email apps, and tick Authenticated SMTP. Security defaults or Conditional Access can also block it.",
      "senderRefused": "This mailbox may not send from that address. Grant it “Send as”, or let the device send from the mailbox’s own address.",
      "accountBlocked": "The day’s limit is reached, the mailbox is full (empty its Sent Items), or Microsoft has restricted the account."
    }
  },
  {
    "key": "google",
    "name": "Google Workspace",
    "summary": "The relay of Workspace, or one mailbox",
    "knownBy": [
      "smtp.gmail.com",
      "smtp-relay.gmail.com"
    ],
    "servers": [
      {
        "label": "Workspace relay (smtp-relay.gmail.com)",
        "server": "smtp-relay.gmail.com"
      },
      {
        "label": "One mailbox (smtp.gmail.com)",
        "server": "smtp.gmail.com",
        "pace": {
          "messagesPerMinute": null,
          "recipientsPerDay": 2000,
          "recipientsPerMessage": 100
        }
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password",
      "oauth",
      "none"
    ],
    "user": {
      "label": "Google account",
      "hint": "The full address of the account.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "App password",
      "hint": "16 letters, made in the Google account. The normal password does not work."
    },
    "conditions": [
      "The account needs 2-step verification; only then can an app password be made.",
      "The relay must be switched on in the Admin console (Gmail, Routing). A mailbox sends only as itself and its aliases."
    ],
    "link": {
      "key": "googleAppPassword",
      "label": "How to make an app password"
    },
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "ownSendersOnly": [
      "smtp.gmail.com"
    ],
    "pace": {
      "messagesPerMinute": null,
      "recipientsPerDay": 10000,
      "recipientsPerMessage": 100
    },
    "largestMessage": 35882577,
    "spf": "_spf.google.com",
    "dkim": "A TXT record at google._domainkey, made in the Admin console.",
    "advice": {
      "signInRefused": "Google wants an app password here, not the account’s own password. Make one and paste it without spaces.",
      "senderRefused": "The domain of the sender is not registered in this Workspace, or this server’s address is not allowed in the relay’s settings.",
      "accountBlocked": "The day’s limit of this account is used up. It is free again after 24 hours."
    }
  },
  {
    "key": "sendgrid",
    "name": "SendGrid",
    "summary": "Twilio SendGrid with an API key",
    "knownBy": [
      ".sendgrid.net"
    ],
    "servers": [
      {
        "label": "Global (smtp.sendgrid.net)",
        "server": "smtp.sendgrid.net"
      },
      {
        "label": "Europe (smtp.eu.sendgrid.net)",
        "server": "smtp.eu.sendgrid.net"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "User name",
      "hint": "Always the word apikey; nothing to fill in.",
      "placeholder": "apikey",
      "fixed": "apikey"
    },
    "secret": {
      "label": "API key",
      "hint": "Begins with “SG.” and needs the right to send mail. It is shown only once, when it is made."
    },
    "conditions": [
      "Senders must be verified: a single address, or better your whole domain.",
      "How much you may send depends on your plan."
    ],
    "link": {
      "key": "sendgridKeys",
      "label": "Open API keys at SendGrid"
    },
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "largestMessage": 30000000,
    "spf": "sendgrid.net",
    "dkim": "Three CNAME records that are shown under Sender Authentication.",
    "advice": {
      "signInRefused": "SendGrid does not know this API key. Copy it again: it begins with “SG.” and is shown only once, when it is made.",
      "senderRefused": "This address is not a verified sender at SendGrid. Verify the address or the whole domain there.",
      "accountBlocked": "The plan’s messages are used up."
    }
  },
  {
    "key": "ses",
    "name": "Amazon SES",
    "summary": "Amazon Simple Email Service in one region",
    "knownBy": [
      ".amazonaws.com"
    ],
    "servers": [
      {
        "label": "eu-central-1",
        "server": "email-smtp.eu-central-1.amazonaws.com"
      },
      {
        "label": "eu-west-1",
        "server": "email-smtp.eu-west-1.amazonaws.com"
      },
      {
        "label": "eu-west-2",
        "server": "email-smtp.eu-west-2.amazonaws.com"
      },
      {
        "label": "us-east-1",
        "server": "email-smtp.us-east-1.amazonaws.com"
      },
      {
        "label": "us-east-2",
        "server": "email-smtp.us-east-2.amazonaws.com"
      },
      {
        "label": "us-west-2",
        "server": "email-smtp.us-west-2.amazonaws.com"
      },
      {
        "label": "ap-southeast-2",
        "server": "email-smtp.ap-southeast-2.amazonaws.com"
      },
      {
        "label": "ap-northeast-1",
        "server": "email-smtp.ap-northeast-1.amazonaws.com"
      }
    ],
    "serverLabel": "Region",
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "SMTP user name",
      "hint": "From “SMTP credentials” of SES in this region, not an access key of IAM.",
      "placeholder": "AKIA…"
    },
    "secret": {
      "label": "SMTP password",
      "hint": "Made together with the SMTP user name."
    },
    "conditions": [
      "Sender addresses or domains must be verified in the same region.",
      "A new account is in the sandbox: 200 messages a day, to verified recipients only."
    ],
    "link": {
      "key": "sesCredentials",
      "label": "How to make SMTP credentials"
    },
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "pace": {
      "messagesPerMinute": null,
      "recipientsPerDay": null,
      "recipientsPerMessage": 50
    },
    "largestMessage": 40000000,
    "spf": "amazonses.com",
    "dkim": "Three CNAME records that are shown with the identity.",
    "advice": {
      "signInRefused": "These are not SMTP credentials of this region. Keys of IAM and credentials of another region do not work.",
      "senderRefused": "This address is not verified in this region, or the account is still in the sandbox."
    }
  },
  {
    "key": "mailgun",
    "name": "Mailgun",
    "summary": "A sending domain at Mailgun, US or EU",
    "knownBy": [
      ".mailgun.org"
    ],
    "servers": [
      {
        "label": "US (smtp.mailgun.org)",
        "server": "smtp.mailgun.org"
      },
      {
        "label": "EU (smtp.eu.mailgun.org)",
        "server": "smtp.eu.mailgun.org"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "SMTP user",
      "hint": "Name and sending domain, as shown under Domain settings, SMTP credentials.",
      "placeholder": "relay@mg.example.com"
    },
    "secret": {
      "label": "SMTP password",
      "hint": "Of this SMTP user, not the password of the account."
    },
    "conditions": [
      "The sending domain must be verified, in the region chosen here.",
      "A sandbox domain reaches authorised recipients only."
    ],
    "link": {
      "key": "mailgunDomains",
      "label": "Open sending domains at Mailgun"
    },
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "largestMessage": 25000000,
    "spf": "mailgun.org",
    "dkim": "A TXT record that is shown with the sending domain.",
    "advice": {
      "signInRefused": "User and password belong to one sending domain and one region. Check both."
    }
  },
  {
    "key": "other",
    "name": "Another provider",
    "summary": "Any server that takes mail by SMTP",
    "knownBy": [],
    "servers": [],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password",
      "none"
    ],
    "user": {
      "label": "User name",
      "hint": "Often the full mail address.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "Password",
      "hint": ""
    },
    "conditions": [
      "Ask the provider for server, port and kind of encryption. 587 with STARTTLS is the usual answer, 465 the second."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "advice": {}
  },
  {
    "key": "microsoft365Graph",
    "name": "Microsoft 365 by Graph",
    "summary": "Where SMTP is switched off for the organisation",
    "more": true,
    "knownBy": [
      "graph.microsoft.com"
    ],
    "protocol": "microsoftGraph",
    "servers": [
      {
        "label": "graph.microsoft.com",
        "server": "graph.microsoft.com"
      }
    ],
    "port": 443,
    "encryption": "implicit",
    "signIn": [
      "oauth"
    ],
    "user": {
      "label": "Mailbox",
      "hint": "The mailbox that sends.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "Client secret",
      "hint": "Its value, not its ID."
    },
    "conditions": [
      "Goes by HTTPS, which every network lets out.",
      "The application needs the right Mail.Send, and Mail.ReadWrite for attachments of more than 3 MB: they are put on a draft.",
      "Mail goes to whom its To, Cc and Bcc name; Outtray makes them those it is for.",
      "A mailbox takes 35 MB, unless an administrator has changed that."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "pace": {
      "messagesPerMinute": 30,
      "recipientsPerDay": 10000,
      "recipientsPerMessage": 500
    },
    "largestMessage": 36700160,
    "nullSender": "account",
    "spf": "spf.protection.outlook.com",
    "dkim": "Two CNAME records that the Defender portal shows, selector1 and selector2.",
    "advice": {
      "consentMissing": "Grant admin consent for Mail.Send and Mail.ReadWrite in the Entra admin centre, or add this mailbox to the application’s scope in Exchange.",
      "accountBlocked": "Microsoft knows no mailbox of this name in Exchange Online. Use a licensed or shared mailbox.",
      "senderRefused": "The application may not send as that address. Let the device send from the mailbox’s own address."
    }
  },
  {
    "key": "microsoft365Connector",
    "name": "Microsoft 365 connector",
    "summary": "By this office’s public address, no sign-in",
    "more": true,
    "knownBy": [
      ".mail.protection.outlook.com"
    ],
    "servers": [],
    "serverHint": "The MX name of your domain: example-com.mail.protection.outlook.com",
    "placeholder": "example-com.mail.protection.outlook.com",
    "port": 25,
    "encryption": "starttls",
    "signIn": [
      "none",
      "certificate"
    ],
    "user": {
      "label": "User name",
      "hint": "",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "Password",
      "hint": ""
    },
    "conditions": [
      "The Exchange admin centre needs a connector that names this office’s public address or a certificate.",
      "The sender’s domain must be one of yours.",
      "Port 25 must be open to the internet; many internet providers close it.",
      "Without a connector this is “direct send”: your own people can be reached, nobody else."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "spf": "spf.protection.outlook.com",
    "dkim": "Two CNAME records that the Defender portal shows, selector1 and selector2.",
    "advice": {
      "accountBlocked": "Microsoft does not know this office by its public address. Correct the connector in the Exchange admin centre, or sign in as a mailbox instead."
    }
  },
  {
    "key": "microsoft365HighVolume",
    "name": "Microsoft 365 High Volume Email",
    "summary": "Much mail to your own people",
    "more": true,
    "knownBy": [
      "smtp.hve.mx.microsoft",
      "smtp-hve.office365.com"
    ],
    "servers": [
      {
        "label": "smtp.hve.mx.microsoft",
        "server": "smtp.hve.mx.microsoft"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "Account",
      "hint": "The High Volume Email account, made in the Exchange admin centre.",
      "placeholder": "hve@example.com"
    },
    "secret": {
      "label": "Password",
      "hint": ""
    },
    "conditions": [
      "Reaches mailboxes of your own organisation only.",
      "Works although SMTP sign-in is switched off for the organisation; security defaults block it.",
      "A password works until September 2028."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "ownSendersOnly": [
      "smtp.hve.mx.microsoft"
    ],
    "pace": {
      "messagesPerMinute": null,
      "recipientsPerDay": null,
      "recipientsPerMessage": 50
    },
    "nullSender": "account",
    "spf": "spf.protection.outlook.com",
    "advice": {
      "signInRefused": "Wrong password, or security defaults are on: they block this sign-in."
    }
  },
  {
    "key": "azure",
    "name": "Azure Communication Services",
    "summary": "Mail of programs, by Microsoft’s cloud",
    "more": true,
    "knownBy": [
      "smtp.azurecomm.net"
    ],
    "servers": [
      {
        "label": "smtp.azurecomm.net",
        "server": "smtp.azurecomm.net"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "SMTP user name",
      "hint": "Made in the portal under SMTP Usernames.",
      "placeholder": "relay"
    },
    "secret": {
      "label": "Client secret",
      "hint": "Of the application in Microsoft Entra ID that the user name belongs to. It runs out; note the date."
    },
    "conditions": [
      "Begins slowly: 30 messages a minute and 100 an hour. Microsoft raises it on request.",
      "The sender must be a MailFrom address of a linked, verified domain."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "pace": {
      "messagesPerMinute": 30,
      "recipientsPerDay": 2400,
      "recipientsPerMessage": 50
    },
    "largestMessage": 10000000,
    "spf": "spf.protection.outlook.com",
    "dkim": "Two CNAME records that the portal shows.",
    "advice": {
      "signInRefused": "The user name, the client secret or the role of the application is missing or has run out. See SMTP Usernames and the application in Entra ID."
    }
  },
  {
    "key": "postmark",
    "name": "Postmark",
    "summary": "A server at Postmark, by its token",
    "more": true,
    "knownBy": [
      ".postmarkapp.com"
    ],
    "servers": [
      {
        "label": "Transactional (smtp.postmarkapp.com)",
        "server": "smtp.postmarkapp.com"
      },
      {
        "label": "Broadcast (smtp-broadcasts.postmarkapp.com)",
        "server": "smtp-broadcasts.postmarkapp.com"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "User name",
      "hint": "The server’s API token; the password is the same.",
      "placeholder": "API token"
    },
    "secret": {
      "label": "Password",
      "hint": "The server’s API token once more."
    },
    "conditions": [
      "Senders need a confirmed signature, or a verified domain."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "pace": {
      "messagesPerMinute": null,
      "recipientsPerDay": null,
      "recipientsPerMessage": 50
    },
    "largestMessage": 10000000,
    "dkim": "A TXT record, and a CNAME for the Return-Path to pm.mtasv.net; both are shown with the domain.",
    "advice": {
      "senderRefused": "The sender has no confirmed signature at Postmark. Confirm the address or the domain there."
    }
  },
  {
    "key": "brevo",
    "name": "Brevo",
    "summary": "Formerly Sendinblue",
    "more": true,
    "knownBy": [
      "smtp-relay.brevo.com",
      "smtp-relay.sendinblue.com"
    ],
    "servers": [
      {
        "label": "smtp-relay.brevo.com",
        "server": "smtp-relay.brevo.com"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "Login",
      "hint": "As shown under SMTP & API.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "SMTP key",
      "hint": "Made under SMTP & API. The account’s password does not work."
    },
    "conditions": [
      "Senders must be verified.",
      "The free plan sends 300 messages a day."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "largestMessage": 20000000,
    "spf": "spf.brevo.com",
    "dkim": "Records that are shown with the domain.",
    "advice": {
      "accountBlocked": "Brevo lets in known addresses only. Add this office’s public address there, under Authorised IPs.",
      "signInRefused": "Brevo wants an SMTP key here, not the account’s password."
    }
  },
  {
    "key": "smtp2go",
    "name": "SMTP2GO",
    "summary": "An SMTP user of SMTP2GO",
    "more": true,
    "knownBy": [
      "mail.smtp2go.com"
    ],
    "servers": [
      {
        "label": "mail.smtp2go.com",
        "server": "mail.smtp2go.com"
      }
    ],
    "port": 2525,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "SMTP user",
      "hint": "Made under Sending, SMTP Users.",
      "placeholder": "relay"
    },
    "secret": {
      "label": "Password",
      "hint": ""
    },
    "conditions": [
      "The sender’s domain must be verified.",
      "Port 2525 is open in most networks; 587, 8025 and 80 work too."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "largestMessage": 50000000,
    "dkim": "Three CNAME records that are shown with the domain.",
    "advice": {}
  },
  {
    "key": "mailjet",
    "name": "Mailjet",
    "summary": "An API key of Mailjet",
    "more": true,
    "knownBy": [
      ".mailjet.com"
    ],
    "servers": [
      {
        "label": "in-v3.mailjet.com",
        "server": "in-v3.mailjet.com"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "API key",
      "hint": "Under API key management.",
      "placeholder": ""
    },
    "secret": {
      "label": "Secret key",
      "hint": "Shown together with the API key."
    },
    "conditions": [
      "Senders must be verified."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "largestMessage": 15000000,
    "spf": "spf.mailjet.com",
    "dkim": "A TXT record at mailjet._domainkey.",
    "advice": {}
  },
  {
    "key": "zoho",
    "name": "Zoho Mail",
    "summary": "A mailbox at Zoho",
    "more": true,
    "knownBy": [
      "smtp.zoho.com",
      "smtp.zoho.eu",
      "smtp.zoho.in",
      "smtppro.zoho.com",
      "smtppro.zoho.eu",
      "smtppro.zoho.in"
    ],
    "servers": [
      {
        "label": "Business, US (smtppro.zoho.com)",
        "server": "smtppro.zoho.com"
      },
      {
        "label": "Business, EU (smtppro.zoho.eu)",
        "server": "smtppro.zoho.eu"
      },
      {
        "label": "Business, India (smtppro.zoho.in)",
        "server": "smtppro.zoho.in"
      },
      {
        "label": "Personal, US (smtp.zoho.com)",
        "server": "smtp.zoho.com"
      },
      {
        "label": "Personal, EU (smtp.zoho.eu)",
        "server": "smtp.zoho.eu"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "Mailbox",
      "hint": "The full address.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "Password",
      "hint": "With two-factor sign-in an app password."
    },
    "conditions": [
      "Sends only as this mailbox and its aliases.",
      "300 messages a day for each user, by plan.",
      "The data centre must be the account’s own."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "ownSendersOnly": [
      "smtppro.zoho.com",
      "smtppro.zoho.eu",
      "smtppro.zoho.in",
      "smtp.zoho.com",
      "smtp.zoho.eu"
    ],
    "nullSender": "account",
    "spf": "zoho.com",
    "advice": {
      "signInRefused": "Wrong password, no app password though two-factor sign-in is on, or the server of another data centre.",
      "senderRefused": "Zoho sends only as this mailbox and its aliases. Add an alias there."
    }
  },
  {
    "key": "zeptomail",
    "name": "ZeptoMail",
    "summary": "Zoho’s service for mail of programs",
    "more": true,
    "knownBy": [
      "smtp.zeptomail.com",
      "smtp.zeptomail.eu",
      "smtp.zeptomail.in"
    ],
    "servers": [
      {
        "label": "US (smtp.zeptomail.com)",
        "server": "smtp.zeptomail.com"
      },
      {
        "label": "EU (smtp.zeptomail.eu)",
        "server": "smtp.zeptomail.eu"
      },
      {
        "label": "India (smtp.zeptomail.in)",
        "server": "smtp.zeptomail.in"
      }
    ],
    "port": 587,
    "encryption": "starttls",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "User name",
      "hint": "Always the word emailapikey; nothing to fill in.",
      "placeholder": "emailapikey",
      "fixed": "emailapikey"
    },
    "secret": {
      "label": "Send mail token",
      "hint": "Under Agents, SMTP and API."
    },
    "conditions": [
      "The sender’s domain must be verified.",
      "Every message needs a subject."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "largestMessage": 15000000,
    "advice": {}
  },
  {
    "key": "fastmail",
    "name": "Fastmail",
    "summary": "A mailbox at Fastmail",
    "more": true,
    "knownBy": [
      "smtp.fastmail.com"
    ],
    "servers": [
      {
        "label": "smtp.fastmail.com",
        "server": "smtp.fastmail.com"
      }
    ],
    "port": 465,
    "encryption": "implicit",
    "signIn": [
      "password"
    ],
    "user": {
      "label": "Mailbox",
      "hint": "The full address.",
      "placeholder": "relay@example.com"
    },
    "secret": {
      "label": "App password",
      "hint": "Made under Privacy & Security. The account’s password does not work."
    },
    "conditions": [
      "Sends only as addresses and aliases of the account."
    ],
    "parallelConnections": 3,
    "messagesPerConnection": 100,
    "ownSendersOnly": [
      "smtp.fastmail.com"
    ],
    "largestMessage": 70000000,
    "nullSender": "account",
    "spf": "spf.messagingengine.com",
    "dkim": "Three CNAME records, fm1 to fm3.",
    "advice": {}
  }
];
