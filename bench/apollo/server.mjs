// Apollo Server with Drizzle, as their guides advise: the Express integration, a context for each
// request with the viewer and a dataloader of its own, a pool of node-postgres, prepared queries.
import DataLoader from 'dataloader'
import express from 'express'
import pg from 'pg'
import { ApolloServer } from '@apollo/server'
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer'
import { expressMiddleware } from '@as-integrations/express5'
import { and, asc, eq, inArray, isNotNull, isNull, sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { bigint, date, pgTable, smallint, text, timestamp, uuid } from 'drizzle-orm/pg-core'
import { GraphQLError } from 'graphql'
import { jwtVerify } from 'jose'
import { createServer } from 'node:http'
import { randomBytes } from 'node:crypto'

const instant = (name) => timestamp(name, { withTimezone: true })
const users = pgTable('users', {
  id: uuid().primaryKey(),
  issuer: text().notNull(),
  subject: text().notNull(),
  lastVersion: bigint('last_version', { mode: 'number' }).notNull(),
  createdAt: instant('created_at').notNull(),
})
const tasks = pgTable('tasks', {
  userId: uuid('user_id').notNull(),
  id: uuid().notNull(),
  title: text().notNull(),
  titleKey: text('title_key').notNull(),
  description: text(),
  completedAt: instant('completed_at'),
  priority: smallint(),
  dueDate: date('due_date'),
  parentId: uuid('parent_id'),
  createdAt: instant('created_at').notNull(),
  updatedAt: instant('updated_at').notNull(),
  deletedAt: instant('deleted_at'),
  version: bigint({ mode: 'number' }).notNull(),
  list: smallint().generatedAlwaysAs(sql`0`),
})

const taskTags = pgTable('task_tags', {
  userId: uuid('user_id').notNull(),
  taskId: uuid('task_id').notNull(),
  tagKey: text('tag_key').notNull(),
  tag: text().notNull(),
})

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 })
const db = drizzle({ client: pool })

const pageByDueDate = db
  .select()
  .from(tasks)
  .where(and(eq(tasks.userId, sql.placeholder('user')), eq(tasks.list, 0), isNotNull(tasks.dueDate)))
  .orderBy(asc(tasks.dueDate), asc(tasks.id))
  .limit(sql.placeholder('limit'))
  .prepare('page')

// An array and not `inArray`, which cannot be prepared: it has as many placeholders as values.
const tagsOfTasks = db
  .select()
  .from(taskTags)
  .where(and(eq(taskTags.userId, sql.placeholder('user')), sql`${taskTags.taskId} = ANY(${sql.placeholder('ids')})`))
  .orderBy(asc(taskTags.tagKey))
  .prepare('tags')
const subtasksOfTasks = db
  .select()
  .from(tasks)
  .where(and(
    eq(tasks.userId, sql.placeholder('user')),
    sql`${tasks.parentId} = ANY(${sql.placeholder('ids')})`,
    isNull(tasks.deletedAt),
  ))
  .orderBy(asc(tasks.createdAt), asc(tasks.id))
  .prepare('subtasks')

const typeDefs = `#graphql
  enum TaskStatus { PENDING }
  enum TaskSort { DUE_DATE }
  enum TaskPriority { LOW MEDIUM HIGH }
  scalar Date
  scalar DateTime
  type Task {
    id: ID! title: String! description: String completed: Boolean! completedAt: DateTime
    priority: TaskPriority dueDate: Date createdAt: DateTime! updatedAt: DateTime! version: Int!
    tags: [String!]! subtasks: [Task!]!
  }
  type PageInfo { hasNextPage: Boolean! }
  type TaskConnection { nodes: [Task!]! pageInfo: PageInfo! }
  input CreateTaskInput { title: String! description: String dueDate: Date }
  type CreateTaskPayload { task: Task! }
  type ToggleTaskPayload { task: Task! }
  type Query {
    tasks(status: TaskStatus!, sort: TaskSort!, first: Int!): TaskConnection!
    task(id: ID!): Task
  }
  type Mutation {
    createTask(input: CreateTaskInput!): CreateTaskPayload
    toggleTask(id: ID!): ToggleTaskPayload
  }
`

