// The widget in a real browser on the real local stack: what a newcomer sees after `cargo run`, and what must survive.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import type { BrowserContext, BrowserContextOptions } from "playwright-core";

import { accessible, launch, opened, picture, quit, shot, tab, visit, type Visit } from "../browser/kit.ts";
import { Program, TOKEN_SECRET } from "./program.ts";

let program: Program;
let contexts: BrowserContext[] = [];

before(async () => {
  await launch();
  program = await Program.start();
});
after(async () => {
  await quit();
  await program.end();
});
afterEach(async () => {
  for (const context of contexts) await context.close();
  contexts = [];
  assert.deepEqual(program.violations, []);
});

function kept(seen: Visit): Visit {
  contexts.push(seen.context);
  return seen;
}

const chat = async (path = "/shop", options: BrowserContextOptions = {}) => kept(await opened(program, path, options));

async function say(seen: Visit, text: string): Promise<void> {
  await seen.field.fill(text);
  await seen.field.press("Enter");
}

async function texts(seen: Visit): Promise<string[]> {
  return seen.page.locator(".log .bubble").allInnerTexts();
}

/** Each once, in this order; others may stand between. */
function once(all: string[], parts: string[]): void {
  const places = parts.map((part) => {
    const found = all.map((text, index) => (text.trim() === part ? index : -1)).filter((index) => index >= 0);
    assert.equal(found.length, 1, `${part} is there ${found.length} times in ${JSON.stringify(all)}`);
    return found[0]!;
  });
  assert.deepEqual(places, [...places].sort((a, b) => a - b), JSON.stringify(all));
}

test("a first visit: welcome, a choice, its answer", async () => {
  const seen = await chat();
  await accessible(seen.page);
  await seen.page.getByRole("button", { name: "오시는 길" }).click();
  await seen.page.locator("a.place").waitFor();
  assert.equal(await seen.page.locator(".quick").isVisible(), false);
  assert.match(await seen.page.evaluate("chat.client.context.context.userKey"), /^anon:/);
  assert.equal(await seen.page.evaluate("chat.client.context.context.params.shopPage"), "front");
});

test("a carousel by keyboard only, and its buttons", async () => {
  const seen = await chat();
  await say(seen, "상품 보기");
  const track = seen.page.locator(".track");
  await track.waitFor();
  await track.focus();
  await seen.page.keyboard.press("End");
  assert.equal(await seen.page.locator(".steps span").textContent(), "3개 중 3번째");
  await seen.page.getByRole("button", { name: "장미 담기" }).focus();
  await seen.page.keyboard.press("Enter");
  await seen.log.getByText("담았습니다: 2").waitFor();
  await accessible(seen.page);
});

test("a number keyboard", async () => {
  const seen = await chat();
  await seen.page.getByRole("button", { name: "몇 송이" }).click();
  await seen.page.locator("textarea[inputmode=numeric]").waitFor();
  await say(seen, "100");
  await seen.page.getByRole("alert").getByText("범위에 맞지 않는").waitFor();
  await say(seen, "7");
  await seen.log.getByText('"7"라고').waitFor();
});

test("Enter that ends a syllable sends nothing", async () => {
  const seen = await chat();
  await seen.field.focus();
  const session = await seen.page.context().newCDPSession(seen.page);
  await session.send("Input.imeSetComposition", { text: "안녕", selectionStart: 2, selectionEnd: 2 });
  const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
  await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  await session.send("Input.insertText", { text: "안녕" });
  await seen.page.waitForTimeout(200);
  assert.ok(!(await texts(seen)).includes("안녕"));
  await seen.field.press("Enter");
  await seen.log.getByText('"안녕"라고').waitFor();
});

test("two tabs: one conversation", async () => {
  const one = await chat();
  const two = await tab(program, one.context);
  await two.launcher.click();
  await two.log.getByText("별빛 꽃집입니다").waitFor();
  await say(one, "첫째 탭");
  await two.log.getByText('"첫째 탭"라고').waitFor();
  await say(two, "둘째 탭");
  await one.log.getByText('"둘째 탭"라고').waitFor();
  assert.deepEqual(await texts(one), await texts(two));
});

test("a reload: the conversation is there, and earlier pages of it", async () => {
  const seen = await chat();
  for (let n = 1; n <= 18; n++) await say(seen, `말 ${n}`);
  await seen.log.getByText('"말 18"라고').waitFor();
  await seen.page.reload();
  await seen.launcher.click();
  await seen.log.getByText('"말 18"라고').waitFor();
  assert.equal(await seen.log.getByText('"말 1"라고').count(), 0);
  await seen.page.getByRole("button", { name: "이전 대화 보기" }).click();
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  const numbers = Array.from({ length: 18 }, (_, n) => n + 1);
  once(await texts(seen), numbers.map((n) => `말 ${n}`));
  once(await texts(seen), numbers.map((n) => `"말 ${n}"라고 하셨네요.`));
});

