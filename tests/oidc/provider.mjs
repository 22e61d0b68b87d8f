/**
 * A real OpenID provider on 127.0.0.1 for the sign-in tests, and a second port to look after it.
 *
 * Arguments: certificate, key (PEM, for HTTPS), the certificate of the application that signs for itself.
 * Says one line of JSON when it is ready: `{"issuer": "https://127.0.0.1:…", "desk": …}`. It ends with its standard input.
 *
 * The second port (plain, this machine only) answers POST:
 *   /introspect  TOKEN        `active` or `inactive`, as the provider's own introspection says
 *   /visit       URL          what a person does in a browser: signs in, agrees; what the last page says
 *   /decline     URL          the same, and says no to the device
 *   /life        KIND SECONDS how long AccessToken, ClientCredentials, RefreshToken, DeviceCode live from now on
 *   /forget      KIND         everything of that kind is called back
 *   /values      KIND         every one of that kind that lives, one a line
 *   /down        on|off       answers 503 to everything
 *   /asked       -            the grant types that were asked for, one a line
 */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import Provider from "oidc-provider";

const [certificate, key, application] = process.argv.slice(2).map((file) => readFileSync(file, "utf8"));
const JUDGE = "judge:a-secret-of-the-judge-that-is-long-enough";

const shelves = new Map();
const lives = { AccessToken: 600, ClientCredentials: 600, RefreshToken: 3600, DeviceCode: 120 };
const asked = [];
let down = false;

/** Keeps everything in memory, where a test can call it back. */
class Shelf {
  constructor(kind) {
    if (!shelves.has(kind)) shelves.set(kind, new Map());
    this.things = shelves.get(kind);
  }
  async upsert(id, payload) {
    this.things.set(id, payload);
  }
  async find(id) {
    return this.things.get(id);
  }
  async findByUid(uid) {
    return [...this.things.values()].find((thing) => thing.uid === uid);
  }
  async findByUserCode(code) {
    return [...this.things.values()].find((thing) => thing.userCode === code);
  }
  async consume(id) {
    this.things.get(id).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    this.things.delete(id);
  }
  async revokeByGrantId(grant) {
    for (const [id, thing] of this.things) if (thing.grantId === grant) this.things.delete(id);
  }
}

const server = https.createServer({ cert: certificate, key });
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `https://127.0.0.1:${server.address().port}`;

const device = "urn:ietf:params:oauth:grant-type:device_code";
const provider = new Provider(issuer, {
  adapter: Shelf,
  clients: [
    {
      client_id: "desktop",
      application_type: "native",
      token_endpoint_auth_method: "none",
      grant_types: ["authorization_code", "refresh_token", device],
      redirect_uris: ["http://127.0.0.1"],
    },
    {
      client_id: "service",
      client_secret: "the-secret-of-the-service-0123456789",
      token_endpoint_auth_method: "client_secret_post",
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: "signer",
      token_endpoint_auth_method: "private_key_jwt",
      token_endpoint_auth_signing_alg: "PS256",
      jwks: { keys: [{ ...new X509Certificate(application).publicKey.export({ format: "jwk" }), use: "sig" }] },
      grant_types: ["client_credentials"],
      response_types: [],
      redirect_uris: [],
    },
    { client_id: "judge", client_secret: JUDGE.split(":")[1], grant_types: [], response_types: [], redirect_uris: [] },
  ],
  scopes: ["openid", "offline_access"],
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
  },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  issueRefreshToken: (_, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  ttl: Object.fromEntries(Object.keys(lives).map((kind) => [kind, () => lives[kind]])),
});
provider.use(async (context, next) => {
  if (down) {
    context.status = 503;
    return;
  }
  await next();
  if (context.path === "/token") asked.push(`${context.oidc?.params?.grant_type} ${context.status}`);
});
server.on("request", provider.callback());

/** Follows redirects and sends forms until there is nothing more to do, as somebody in a browser would. */
async function walk(start, agrees) {
  const cookies = new Map();
  let request = { url: start };
  for (let steps = 0; steps < 30; steps += 1) {
    const page = await fetch(request.url, {
      method: request.form ? "POST" : "GET",
      body: request.form,
      redirect: "manual",
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
    });
    for (const line of page.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value === "") cookies.delete(name);
      else cookies.set(name, value);
    }
    const next = page.headers.get("location");
    if (next !== null) {
      request = { url: new URL(next, request.url).href };
      continue;
    }
    const text = await page.text();
    const action = /<form[^>]*action="([^"]+)"/.exec(text)?.[1];
    if (action === undefined || request.form?.has("abort")) return text.replace(/<style[\s\S]*?<\/style>/g, " ").replace(/<[^>]+>/g, " ").replace(/\s+/g, " ").trim();
    const form = new URLSearchParams();
    for (const [input] of text.matchAll(/<input[^>]*>/g)) {
      const name = /name="([^"]+)"/.exec(input)?.[1];
      if (name !== undefined) form.set(name, /value="([^"]*)"/.exec(input)?.[1] ?? "");
    }
    if (form.has("login")) {
      form.set("login", form.get("login") || "relay@office.test");
      form.set("password", "any");
    }
    if (/user_code/.test(text) && /name="confirm"/.test(text)) {
      form.delete(agrees ? "abort" : "confirm");
      form.set(agrees ? "confirm" : "abort", "yes");
    }
    request = { url: new URL(action, request.url).href, form };
  }
  throw new Error("a sign-in without an end");
}

async function look(path, body) {
  switch (path) {
    case "/introspect": {
      const form = new URLSearchParams({ token: body });
      const headers = { authorization: `Basic ${Buffer.from(JUDGE).toString("base64")}` };
      const said = await (await fetch(`${issuer}/token/introspection`, { method: "POST", body: form, headers })).json();
      return said.active ? "active" : "inactive";
    }
    case "/visit":
      return walk(body, true);
    case "/decline":
      return walk(body, false);
    case "/life": {
      const [kind, seconds] = body.split(" ");
      lives[kind] = Number(seconds);
      return "";
    }
    case "/forget":
      shelves.get(body)?.clear();
      return "";
    case "/values":
      return [...(shelves.get(body)?.keys() ?? [])].join("\n");
    case "/down":
      down = body === "on";
      return "";
    case "/asked":
      return asked.join("\n");
    default:
      throw new Error(`nothing is known of ${path}`);
  }
}

const desk = http.createServer(async (request, response) => {
  let body = "";
  for await (const piece of request) body += piece;
  try {
    response.end(await look(request.url, body));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error.stack));
  }
});
await new Promise((ready) => desk.listen(0, "127.0.0.1", ready));
console.log(JSON.stringify({ issuer, desk: desk.address().port }));
process.stdin.resume().on("end", () => process.exit(0));
