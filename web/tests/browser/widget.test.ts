// The widget in a real browser, as a customer meets it.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, afterEach, before, beforeEach, test } from "node:test";
import type { BrowserContext, Page } from "playwright-core";

import type { StandIn } from "../stand-in/server.ts";
import { accessible, launch, opened, picture, quit, shot, standIn, tab, visit, type Visit } from "./kit.ts";

let server: StandIn;
let contexts: BrowserContext[] = [];

before(launch);
after(quit);
beforeEach(async () => {
  server = await standIn();
  server.picture = picture();
});
afterEach(async () => {
  for (const context of contexts) await context.close();
  contexts = [];
  await server.kill();
  assert.deepEqual(server.violations, []);
});

function kept(seen: Visit): Visit {
  contexts.push(seen.context);
  return seen;
}

const RIGHT = { x: 560, y: 40, width: 440, height: 720 };

async function say(seen: Visit, text: string): Promise<void> {
  await seen.field.fill(text);
  await seen.field.press("Enter");
}

/** Playwright's own wait is an `eval` in the page, which its policy forbids. */
async function holds(page: Page, expression: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await page.evaluate(`Boolean(${expression})`)) return;
    await page.waitForTimeout(30);
  }
  assert.fail(`never: ${expression}`);
}

/** What is said and answered, without times. */
async function texts(seen: Visit): Promise<string[]> {
  return seen.page.locator(".log .bubble").allInnerTexts();
}

test("a first visit: button, welcome, choices, and no violation", async () => {
  const seen = kept(await visit(server));
  await seen.launcher.waitFor();
  assert.equal(await seen.launcher.getAttribute("aria-label"), "채팅 열기");
  assert.equal(server.handshakes, 0, "who does not open it costs nothing");
  await accessible(seen.page);
  await seen.launcher.click();
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  assert.equal(await seen.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName), "TEXTAREA");
  await seen.page.locator(".quick button").first().waitFor();
  assert.deepEqual(server.user().talk?.params, { shopPage: "front" });
  await accessible(seen.page);
  await shot(seen.page, "welcome", RIGHT);
  await seen.page.keyboard.press("Escape");
  assert.equal(await seen.panel.isVisible(), false);
  assert.ok(await seen.page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.classList.contains("launcher")));
});

test("choices by keyboard: one stop, arrows, gone after the answer", async () => {
  const seen = kept(await opened(server));
  const { page } = seen;
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Shift+Tab");
  const focused = () => page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.textContent);
  assert.equal(await focused(), "상품 보기");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "몇 송이");
  await page.keyboard.press("End");
  assert.equal(await focused(), "상담원 연결");
  await page.keyboard.press("ArrowRight");
  assert.equal(await focused(), "상품 보기");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("a.place").waitFor();
  assert.equal(await page.locator(".quick").isVisible(), false);
  assert.equal(await page.locator("a.place").getAttribute("href"), "https://maps.google.com/?q=37.497942%2C127.027621");
  assert.deepEqual(server.heard(), ["오시는 길"]);
  assert.equal(await page.evaluate(() => document.activeElement?.shadowRoot?.activeElement?.tagName), "TEXTAREA");
});

test("a carousel by keyboard only, and its buttons", async () => {
  const seen = kept(await opened(server));
  const { page } = seen;
  await say(seen, "상품 보기");
  const track = page.locator(".track");
  await track.waitFor();
  await accessible(page);
  await shot(page, "carousel", RIGHT);
  const place = page.locator(".steps span");
  assert.equal(await place.textContent(), "3개 중 1번째");
  await track.focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await place.textContent(), "3개 중 2번째");
  await page.keyboard.press("End");
  assert.equal(await place.textContent(), "3개 중 3번째");
  await page.waitForTimeout(100);
  assert.ok(await track.evaluate((track) => track.scrollLeft > 100));
  await page.locator(".steps button").first().focus();
  await page.keyboard.press("Enter");
  assert.equal(await place.textContent(), "3개 중 2번째");
  const link = page.getByRole("link", { name: "자세히" }).first();
  assert.deepEqual([await link.getAttribute("target"), await link.getAttribute("rel")], ["_blank", "noopener noreferrer"]);
  await page.getByRole("button", { name: "장미 담기" }).focus();
  await page.keyboard.press("Enter");
  await seen.log.getByText('담았습니다: {"id":2}').waitFor();
});

