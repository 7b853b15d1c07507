// The webhooks on the page of `closer dev`, before a management API that says what a test wants it to say.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { BrowserContext, Locator, Page, Route } from "playwright-core";

import type { StandIn } from "../stand-in/server.ts";
import { accessible, launch, quit, shot, standIn, visit } from "./kit.ts";

type Json = Record<string, unknown>;

const PAGE = readFileSync("../infra/local/src/dev/page.html");
const BOT = "Bweb01";
const NOW = Date.now();
const iso = (ms: number) => new Date(NOW + ms).toISOString();
const HOUR = 3_600_000;

const WELL = { state: "active", since: null, reason: null, nextProbeAt: null, holdUntil: null, failing: null, offAt: null };
const FAILING = { since: iso(-HOUR), last: iso(-60_000), attempts: 16, cause: "errorStatus", status: 503 };
const PAUSED = { ...WELL, state: "paused", since: iso(-HOUR), nextProbeAt: iso(90_000), failing: FAILING, offAt: iso(71 * HOUR) };
const OFF = { ...WELL, state: "disabled", since: iso(-HOUR), reason: "gone", nextProbeAt: iso(HOUR) };

const webhook = (id: string, health: Json): Json => ({
  id, botId: BOT, name: `hook ${id}`, url: `https://${id}.example.com/closer`, policy: "durable", on: health["state"] !== "disabled", health,
});
const delivery = (number: number, rest: Json = {}): Json => ({
  id: `d-${number}`, webhookId: "a", state: "DELIVERED", reason: null, dueAt: null, events: 2, attempts: 1, lastStatus: 200, lastCause: null,
  createdAt: iso(number * 1000 - HOUR), splitOf: null, redelivery: null, ...rest,
});
const attempt = (number: number, rest: Json = {}): Json => ({
  number, at: iso(-HOUR), tookMs: 30, status: 302, cause: "errorStatus", probe: false, peer: "192.0.2.7",
  phases: { dnsMs: 2, tlsMs: 12, firstByteMs: 27 }, location: "https://new.example.com/", answer: "<b>moved</b><script>", ...rest,
});

/** What the API knows, and what it was asked. */
class Api {
  webhooks: Json[] = [webhook("a", WELL), webhook("b", PAUSED), webhook("c", OFF)];
  held = 2;
  deliveries: Json[] = [];
  /** Of the next request to a path that ends so. */
  problems = new Map<string, Json>();
  down = false;
  asked: { method: string; path: string; body: Json | null }[] = [];

  changes = () => this.asked.filter(({ method }) => method !== "GET");

  async answer(route: Route): Promise<void> {
    const request = route.request();
    const url = new URL(request.url());
    const path = url.pathname.replace(`/v1/bots/${BOT}`, "");
    const method = request.method();
    if (this.down) return route.abort();
    assert.equal(request.headers()["authorization"], "Bearer the-key");
    this.asked.push({ method, path: path + url.search, body: request.postDataJSON() as Json | null });
    const problem = [...this.problems].find(([end]) => method !== "GET" && path.endsWith(end));
    if (problem) {
      this.problems.delete(problem[0]);
      return route.fulfill({ status: problem[1]["status"] as number, contentType: "application/problem+json", json: problem[1] });
    }
    const [status, json] = this.know(method, path, url.searchParams);
    return status === 204 ? route.fulfill({ status }) : route.fulfill({ status, json });
  }

