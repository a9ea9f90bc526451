// Apollo Client against the real server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { type ApolloClient, CombinedGraphQLErrors, type ObservableQuery } from "@apollo/client";
import { deleteTask, toggleTask, updateTask } from "../examples/apollo/change";
import { createApollo } from "../examples/apollo/client";
import { createTask } from "../examples/apollo/create";
import { allTasks, nextPage, searchPending } from "../examples/apollo/list";
import { extensionsOf, problem } from "../examples/problem";
import { createSession } from "../examples/session";
import {
  TaskDocument,
  type TaskRowFragment,
  TasksDocument,
  type TasksQuery,
  type TasksQueryVariables,
} from "../generated/graphql";
import { endpoint, eventually, holdAnswers, somebody, somebodyExpired, watchWire } from "./server";

const newClient = (session = somebody()) => createApollo(endpoint, session);

async function create(client: ApolloClient, title: string): Promise<string> {
  const id = randomUUID();
  await createTask(client, { id, title, description: "described", dueDate: "2030-01-31" });
  return id;
}

/** A list on a screen, once it is loaded: what it shows now. */
async function show(list: ObservableQuery<TasksQuery, TasksQueryVariables>) {
  let tasks: TaskRowFragment[] = [];
  const loaded = new Promise<void>((resolve) =>
    list.subscribe(({ data, dataState }) => {
      if (dataState !== "complete") return;
      tasks = data.tasks.edges.map(({ node }) => node);
      resolve();
    }),
  );
  await loaded;
  // Apollo passes over what the cache is told while it is still handing out the first result.
  await setTimeout(0);
  return { list, tasks: () => tasks, titles: () => tasks.map(({ title }) => title) };
}

test("lists with a filter", async () => {
  const client = newClient();
  for (const title of ["buy milk", "buy bread", "sleep"]) await create(client, title);
  const search = await show(searchPending(client, "BUY"));
  assert.deepEqual(search.titles(), ["buy bread", "buy milk"]);
});

test("pages of a list become one list", async (t) => {
  const client = newClient();
  for (const title of ["a", "b", "c", "d", "e"]) await create(client, title);
  const all = await show(allTasks(client, 2));
  assert.deepEqual(all.titles(), ["e", "d"]);
  await nextPage(all.list);
  await eventually(() => assert.deepEqual(all.titles(), ["e", "d", "c", "b"]));
  await nextPage(all.list);
  await eventually(() => assert.deepEqual(all.titles(), ["e", "d", "c", "b", "a"]));
  const wire = watchWire(t);
  await nextPage(all.list);
  assert.deepEqual(wire, [], "nothing comes after the last page");
});

test("creates with an id of its own, and shows it before the server answers", async (t) => {
  const client = newClient();
  const all = await show(allTasks(client, 20));
  const wire = watchWire(t);
  const release = holdAnswers(t);
  const input = { id: randomUUID(), title: " at once ", dueDate: "2030-01-31" };
  const answer = createTask(client, input);
  await eventually(() => assert.deepEqual(all.titles(), [" at once "]));
  release();
  await answer;
  await eventually(() => assert.deepEqual(all.titles(), ["at once"]));
  assert.equal(all.tasks()[0]?.id, input.id);
  await createTask(client, input);
  const { data } = await client.query({ query: TasksDocument, fetchPolicy: "network-only" });
  assert.equal(data?.tasks.edges.length, 1, "a retry creates nothing twice");
  assert.deepEqual(
    wire.map(({ operation }) => operation),
    ["CreateTask", "CreateTask", "Tasks"],
  );
});

test("toggles, updates and deletes, and shows it without asking again", async (t) => {
  const client = newClient();
  await create(client, "other");
  const id = await create(client, "old");
  const all = await show(allTasks(client, 20));
  const wire = watchWire(t);
  const task = () => all.tasks()[0]!;

  const release = holdAnswers(t);
  const toggled = toggleTask(client, task());
  await eventually(() =>
    assert.deepEqual([task().completed, task().version], [true, 2], "before the server answers"),
  );
  release();
  await toggled;
  await eventually(() => assert.deepEqual([task().completed, task().version], [true, 3]));

  await updateTask(client, id, { title: "new" });
  await eventually(() => assert.equal(task().title, "new"));
  assert.deepEqual([task().description, task().dueDate], ["described", "2030-01-31"], "left out: kept");
  await updateTask(client, id, { description: null });
  await eventually(() => assert.equal(task().version, 5));
  assert.deepEqual([task().description, task().dueDate], [null, "2030-01-31"], "null: cleared");

  const one = await client.query({ query: TaskDocument, variables: { id } });
  assert.equal(one.data?.task?.title, "new", "it came with the list");

  await deleteTask(client, id);
  await eventually(() => assert.deepEqual(all.titles(), ["other"]));
  assert.deepEqual(
    wire.map(({ operation }) => operation),
    ["ToggleTask", "UpdateTask", "UpdateTask", "DeleteTask"],
  );
});

test("refreshes an expired token and sends the request once more", async (t) => {
  const wire = watchWire(t);
  const statuses = () => wire.map(({ status }) => status).sort();
  const { session, issuer } = somebodyExpired(() => wire.every(({ status }) => status === 401));
  const client = createApollo(endpoint, session);
  const lists = await Promise.all([show(allTasks(client, 1)), show(searchPending(client, "x"))]);
  assert.deepEqual(
    lists.map(({ titles }) => titles()),
    [[], []],
  );
  assert.deepEqual(statuses(), [200, 200, 401, 401]);
  assert.equal(issuer.asked, 1, "the issuer is asked once for both");
});

test("gives up when the fresh token is no better", async (t) => {
  const wire = watchWire(t);
  const client = createApollo(
    endpoint,
    createSession("nonsense", async () => "no better"),
  );
  await assert.rejects(create(client, "never"), (error) => codesOf(error).join() === "UNAUTHENTICATED");
  assert.deepEqual(
    wire.map(({ status }) => status),
    [401, 401],
  );
});

test("reads codes from extensions", async () => {
  const client = newClient();
  const id = await create(client, "first");
  const refused = (input: Parameters<typeof updateTask>[2], version?: number, of = id) =>
    updateTask(client, of, input, version).then(
      () => assert.fail("it was not refused"),
      (error: unknown) => {
        assert.ok(CombinedGraphQLErrors.is(error));
        return error.errors[0]!;
      },
    );
  const invalid = await refused({ title: " " });
  assert.equal(extensionsOf(invalid).code, "BAD_USER_INPUT");
  assert.match(problem(invalid), /^title: ./);
  const conflict = await refused({ title: "x" }, 99);
  assert.deepEqual([extensionsOf(conflict).code, extensionsOf(conflict).currentVersion], ["CONFLICT", 1]);
  assert.match(problem(conflict), /at version 1/);
  const gone = await refused({ title: "x" }, undefined, randomUUID());
  assert.equal(extensionsOf(gone).code, "NOT_FOUND");
});

function codesOf(error: unknown): string[] {
  return CombinedGraphQLErrors.is(error) ? error.errors.map((each) => extensionsOf(each).code) : [];
}
