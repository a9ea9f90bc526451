/** What the tabs open with. */
export const examples = [
  {
    query: `query PendingTasks {
  tasks(status: PENDING, sort: DUE_DATE, first: 20) {
    totalCount
    nodes {
      id
      title
      priority
      dueDate
      completed
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`,
  },
  {
    query: `mutation CreateTask($input: CreateTaskInput!) {
  createTask(input: $input) {
    task {
      id
      title
      version
    }
  }
}
`,
    variables: { input: { title: "Buy milk", priority: "HIGH", dueDate: "2030-01-31" } },
  },
  {
    query: `mutation ToggleTask($id: ID!) {
  toggleTask(id: $id) {
    task {
      id
      completed
      completedAt
      version
    }
  }
}
`,
    variables: { id: "put the id of a task here" },
  },
  {
    query: `query Me {
  viewer {
    id
    email
    sessionExpiresAt
    taskCounts {
      all
      pending
      completed
    }
  }
}
`,
  },
];
