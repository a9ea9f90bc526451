import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { relayStylePagination } from "@apollo/client/utilities";
import { from, switchMap } from "rxjs";
import { extensionsOf } from "../problem";
import type { Session } from "../session";

export function createApollo(endpoint: string, session: Session): ApolloClient {
  const links = [refreshToken(session), sendToken(session), new HttpLink({ uri: endpoint })];
  return new ApolloClient({ link: ApolloLink.from(links), cache: createCache() });
}

export function sendToken(session: Session): ApolloLink {
  return new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${session.token}` },
  }));
}

/** Sends a request that met an expired token once more, with a fresh one. */
export function refreshToken(session: Session): ApolloLink {
  return new ErrorLink(({ error, operation, forward }) => {
    const expired =
      CombinedGraphQLErrors.is(error) && error.errors.some((e) => extensionsOf(e).code === "UNAUTHENTICATED");
    return expired ? from(session.refresh()).pipe(switchMap(() => forward(operation))) : undefined;
  });
}

export function createCache(): InMemoryCache {
  return new InMemoryCache({
    possibleTypes: { Node: ["Task"] },
    typePolicies: {
      Query: {
        fields: {
          // Pages of one list lie together; what is not a page's place names the list.
          tasks: relayStylePagination(["status", "sort", "direction", "filter"]),
          // A task that came with a list needs no request of its own.
          task: {
            read: (_, { args, toReference }) => toReference({ __typename: "Task", id: args?.["id"] }),
          },
        },
      },
    },
  });
}