test("a number keyboard: digits, a hint, and no check", async () => {
  const seen = kept(await opened(server));
  const { page } = seen;
  await page.getByRole("button", { name: "몇 송이" }).click();
  await page.locator("textarea[inputmode=numeric]").waitFor();
  assert.equal(await seen.field.getAttribute("placeholder"), "숫자를 입력하세요 (1–99)");
  await say(seen, "100");
  await page.getByRole("alert").getByText("범위에 맞지 않는").waitFor();
  assert.equal(await seen.field.getAttribute("aria-invalid"), "true");
  assert.deepEqual(server.heard(), ["몇 송이"]);
  await accessible(page);
  await seen.field.press("Enter");
  await seen.log.getByText('"100"라고').waitFor();
  assert.equal(await seen.field.getAttribute("inputmode"), "text");
});

test("Enter that ends a syllable sends nothing", async () => {
  const seen = kept(await opened(server));
  const { page } = seen;
  await seen.field.focus();
  const session = await page.context().newCDPSession(page);
  await session.send("Input.imeSetComposition", { text: "안녕", selectionStart: 2, selectionEnd: 2 });
  assert.equal(await seen.field.inputValue(), "안녕");
  const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
  await session.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
  await session.send("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  await seen.field.evaluate((field) => {
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", isComposing: true, bubbles: true, cancelable: true, composed: true }));
  });
  await session.send("Input.insertText", { text: "안녕" });
  await page.waitForTimeout(150);
  assert.deepEqual(server.heard(), []);
  assert.equal(await seen.field.inputValue(), "안녕");
  await seen.field.press("Shift+Enter");
  await seen.field.pressSequentially("하세요");
  assert.equal(await seen.field.inputValue(), "안녕\n하세요");
  await seen.field.press("Enter");
  await seen.log.getByText("하셨네요").waitFor();
  assert.deepEqual(server.heard(), ["안녕\n하세요"]);
});

test("two tabs: one conversation", async () => {
  const one = kept(await opened(server));
  const two = await tab(server, one.context);
  await two.launcher.click();
  await two.log.getByText("별빛 꽃집입니다").waitFor();
  await say(one, "첫째 탭");
  await two.log.getByText('"첫째 탭"라고').waitFor();
  await say(two, "둘째 탭");
  await one.log.getByText('"둘째 탭"라고').waitFor();
  assert.deepEqual(await texts(one), await texts(two));
  assert.equal(server.users.size, 1);
});

test("a reload: the conversation is there, and earlier pages of it", async () => {
  const seen = kept(await opened(server));
  for (let n = 1; n <= 25; n++) await say(seen, `말 ${n}`);
  await seen.log.getByText('"말 25"라고').waitFor();
  await seen.page.reload();
  await seen.launcher.click();
  await seen.log.getByText('"말 25"라고').waitFor();
  assert.equal(await seen.log.getByText('"말 1"라고').count(), 0);
  await seen.page.getByRole("button", { name: "이전 대화 보기" }).click();
  await seen.log.getByText('"말 1"라고').waitFor();
  const order = (await texts(seen)).filter((text) => /^말/.test(text));
  assert.deepEqual(order, Array.from({ length: 25 }, (_, n) => `말 ${n + 1}`));
  assert.equal(server.users.size, 1);
});

test("a server that is killed and comes back", async () => {
  const seen = kept(await opened(server));
  await server.kill();
  await seen.page.getByText("다시 연결하고 있습니다").waitFor();
  await say(seen, "들리세요?");
  await seen.page.locator(".waiting").getByText("보내는 중").waitFor();
  await accessible(seen.page);
  await server.listen();
  await seen.log.getByText('"들리세요?"라고').waitFor({ timeout: 15_000 });
  assert.equal(await seen.page.locator(".banner").isVisible(), false);
  assert.deepEqual(server.heard(), ["들리세요?"]);
  assert.equal((await texts(seen)).filter((text) => text === "들리세요?").length, 1);
});

test("a token that expired", async () => {
  const seen = kept(await opened(server));
  server.expireTokens();
  server.goAway();
  await say(seen, "아직 계세요?");
  await seen.log.getByText('"아직 계세요?"라고').waitFor({ timeout: 15_000 });
  assert.equal(server.tokensGiven, 2);
});

test("a chat that is refused says so, and can be tried again", async () => {
  const seen = kept(await visit(server));
  server.faults.tokens = [403];
  await seen.launcher.click();
  await seen.page.getByText("지금은 채팅을 할 수 없습니다").waitFor();
  await seen.page.getByRole("button", { name: "다시 시도" }).click();
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
});

