// PostGraphile 5 with its Amber preset, as its guides advise: the token becomes settings of the
// transaction, row security keeps users apart, what is computed is a function, and a write is a
// function too.
import { createServer } from 'node:http'
import { jwtVerify } from 'jose'
import pg from 'pg'
import { postgraphile } from 'postgraphile'
import { grafserv } from 'postgraphile/grafserv/node'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

const connectionString = process.env.DATABASE_URL

// The role, the policy and the functions, beside tables and indexes that stay as they are.
const owner = new pg.Client({ connectionString })
await owner.connect()
await owner.query(`
  DO $$ BEGIN CREATE ROLE app_user; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
  GRANT USAGE ON SCHEMA public TO app_user;
  GRANT SELECT, INSERT, UPDATE ON users, tasks, task_tags TO app_user;
  CREATE OR REPLACE FUNCTION current_user_id() RETURNS uuid LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('jwt.claims.user_id', true), '')::uuid $$;
  ALTER TABLE users ENABLE ROW LEVEL SECURITY;
  ALTER TABLE tasks ENABLE ROW LEVEL SECURITY;
  ALTER TABLE task_tags ENABLE ROW LEVEL SECURITY;
  DROP POLICY IF EXISTS own ON users;
  DROP POLICY IF EXISTS own ON tasks;
  DROP POLICY IF EXISTS own ON task_tags;
  CREATE POLICY own ON users TO app_user USING (id = (SELECT current_user_id()));
  CREATE POLICY own ON tasks TO app_user USING (user_id = (SELECT current_user_id()));
  CREATE POLICY own ON task_tags TO app_user USING (user_id = (SELECT current_user_id()));
  COMMENT ON TABLE tasks IS '@foreignKey (user_id, parent_id) references tasks (user_id, id)|@behavior +list';
  COMMENT ON CONSTRAINT task_tags_task ON task_tags IS '@behavior +list';
  COMMENT ON COLUMN tasks.deleted_at IS '@behavior +filterBy';
  CREATE OR REPLACE FUNCTION tasks_completed(task tasks) RETURNS boolean LANGUAGE sql STABLE
    AS $$ SELECT task.completed_at IS NOT NULL $$;
  CREATE OR REPLACE FUNCTION own_task(task_id uuid) RETURNS tasks LANGUAGE sql STABLE
    AS $$ SELECT * FROM tasks WHERE user_id = current_user_id() AND id = task_id $$;
  CREATE OR REPLACE FUNCTION next_version() RETURNS bigint LANGUAGE sql VOLATILE
    AS $$ UPDATE users SET last_version = last_version + 1 WHERE id = current_user_id() RETURNING last_version $$;
  CREATE OR REPLACE FUNCTION add_task(new_title text, new_due_date date) RETURNS tasks LANGUAGE sql VOLATILE
    AS $$ INSERT INTO tasks (user_id, id, title, title_key, due_date, created_at, updated_at, version)
          VALUES (current_user_id(), gen_random_uuid(), new_title, lower(new_title), new_due_date,
                  date_trunc('milliseconds', now()), date_trunc('milliseconds', now()), next_version())
          RETURNING * $$;
  CREATE OR REPLACE FUNCTION toggle_task(task_id uuid) RETURNS tasks LANGUAGE sql VOLATILE
    AS $$ UPDATE tasks SET completed_at = CASE WHEN completed_at IS NULL THEN date_trunc('milliseconds', now()) END,
                 updated_at = date_trunc('milliseconds', now()), version = next_version()
          WHERE user_id = current_user_id() AND id = task_id AND deleted_at IS NULL
          RETURNING * $$;
  COMMENT ON FUNCTION next_version() IS '@omit execute';
`)
await owner.end()

const secret = new TextEncoder().encode(process.env.JWT_SECRET)
const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ connectionString, schemas: ['public'], poolConfig: { max: 8 } })],
  grafserv: { port: Number(process.env.PORT), graphqlPath: '/graphql', graphiql: false, websockets: false },
  grafast: {
    explain: false,
    async context(requestContext) {
      const authorization = requestContext.node?.req.headers.authorization ?? ''
      const { payload } = await jwtVerify(authorization.replace(/^Bearer /, ''), secret, { algorithms: ['HS256'] })
      return { pgSettings: { role: 'app_user', 'jwt.claims.user_id': payload.uid } }
    },
  },
}
const pgl = postgraphile(preset)
const server = createServer()
server.on('error', (error) => { throw error })
const serv = pgl.createServ(grafserv)
await serv.addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
if (process.env.PRINT_SCHEMA) {
  const { printSchema } = await import('graphql')
  console.log(printSchema(await pgl.getSchema()))
}
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0))
