// The audits of GraphQL over HTTP against the server at ENDPOINT. Every one must pass, those that the
// specification only recommends too.

import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.env.ENDPOINT });
const failed = results.filter((result) => result.status !== "ok");
for (const { status, name, reason } of failed) console.error(`${status}: ${name}: ${reason}`);
console.log(`${results.length - failed.length} of ${results.length}`);
process.exit(failed.length === 0 && results.length >= 61 ? 0 : 1);
