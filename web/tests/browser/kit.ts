// A browser, the stand-in behind it, and pages that include the widget under a strict policy.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Locator, type Page } from "playwright-core";

import { StandIn } from "../stand-in/server.ts";

export const CSP = "default-src 'none'; script-src 'self'; connect-src *; img-src *; media-src *; require-trusted-types-for 'script'";
const SHOTS = process.env["SHOTS"];

export interface Visit {
  page: Page;
  context: BrowserContext;
  /** The window. */
  panel: Locator;
  log: Locator;
  field: Locator;
  launcher: Locator;
}

/** What serves the pages, and what they must not do. */
export interface Site {
  url: string;
  violations: string[];
  patienceMs?: number;
}

let browser: Browser | null = null;

export async function launch(): Promise<void> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  assert.ok(existsSync(executablePath), `there is no ${executablePath}`);
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
}

export async function quit(): Promise<void> {
  await browser?.close();
}

export async function standIn(): Promise<StandIn> {
  const made = await StandIn.start();
  const dist = (name: string) => readFileSync(new URL(`dist/${name}`, `file://${process.cwd()}/`), "utf8");
  const headers = { "content-security-policy": CSP };
  const html = (body: string, lang = "ko") =>
    `<!doctype html><html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>별빛 꽃집</title></head><body>${body}</body></html>`;
  const shop = '<main><h1>별빛 꽃집</h1><p>봄꽃이 들어왔습니다.</p><a href="#flowers">꽃 보기</a></main>';
  const tag = (rest = "") => `<script src="/webchat.js" data-bot-id="Bweb01" data-bind="chat" data-shop-page="front" ${rest}></script>`;
  made.pages.set("/webchat.js", { type: "text/javascript; charset=utf-8", body: dist("webchat.js") });
  made.pages.set("/shop", { type: "text/html; charset=utf-8", headers, body: html(shop + tag()) });
  made.pages.set("/shop-en", { type: "text/html; charset=utf-8", headers, body: html(`<main><h1>Starlight Flowers</h1></main>${tag()}`, "en") });
  const own = { "content-security-policy": CSP.replace("img-src *", "img-src * data:") };
  made.pages.set("/webchat/Bweb01", { type: "text/html; charset=utf-8", headers: own, body: dist("webchat.html") });
  return made;
}

export async function visit(server: Site, path = "/shop", options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser!.newContext({ locale: "ko-KR", timezoneId: "Asia/Seoul", viewport: { width: 1000, height: 760 }, reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(server.patienceMs ?? 5000);
  return tab(server, context, path);
}

export async function tab(server: Site, context: BrowserContext, path = "/shop"): Promise<Visit> {
  const page = await context.newPage();
  page.on("pageerror", (error) => server.violations.push(`the page: ${error.message}`));
  page.on("console", (message) => {
    if (/content security policy|trusted/i.test(message.text())) server.violations.push(message.text());
  });
  await page.goto(new URL(path, server.url).href);
  const panel = page.locator(".panel");
  return { page, context, panel, log: page.getByRole("log"), field: page.locator("textarea"), launcher: page.locator(".launcher") };
}

export async function opened(server: Site, path = "/shop", options: BrowserContextOptions = {}): Promise<Visit> {
  const seen = await visit(server, path, options);
  await seen.launcher.click();
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  await seen.page.locator(".quick button").first().waitFor();
  return seen;
}

/** No violation that a machine finds; the page's own included. */
export async function accessible(page: Page): Promise<void> {
  const axe = readFileSync("node_modules/axe-core/axe.min.js", "utf8");
  const session = await page.context().newCDPSession(page);
  // Past the page's policy, which is not what is looked at.
  await session.send("Runtime.evaluate", { expression: axe });
  const evaluated = await session.send("Runtime.evaluate", {
    expression: "axe.run(document, { resultTypes: ['violations'] }).then((found) => JSON.stringify(found.violations.map((rule) => [rule.id, rule.nodes.map((node) => node.target + ' ' + node.failureSummary)])))",
    awaitPromise: true,
  });
  assert.equal(evaluated.result.value, "[]");
}

/** Pictures for the documents, when they are asked for. */
export async function shot(page: Page, name: string, clip?: { x: number; y: number; width: number; height: number }): Promise<void> {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.waitForTimeout(150);
  await page.screenshot({ path: `${SHOTS}/${name}.png`, ...(clip ? { clip } : {}) });
}

/** A picture of a flower bed, made here: stripes of a colour. */
export function picture(): Buffer {
  const [width, height] = [240, 140];
  const rows = Buffer.alloc((width * 3 + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * (width * 3 + 1) + 1 + x * 3;
      const petal = Math.hypot((x % 40) - 20, (y % 35) - 17) < 11;
      rows.set(petal ? [236, 112, 140] : [196, 226, 190], at);
    }
  }
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    let crc = 0xffffffff;
    for (const byte of body) crc = table[(crc ^ byte) & 255]! ^ (crc >>> 8);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
    return Buffer.concat([length, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}