  private know(method: string, path: string, query: URLSearchParams): [number, unknown] {
    const [, , id, what, of, action] = path.split("/");
    const one = this.webhooks.find((webhook) => webhook["id"] === id);
    if (path === "/health") return [200, { webhooks: this.webhooks.map((webhook) => ({ ...webhook, open: 1, held: this.held, parked: 3, oldestOpenAt: iso(-HOUR) })) }];
    if (path === "/webhooks" && method === "GET") return [200, { data: this.webhooks, next: null }];
    if (path === "/webhooks") {
      const made = webhook("new", WELL);
      this.webhooks.push(made);
      return [201, { ...made, secret: "whsec_c2VjcmV0" }];
    }
    if (!one) return [404, { type: "urn:closer:problem:not-found", title: "There is no such thing", status: 404, detail: "" }];
    if (what === undefined && method === "DELETE") {
      this.webhooks = this.webhooks.filter((webhook) => webhook !== one);
      return [204, null];
    }
    if (what === "test") return [200, { ...attempt(0), number: undefined, ok: false, delivery: "t", webhook: one }];
    if (what === "on") {
      this.held = 0;
      this.webhooks = this.webhooks.map((webhook) => (webhook === one ? { ...webhook, on: true, health: WELL } : webhook));
      return [200, { ...one, deliveries: 2 }];
    }
    if (what === "held") this.held = 0;
    if (what === "held" || what === "recovery") return [202, { deliveries: 2 }];
    if (action === "resend") return [200, this.whole(of!, 2, "DELIVERED")];
    if (of) return [200, this.whole(of, 1, "WAITING")];
    const state = query.get("state");
    const kept = this.deliveries.filter((one) => !state || state === (one["state"] as string).toLowerCase());
    const from = Number(query.get("cursor") ?? 0);
    const to = from + Number(query.get("limit"));
    return [200, { data: kept.slice(from, to), next: to < kept.length ? String(to) : null }];
  }

  private whole(id: string, attempts: number, state: string): Json {
    const found = this.deliveries.find((one) => one["id"] === id);
    const log = [attempt(1), attempt(2, { status: 200, cause: null, location: null, answer: "ok", phases: null })].slice(0, attempts);
    return { ...found, state, log, into: null, eventIds: [], body: { id, messages: ["<i>one</i>"] }, expiresAt: iso(14 * 24 * HOUR) };
  }
}

let server: StandIn;
let api: Api;
let context: BrowserContext;

before(launch);
after(quit);
beforeEach(async () => {
  server = await standIn();
  server.pages.set("/dev", { type: "text/html; charset=utf-8", body: PAGE });
  api = new Api();
});
afterEach(async () => {
  await context.close();
  await server.kill();
  assert.deepEqual(server.violations, []);
});

