import { graphql } from "relay-runtime";

/** A list that `usePaginationFragment` can load more of. */
export const taskList = graphql`
  fragment TaskList_query on Query
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    status: { type: "TaskStatus", defaultValue: ALL }
    filter: { type: "TaskFilter" }
  )
  @refetchable(queryName: "TaskListPaginationQuery") {
    tasks(first: $first, after: $after, status: $status, filter: $filter)
      @connection(key: "TaskList_tasks", filters: ["status", "filter"]) {
      edges {
        node {
          ...TaskRow_task
        }
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`;

export const taskListQuery = graphql`
  query TaskListQuery($first: Int!) {
    ...TaskList_query @arguments(first: $first)
  }
`;
