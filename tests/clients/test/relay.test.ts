// Relay without React against the real server: what relay-compiler made of the schema, run.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import {
  commitMutation,
  ConnectionHandler,
  createOperationDescriptor,
  type Environment,
  fetchQuery,
  getSingularSelector,
  type GraphQLTaggedNode,
  type MutationParameters,
} from "relay-runtime";
import { createRelay } from "../examples/relay/environment";
import createTask, {
  type changesCreateTaskMutation,
} from "../generated/relay/changesCreateTaskMutation.graphql";
import deleteTask, {
  type changesDeleteTaskMutation,
} from "../generated/relay/changesDeleteTaskMutation.graphql";
import toggleTask, {
  type changesToggleTaskMutation,
} from "../generated/relay/changesToggleTaskMutation.graphql";
import nextPageQuery, {
  type TaskListPaginationQuery,
} from "../generated/relay/TaskListPaginationQuery.graphql";
import taskList, { type TaskList_query$data } from "../generated/relay/TaskList_query.graphql";
import taskListQuery, { type TaskListQuery } from "../generated/relay/TaskListQuery.graphql";
import taskRow, { type TaskRow_task$data } from "../generated/relay/TaskRow_task.graphql";
import refetchQuery, { type TaskRowRefetchQuery } from "../generated/relay/TaskRowRefetchQuery.graphql";
import { endpoint, somebody, somebodyExpired, watchWire } from "./server";

const connection = ConnectionHandler.getConnectionID("client:root", "TaskList_tasks", { status: "ALL" });

function commit<T extends MutationParameters>(
  environment: Environment,
  mutation: GraphQLTaggedNode,
  variables: T["variables"],
): Promise<T["response"]> {
  return new Promise((resolve, reject) => {
    commitMutation<T>(environment, { mutation, variables, onCompleted: resolve, onError: reject });
  });
}

/** The list as components read it from the store. */
function shown(environment: Environment) {
  const list = read<TaskList_query$data>(environment, taskList, lookUpRoot(environment));
  const rows = list.tasks.edges.map(({ node }) => read<TaskRow_task$data>(environment, taskRow, node));
  return { list, rows, titles: rows.map(({ title }) => title) };
}

function lookUpRoot(environment: Environment): unknown {
  return environment.lookup(createOperationDescriptor(taskListQuery, { first: 2 }).fragment).data;
}

function read<T>(environment: Environment, fragment: typeof taskRow, reference: unknown): T {
  return environment.lookup(getSingularSelector(fragment, reference)!).data as T;
}

test("a page, the next one, and what mutations make of them", async (t) => {
  const environment = createRelay(endpoint, somebody());
  for (const title of ["a", "b", "c"]) {
    await commit<changesCreateTaskMutation>(environment, createTask, { input: { title }, connections: [] });
  }
  await fetchQuery<TaskListQuery>(environment, taskListQuery, { first: 2 }).toPromise();
  environment.retain(createOperationDescriptor(taskListQuery, { first: 2 }));
  assert.deepEqual(shown(environment).titles, ["c", "b"]);
  const { endCursor } = shown(environment).list.tasks.pageInfo;
  await fetchQuery<TaskListPaginationQuery>(environment, nextPageQuery, {
    first: 2,
    after: endCursor ?? null,
  }).toPromise();
  assert.deepEqual(shown(environment).titles, ["c", "b", "a"], "the next page is added");

  const wire = watchWire(t);
  const input = { id: randomUUID(), title: "d" };
  await commit<changesCreateTaskMutation>(environment, createTask, { input, connections: [connection] });
  assert.deepEqual(shown(environment).titles, ["d", "c", "b", "a"]);
  await commit<changesToggleTaskMutation>(environment, toggleTask, { id: input.id });
  assert.equal(shown(environment).rows[0]?.completed, true);
  const { id } = shown(environment).rows[1]!;
  await commit<changesDeleteTaskMutation>(environment, deleteTask, { id, connections: [connection] });
  assert.deepEqual(shown(environment).titles, ["d", "b", "a"]);
  const asked = wire.map(({ operation }) => operation);
  assert.deepEqual(asked, [
    "changesCreateTaskMutation",
    "changesToggleTaskMutation",
    "changesDeleteTaskMutation",
  ]);
});

test("a row is fetched again by its id", async () => {
  const session = somebody();
  const [here, elsewhere] = [createRelay(endpoint, session), createRelay(endpoint, session)];
  const input = { id: randomUUID(), title: "a" };
  await commit<changesCreateTaskMutation>(here, createTask, { input, connections: [] });
  await fetchQuery<TaskListQuery>(here, taskListQuery, { first: 2 }).toPromise();
  await commit<changesToggleTaskMutation>(elsewhere, toggleTask, { id: input.id });
  assert.equal(shown(here).rows[0]?.completed, false);
  await fetchQuery<TaskRowRefetchQuery>(here, refetchQuery, { id: input.id }).toPromise();
  assert.equal(shown(here).rows[0]?.completed, true);
});

test("refreshes an expired token and sends the request once more", async (t) => {
  const wire = watchWire(t);
  const { session } = somebodyExpired(() => true);
  const environment = createRelay(endpoint, session);
  await fetchQuery<TaskListQuery>(environment, taskListQuery, { first: 2 }).toPromise();
  assert.deepEqual(
    wire.map(({ status }) => status),
    [401, 200],
  );
});