async function opened(options: Parameters<typeof visit>[2] = {}): Promise<Page> {
  const seen = await visit(server, "/shop", { locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
  context = seen.context;
  const bots = [{ id: BOT, title: "별빛 꽃집", warnings: [], channels: [], webhooks: api.webhooks }];
  await context.route("**/api/state", (route) => route.fulfill({ json: { key: "the-key", bots, live: false, allowPrivate: true } }));
  await context.route("**/api/chat/*", (route) => route.fulfill({ json: { messages: [], keyboard: null } }));
  await context.route("**/api/feed", (route) => route.fulfill({ contentType: "text/event-stream", body: "retry: 600000\n\n" }));
  await context.route(new RegExp(`/v1/bots/${BOT}/(webhooks|health)`), (route) => api.answer(route));
  await seen.page.goto(`${server.url}/dev`);
  await seen.page.getByRole("heading", { name: "별빛 꽃집" }).waitFor();
  // The last of the tabs, by the keyboard.
  await seen.page.getByRole("tab", { selected: true }).press("End");
  await hook(seen.page, "a").locator(".number").first().waitFor();
  return seen.page;
}

const hook = (page: Page, id: string): Locator => page.getByRole("article", { name: `hook ${id}` });
const press = (within: Page | Locator, name: string | RegExp) => within.getByRole("button", { name, exact: true }).press("Enter");

for (const [locale, colorScheme, width] of [["en-US", "light", 1280], ["ko-KR", "dark", 1280], ["ko-KR", "light", 360], ["en-US", "dark", 360]] as const) {
  test(`what is known of webhooks: ${locale}, ${colorScheme}, ${width} wide`, async () => {
    api.deliveries = [delivery(1, { state: "WAITING", dueAt: iso(60_000), lastStatus: 302, lastCause: "errorStatus" })];
    const page = await opened({ locale, colorScheme, viewport: { width, height: 900 } });
    const korean = locale === "ko-KR";
    const failing = await hook(page, "b").locator(".health").innerText();
    assert.match(failing, korean ? /HTTP 503.*16\+번[^]*1분 \d\d초 뒤에 다시[^]*7\d시간 \d\d분 \d\d초 뒤에 꺼집니다/ : /HTTP 503.*16\+ failed[^]*probe in 1m \d\ds[^]*Off in 7\dh \d\dm \d\ds/);
    assert.match(await hook(page, "c").innerText(), korean ? /꺼짐[^]*서버가 410으로 두 번 답했습니다/ : /Off[^]*answered 410 twice/);
    await hook(page, "a").locator(".entry summary").press("Enter");
    const sent = hook(page, "a").locator(".attempt");
    await sent.waitFor();
    assert.match(await sent.innerText(), /HTTP 302[^]*30 ms[^]*192\.0\.2\.7[^]* 2 ms[^]* 10 ms[^]* 15 ms[^]* 3 ms[^]*new\.example\.com[^]*<b>moved<\/b><script>/);
    assert.match(await hook(page, "a").locator("pre").last().innerText(), /<i>one<\/i>/);
    assert.equal(await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), true);
    await accessible(page);
    await shot(page, `dev-webhooks-${locale}-${colorScheme}-${width}`);
  });
}

test("the countdown ticks, nothing moves, and nobody is asked while nobody looks", async () => {
  const page = await opened();
  await hook(page, "a").getByText("None here.").waitFor();
  await page.waitForTimeout(100);
  await page.evaluate("window.shifts = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) shifts += entry.value; }).observe({ type: 'layout-shift' })");
  const left = hook(page, "b").locator("[data-until]").last();
  const before = await left.innerText();
  api.asked = [];
  await page.waitForTimeout(4500);
  assert.notEqual(await left.innerText(), before);
  assert.equal(await page.evaluate("shifts"), 0);
  assert.ok(api.asked.length >= 3 && api.asked.length <= 9, `${api.asked.length} requests in 4.5 seconds`);
  await page.keyboard.press("Home");
  api.asked = [];
  await page.waitForTimeout(2500);
  assert.deepEqual(api.asked, []);
});

test("a test, and a resend", async () => {
  api.deliveries = [delivery(1)];
  const page = await opened();
  const a = hook(page, "a");
  await press(a, "Test");
  await a.getByText("The test failed.").waitFor();
  assert.match(await a.locator(".outcome").innerText(), /HTTP 302[^]*connection 10 ms/);
  await a.locator(".entry summary").press("Enter");
  await press(a, "Send again");
  await a.getByText("It arrived.").waitFor();
  assert.deepEqual(await a.locator(".inside .attempt b").allInnerTexts(), ["#2", "#1"]);
  assert.deepEqual(api.changes().map(({ path }) => path), ["/webhooks/a/test", "/webhooks/a/deliveries/d-1/resend"]);
});

test("what is asked before something is done", async () => {
  const page = await opened();
  const dialog = page.getByRole("dialog");
  await press(hook(page, "c"), "Switch on…");
  await accessible(page);
  await page.keyboard.press("Escape");
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Switch on…");
  assert.deepEqual(api.changes(), [], "who asks and goes has done nothing");
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await hook(page, "c").getByText("Switched on.").waitFor();
  await press(hook(page, "a"), "Recover…");
  await dialog.getByLabel("14 days").check();
  await press(dialog, "Send again");
  await hook(page, "a").getByText("one a second: 2.").waitFor();
  await press(hook(page, "a"), "Stop");
  await hook(page, "a").getByText("given up again: 2.").waitFor();
  await press(hook(page, "c"), "Delete…");
  await press(dialog, "Delete");
  await hook(page, "c").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement?.id), "hooks");
  const [on, recovery, ...rest] = api.changes();
  assert.deepEqual([on!.path, on!.body], ["/webhooks/c/on", { held: "keep" }]);
  const since = recovery!.body!["since"] as number;
  assert.ok(Date.now() - since < 14 * 24 * HOUR && Date.now() - since > 14 * 24 * HOUR - 120_000);
  assert.deepEqual(rest.map(({ method, path }) => `${method} ${path}`), ["DELETE /webhooks/a/recovery", "DELETE /webhooks/c"]);
});

