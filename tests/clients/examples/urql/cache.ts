import type { Exchange } from "@urql/core";
import { type Cache, cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import {
  type CreateTaskMutation,
  type CreateTaskMutationVariables,
  type DeleteTaskMutation,
  TasksDocument,
  type TasksQuery,
  type TasksQueryVariables,
} from "../../generated/graphql";

type Edge = TasksQuery["tasks"]["edges"][number];

export function cache(): Exchange {
  return cacheExchange({
    // These have no id of their own: they lie with whatever they belong to.
    keys: { PageInfo: () => null, TaskConnection: () => null, TaskEdge: () => null, TaskCounts: () => null },
    resolvers: {
      Query: {
        // Pages of one list are shown as one.
        tasks: relayPagination(),
        // A task that came with a list needs no request of its own.
        task: (_, { id }) => ({ __typename: "Task", id: String(id) }),
      },
    },
    updates: {
      Mutation: {
        createTask({ createTask }: CreateTaskMutation, _, cache) {
          if (!createTask) return;
          const edge: Edge = { __typename: "TaskEdge", cursor: "", node: createTask.task };
          changePages(cache, (edges, { status, filter, after }) => {
            const itsPlace = status !== "COMPLETED" && !filter && !after;
            return itsPlace ? [edge, ...without(edges, edge.node.id)] : edges;
          });
        },
        deleteTask({ deleteTask }: DeleteTaskMutation, _, cache) {
          if (deleteTask) changePages(cache, (edges) => without(edges, deleteTask.deletedTaskId));
        },
      },
    },
    // What is shown until the server has answered.
    optimistic: {
      createTask: ({ input }: CreateTaskMutationVariables) => ({
        __typename: "CreateTaskPayload",
        task: {
          __typename: "Task",
          id: input.id,
          title: input.title,
          description: input.description ?? null,
          completed: false,
          priority: input.priority ?? null,
          dueDate: input.dueDate ?? null,
          version: 0,
        },
      }),
      toggleTask: ({ id }, cache) => ({
        __typename: "ToggleTaskPayload",
        task: {
          __typename: "Task",
          id,
          completed: !cache.resolve({ __typename: "Task", id: String(id) }, "completed"),
        },
      }),
    },
  });
}

/** Changes each page of a list that has been loaded. */
function changePages(cache: Cache, change: (edges: Edge[], page: TasksQueryVariables) => Edge[]): void {
  for (const { fieldName, arguments: page } of cache.inspectFields("Query")) {
    if (fieldName !== "tasks" || !page) continue;
    cache.updateQuery({ query: TasksDocument, variables: page as TasksQueryVariables }, (data) => {
      return data && { tasks: { ...data.tasks, edges: change(data.tasks.edges, page) } };
    });
  }
}

const without = (edges: Edge[], id: string) => edges.filter(({ node }) => node.id !== id);
