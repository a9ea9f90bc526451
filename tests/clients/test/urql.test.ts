// urql with its normalised cache against the real server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import type { Client, OperationResult } from "@urql/core";
import { createTask, deleteTask, toggleTask, updateTask } from "../examples/urql/change";
import { createUrql } from "../examples/urql/client";
import { allTasks, nextPage, searchPending } from "../examples/urql/list";
import { extensionsOf, problem } from "../examples/problem";
import { createSession } from "../examples/session";
import { TaskDocument, type TasksQuery, TasksDocument } from "../generated/graphql";
import { endpoint, eventually, holdAnswers, somebody, somebodyExpired, watchWire } from "./server";

const newClient = (session = somebody()) => createUrql(endpoint, session);

async function create(client: Client, title: string): Promise<string> {
  const id = randomUUID();
  const { error } = await createTask(client, { id, title, description: "described", dueDate: "2030-01-31" });
  assert.equal(error, undefined);
  return id;
}

/** A list on a screen, once it is loaded: what it shows now. */
async function show(list: ReturnType<typeof allTasks>) {
  let shown: TasksQuery | undefined;
  list.subscribe(({ data, error }) => {
    assert.equal(error, undefined);
    shown = data;
  });
  await eventually(() => assert.notEqual(shown, undefined));
  const tasks = () => shown!.tasks.edges.map(({ node }) => node);
  return { tasks, titles: () => tasks().map(({ title }) => title), data: () => shown! };
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
  await nextPage(client, 2, all.data());
  await eventually(() => assert.deepEqual(all.titles(), ["e", "d", "c", "b"]));
  await nextPage(client, 2, all.data());
  await eventually(() => assert.deepEqual(all.titles(), ["e", "d", "c", "b", "a"]));
  const wire = watchWire(t);
  await nextPage(client, 2, all.data());
  assert.deepEqual(wire, [], "nothing comes after the last page");

  await deleteTask(client, all.tasks()[1]!.id);
  await deleteTask(client, all.tasks().at(-1)!.id);
  await create(client, "f");
  assert.deepEqual(all.titles(), ["f", "e", "c", "b"], "whichever page it is on");
  assert.deepEqual(
    wire.map(({ operation }) => operation),
    ["DeleteTask", "DeleteTask", "CreateTask"],
  );
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
  const { data } = await client.query(TasksDocument, {}, { requestPolicy: "network-only" });
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
  const search = await show(searchPending(client, "old"));
  const wire = watchWire(t);
  const task = () => all.tasks()[0]!;

  const release = holdAnswers(t);
  const toggled = toggleTask(client, id);
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

  const one = await client.query(TaskDocument, { id });
  assert.equal(one.data?.task?.title, "new", "it came with the list");

  await deleteTask(client, id);
  await eventually(() => assert.deepEqual([all.titles(), search.titles()], [["other"], []]));
  assert.deepEqual(
    wire.map(({ operation }) => operation),
    ["ToggleTask", "UpdateTask", "UpdateTask", "DeleteTask"],
  );
});

test("refreshes an expired token and sends the request once more", async (t) => {
  const wire = watchWire(t);
  const { session, issuer } = somebodyExpired(() => wire.every(({ status }) => status === 401));
  const client = newClient(session);
  const lists = await Promise.all([show(allTasks(client, 1)), show(searchPending(client, "x"))]);
  assert.deepEqual(
    lists.map(({ titles }) => titles()),
    [[], []],
  );
  assert.deepEqual(wire.map(({ status }) => status).sort(), [200, 200, 401, 401]);
  assert.equal(issuer.asked, 1, "the issuer is asked once for both");
});

test("gives up when the fresh token is no better", async (t) => {
  const wire = watchWire(t);
  const client = newClient(createSession("nonsense", async () => "no better"));
  const refused = errorOf(await client.query(TasksDocument, {}));
  assert.equal(extensionsOf(refused).code, "UNAUTHENTICATED");
  assert.deepEqual(
    wire.map(({ status }) => status),
    [401, 401],
  );
});

test("reads codes from extensions", async () => {
  const client = newClient();
  const id = await create(client, "first");
  const invalid = errorOf(await updateTask(client, id, { title: " " }));
  assert.equal(extensionsOf(invalid).code, "BAD_USER_INPUT");
  assert.match(problem(invalid), /^title: ./);
  const conflict = errorOf(await updateTask(client, id, { title: "x" }, 99));
  assert.deepEqual([extensionsOf(conflict).code, extensionsOf(conflict).currentVersion], ["CONFLICT", 1]);
  assert.match(problem(conflict), /at version 1/);
  const gone = errorOf(await updateTask(client, randomUUID(), { title: "x" }));
  assert.equal(extensionsOf(gone).code, "NOT_FOUND");
});

function errorOf({ error }: OperationResult) {
  assert.equal(error?.graphQLErrors.length, 1);
  return error!.graphQLErrors[0]!;
}
