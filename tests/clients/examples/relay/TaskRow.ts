import { graphql } from "relay-runtime";

/** What a row of the list shows. Refetchable, for a row that was changed elsewhere: a task is a Node. */
export const taskRow = graphql`
  fragment TaskRow_task on Task @refetchable(queryName: "TaskRowRefetchQuery") {
    id
    title
    completed
    priority
    dueDate
    version
  }
`;
