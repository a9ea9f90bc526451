// Two real issuers: Better Auth, once with each kind of key and once with a secret, and jose with every
// algorithm. Prints one line of JSON with their settings and tokens; for every line that comes in, it
// replaces Better Auth's keys and prints a token of the new one. Ends when standard input does.

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { betterAuth } from "better-auth";
import { memoryAdapter } from "better-auth/adapters/memory";
import { toNodeHandler } from "better-auth/node";
import { jwt } from "better-auth/plugins";
import { SignJWT, exportJWK, generateKeyPair } from "jose";

const secret = "a secret of the tests: forty characters.";
const hmac = new TextEncoder().encode(secret + secret);
const routes = new Map();
const server = createServer((request, response) => {
  const name = new URL(request.url, "http://x").pathname.split("/")[1];
  routes.get(name)(request, response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const origin = `http://127.0.0.1:${server.address().port}`;

/** A Better Auth server at a path of its own, with one user. */
async function better(name, options) {
  const database = { user: [], session: [], account: [], verification: [], jwks: [] };
  const address = `${origin}/${name}/api/auth`;
  const auth = betterAuth({
    baseURL: origin,
    basePath: `/${name}/api/auth`,
    secret,
    database: memoryAdapter(database),
    emailAndPassword: { enabled: true },
    telemetry: { enabled: false },
    logger: { disabled: true },
    plugins: [jwt({ ...options, jwt: { issuer: address, audience: "docket", ...options.jwt } })],
  });
  routes.set(name, toNodeHandler(auth));
  const body = { email: `${name}@example.org`, password: "correct horse", name: `User of ${name}` };
  const signedUp = await auth.api.signUpEmail({ body, asResponse: true });
  const { user } = await signedUp.json();
  const cookies = signedUp.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  const headers = new Headers({ cookie: cookies.join("; ") });
  const issue = async () => (await auth.api.getToken({ headers })).token;
  const tokens = [await issue()];
  const { id: subject, email } = user;
  return { name, issuer: address, jwks_url: `${address}/jwks`, tokens, subject, email, issue, database };
}

/** An issuer made of jose alone, with a key of each algorithm. */
async function jose() {
  const issuer = `${origin}/jose`;
  const keys = [];
  const tokens = [];
  const sign = (header, key) =>
    new SignJWT({ email: "jose@example.org" })
      .setProtectedHeader(header)
      .setIssuer(issuer)
      .setAudience(["docket", "other"])
      .setSubject("jose")
      .setIssuedAt()
      .setNotBefore("0s")
      .setExpirationTime("1h")
      .sign(key);
  const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA", "Ed25519"];
  for (const alg of algorithms) {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    keys.push({ ...(await exportJWK(publicKey)), alg, kid: `key of ${alg}`, use: "sig" });
    tokens.push(await sign({ alg, kid: `key of ${alg}` }, privateKey));
    tokens.push(await sign({ alg, typ: "at+jwt" }, privateKey));
  }
  // Its neighbours in the set, which are for other things.
  keys.push({ kty: "oct", k: Buffer.from(hmac).toString("base64url"), alg: "HS256", kid: "secret" });
  keys.push(await exportJWK((await generateKeyPair("ECDH-ES")).publicKey));
  routes.set("jose", (_, response) => response.end(JSON.stringify({ keys })));
  const forged = [];
  for (const alg of algorithms) {
    const { privateKey } = await generateKeyPair(alg);
    forged.push(await sign({ alg, kid: `key of ${alg}` }, privateKey));
  }
  for (const alg of ["HS256", "HS384", "HS512"]) forged.push(await sign({ alg, kid: "secret" }, hmac));
  return { name: "jose", issuer, jwks_url: `${issuer}/keys`, tokens, forged, subject: "jose", email: "jose@example.org" };
}

const eddsa = await better("eddsa", {});
const issuers = [
  eddsa,
  await better("es256", { jwks: { keyPairConfig: { alg: "ES256" } } }),
  await better("rs256", { jwks: { keyPairConfig: { alg: "RS256" } } }),
  await better("ps256", { jwks: { keyPairConfig: { alg: "PS256" } } }),
  await jose(),
];
const withSecret = await better("secret", {
  jwks: { remoteUrl: `${origin}/secret/keys`, keyPairConfig: { alg: "ES256" } },
  jwt: {
    sign: (payload) =>
      new SignJWT(payload).setProtectedHeader({ alg: "HS256" }).sign(new TextEncoder().encode(secret)),
  },
});
issuers.push({ ...withSecret, jwks_url: undefined, secret });

const told = ({ issue, database, ...rest }) => rest;
console.log(JSON.stringify(issuers.map(told)));
for await (const _ of createInterface({ input: process.stdin })) {
  eddsa.database.jwks.length = 0;
  console.log(JSON.stringify(await eddsa.issue()));
}
process.exit(0);
