/** Hands in a message with the text on standard input: HOST PORT MODE FROM TO USER PASSWORD SUBJECT. */
import { buffer } from "node:stream/consumers";
import { createTransport } from "nodemailer";

const [host, port, mode, from, to, user, pass, subject] = process.argv.slice(2);
const mechanism = { "auth-plain": "PLAIN", "auth-login": "LOGIN", "auth-clear": "LOGIN" }[mode];
const encryption = { tls: "implicit", plain: "none", "auth-clear": "none" }[mode] ?? "starttls";
const transport = createTransport({
  host,
  port: Number(port),
  secure: encryption === "implicit",
  ignoreTLS: encryption === "none",
  requireTLS: encryption === "starttls",
  // As devices do: whatever certificate is shown is taken.
  tls: { rejectUnauthorized: false },
  ...(mechanism && { auth: { user, pass }, authMethod: mechanism }),
});
await transport.sendMail({ from, to, subject, text: (await buffer(process.stdin)).toString("utf8") });
transport.close();
