import type { Client, OperationResultSource, OperationResult } from "@urql/core";
import { TasksDocument, type TasksQuery, type TasksQueryVariables } from "../../generated/graphql";

type TaskList = OperationResultSource<OperationResult<TasksQuery, TasksQueryVariables>>;

/** Pending tasks that match a search. Subscribe to it: it follows the cache. */
export function searchPending(client: Client, search: string): TaskList {
  return client.query(TasksDocument, { status: "PENDING", filter: { search } });
}

/** All tasks, newest first, so many at a time. */
export function allTasks(client: Client, first: number): TaskList {
  return client.query(TasksDocument, { status: "ALL", first });
}

/** Loads the page that comes after what is shown: `relayPagination` adds it to the list. */
export async function nextPage(client: Client, first: number, shown: TasksQuery): Promise<void> {
  const { hasNextPage, endCursor } = shown.tasks.pageInfo;
  if (hasNextPage) await client.query(TasksDocument, { status: "ALL", first, after: endCursor }).toPromise();
}