test("offline and back", async () => {
  const seen = kept(await opened(server));
  await seen.context.setOffline(true);
  await seen.page.getByText("인터넷 연결이 끊겼습니다").waitFor();
  await say(seen, "하나");
  await say(seen, "둘");
  await accessible(seen.page);
  assert.equal(await seen.page.locator(".quick").isVisible(), false, "choices are for the next word");
  await shot(seen.page, "offline", RIGHT);
  await seen.context.setOffline(false);
  await seen.log.getByText('"둘"라고').waitFor({ timeout: 10_000 });
  assert.deepEqual(server.heard(), ["하나", "둘"]);
  assert.equal(await seen.page.locator(".waiting").isVisible(), false);
});

test("a message that is refused can be sent again or removed", async () => {
  const seen = kept(await opened(server));
  server.faults.error = [{ code: "text_too_long" }, { code: "text_too_long" }];
  await say(seen, "하나");
  await seen.page.getByText("보내지 못했습니다").waitFor();
  await accessible(seen.page);
  await say(seen, "둘");
  await seen.page.getByRole("button", { name: "지우기" }).nth(1).click();
  await seen.page.getByRole("button", { name: "다시 보내기" }).click();
  await seen.log.getByText('"하나"라고').waitFor();
  assert.deepEqual(server.heard(), ["하나"]);
});

test("a picture is uploaded and shown; other files are not", async () => {
  const seen = kept(await opened(server));
  const input = seen.page.locator("input[type=file]");
  await input.setInputFiles({ name: "꽃.png", mimeType: "image/png", buffer: picture() });
  await seen.log.getByText("사진을 받았습니다").waitFor();
  await seen.page.locator(".mine img.media").waitFor();
  await accessible(seen.page);
  await input.setInputFiles({ name: "a.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg/>") });
  await seen.page.getByRole("alert").getByText("사진만 보낼 수 있습니다").waitFor();
  await input.setInputFiles({ name: "a.png", mimeType: "image/png", buffer: Buffer.alloc(10 * 1024 * 1024 + 1) });
  await seen.page.getByRole("alert").getByText("10MB까지").waitFor();
  assert.deepEqual(server.heard(), ["media"]);
});

test("restart asks first, and begins anew", async () => {
  const seen = kept(await opened(server));
  await say(seen, "옛말");
  await seen.log.getByText('"옛말"라고').waitFor();
  await seen.page.getByRole("button", { name: "대화 다시 시작" }).click();
  await accessible(seen.page);
  await seen.page.getByRole("button", { name: "취소" }).click();
  await seen.page.getByRole("button", { name: "대화 다시 시작" }).click();
  await seen.page.getByRole("button", { name: "다시 시작", exact: true }).click();
  await seen.log.getByText('"옛말"라고').waitFor({ state: "detached" });
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
});

test("an agent has a name, and comes and goes", async () => {
  const seen = kept(await opened(server));
  await seen.page.getByRole("button", { name: "상담원 연결" }).click();
  await seen.page.locator(".who").getByText("김하늘").waitFor();
  await seen.page.getByText("상담원이 연결되었습니다").waitFor();
  assert.match((await seen.page.getByRole("group", { name: /^김하늘/ }).getAttribute("aria-label")) ?? "", /김하늘, 오[전후]/);
  server.moment(server.user(), "web.typing", { who: "agent", state: "on" });
  await seen.page.locator(".typing").getByText("입력 중").waitFor();
  await accessible(seen.page);
  await shot(seen.page, "agent", RIGHT);
  server.say(server.user(), [{ message: { type: "text", text: "무엇을 도와 드릴까요?" } }]);
  await seen.page.locator(".typing").waitFor({ state: "hidden" });
  server.say(server.user(), [{ event: "bot.conversation.agent_call_disconnected" }]);
  await seen.page.getByText("상담이 끝났습니다").waitFor();
  const before = await seen.page.locator(".log > *").count();
  await seen.page.evaluate("chat.setLocale('en')");
  await seen.page.getByText("The agent has left.").waitFor();
  assert.equal(await seen.page.locator(".log > *").count(), before, "everything is still there");
});

