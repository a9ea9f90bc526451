import { authExchange } from "@urql/exchange-auth";
import { Client, type Exchange, fetchExchange } from "@urql/core";
import { extensionsOf } from "../problem";
import type { Session } from "../session";
import { cache } from "./cache";

export function createUrql(endpoint: string, session: Session): Client {
  return new Client({
    url: endpoint,
    exchanges: [cache(), auth(session), fetchExchange],
    // An address ends up in the logs of proxies: what somebody searches for does not belong there.
    preferGetMethod: false,
  });
}

/** Sends the token, and a request that met an expired one once more, with a fresh one. */
export function auth(session: Session): Exchange {
  return authExchange(async ({ appendHeaders }) => ({
    addAuthToOperation: (operation) => appendHeaders(operation, { Authorization: `Bearer ${session.token}` }),
    didAuthError: ({ graphQLErrors }) =>
      graphQLErrors.some((error) => extensionsOf(error).code === "UNAUTHENTICATED"),
    refreshAuth: () => session.refresh(),
  }));
}
