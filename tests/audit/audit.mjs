// The audits of GraphQL over HTTP against the server at ENDPOINT. Every one must pass, those that the
// specification only recommends too. Then the introspection query that GraphiQL, graphql-inspector and
// Apollo's tools send, with every option that it has.

import { buildClientSchema, getIntrospectionQuery } from "graphql";
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.env.ENDPOINT });
const failed = results.filter((result) => result.status !== "ok");
for (const { status, name, reason } of failed) console.error(`${status}: ${name}: ${reason}`);
console.log(`${results.length - failed.length} of ${results.length}`);

const all = { specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true, inputValueDeprecation: true, oneOf: true };
for (const options of [{}, all, { ...all, descriptions: false }]) {
  const response = await fetch(process.env.ENDPOINT, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: getIntrospectionQuery(options), operationName: "IntrospectionQuery" }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  buildClientSchema(data);
}
process.exit(failed.length === 0 && results.length >= 61 ? 0 : 1);
