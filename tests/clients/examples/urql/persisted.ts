import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import type { Session } from "../session";
import { cache } from "./cache";
import { auth } from "./client";

/** Sends the hash of a document in its place; the document itself only when the server does not know it. */
export function createPersistedUrql(endpoint: string, session: Session): Client {
  const persisted = persistedExchange({ enableForMutation: true, preferGetForPersistedQueries: false });
  return new Client({
    url: endpoint,
    exchanges: [cache(), auth(session), persisted, fetchExchange],
    preferGetMethod: false,
  });
}
