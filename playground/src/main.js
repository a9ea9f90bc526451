import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./main.css";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import { examples } from "./examples.js";

/** What the server knows about this page: in the embedded start, a token that works. */
async function settings() {
  const answer = await fetch("/playground/settings.json", { cache: "no-store" });
  return answer.ok ? answer.json() : { token: null };
}

const { token } = await settings();
const headers = JSON.stringify({ Authorization: `Bearer ${token ?? ""}` }, null, 2);
const welcome = token
  ? "# You are signed in as the user `dev`.\n# Ctrl-Enter runs what is under the cursor.\n\n"
  : "# Put your token into the pane Headers below,\n# after `Bearer `. Then Ctrl-Enter runs this.\n\n";

const defaultTabs = examples.map((example, place) => ({
  query: place === 0 ? welcome + example.query : example.query,
  variables: example.variables && JSON.stringify(example.variables, null, 2),
  headers,
}));

const send = createGraphiQLFetcher({ url: "/graphql" });

function fetcher(request, options) {
  // Without a token no header is sent: so the schema can be read, and the server says what is missing.
  const headers = Object.entries(options?.headers ?? {}).filter(([, value]) => !/^Bearer\s*$/i.test(value));
  // For a moment after another tab was chosen, GraphiQL still names the operation of the last one.
  const operationName = request.query.includes(request.operationName) ? request.operationName : undefined;
  return send({ ...request, operationName }, { ...options, headers: Object.fromEntries(headers) });
}

const memory = new Map();

createRoot(document.getElementById("playground")).render(
  createElement(GraphiQL, {
    fetcher,
    defaultHeaders: headers,
    defaultTabs,
    defaultEditorToolsVisibility: token ? true : "headers",
    // Tabs of an earlier visit would bring back an old token: nothing outlives the page.
    storage: {
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => memory.set(key, value),
      removeItem: (key) => memory.delete(key),
      clear: () => memory.clear(),
      get length() {
        return memory.size;
      },
    },
  }),
);