test("a registration that is refused, then taken; its secret is shown once", async () => {
  const page = await opened();
  const dialog = page.getByRole("dialog");
  api.problems.set("/webhooks", { type: "urn:closer:problem:invalid", title: "What is asked for is not valid", status: 422, detail: "`/url`: <b>no</b>", errors: [] });
  await press(page, "Register…");
  await page.keyboard.type("new");
  await page.keyboard.press("Tab");
  await page.keyboard.type("ftp://x");
  await page.keyboard.press("Enter");
  await dialog.getByRole("alert").getByText("What is asked for is not valid").waitFor();
  assert.match(await dialog.getByRole("alert").innerText(), /`\/url`: <b>no<\/b>/);
  await dialog.getByLabel("Address").fill("https://new.example.com/");
  await page.keyboard.press("Enter");
  await dialog.getByText("whsec_c2VjcmV0").waitFor();
  await accessible(page);
  await press(dialog, "Done");
  await hook(page, "new").waitFor();
  // A dialog tells of its end a moment later.
  await dialog.waitFor({ state: "detached" });
  assert.doesNotMatch(await page.content(), /whsec_/);
  assert.deepEqual(api.changes().at(-1)!.body, { name: "new", url: "https://new.example.com/" });
});

test("errors are said in words, and in Korean where there are any", async () => {
  const page = await opened({ locale: "ko-KR" });
  api.problems.set("/test", { type: "urn:closer:problem:conflict", title: "This is not possible as things stand", status: 409, detail: "Read it again." });
  await press(hook(page, "a"), "테스트");
  const said = hook(page, "a").getByRole("alert");
  await said.getByText("지금 상태에서는 할 수 없습니다").waitFor();
  assert.match(await said.innerText(), /Read it again\./);
  api.down = true;
  await page.locator("#hooks-note.problem").getByText("서버에 연결할 수 없습니다.").waitFor();
  api.down = false;
  await page.locator("#hooks-note:not(.problem)").waitFor({ timeout: 9000 });
});

test("deliveries: by state, further ones, and new ones that do not push away what is read", async () => {
  api.deliveries = Array.from({ length: 45 }, (_, index) => delivery(45 - index, index === 3 ? { state: "HELD" } : {}));
  const page = await opened();
  const rows = hook(page, "a").locator(".entry");
  const number = async (count: number) => {
    for (let tries = 0; tries < 100 && (await rows.count()) !== count; tries++) await page.waitForTimeout(50);
    assert.equal(await rows.count(), count);
  };
  await number(20);
  await press(hook(page, "a"), "More");
  await number(40);
  await press(hook(page, "a"), "More");
  await number(45);
  assert.equal(await hook(page, "a").getByRole("button", { name: "More" }).isVisible(), false);
  await hook(page, "a").getByLabel("State").selectOption("held");
  await number(1);
  await hook(page, "a").getByLabel("State").selectOption("");
  await number(20);
  await rows.first().locator("summary").press("Enter");
  api.deliveries = [delivery(46), ...api.deliveries];
  await hook(page, "a").getByText("Show new: 1").waitFor();
  assert.equal(await rows.count(), 20);
  await press(hook(page, "a"), "Show new: 1");
  await number(21);
});
