// The server under test, somebody who uses it, and what goes over the wire.

import assert from "node:assert/strict";
import { createHmac, randomUUID } from "node:crypto";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createSession, type Session } from "../examples/session";

export const endpoint = required("DOCKET_ENDPOINT");

/** Somebody new, signed in for an hour. */
export function somebody(): Session {
  const token = sign(randomUUID(), 3600);
  return createSession(token, () => Promise.reject(new Error("the token is good for an hour")));
}

/** Somebody whose token has expired; the issuer gives a fresh one when `ready` says so. */
export function somebodyExpired(ready: () => boolean) {
  const subject = randomUUID();
  const issuer = { asked: 0 };
  const session = createSession(sign(subject, -3600), async () => {
    issuer.asked += 1;
    await eventually(() => assert.equal(ready(), true));
    return sign(subject, 3600);
  });
  return { session, issuer };
}

/** Waits, for a few seconds at most, until this holds. */
export async function eventually(holds: () => void): Promise<void> {
  for (const started = Date.now(); ; await setTimeout(5)) {
    try {
      return holds();
    } catch (error) {
      if (Date.now() - started > 60_000) throw error;
    }
  }
}

/** A token as an issuer would sign it. */
function sign(subject: string, seconds: number): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const claims = { sub: subject, exp: Math.floor(Date.now() / 1000) + seconds };
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", required("DOCKET_SECRET")).update(signed).digest("base64url")}`;
}

interface Exchange {
  operation: string | undefined;
  query: string | undefined;
  /** 0 until the server has answered. */
  status: number;
}

/** What this test sends from now on. */
export function watchWire(test: TestContext): Exchange[] {
  const seen: Exchange[] = [];
  const send = globalThis.fetch;
  test.mock.method(globalThis, "fetch", async (input: RequestInfo, init?: RequestInit) => {
    const { operationName, query } = JSON.parse(String(init?.body)) as Record<string, string | undefined>;
    const exchange: Exchange = { operation: operationName, query, status: 0 };
    seen.push(exchange);
    const response = await send(input, init);
    exchange.status = response.status;
    return response;
  });
  return seen;
}

/** Holds back the answers to what this test sends, until they are released. */
export function holdAnswers(test: TestContext): () => void {
  const send = globalThis.fetch;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  test.mock.method(globalThis, "fetch", async (input: RequestInfo, init?: RequestInit) => {
    const response = await send(input, init);
    await released;
    return response;
  });
  return release;
}

export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must be set: the tests in tests/api that start these do so.`);
  return value;
}
