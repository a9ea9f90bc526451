import type { ApolloClient } from "@apollo/client";
import {
  DeleteTaskDocument,
  type TaskRowFragment,
  ToggleTaskDocument,
  UpdateTaskDocument,
  type UpdateTaskInput,
} from "../../generated/graphql";

/** The answer carries the task's id, so whatever shows the task shows its new state. */
export async function toggleTask(client: ApolloClient, task: TaskRowFragment): Promise<void> {
  await client.mutate({
    mutation: ToggleTaskDocument,
    variables: { id: task.id },
    optimisticResponse: {
      toggleTask: { __typename: "ToggleTaskPayload", task: { ...task, completed: !task.completed } },
    },
  });
}

/**
 * What `input` leaves out is kept, null clears. With `ifVersion`, a change that was meant for an older
 * state is refused with CONFLICT.
 */
export async function updateTask(
  client: ApolloClient,
  id: string,
  input: UpdateTaskInput,
  ifVersion?: number,
): Promise<void> {
  await client.mutate({ mutation: UpdateTaskDocument, variables: { id, input, ifVersion } });
}

/** Evicted, a task leaves every list: `relayStylePagination` passes over what is no longer there. */
export async function deleteTask(client: ApolloClient, id: string): Promise<void> {
  await client.mutate({
    mutation: DeleteTaskDocument,
    variables: { id },
    update: (cache, { data }) => {
      if (data?.deleteTask) cache.evict({ id: cache.identify({ __typename: "Task", id }) });
    },
  });
}