test("the server is killed in mid-conversation and started again", async () => {
  const seen = await chat();
  await say(seen, "하나");
  await seen.log.getByText('"하나"라고').waitFor();
  await say(seen, "둘");
  await program.kill();
  await say(seen, "셋");
  await seen.page.getByText("다시 연결하고 있습니다").waitFor();
  await program.run();
  await seen.log.getByText('"셋"라고').waitFor({ timeout: 45_000 });
  const parts = ["하나", "둘", "셋"].flatMap((text) => [text, `"${text}"라고 하셨네요.`]);
  const all = await texts(seen);
  for (const part of parts) once(all, [part]);
  await seen.page.reload();
  await seen.launcher.click();
  await seen.log.getByText('"셋"라고').waitFor();
  for (const part of parts) once(await texts(seen), [part]);
});

test("a token that has expired is exchanged", async () => {
  const context = { asked: 0 };
  const b64 = (text: string) => Buffer.from(text).toString("base64url");
  const claims = { iss: "closer", aud: "web", sub: "anon:0", bot: "Bweb01", iat: 1, exp: 2, jti: "old", anon: true };
  const signed = `${b64('{"alg":"HS256","typ":"JWT"}')}.${b64(JSON.stringify(claims))}`;
  const old = `${signed}.${createHmac("sha256", TOKEN_SECRET).update(signed).digest("base64url")}`;
  const seen = kept(await visit(program));
  await seen.context.route("**/v1/web/tokens", async (route) => {
    context.asked += 1;
    if (context.asked > 1) return route.continue();
    const url = program.base.replace("http", "ws") + "/ws";
    return route.fulfill({ status: 201, json: { token: old, tokenType: "Bearer", expiresIn: 1800, refreshAfter: 1500, userKey: "anon:0", url } });
  });
  await seen.launcher.click();
  await seen.log.getByText("별빛 꽃집입니다").waitFor({ timeout: 30_000 });
  assert.equal(context.asked, 2);
});

test("offline and back", async () => {
  const seen = await chat();
  await seen.context.setOffline(true);
  await say(seen, "하나");
  await say(seen, "둘");
  await seen.page.getByText("인터넷 연결이 끊겼습니다").waitFor();
  await accessible(seen.page);
  await seen.context.setOffline(false);
  await seen.log.getByText('"둘"라고').waitFor();
  once(await texts(seen), ["하나", "둘"]);
});

test("a picture is uploaded and shown", async () => {
  const seen = await chat();
  await seen.page.locator("input[type=file]").setInputFiles({ name: "꽃.png", mimeType: "image/png", buffer: picture() });
  await seen.log.getByText("사진을 받았습니다").waitFor();
  const image = seen.page.locator(".mine img.media");
  await image.waitFor();
  assert.equal(await image.evaluate((image) => (image as HTMLImageElement).naturalWidth), 240);
});

test("restart begins anew", async () => {
  const seen = await chat();
  await say(seen, "옛말");
  await seen.log.getByText('"옛말"라고').waitFor();
  await seen.page.getByRole("button", { name: "대화 다시 시작" }).click();
  await seen.page.getByRole("button", { name: "다시 시작", exact: true }).click();
  await seen.log.getByText('"옛말"라고').waitFor({ state: "detached" });
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  await seen.page.locator(".quick button").first().waitFor();
  await say(seen, "새말");
  await seen.log.getByText('"새말"라고').waitFor();
});

test("English, a phone, and dark", async () => {
  const english = kept(await visit(program, "/shop-en", { locale: "en-US" }));
  await english.launcher.click();
  await english.log.getByText("별빛 꽃집입니다").waitFor();
  assert.equal(await english.field.getAttribute("placeholder"), "Write a message");
  await accessible(english.page);

  const phone = kept(await visit(program, `${program.base}/webchat/Bweb01?campaign=spring`, { viewport: { width: 360, height: 640 }, hasTouch: true, isMobile: true }));
  await phone.log.getByText("별빛 꽃집입니다").waitFor();
  await say(phone, "상품 보기");
  await phone.page.locator(".track").waitFor();
  assert.ok(await phone.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await accessible(phone.page);

  const dark = await chat("/shop", { colorScheme: "dark" });
  assert.equal(await dark.page.locator(".closer-webchat").getAttribute("data-appearance"), "dark");
  await accessible(dark.page);
});

test("the page of closer dev: the chat on the left, what goes out on the right", async () => {
  for (const options of [{}, { viewport: { width: 390, height: 844 } }, { colorScheme: "dark" as const }]) {
    const { page } = kept(await visit(program, `${program.base}/`, { viewport: { width: 1280, height: 800 }, ...options }));
    const room = page.frameLocator("#room");
    await room.getByRole("log").getByText("별빛 꽃집입니다").waitFor();
    await page.locator("#customer").getByText("anon:").waitFor();
    await room.getByRole("button", { name: "오시는 길" }).click();
    await room.locator("a.place").waitFor();
    await page.locator("#entries .entry").first().waitFor();
    const before = await page.locator("#customer").textContent();
    await page.getByRole("button", { name: "다시 시작" }).click();
    await room.locator(".quick button").first().waitFor();
    assert.equal(await page.locator("#customer").textContent(), before);
    await page.getByRole("button", { name: "새 고객" }).click();
    await room.locator(".quick button").first().waitFor();
    await page.waitForTimeout(200);
    assert.notEqual(await page.locator("#customer").textContent(), before);
    await shot(page, "dev");
    await accessible(page);
    await page.getByRole("button", { name: "English" }).click();
    await room.locator("textarea[placeholder='Write a message']").waitFor();
  }
});
