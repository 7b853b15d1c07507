// The one script that a page includes. Its own tag says which bot, and how the page gets hold of the chat.
//
//   <script async src="https://chat.example.com/webchat.js" data-bot-id="Bxxxxx"></script>

import type { Params } from "../sdk/types.ts";
import { WebChat } from "../sdk/webchat.ts";
import { install, type Control, type InitOptions } from "./control.ts";

const script = document.currentScript as HTMLScriptElement | null;

/** Attributes with a meaning of their own; every other `data-…` is a parameter. */
const OWN = ["botId", "bind", "callback", "init", "page", "locale", "apiUrl", "params", "userKey", "userHash", "defaultOpen", "connectOn"];
/** What a query of `/webchat/{botId}` means itself. */
const RESERVED = ["userKey", "sessionId", "restart", "locale", "appearance"];

declare global {
  interface Window {
    CloserWebchat?: { init: typeof init; WebChat: typeof WebChat };
  }
}

function fromTag(): InitOptions {
  const data = script?.dataset ?? {};
  const url = script?.src ? new URL(script.src) : null;
  const params: Params = Object.fromEntries(new URLSearchParams(data["params"] ?? ""));
  for (const [name, value] of Object.entries(data)) if (!OWN.includes(name) && value !== undefined) params[name] = value;
  const options: InitOptions = {
    botId: data["botId"] ?? script?.getAttribute("botId") ?? url?.searchParams.get("botId") ?? undefined,
    apiUrl: data["apiUrl"] ?? url?.origin,
    params,
    userKey: data["userKey"],
    userHash: data["userHash"],
    defaultOpen: data["defaultOpen"] !== undefined && data["defaultOpen"] !== "false",
    connectOn: data["connectOn"] === "load" ? "load" : "open",
  };
  if (data["locale"] === "ko" || data["locale"] === "en") options.locale = data["locale"];
  if (data["page"] !== undefined) {
    const query = new URLSearchParams(location.search);
    options.page = true;
    options.botId ??= /\/webchat\/(B[A-Za-z0-9]{5})\/?$/.exec(location.pathname)?.[1];
    for (const [name, value] of query) if (!RESERVED.includes(name)) params[name] = value;
    options.restart = query.has("restart") && query.get("restart") !== "false";
    const locale = query.get("locale");
    if (locale === "ko" || locale === "en") options.locale = locale;
    const appearance = query.get("appearance");
    if (appearance === "light" || appearance === "dark") options.theme = { appearance };
  }
  return options;
}

const tag = fromTag();

async function init(options: InitOptions = {}): Promise<Control> {
  if (document.readyState === "loading") await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  const all = { ...tag, ...options, params: { ...tag.params, ...options.params } };
  if (!all.botId) throw new Error("botId is missing");
  return install({ ...all, botId: all.botId });
}

function call(name: string | undefined, value: unknown): void {
  const target = name ? (window as unknown as Record<string, unknown>)[name] : undefined;
  if (typeof target === "function") (target as (value: unknown) => void)(value);
}

window.CloserWebchat = { init, WebChat };
const { bind, callback, init: starter } = script?.dataset ?? {};
if (starter) call(starter, init);
else if (tag.botId) {
  void init().then((control) => {
    if (bind) (window as unknown as Record<string, unknown>)[bind] = control;
    call(callback ?? script?.getAttribute("callback") ?? undefined, control);
  });
}
