import type { ApolloClient, ObservableQuery } from "@apollo/client";
import { TasksDocument, type TasksQuery, type TasksQueryVariables } from "../../generated/graphql";

type TaskList = ObservableQuery<TasksQuery, TasksQueryVariables>;

/** Pending tasks that match a search. Subscribe to it: it follows the cache. */
export function searchPending(client: ApolloClient, search: string): TaskList {
  return client.watchQuery({ query: TasksDocument, variables: { status: "PENDING", filter: { search } } });
}

/** All tasks, newest first, so many at a time. */
export function allTasks(client: ApolloClient, first: number): TaskList {
  return client.watchQuery({ query: TasksDocument, variables: { first } });
}

/** Adds the next page to the list. */
export async function nextPage(list: TaskList): Promise<void> {
  const page = list.getCurrentResult().data?.tasks?.pageInfo;
  if (page?.hasNextPage) {
    await list.fetchMore({ variables: { after: page.endCursor ?? null } });
  }
}
