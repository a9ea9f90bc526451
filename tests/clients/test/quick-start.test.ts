// The two pages of docs/quick-start.md, in a browser reduced to what they use: one origin with a cookie,
// and a body.

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set: tests/api/docs/quick_start.rs does so.`);
  return value;
}

const issuer = required("BETTER_AUTH_URL");
const page = "http://localhost:5173";
const body = { textContent: "" };
Object.assign(globalThis, { document: { body } });

let cookie = "";
const send = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const address = String(input instanceof Request ? input.url : input);
  const headers = new Headers(init?.headers);
  headers.set("origin", page);
  if (!address.startsWith(issuer)) {
    const response = await send(address.replace("http://127.0.0.1:8000/graphql", required("DOCKET_ENDPOINT")), {
      ...init,
      headers,
    });
    assert.equal(response.headers.get("access-control-allow-origin"), page);
    return response;
  }
  if (cookie) headers.set("cookie", cookie);
  const response = await send(address, { ...init, headers });
  const set = response.headers.getSetCookie().map((line) => line.split(";")[0]);
  if (set.length > 0) cookie = set.join("; ");
  return response;
};

async function shows(text: string): Promise<void> {
  for (const started = Date.now(); body.textContent !== text; await setTimeout(10)) {
    assert.ok(Date.now() - started < 60_000, `the page shows ${body.textContent}`);
  }
}

test("with Apollo Client, then with urql", async () => {
  const pages = new URL("../docs-check/quick-start/src/", import.meta.url);
  await import(new URL("apollo.ts", pages).href);
  await shows("Buy milk");
  await import(new URL("urql.ts", pages).href);
  await shows("Buy milk, Buy milk");
});
