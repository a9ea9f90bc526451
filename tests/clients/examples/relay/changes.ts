import { graphql } from "relay-runtime";

/** `connections` are the lists that the new task is put in front of. */
export const createTask = graphql`
  mutation changesCreateTaskMutation($input: CreateTaskInput!, $connections: [ID!]!) {
    createTask(input: $input) {
      task @prependNode(connections: $connections, edgeTypeName: "TaskEdge") {
        ...TaskRow_task
      }
    }
  }
`;

export const toggleTask = graphql`
  mutation changesToggleTaskMutation($id: ID!) {
    toggleTask(id: $id) {
      task {
        ...TaskRow_task
      }
    }
  }
`;

/** The task leaves the lists that `connections` names. */
export const deleteTask = graphql`
  mutation changesDeleteTaskMutation($id: ID!, $connections: [ID!]!) {
    deleteTask(id: $id) {
      deletedTaskId @deleteEdge(connections: $connections)
    }
  }
`;
