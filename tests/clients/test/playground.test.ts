// The playground in a browser that reaches nothing but the server.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { createTask } from "../examples/urql/change";
import { createUrql } from "../examples/urql/client";
import { createSession } from "../examples/session";
import { required, somebody } from "./server";

let browser: Browser;

before(async () => {
  const executablePath = required("PATH")
    .split(delimiter)
    .map((folder) => join(folder, "chromium"))
    .find(existsSync);
  assert.ok(executablePath, "chromium is in PATH");
  // Without the sandbox it runs as root too, as CI does. No name resolves.
  browser = await chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
});

after(() => browser.close());

/** The page, loaded; and what went wrong on it, which must be nothing when the test ends. */
async function open(t: TestContext, address: string): Promise<{ page: Page; wrong: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const wrong: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") wrong.push(message.text());
  });
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("requestfailed", (request) => wrong.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(address))
      wrong.push(`to another host: ${request.url()}`);
  });
  await page.exposeFunction("reportViolation", (violation: string) => wrong.push(violation));
  await page.addInitScript(`
    addEventListener("securitypolicyviolation", (event) => reportViolation(event.violatedDirective + " " + event.blockedURI));
  `);
  t.after(async () => {
    // What it looked like at the end, for whoever wonders why it failed.
    await page.screenshot({
      path: join(required("PLAYGROUND_SCREENSHOTS"), `${t.name.split(":")[0]}, at the end.png`),
    });
    await page.close();
  });
  await page.goto(`${address}playground`);
  assert.equal(page.url(), address);
  await page.locator(".graphiql-query-editor .view-line", { hasText: "PendingTasks" }).waitFor();
  return { page, wrong };
}

/** Runs the tab that is open, and waits until the answer shows this. */
async function run(page: Page, expected: string): Promise<void> {
  await page.getByRole("button", { name: "Execute query" }).click();
  await page.locator(".result-window .view-line", { hasText: expected }).first().waitFor();
}

test("embedded: signed in, with examples that run, completion and documentation", async (t) => {
  const address = required("PLAYGROUND_EMBEDDED");
  const dev = createSession(required("PLAYGROUND_TOKEN"), () => Promise.reject(new Error("it is fresh")));
  const { error } = await createTask(createUrql(`${address}graphql`, dev), {
    id: randomUUID(),
    title: "water the plants",
  });
  assert.equal(error, undefined);

  const { page, wrong } = await open(t, address);
  assert.deepEqual(await page.getByRole("tab").allInnerTexts(), [
    "PendingTasks",
    "CreateTask",
    "ToggleTask",
    "Me",
  ]);
  await run(page, "water the plants");
  await page.screenshot({ path: join(required("PLAYGROUND_SCREENSHOTS"), "embedded.png") });

  await page.getByRole("tab", { name: "CreateTask" }).click();
  await run(page, "Buy milk");
  await page.getByRole("tab", { name: "Me" }).click();
  await run(page, '"all": 2');

  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  const documentation = page.locator(".graphiql-doc-explorer");
  await documentation.getByRole("link", { name: "Query", exact: true }).click();
  await documentation.getByText("Whoever the token names.").waitFor();

  await page.getByRole("tab", { name: "PendingTasks" }).click();
  await page.locator(".graphiql-query-editor .view-line", { hasText: "totalCount" }).click();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await page.keyboard.type("ed", { delay: 20 });
  await page.locator(".suggest-widget .monaco-list-row", { hasText: "edges" }).waitFor();
  await page.screenshot({ path: join(required("PLAYGROUND_SCREENSHOTS"), "completion.png") });
  assert.deepEqual(wrong, []);
});

test("elsewhere: asks for a token in the pane for headers", async (t) => {
  const address = new URL("/", required("DOCKET_ENDPOINT")).href;
  const { page, wrong } = await open(t, address);
  const headers = page
    .getByRole("region", { name: "Headers" })
    .locator(".view-line", { hasText: "Authorization" });
  await headers.waitFor();
  assert.match(await headers.innerText(), /"Bearer\s"$/);
  await run(page, "UNAUTHENTICATED");
  await page.screenshot({ path: join(required("PLAYGROUND_SCREENSHOTS"), "elsewhere.png") });
  assert.deepEqual(wrong.splice(0), [
    "Failed to load resource: the server responded with a status of 401 (Unauthorized)",
  ]);

  await headers.click();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.insertText(somebody().token);
  await run(page, '"totalCount": 0');
  assert.deepEqual(wrong, []);
});
