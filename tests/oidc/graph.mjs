/**
 * What Microsoft Graph does with mail, as its documents describe it, on 127.0.0.1: sendMail, drafts, upload sessions.
 * A token is good when the OpenID provider of the tests says so.
 *
 * Arguments: certificate, key (PEM), the port of that provider's desk. Says one line of JSON when it is ready:
 * `{"port": …, "desk": …}`. It ends with its standard input.
 *
 * The second port (plain, this machine only) answers POST:
 *   /answer  {"status", "code", "wait", "times"}  what it says next, in place of doing anything; with the status 0 it
 *            does what is asked and closes the connection in place of an answer
 *   /taken   -   everything that was sent: mailbox, mime (base64), attachments with name, bytes and hash
 *   /asked   -   method, path and answer of each request, one a line
 *   /nobody  an address: messages to it are refused as a whole
 *   /drafts  -   how many drafts there are
 */
import { createHash, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";

const [certificate, key, judge] = process.argv.slice(2);
const LARGEST = 4 * 1024 * 1024;
const drafts = new Map();
const uploads = new Map();
const sent = [];
const asked = [];
const nobodies = [];
let scripted = [];

async function isGood(header) {
  const token = /^Bearer (.+)$/.exec(header ?? "")?.[1];
  if (token === undefined) return false;
  return (await (await fetch(`http://127.0.0.1:${judge}/introspect`, { method: "POST", body: token })).text()) === "active";
}

async function bodyOf(request) {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces);
}

const refusal = (status, code, wait) => ({ status, headers: wait === undefined ? {} : { "retry-after": String(wait) }, body: { error: { code, message: `it is ${code}` } } });

function decoded(body) {
  const text = body.toString("latin1");
  return /^[A-Za-z0-9+/]+=*$/.test(text) && text.length % 4 === 0 ? Buffer.from(text, "base64") : null;
}

/** A piece of an attachment. Whoever sends a token here gives it away. */
function upload(request, id, body) {
  const place = uploads.get(id);
  if (request.headers.authorization !== undefined) return refusal(400, "TokenGivenAway");
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(request.headers["content-range"] ?? "");
  if (!place || !range) return refusal(400, "ErrorInvalidRequest");
  const [first, last, whole] = range.slice(1).map(Number);
  if (first !== place.bytes.length || last - first + 1 !== body.length || whole !== place.size) return refusal(416, "InvalidRange");
  place.bytes = Buffer.concat([place.bytes, body]);
  if (place.bytes.length < whole) return { status: 200, body: { nextExpectedRanges: [`${place.bytes.length}-`] } };
  uploads.delete(id);
  drafts.get(place.draft)?.attachments.push({ name: place.name, bytes: whole, hash: createHash("sha256").update(place.bytes).digest("hex") });
  return { status: 201, body: {} };
}

async function answer(request) {
  const body = await bodyOf(request);
  if (scripted[0]?.status === 0) {
    scripted = scripted.slice(1);
    return { ...(await done(request, body)), hangsUp: true };
  }
  return done(request, body);
}

async function done(request, body) {
  const path = request.url.split("/").filter(Boolean).map(decodeURIComponent);
  if (path[0] === "upload") return upload(request, path[1], body);
  const next = scripted[0];
  if (next !== undefined) {
    next.times -= 1;
    if (next.times <= 0) scripted = scripted.slice(1);
    return refusal(next.status, next.code, next.wait);
  }
  if (!(await isGood(request.headers.authorization))) return refusal(401, "InvalidAuthenticationToken");
  if (body.length > LARGEST) return refusal(413, "RequestEntityTooLarge");
  const [version, users, mailbox, what, id, more, last] = path;
  if (version !== "v1.0" || users !== "users") return refusal(404, "ResourceNotFound");
  const verb = `${request.method} ${[what, id && ":", more, last].filter(Boolean).join("/")}`;
  const draft = drafts.get(id);
  switch (verb) {
    case "POST sendMail":
    case "POST messages": {
      const mime = request.headers["content-type"] === "text/plain" ? decoded(body) : null;
      if (mime === null || mime.length === 0) return refusal(400, "ErrorMimeContentInvalidBase64String");
      const recipients = mime.toString("latin1").split("\r\n\r\n", 1)[0].split("\r\n").filter((line) => /^(to|cc|bcc):/i.test(line)).join(" ");
      if (nobodies.some((nobody) => recipients.includes(`<${nobody}>`))) return refusal(400, "ErrorInvalidRecipients");
      const letter = { mailbox, mime: mime.toString("base64"), attachments: [] };
      if (what === "sendMail") {
        sent.push(letter);
        return { status: 202 };
      }
      const name = randomUUID();
      drafts.set(name, letter);
      return { status: 201, body: { id: name } };
    }
    case "DELETE messages/:":
      return drafts.delete(id) ? { status: 204 } : refusal(404, "ErrorItemNotFound");
    case "POST messages/:/attachments/createUploadSession": {
      if (!draft) return refusal(404, "ErrorItemNotFound");
      const { AttachmentItem: item } = JSON.parse(body.toString("utf8"));
      const place = randomUUID();
      uploads.set(place, { draft: id, name: item.name, size: item.size, bytes: Buffer.alloc(0) });
      return { status: 201, body: { uploadUrl: `https://127.0.0.1:${server.address().port}/upload/${place}`, nextExpectedRanges: ["0-"] } };
    }
    case "POST messages/:/send":
      if (!draft) return refusal(404, "ErrorItemNotFound");
      drafts.delete(id);
      sent.push(draft);
      return { status: 202 };
    default:
      return refusal(404, "ResourceNotFound");
  }
}

const server = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, async (request, response) => {
  const { status, headers, body, hangsUp } = await answer(request).catch((error) => refusal(500, String(error)));
  asked.push(`${request.method} ${request.url.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "ID")} ${hangsUp ? "unanswered" : status}`);
  if (hangsUp) return request.socket.destroy();
  response.writeHead(status, { "request-id": randomUUID(), ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

const desk = http.createServer(async (request, response) => {
  const body = (await bodyOf(request)).toString("utf8");
  if (request.url === "/answer") scripted.push({ times: 1, ...JSON.parse(body) });
  if (request.url === "/nobody") nobodies.push(body);
  const said = { "/answer": "", "/nobody": "", "/taken": JSON.stringify(sent), "/asked": asked.join("\n"), "/drafts": String(drafts.size) }[request.url];
  response.statusCode = said === undefined ? 404 : 200;
  response.end(said);
});
await new Promise((ready) => desk.listen(0, "127.0.0.1", ready));
console.log(JSON.stringify({ port: server.address().port, desk: desk.address().port }));
process.stdin.resume().on("end", () => process.exit(0));