const uuidv7 = () => {
  const bytes = randomBytes(16)
  bytes.writeUIntBE(Date.now(), 0, 6)
  bytes[6] = (bytes[6] & 0x0f) | 0x70
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

// Everything that Docket does in a write: the user's next version, under the lock of the user's row.
const write = (viewer, work) =>
  db.transaction(async (tx) => {
    const now = new Date()
    const [{ version }] = await tx
      .insert(users)
      .values({ id: viewer.id, issuer: '', subject: viewer.subject, lastVersion: 1, createdAt: now })
      .onConflictDoUpdate({ target: users.id, set: { lastVersion: sql`${users.lastVersion} + 1` } })
      .returning({ version: users.lastVersion })
    const [task] = await work(tx, now, version)
    return { task }
  })

const resolvers = {
  Query: {
    async tasks(_, { first }, { viewer }) {
      const nodes = await pageByDueDate.execute({ user: viewer.id, limit: first + 1 })
      return { nodes: nodes.slice(0, first), pageInfo: { hasNextPage: nodes.length > first } }
    },
    task: (_, { id }, { taskById }) => taskById.load(id),
  },
  Mutation: {
    createTask: (_, { input: { title, description, dueDate } }, { viewer }) =>
      write(viewer, (tx, now, version) =>
        tx
          .insert(tasks)
          .values({
            userId: viewer.id, id: uuidv7(), title, titleKey: title.toLowerCase(), description, dueDate,
            createdAt: now, updatedAt: now, version,
          })
          .returning()),
    toggleTask: (_, { id }, { viewer }) =>
      write(viewer, (tx, now, version) =>
        tx
          .update(tasks)
          .set({
            completedAt: sql`CASE WHEN ${tasks.completedAt} IS NULL THEN ${now.toISOString()}::timestamptz END`,
            updatedAt: now,
            version,
          })
          .where(and(eq(tasks.userId, viewer.id), eq(tasks.id, id), isNull(tasks.deletedAt)))
          .returning()),
  },
  Task: {
    completed: (task) => task.completedAt !== null,
    completedAt: (task) => task.completedAt?.toISOString() ?? null,
    priority: (task) => [null, 'LOW', 'MEDIUM', 'HIGH'][task.priority ?? 0],
    createdAt: (task) => task.createdAt.toISOString(),
    updatedAt: (task) => task.updatedAt.toISOString(),
    tags: async (task, _, { tagsByTask }) => (await tagsByTask.load(task.id)).map((row) => row.tag),
    subtasks: (task, _, { subtasksByTask }) => subtasksByTask.load(task.id),
  },
}

// A loader of all rows that belong to each of some tasks.
const loader = (query, viewer, owner) =>
  new DataLoader(async (ids) => {
    const byTask = new Map(ids.map((id) => [id, []]))
    for (const row of await query.execute({ user: viewer.id, ids })) byTask.get(owner(row)).push(row)
    return [...byTask.values()]
  })

const app = express()
const httpServer = createServer(app)
const apollo = new ApolloServer({
  typeDefs,
  resolvers,
  plugins: [ApolloServerPluginDrainHttpServer({ httpServer })],
})
await apollo.start()

const secret = new TextEncoder().encode(process.env.JWT_SECRET)
const context = async ({ req }) => {
  try {
    const token = (req.headers.authorization ?? '').replace(/^Bearer /, '')
    const { payload } = await jwtVerify(token, secret, { algorithms: ['HS256'] })
    const viewer = { id: payload.uid, subject: payload.sub }
    const taskById = new DataLoader(async (ids) => {
      const found = await db.select().from(tasks).where(and(eq(tasks.userId, viewer.id), inArray(tasks.id, ids)))
      const byId = new Map(found.map((task) => [task.id, task]))
      return ids.map((id) => byId.get(id) ?? null)
    })
    const tagsByTask = loader(tagsOfTasks, viewer, (row) => row.taskId)
    const subtasksByTask = loader(subtasksOfTasks, viewer, (task) => task.parentId)
    return { viewer, taskById, tagsByTask, subtasksByTask }
  } catch {
    throw new GraphQLError('The token is no good.', { extensions: { code: 'UNAUTHENTICATED', http: { status: 401 } } })
  }
}
app.use('/graphql', express.json(), expressMiddleware(apollo, { context }))
httpServer.listen(Number(process.env.PORT), '127.0.0.1')
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
