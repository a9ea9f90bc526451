import type { ApolloCache, ApolloClient } from "@apollo/client";
import {
  CreateTaskDocument,
  type CreateTaskInput,
  type TaskRowFragment,
  TasksDocument,
} from "../../generated/graphql";

/** The lists show the task at once. Its id is ours: sent again, it is not created twice. */
export async function createTask(
  client: ApolloClient,
  input: CreateTaskInput & { id: string },
): Promise<void> {
  await client.mutate({
    mutation: CreateTaskDocument,
    variables: { input },
    optimisticResponse: {
      createTask: {
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
      },
    },
    update: (cache, { data }) => {
      if (data?.createTask) addToLists(cache, data.createTask.task);
    },
  });
}

/** Puts a task in front of the list of all tasks and the list of pending tasks. */
function addToLists(cache: ApolloCache, node: TaskRowFragment): void {
  for (const status of ["ALL", "PENDING"] as const) {
    cache.updateQuery({ query: TasksDocument, variables: { status } }, (data) => {
      // Null: this list has not been loaded.
      if (!data || data.tasks.edges.some((edge) => edge.node.id === node.id)) return;
      const edges = [{ __typename: "TaskEdge" as const, cursor: "", node }, ...data.tasks.edges];
      return { tasks: { ...data.tasks, edges } };
    });
  }
}
