/** Whoever is signed in: the token for the next request, and a way to a fresh one. */
export interface Session {
  readonly token: string;
  refresh(): Promise<void>;
}

/**
 * `fetchToken` asks your issuer for a token. However many requests find that theirs has expired, it is
 * asked once.
 */
export function createSession(token: string, fetchToken: () => Promise<string>): Session {
  let refreshing: Promise<void> | undefined;
  return {
    get token() {
      return token;
    },
    refresh() {
      refreshing ??= fetchToken()
        .then((fresh) => void (token = fresh))
        .finally(() => (refreshing = undefined));
      return refreshing;
    },
  };
}
