// The subgraph's schema, as Apollo's own packages take it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { composeServices } from "@apollo/composition";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse, printSchema } from "graphql";

const docket = parse(process.env.DOCKET_SUBGRAPH);
const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])`;
// What the page about it shows.
const page = readFileSync(new URL("../../docs/schema-changes.md", import.meta.url), "utf8");
const comments = /```graphql subgraph\n(.*?)```/s.exec(page)[1];

function compose(...others) {
  const services = [docket, ...others.map((sdl) => parse(sdl))];
  return composeServices(
    services.map((typeDefs, at) => ({ name: `s${at}`, url: `http://s${at}.example`, typeDefs })),
  );
}

test("@apollo/subgraph builds it", () => {
  const schema = buildSubgraphSchema(docket);
  assert.match(printSchema(schema), /createTask\(/);
});

test("it is a supergraph by itself", () => {
  const { errors, supergraphSdl } = compose();
  assert.equal(errors, undefined);
  assert.match(supergraphSdl, /type Task implements Node/);
});

test("another subgraph adds a field to tasks, by their id", () => {
  const { errors, supergraphSdl } = compose(comments);
  assert.equal(errors, undefined);
  assert.match(supergraphSdl, /comments: \[Comment!\]! @join__field\(graph: S1\)/);
});

test("another subgraph has pages too", () => {
  const { errors } = compose(`
    ${link}
    type Query { notes: NoteConnection! }
    type NoteConnection { pageInfo: PageInfo! }
    type PageInfo @shareable {
      hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String
    }
  `);
  assert.equal(errors, undefined);
});

test("a task of another subgraph leads nowhere: there is nothing to ask it of", () => {
  const { errors } = compose(`
    ${link}
    type Query { pinned: Task }
    type Task @key(fields: "id", resolvable: false) { id: ID! }
  `);
  assert.match(String(errors?.[0]?.message), /satisf/);
});
