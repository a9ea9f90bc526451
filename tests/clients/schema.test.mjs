// The published schemas, as the reference implementation reads them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as v16 from "graphql-16";
import * as v17 from "graphql-17";

const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");

for (const [name, graphql] of Object.entries({ "graphql-js 16": v16, "graphql-js 17": v17 })) {
  test(`${name} builds it and finds nothing wrong`, () => {
    assert.deepEqual(graphql.validateSchema(graphql.buildSchema(sdl)), []);
  });

  test(`${name} parses the subgraph`, () => {
    assert.ok(graphql.parse(process.env.DOCKET_SUBGRAPH).definitions.length > 20);
  });

  test(`${name}: everything has a description`, () => {
    const missing = [];
    const look = (path, node) => {
      if (!node.description?.trim()) missing.push(path);
    };
    for (const type of Object.values(graphql.buildSchema(sdl).getTypeMap())) {
      if (type.name.startsWith("__") || graphql.isSpecifiedScalarType(type)) continue;
      look(type.name, type);
      for (const value of type.getValues?.() ?? []) look(`${type.name}.${value.name}`, value);
      for (const field of Object.values(type.getFields?.() ?? {})) {
        look(`${type.name}.${field.name}`, field);
        for (const argument of field.args ?? []) {
          look(`${type.name}.${field.name}(${argument.name})`, argument);
        }
      }
    }
    assert.deepEqual(missing, []);
  });

  test(`${name}: it is sorted`, () => {
    const schema = graphql.buildSchema(sdl);
    const printed = (of) => graphql.printSchema(of).replace(/\s+/g, " ");
    assert.equal(printed(schema), printed(graphql.lexicographicSortSchema(schema)));
  });
}