test("what a server sends is text", async () => {
  const seen = kept(await opened(server));
  await say(seen, "html");
  await seen.log.getByText("<b>굵게</b>").waitFor();
  assert.equal(await seen.page.evaluate(() => (window as unknown as { hacked?: number }).hacked), undefined);
  assert.equal(await seen.page.locator(".log b, .log img").count(), 0);
  const hrefs = await seen.page.locator(".log .bubble a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
  assert.deepEqual(hrefs, ["https://shop.example.com/a?b=1", "tel:01012345678"]);
  server.say(server.user(), [
    { message: { type: "text", text: "위험", buttons: [{ label: "실행", uri: "javascript:hacked=1" }, { label: "남는 것" }] } },
    { message: { type: "media", media: { contentType: "image", uri: "javascript:hacked=1" } } },
    { message: { type: "cards", cards: [{ title: "카드", uri: "data:text/html,x", media: { contentType: "link", uri: "vbscript:x" } }] } },
  ]);
  await seen.page.getByRole("button", { name: "남는 것" }).waitFor();
  assert.equal(await seen.page.getByText("실행").count(), 0);
  const all = await seen.page.locator(".log [href], .log [src]").evaluateAll((nodes) => nodes.map((node) => node.getAttribute("href") ?? node.getAttribute("src")));
  assert.ok(all.every((uri) => /^(https:|tel:)/.test(uri ?? "")), String(all));
});

test("every frame that the adapter makes is shown", async () => {
  const seen = kept(await opened(server));
  const folder = "../shared/platforms/src/web/testdata/outbound";
  // `{{a*3}}` is `aaa`, as in the harness of those cases.
  const whole = (text: string) => text.replace(/\{\{(.+?)\*(\d+)\}\}/g, (_, unit: string, times: string) => JSON.stringify(JSON.parse(`"${unit}"`).repeat(Number(times))).slice(1, -1));
  let shown = 0;
  for (const name of readdirSync(folder).sort()) {
    const { calls } = JSON.parse(whole(readFileSync(`${folder}/${name}`, "utf8"))) as { calls: { body: Record<string, unknown> }[] };
    for (const { body } of calls) {
      server.keep(server.user(), body);
      shown += body["type"] === "MESSAGE" ? 1 : 0;
    }
  }
  assert.ok(shown > 20);
  await seen.page.waitForFunction((count) => document.querySelector(".closer-webchat")!.shadowRoot!.querySelectorAll(".log > .item:not(.waiting)").length === count, shown + 1);
  const empty = await seen.page.locator(".log > .item:not(.waiting)").evaluateAll((items) => items.filter((item) => item.children.length < 2).length);
  assert.equal(empty, 0, "each has something besides its time");
  const wide = await seen.page.locator(".log").evaluate((log) => log.scrollWidth > log.clientWidth);
  assert.equal(wide, false, "nothing sticks out");
  await accessible(seen.page);
});

test("unread: a number on the button and in the title, gone when it was seen", async () => {
  const seen = kept(await opened(server));
  await seen.page.getByRole("button", { name: "채팅 닫기" }).first().click();
  server.say(server.user(), [{ message: { type: "text", text: "새 소식" } }, { message: { type: "text", text: "하나 더" } }]);
  await seen.page.locator(".badge").getByText("2").waitFor();
  assert.equal(await seen.launcher.getAttribute("aria-label"), "채팅 열기, 읽지 않은 메시지: 2");
  assert.equal(await seen.page.title(), "(2) 별빛 꽃집");
  await accessible(seen.page);
  await shot(seen.page, "unread");
  await seen.page.reload();
  await seen.page.locator(".badge").getByText("2").waitFor();
  await seen.launcher.click();
  assert.equal(await seen.page.locator(".badge").count(), 0);
  assert.equal(await seen.page.title(), "별빛 꽃집");
  await seen.page.waitForTimeout(100);
  assert.equal(server.user().reads.at(-1), server.user().log.length);
  await seen.page.reload();
  await seen.launcher.waitFor();
  await seen.page.waitForTimeout(200);
  assert.equal(await seen.page.locator(".badge").count(), 0);
});

test("English", async () => {
  const seen = kept(await opened(server, "/shop-en", { locale: "en-US" }));
  assert.equal(await seen.field.getAttribute("placeholder"), "Write a message");
  assert.equal(await seen.page.locator(".closer-webchat").getAttribute("lang"), "en");
  await say(seen, "사진");
  await seen.page.locator("img.media").waitFor();
  await accessible(seen.page);
  await shot(seen.page, "english", RIGHT);
});

test("a narrow phone, the page of its own, and a text twice as large", async () => {
  const seen = kept(await visit(server, "/webchat/Bweb01?campaign=spring&restart=1&userKey=somebody", { viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true }));
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  assert.deepEqual(server.user().talk?.params, { campaign: "spring" });
  assert.ok(server.user().key.startsWith("anon:"), "a key without its hash is nobody's");
  assert.equal(await seen.launcher.isVisible(), false);
  const wide = () => seen.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  assert.ok(await wide());
  await say(seen, "상품 보기");
  await seen.page.locator(".track").waitFor();
  assert.ok(await wide());
  await accessible(seen.page);
  await shot(seen.page, "phone");

  const shop = kept(await opened(server, "/shop", { viewport: { width: 360, height: 640 } }));
  const box = await shop.panel.boundingBox();
  assert.deepEqual([box?.x, box?.y, box?.width, box?.height], [0, 0, 360, 640]);
  await accessible(shop.page);
});

test("dark, and colours of the company", async () => {
  const seen = kept(await opened(server, "/shop", { colorScheme: "dark" }));
  assert.equal(await seen.page.locator(".closer-webchat").getAttribute("data-appearance"), "dark");
  await say(seen, "상품 보기");
  await seen.page.locator(".track").waitFor();
  await accessible(seen.page);
  await shot(seen.page, "dark", RIGHT);
  await seen.page.emulateMedia({ colorScheme: "light" });
  await seen.page.locator(".closer-webchat[data-appearance=light]").waitFor();
  for (const primaryColor of ["#ffd400", "#111111", "#0f766e", "#f9a8d4"]) {
    await seen.page.evaluate((primaryColor) => {
      (window as unknown as { chat: { setTheme(theme: object): void } }).chat.setTheme({ primaryColor, title: "별빛", description: "평일 9–18시", position: "left" });
    }, primaryColor);
    await accessible(seen.page);
  }
});

test("less motion where less is wanted", async () => {
  const still = kept(await opened(server));
  const animation = (seen: Visit) => seen.panel.evaluate((panel) => getComputedStyle(panel).animationName);
  assert.equal(await animation(still), "none");
  const moving = kept(await opened(server, "/shop", { reducedMotion: "no-preference" }));
  assert.equal(await animation(moving), "rise");
});

test("the control object", async () => {
  const seen = kept(await visit(server));
  const { page } = seen;
  await holds(page, "window.chat");
  const state = (expression: string) => page.evaluate(`(() => { const c = window.chat; ${expression}; const s = c.state; return [s.isOpen, s.isEnabled, s.view.stack.at(-1)]; })()`);
  assert.deepEqual(await state(""), [false, true, "chat"]);
  assert.deepEqual(await state("c.setEnabled(false)"), [false, false, "chat"]);
  assert.equal(await seen.launcher.isVisible(), false);
  assert.deepEqual(await state("c.showChatButton(); c.changeView('welcome'); c.openChatWindow()"), [true, true, "welcome"]);
  await accessible(page);
  await page.getByRole("button", { name: "채팅 시작" }).click();
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  await page.evaluate("chat.setParams({ vip: true, gone: null })");
  await page.evaluate("chat.changeNavigation({ flowId: 3, nodeId: 7 })");
  await seen.log.getByText("자리 3-7").waitFor();
  await page.evaluate("chat.sendMessage('페이지가 말합니다')");
  await seen.log.getByText('"페이지가 말합니다"라고').waitFor();
  assert.deepEqual(server.user().talk?.params, { shopPage: "front", vip: true, gone: null });
  await state("c.changeView('setting')");
  await accessible(page);
  await page.locator(".cover select").first().selectOption("en");
  await page.getByRole("button", { name: "Done" }).click();
  assert.equal(await seen.field.getAttribute("placeholder"), "Write a message");
  await page.evaluate("chat.setUserKey('member-9', 'hash')");
  await holds(page, "chat.client.state === 'open' && chat.client.context.context.userKey === 'member-9'");
  await seen.log.getByText("별빛 꽃집입니다").waitFor();
  assert.deepEqual([...server.users.keys()].at(-1), "member-9");
  assert.deepEqual(await state("c.closeChatWindow()"), [false, true, "chat"]);
  await page.evaluate("chat.destroy()");
  assert.equal(await page.locator(".closer-webchat").count(), 0);
});
