// What is seen: the button, the window, the list of messages, the field. It knows the SDK's events, and no socket.

import type { WebChat } from "../sdk/webchat.ts";
import type { Button, EventFrame, Keyboard, Locale, MessageFrame, Pending, State } from "../sdk/types.ts";
import { bubbles } from "./bubbles.ts";
import { h, icon, safeMedia } from "./dom.ts";
import { adopt } from "./style.ts";
import { applyTheme, type Theme } from "./theme.ts";
import { WORDS, type Words } from "./words.ts";

export type ViewName = "chat" | "welcome" | "setting";

export interface Host {
  client: WebChat;
  isPage: boolean;
  setOpen(open: boolean): void;
  restart(): void;
  retry(): void;
  changeView(name: ViewName): void;
  setLocale(locale: Locale): void;
  setTheme(theme: Theme): void;
}

const PICTURES = ["image/jpeg", "image/gif", "image/png", "image/bmp", "image/webp"];
/** A sign of typing that nobody takes back. */
const TYPING_MS = 30_000;

export class View {
  readonly element = h("div", { class: "closer-webchat closer_webchat_chat_wrapper" });
  #host: Host;
  #words: Words;
  #locale: Locale;
  #theme: Theme = {};
  #isOpen = false;
  #name: ViewName = "chat";
  #keyboard: Keyboard | null = null;
  #firstSeq = 0;
  #warned = "";
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #day: Intl.DateTimeFormat | null = null;
  #frames: (MessageFrame | EventFrame)[] = [];
  #unsent = false;

  #launcher = h("button", { type: "button", class: "launcher closer_webchat_button_wrapper", "aria-haspopup": "dialog", onclick: () => this.#host.setOpen(!this.#isOpen) });
  #greeting = h("div", { class: "greeting", hidden: true });
  #title = h("h2", { id: "title" });
  #description = h("p", {});
  #picture = h("img", { alt: "", hidden: true });
  #restart = h("button", { type: "button", onclick: () => this.#confirmRestart(true) }, icon("restart"));
  #close = h("button", { type: "button", onclick: () => this.#host.setOpen(false) }, icon("close"));
  #banner = h("div", { class: "banner", role: "status", hidden: true });
  #confirm = h("div", { class: "confirm", role: "group", hidden: true });
  #list = h("div", { class: "log", role: "log", tabindex: 0 });
  #earlier = h("button", { type: "button", class: "earlier", hidden: true, onclick: () => void this.#showEarlier() });
  #waiting = h("div", { class: "item mine wide waiting", hidden: true });
  #typing = h("div", { class: "typing", hidden: true });
  #quick = h("div", { class: "quick", role: "toolbar", hidden: true });
  #form = h("form", { novalidate: true });
  #file = h("input", { type: "file", accept: PICTURES.join(","), class: "hidden", tabindex: -1, "aria-hidden": "true" });
  #attach = h("button", { type: "button", onclick: () => this.#file.click() }, icon("attach"));
  #field = h("textarea", { rows: 1, enterkeyhint: "send", "aria-describedby": "hint" });
  #send = h("button", { type: "submit", class: "send" }, icon("send"));
  #hint = h("div", { class: "hint", id: "hint", role: "alert", hidden: true });
  #cover = h("div", { class: "cover", hidden: true });
  #panel = h("div", { class: "panel", id: "panel", role: "dialog", "aria-labelledby": "title", hidden: true });

