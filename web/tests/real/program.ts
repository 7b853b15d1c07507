// `closer dev` itself, as a process: the SDK and the widget against the server that they are made for.

import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createSite, type Server } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { CSP, type Site } from "../browser/kit.ts";

/** Built by `cargo build`. */
const PROGRAM = process.env["CLOSER"] ?? join("..", "target", "debug", "closer");

export const TOKEN_SECRET = "secret-of-the-browser-tests";

export class Program implements Site {
  violations: string[] = [];
  patienceMs = 15_000;
  port = 0;
  #child: ChildProcess | null = null;
  #site: Server | null = null;
  #folder = mkdtempSync(join(tmpdir(), "closer-web-"));
  /** Of the company's own pages. */
  url = "";

  static async start(): Promise<Program> {
    assert.ok(existsSync(PROGRAM), `there is no ${PROGRAM}: build it, or name it by CLOSER`);
    const program = new Program();
    program.port = await free();
    await program.#open();
    await program.run();
    return program;
  }

  /** Where the chat is served. */
  get base(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The pages of a company, on an address of their own and strict as such pages are; and its bot, which lets them in. */
  async #open(): Promise<void> {
    const policy = CSP.replace("script-src 'self'", `script-src ${this.base}`);
    const pages: Record<string, [string, string]> = { "/shop": ["ko", "별빛 꽃집"], "/shop-en": ["en", "Starlight Flowers"] };
    const site = createSite((request, response) => {
      const page = pages[request.url ?? ""];
      if (!page) return void response.writeHead(404).end();
      const [lang, title] = page;
      const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title}</title>`;
      const body = `<main><h1>${title}</h1></main><script src="${this.base}/webchat.js" data-bot-id="Bweb01" data-bind="chat" data-shop-page="front"></script>`;
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy });
      response.end(`<!doctype html><html lang="${lang}"><head>${head}</head><body>${body}</body></html>`);
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
    this.#site = site;
    this.url = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const bot = JSON.parse(readFileSync("tests/real/shop.json", "utf8")) as Record<string, unknown>;
    bot["integration"] = { web: { tokenSecret: TOKEN_SECRET, allowedOrigins: [this.url] } };
    mkdirSync(join(this.#folder, "bots"));
    writeFileSync(join(this.#folder, "bots", "shop.json"), JSON.stringify(bot));
  }

  /** On the same port and with what it kept. */
  async run(): Promise<void> {
    this.#child = spawn(PROGRAM, ["dev", "--port", String(this.port), "--data", join(this.#folder, "data"), "--bots", join(this.#folder, "bots")], { stdio: "ignore" });
    for (let tries = 0; tries < 200; tries++) {
      if (await fetch(this.base).then((response) => response.ok, () => false)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail("it does not answer");
  }

  /** At once and without a word. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    this.#child = null;
  }

  async end(): Promise<void> {
    await this.kill();
    this.#site?.closeAllConnections();
    this.#site?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function free(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
