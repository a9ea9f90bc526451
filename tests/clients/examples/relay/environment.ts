import { Environment, type FetchFunction, Network, RecordSource, Store } from "relay-runtime";
import { extensionsOf } from "../problem";
import type { Session } from "../session";

export function createRelay(endpoint: string, session: Session): Environment {
  return new Environment({
    network: Network.create(send(endpoint, session)),
    store: new Store(new RecordSource()),
  });
}

/** Sends the token, and a request that met an expired one once more, with a fresh one. */
function send(endpoint: string, session: Session): FetchFunction {
  return async ({ text: query, name: operationName }, variables) => {
    const ask = async () => {
      const headers = { "Content-Type": "application/json", Authorization: `Bearer ${session.token}` };
      const response = await fetch(endpoint, {
        method: "POST",
        headers,
        body: JSON.stringify({ query, operationName, variables }),
      });
      return response.json();
    };
    const answer = await ask();
    const errors: { extensions?: Record<string, unknown> }[] = answer.errors ?? [];
    if (!errors.some((error) => extensionsOf(error).code === "UNAUTHENTICATED")) return answer;
    await session.refresh();
    return ask();
  };
}
