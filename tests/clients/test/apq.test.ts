// Automatic persisted queries: a document is sent once, and afterwards its hash alone.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test, type TestContext } from "node:test";
import * as apollo from "../examples/apollo/create";
import { createPersistedApollo } from "../examples/apollo/persisted";
import * as urql from "../examples/urql/change";
import { createPersistedUrql } from "../examples/urql/persisted";
import { type TasksQuery, TasksDocument } from "../generated/graphql";
import { endpoint, somebody, somebodyExpired, watchWire } from "./server";

/** What each request sent of its document, and whether its token was taken. */
function documents(t: TestContext) {
  const wire = watchWire(t);
  return () =>
    wire.map(({ query, status }) => [query ? "document" : "hash", status === 401 ? "refused" : "heard"]);
}

/** A document that the server has never seen: the name of its operation is new. */
function newDocument(): typeof TasksDocument {
  const document = structuredClone(TasksDocument);
  for (const definition of document.definitions) {
    if (definition.kind === "OperationDefinition") {
      Object.assign(definition.name!, { value: `Tasks${randomUUID().replaceAll("-", "")}` });
    }
  }
  return document;
}

const titles = (data: TasksQuery | undefined) => data?.tasks.edges.map(({ node }) => node.title);

test("Apollo Client", async (t) => {
  const session = somebody();
  await apollo.createTask(createPersistedApollo(endpoint, session), { id: randomUUID(), title: "a" });
  const sent = documents(t);
  const query = newDocument();
  for (const visitor of [session, session, somebody()]) {
    const client = createPersistedApollo(endpoint, visitor);
    const { data } = await client.query({ query });
    assert.deepEqual(titles(data), visitor === session ? ["a"] : [], "each sees their own");
  }
  assert.deepEqual(sent(), [
    ["hash", "heard"],
    ["document", "heard"],
    ["hash", "heard"],
    ["hash", "heard"],
  ]);
});

test("urql", async (t) => {
  const session = somebody();
  await urql.createTask(createPersistedUrql(endpoint, session), { id: randomUUID(), title: "a" });
  const sent = documents(t);
  const query = newDocument();
  for (const visitor of [session, session, somebody()]) {
    const { data, error } = await createPersistedUrql(endpoint, visitor).query(query, {});
    assert.equal(error, undefined);
    assert.deepEqual(titles(data), visitor === session ? ["a"] : [], "each sees their own");
  }
  assert.deepEqual(sent(), [
    ["hash", "heard"],
    ["document", "heard"],
    ["hash", "heard"],
    ["hash", "heard"],
  ]);
});

test("an expired token is refreshed on the way", async (t) => {
  const sent = documents(t);
  const query = newDocument();
  const expired = () => somebodyExpired(() => true).session;
  const { data } = await createPersistedApollo(endpoint, expired()).query({ query });
  assert.deepEqual(titles(data), []);
  const { error } = await createPersistedUrql(endpoint, expired()).query(query, {});
  assert.equal(error, undefined);
  const each = [
    ["hash", "refused"],
    ["hash", "heard"],
    ["document", "heard"],
  ];
  // Two documents: each client prints it in a way of its own.
  assert.deepEqual(sent(), [...each, ...each]);
});