  constructor(host: Host, locale: Locale) {
    this.#host = host;
    this.#locale = locale;
    this.#words = WORDS[locale];
    const root = this.element.attachShadow({ mode: "open" });
    adopt(root);
    this.element.toggleAttribute("data-page", host.isPage);
    const header = h("header", {}, this.#picture, h("div", {}, this.#title, this.#description), this.#restart, this.#close);
    this.#form.append(this.#file, this.#attach, this.#field, this.#send);
    this.#list.append(this.#earlier, this.#waiting);
    this.#panel.append(header, this.#banner, this.#confirm, this.#list, this.#typing, this.#quick, this.#hint, this.#form, this.#cover);
    root.append(this.#greeting, this.#launcher, this.#panel);

    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("keydown", (event) => {
      // While a syllable is composed, Enter belongs to the input method; Safari says so by 229 alone.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.#submit();
    });
    this.#field.addEventListener("input", () => {
      this.#grow();
      this.#warn("");
      if (this.#field.value !== "") this.#host.client.sendTyping();
      else this.#host.client.sendTyping(false);
    });
    this.#file.addEventListener("change", () => {
      const file = this.#file.files?.[0];
      this.#file.value = "";
      if (file) void this.#upload(file);
    });
    this.#field.addEventListener("paste", (event) => {
      const file = event.clipboardData?.files[0];
      if (!file) return;
      event.preventDefault();
      void this.#upload(file);
    });
    this.#panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.isComposing) return;
      if (!this.#confirm.hidden) this.#confirmRestart(false);
      else if (!host.isPage) host.setOpen(false);
    });
    this.#quick.addEventListener("keydown", (event) => this.#rove(event));
    this.speak(locale);
  }

  /** Every word anew, also those of messages that are there. */
  speak(locale: Locale): void {
    this.#locale = locale;
    this.#words = WORDS[locale];
    const words = this.#words;
    this.element.lang = locale;
    this.#day = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
    const name = (element: Element, label: string) => element.setAttribute("aria-label", label);
    name(this.#restart, words.restart);
    name(this.#close, words.close);
    name(this.#list, words.log);
    name(this.#attach, words.attach);
    name(this.#send, words.send);
    name(this.#quick, words.quick);
    name(this.#field, words.message);
    this.#earlier.textContent = words.earlier;
    const frames = this.#frames;
    this.clear();
    for (const frame of frames) {
      if (frame.type === "MESSAGE") this.message(frame);
      else this.event(frame);
    }
    this.pending(this.#host.client.pending);
    this.keyboard(this.#keyboard);
    this.state(this.#host.client.state);
    this.look(this.#theme);
    this.show(this.#name);
    this.unread(0);
  }

  look(theme: Theme): void {
    this.#theme = theme;
    applyTheme(this.element, theme);
    this.#title.textContent = theme.title ?? this.#words.title;
    this.#description.textContent = theme.description ?? "";
    this.#description.hidden = !theme.description;
    const picture = safeMedia(theme.icon);
    this.#picture.hidden = !picture;
    if (picture) this.#picture.src = picture;
    this.#launcher.replaceChildren(picture ? h("img", { src: picture, alt: "" }) : icon(this.#isOpen ? "close" : "chat"));
    this.#greeting.textContent = theme.greetingMessage ?? "";
    this.#greeting.hidden = !theme.greetingMessage || this.#isOpen || this.#host.isPage;
    this.#close.hidden = this.#host.isPage || theme.showCloseButton === false;
  }

  setOpen(open: boolean, focus: boolean): void {
    this.#isOpen = open;
    this.#panel.hidden = !open;
    this.element.toggleAttribute("data-open", open);
    this.#launcher.setAttribute("aria-expanded", String(open));
    if (open) this.#launcher.setAttribute("aria-controls", "panel");
    else this.#launcher.removeAttribute("aria-controls");
    this.look(this.#theme);
    if (open) {
      this.#toEnd();
      if (focus) this.#focusIn();
    } else if (focus) this.#launcher.focus();
  }

  show(name: ViewName): void {
    this.#name = name;
    const chat = name === "chat";
    this.#cover.hidden = chat;
    this.#list.hidden = this.#form.hidden = !chat;
    this.#showQuick();
    if (chat) return;
    const words = this.#words;
    if (name === "welcome") {
      const start = h("button", { type: "button", onclick: () => this.#host.changeView("chat") }, words.start);
      this.#cover.replaceChildren(h("p", {}, this.#theme.greetingMessage ?? this.#theme.description ?? this.#title.textContent), start);
      return;
    }
    const choice = (label: string, options: [string, string][], now: string, choose: (value: string) => void) => {
      const made = options.map(([value, text]) => h("option", { value, selected: value === now }, text));
      const select = h("select", {}, ...made);
      select.addEventListener("change", () => choose(select.value));
      return h("label", {}, label, select);
    };
    this.#cover.replaceChildren(
      choice(words.language, [["ko", "한국어"], ["en", "English"]], this.#locale, (value) => this.#host.setLocale(value as Locale)),
      choice(words.appearance, [["auto", words.auto], ["light", words.light], ["dark", words.dark]], this.#theme.appearance ?? "auto", (value) =>
        this.#host.setTheme({ appearance: value as "auto" }),
      ),
      h("button", { type: "button", onclick: () => this.#host.changeView("chat") }, words.done),
    );
  }

  unread(count: number): void {
    this.#launcher.querySelector(".badge")?.remove();
    const shown = count > 99 ? "99+" : String(count);
    const label = this.#isOpen ? this.#words.close : count > 0 ? this.#words.openUnread(shown) : this.#words.open;
    this.#launcher.setAttribute("aria-label", label);
    if (count > 0) this.#launcher.append(h("span", { class: "badge", "aria-hidden": "true" }, shown));
  }

  // Messages

  clear(): void {
    this.#frames = [];
    this.#firstSeq = 0;
    this.#list.replaceChildren(this.#earlier, this.#waiting);
    this.#earlier.hidden = true;
    this.#stopTyping();
  }

  /** A reader is told of what comes, not of what was there. */
  quiet(quiet: boolean): void {
    this.#list.setAttribute("aria-live", quiet ? "off" : "polite");
  }

  message(frame: MessageFrame): void {
    const follow = this.#atEnd();
    this.#frames.push(frame);
    this.#mark(frame.seq);
    this.#waiting.before(this.#item(frame));
    if (!frame.message.isUser) this.#stopTyping();
    if (follow || frame.message.isUser) this.#toEnd();
  }

  event(frame: EventFrame): void {
    if (frame.event === "web.typing") {
      const who = frame.data?.["who"];
      // The customer's own, in another tab.
      if (who === "user") return;
      if (frame.data?.["state"] !== "on") return this.#stopTyping();
      clearTimeout(this.#typingTimer);
      this.#typingTimer = setTimeout(() => this.#stopTyping(), TYPING_MS);
      const dots = h("span", { "aria-hidden": "true" }, h("i"), h("i"), h("i"));
      this.#typing.replaceChildren(dots, ` ${this.#words.typing}`);
      this.#typing.hidden = false;
      return;
    }
    const note = this.#note(frame);
    if (!note) return;
    this.#frames.push(frame);
    this.#mark(frame.seq ?? 0);
    const follow = this.#atEnd();
    this.#waiting.before(note);
    if (follow) this.#toEnd();
  }

  pending(items: readonly Pending[]): void {
    const words = this.#words;
    const { client } = this.#host;
    const grown = items.length > this.#waiting.childElementCount;
    const made = items.map((item) => {
      const parts = bubbles(item.data, { words, say: () => {} }).parts;
      const state = item.error
        ? h("div", { class: "failed" }, words.failed,
            h("button", { type: "button", onclick: () => client.resend(item.clientMessageId) }, words.resend),
            h("button", { type: "button", onclick: () => client.discard(item.clientMessageId) }, words.discard))
        : h("span", { class: "time" }, words.sending);
      return h("div", { class: "item mine", role: "group", "aria-label": `${words.you}, ${words.sending}` }, ...parts, state);
    });
    this.#waiting.replaceChildren(...made);
    this.#waiting.hidden = items.length === 0;
    this.#unsent = items.some((item) => !item.error);
    this.#showQuick();
    if (grown) this.#toEnd();
  }

  // What the bot asks for

  keyboard(keyboard: Keyboard | null): void {
    this.#keyboard = keyboard;
    const words = this.#words;
    const hadFocus = this.#quick.contains((this.element.shadowRoot as ShadowRoot).activeElement);
    const follow = this.#atEnd();
    const choices = (keyboard?.buttons ?? []).map((button) => h("button", { type: "button", onclick: () => this.#say(button) }, String(button.label ?? "")));
    if (keyboard?.type === "location") choices.push(h("button", { type: "button", onclick: () => this.#sayPlace() }, words.sendPlace));
    choices.forEach((button, index) => (button.tabIndex = index === 0 ? 0 : -1));
    this.#quick.replaceChildren(...choices);
    this.#showQuick();
    const number = keyboard?.type === "number";
    // CLOSER's guide describes `integer` the other way round, by a slip: true and absent mean whole numbers.
    this.#field.inputMode = number ? (keyboard.integer === false ? "decimal" : "numeric") : "text";
    const between = number && (keyboard.min !== undefined || keyboard.max !== undefined);
    this.#field.placeholder = between ? words.numberBetween(keyboard.min, keyboard.max) : number ? words.number : words.placeholder;
    this.#warn("");
    if (hadFocus) this.#field.focus();
    if (follow) this.#toEnd();
  }

  state(state: State): void {
    const words = this.#words;
    const told: Partial<Record<State, string>> = { offline: words.offline, reconnecting: words.reconnecting, stopped: words.stopped };
    const text = told[state];
    this.#banner.hidden = text === undefined;
    this.#banner.replaceChildren(text ?? "");
    if (state === "stopped") this.#banner.append(h("button", { type: "button", onclick: () => this.#host.retry() }, words.retry));
    this.#attach.toggleAttribute("disabled", state !== "open");
  }

  // Small things

  /** Choices are for the next word; one that is on its way has taken them. */
  #showQuick(): void {
    const { activeElement } = this.element.shadowRoot as ShadowRoot;
    this.#quick.hidden = this.#name !== "chat" || this.#unsent || this.#quick.childElementCount === 0;
    if (this.#quick.hidden && this.#quick.contains(activeElement)) this.#field.focus();
  }

  #item(frame: MessageFrame): HTMLElement {
    const { message } = frame;
    const words = this.#words;
    const { parts, wide } = bubbles(message.data, { words, say: (button) => this.#say(button) });
    const agent = message.meta?.persona?.displayName;
    const who = message.isUser ? words.you : (agent ?? this.#theme.title ?? words.bot);
    const time = this.#day?.format(new Date(message.timestamp || Date.now())) ?? "";
    const names = ["item", message.isUser && "mine", wide && "wide"].filter(Boolean).join(" ");
    const stamp = h("span", { class: "time" }, time);
    return h("div", { class: names, role: "group", "aria-label": `${who}, ${time}` }, agent && !message.isUser && h("span", { class: "who" }, agent), ...parts, stamp);
  }

  #note(frame: EventFrame): HTMLElement | null {
    const words = this.#words;
    const told: Record<string, string> = {
      "bot.conversation.agent_call_requested": words.requested,
      "bot.conversation.agent_call_connected": words.connected,
      "bot.conversation.agent_call_cancelled": words.cancelled,
      "bot.conversation.agent_call_disconnected": words.disconnected,
      "bot.conversation.deleted": words.ended,
    };
    const text = told[frame.event];
    return text ? h("div", { class: "note" }, text) : null;
  }

  #mark(seq: number): void {
    if (seq > 0 && (this.#firstSeq === 0 || seq < this.#firstSeq)) this.#firstSeq = seq;
    // Before the first frame there is nothing to be had.
    this.#earlier.hidden = this.#firstSeq <= 1;
  }

  async #showEarlier(): Promise<void> {
    this.#earlier.toggleAttribute("disabled", true);
    try {
      const { items, more } = await this.#host.client.history(this.#firstSeq, 30);
      const before = this.#list.scrollHeight - this.#list.scrollTop;
      const made = items.map((frame) => (frame.type === "MESSAGE" ? this.#item(frame) : this.#note(frame)));
      this.#earlier.after(...made.filter((item) => item !== null));
      this.#frames.unshift(...items);
      for (const frame of items) this.#mark(frame.seq ?? 0);
      this.#earlier.hidden = !more;
      this.#list.scrollTop = this.#list.scrollHeight - before;
      this.#list.focus({ preventScroll: true });
    } catch {
      // The banner says that there is no connection.
    } finally {
      this.#earlier.toggleAttribute("disabled", false);
    }
  }

  #say(button: Button): void {
    this.#trySend(() => this.#host.client.sendMessage({ type: "text", text: String(button.label) }, button.payload));
  }

  #sayPlace(): void {
    const failed = () => this.#warn(this.#words.noPlace);
    if (!navigator.geolocation) return failed();
    navigator.geolocation.getCurrentPosition(({ coords: { latitude, longitude } }) => {
      this.#trySend(() => this.#host.client.sendMessage({ type: "location", location: { latitude, longitude } }));
    }, failed);
  }

  #submit(): void {
    const text = this.#field.value;
    if (text.trim() === "") return;
    const { client } = this.#host;
    if ([...text].length > client.limits.textChars) return this.#warn(this.#words.tooLong(client.limits.textChars));
    // A keyboard is a hint: whoever insists is heard.
    if (this.#outOfRange(text) && this.#warned !== text) {
      this.#warn(this.#words.numberWrong);
      this.#warned = text;
      return;
    }
    if (!this.#trySend(() => client.sendMessage({ type: "text", text }))) return;
    this.#field.value = "";
    this.#grow();
  }

  #outOfRange(text: string): boolean {
    const keyboard = this.#keyboard;
    if (keyboard?.type !== "number") return false;
    const number = Number(text.trim().replace(/,/g, ""));
    if (!Number.isFinite(number)) return true;
    const whole = keyboard.integer === false || Number.isInteger(number);
    return !whole || number < (keyboard.min ?? -Infinity) || number > (keyboard.max ?? Infinity);
  }

  #trySend(send: () => string): boolean {
    try {
      send();
    } catch {
      this.#warn(this.#words.full);
      return false;
    }
    this.#warn("");
    return true;
  }

  async #upload(file: File): Promise<void> {
    const words = this.#words;
    if (!PICTURES.includes(file.type)) return this.#warn(words.uploadType);
    if (file.size > this.#host.client.limits.imageBytes) return this.#warn(words.uploadLarge);
    this.#typing.replaceChildren(words.uploading);
    this.#typing.hidden = false;
    this.#warn("");
    try {
      await this.#host.client.sendFile(file);
    } catch {
      this.#warn(words.uploadFailed);
    } finally {
      this.#stopTyping();
    }
  }

  #warn(text: string): void {
    if (text === "") this.#warned = "";
    this.#hint.textContent = text;
    this.#hint.hidden = text === "";
    if (text) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
  }

  #confirmRestart(ask: boolean): void {
    this.#confirm.hidden = !ask;
    if (!ask) return this.#restart.focus();
    const words = this.#words;
    const yes = h("button", { type: "button", onclick: () => {
      this.#confirm.hidden = true;
      this.#host.restart();
      this.#field.focus();
    } }, words.yes);
    const no = h("button", { type: "button", onclick: () => this.#confirmRestart(false) }, words.no);
    this.#confirm.setAttribute("aria-label", words.restartSure);
    this.#confirm.replaceChildren(words.restartSure, yes, no);
    yes.focus();
  }

  /** Arrows go from choice to choice; Tab leaves them all. */
  #rove(event: KeyboardEvent): void {
    const buttons = [...this.#quick.querySelectorAll("button")];
    const at = buttons.indexOf(event.target as HTMLButtonElement);
    const last = buttons.length - 1;
    const steps: Record<string, number> = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: last };
    const step = steps[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const to = buttons[(step + buttons.length) % buttons.length]!;
    for (const button of buttons) button.tabIndex = button === to ? 0 : -1;
    to.focus();
  }

  #stopTyping(): void {
    clearTimeout(this.#typingTimer);
    this.#typing.hidden = true;
    this.#typing.replaceChildren();
  }

  #grow(): void {
    this.#field.style.height = "auto";
    this.#field.style.height = `${Math.min(140, this.#field.scrollHeight + 2)}px`;
  }

  #focusIn(): void {
    const target = this.#name === "chat" ? this.#field : this.#cover.querySelector<HTMLElement>("button, select");
    target?.focus({ preventScroll: true });
  }

  #atEnd(): boolean {
    return this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 80;
  }

  #toEnd(): void {
    const end = () => (this.#list.scrollTop = this.#list.scrollHeight);
    end();
    // Once more when pictures and choices have taken their room.
    requestAnimationFrame(end);
  }
}
