// What the running server says of its schema is what the published schema says. All but the description of
// the schema as a whole: the engine answers with a fixed sentence, and has no place for one in its text.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as v16 from "graphql-16";
import * as v17 from "graphql-17";

const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

for (const [name, graphql] of Object.entries({ "graphql-js 16": v16, "graphql-js 17": v17 })) {
  test(`${name}: introspection and schema.graphql are the same`, async () => {
    const query = graphql.getIntrospectionQuery({
      descriptions: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    const response = await fetch(process.env.DOCKET_ENDPOINT, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = await response.json();
    assert.equal(errors, undefined);
    const canonical = (schema) => graphql.printSchema(graphql.lexicographicSortSchema(schema));
    assert.equal(canonical(graphql.buildClientSchema(data)), canonical(graphql.buildSchema(sdl)));
  });
}
