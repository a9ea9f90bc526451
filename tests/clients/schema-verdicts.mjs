// What the references say of pairs of schemas. Reads `[{ name, old, new }]`, and prints for each name what
// every reference finds: graphql-js how many changes of each level, GraphQL Inspector the gravest level
// at each coordinate.

import { text } from "node:stream/consumers";
import { diff } from "@graphql-inspector/core";
import * as v16 from "graphql-16";
import * as v17 from "graphql-17";
import { buildSchema } from "graphql";

const levels = ["NON_BREAKING", "DANGEROUS", "BREAKING"];

function counted(graphql, pair) {
  const [before, after] = [graphql.buildSchema(pair.old), graphql.buildSchema(pair.new)];
  return {
    BREAKING: graphql.findBreakingChanges(before, after).length,
    DANGEROUS: graphql.findDangerousChanges(before, after).length,
  };
}

async function located(pair) {
  const found = {};
  for (const { criticality, meta, path } of await diff(buildSchema(pair.old), buildSchema(pair.new))) {
    if (criticality.level === "NON_BREAKING") continue;
    const root = Object.entries(meta).find(([name]) => /^old\w+TypeName$/.test(name))?.[1];
    // A directive that is applied, and its arguments, belong to what it is applied to; a directive's own
    // arguments are named in some changes and not in others.
    const place = (path ?? root).replace(/\.@.*/, "").replace(/^(@\w+)\..*/, "$1");
    const known = levels.indexOf(found[place]);
    found[place] = levels[Math.max(known, levels.indexOf(criticality.level))];
  }
  return found;
}

const verdicts = {};
for (const pair of JSON.parse(await text(process.stdin))) {
  verdicts[pair.name] = {
    "graphql-js 16": counted(v16, pair),
    "graphql-js 17": counted(v17, pair),
    "GraphQL Inspector": await located(pair),
  };
}
console.log(JSON.stringify(verdicts));
