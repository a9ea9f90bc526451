import { ApolloClient, ApolloLink, HttpLink } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import type { Session } from "../session";
import { createCache, refreshToken, sendToken } from "./client";

/** Sends the hash of a document in its place; the document itself only when the server does not know it. */
export function createPersistedApollo(endpoint: string, session: Session): ApolloClient {
  const links = [
    refreshToken(session),
    new PersistedQueryLink({ sha256 }),
    sendToken(session),
    new HttpLink({ uri: endpoint }),
  ];
  return new ApolloClient({ link: ApolloLink.from(links), cache: createCache() });
}

async function sha256(text: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
