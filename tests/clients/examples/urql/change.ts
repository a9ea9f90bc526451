import type { Client } from "@urql/core";
import {
  CreateTaskDocument,
  type CreateTaskInput,
  DeleteTaskDocument,
  ToggleTaskDocument,
  UpdateTaskDocument,
  type UpdateTaskInput,
} from "../../generated/graphql";

// What the lists show meanwhile and afterwards is said once, in cache.ts. Each of these answers with
// `data` or with `error`; none throws.

/** The id is ours: sent again, the task is not created twice. */
export function createTask(client: Client, input: CreateTaskInput & { id: string }) {
  return client.mutation(CreateTaskDocument, { input }).toPromise();
}

export function toggleTask(client: Client, id: string) {
  return client.mutation(ToggleTaskDocument, { id }).toPromise();
}

/**
 * What `input` leaves out is kept, null clears. With `ifVersion`, a change that was meant for an older
 * state is refused with CONFLICT.
 */
export function updateTask(client: Client, id: string, input: UpdateTaskInput, ifVersion?: number) {
  return client.mutation(UpdateTaskDocument, { id, input, ifVersion }).toPromise();
}

export function deleteTask(client: Client, id: string) {
  return client.mutation(DeleteTaskDocument, { id }).toPromise();
}
