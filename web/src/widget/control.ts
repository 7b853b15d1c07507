// The control object that a page gets, with the names of CLOSER's widget; v1's are kept beside v2's.

import { WebChat, type OpenOptions } from "../sdk/webchat.ts";
import { browserStore } from "../sdk/store.ts";
import type { Locale, Navigation, Params, Sendable, Token } from "../sdk/types.ts";
import type { Theme } from "./theme.ts";
import { View, type ViewName } from "./view.ts";
import { localeOf } from "./words.ts";

export interface InitOptions {
  botId?: string;
  userKey?: string;
  userHash?: string;
  getToken?: () => Promise<Token>;
  params?: Params;
  locale?: Locale;
  /** Whether the button is there. */
  enable?: boolean;
  defaultOpen?: boolean;
  theme?: Theme;
  /** Where the chat is served; the script's own address without it. */
  apiUrl?: string;
  /** Whether to connect when the page is there, or when the chat is first opened. */
  connectOn?: "load" | "open";
  /** First shown. */
  view?: ViewName;
  /** The chat is all there is on the page. */
  page?: boolean;
  restart?: boolean;
}

export interface Control {
  readonly state: {
    isOpen: boolean;
    isEnabled: boolean;
    params: Params;
    userKey: string | undefined;
    theme: Theme;
    view: { stack: ViewName[] };
  };
  readonly client: WebChat;
  changeView(name: ViewName): void;
  setOpen(open: boolean): void;
  setEnabled(enabled: boolean): void;
  setParams(params: Params): void;
  setUserKey(userKey: string | undefined, userHash?: string): void;
  setTheme(theme: Theme): void;
  setLocale(locale: Locale): void;
  startConversation(options?: { navigation?: Navigation; params?: Params; restart?: boolean }): void;
  changeNavigation(place: Navigation): void;
  sendMessage(message: string | Sendable): string;
  sendTypingEvent(): void;
  destroy(): void;
  // v1
  openChatWindow(): void;
  closeChatWindow(): void;
  showChatButton(): void;
  hideChatButton(): void;
  updateParams(params: Params): void;
}

export function install(options: InitOptions & { botId: string }): Control {
  const store = browserStore();
  const client = new WebChat({ apiUrl: options.apiUrl, store });
  const isPage = options.page === true;
  let open: OpenOptions = {
    botId: options.botId,
    userKey: options.userKey,
    userHash: options.userHash,
    getToken: options.getToken,
    params: options.params ?? {},
    locale: options.locale ?? localeOf(document.documentElement.lang || null),
  };
  const state: Control["state"] = {
    isOpen: false,
    isEnabled: options.enable !== false,
    params: open.params!,
    userKey: options.userKey,
    theme: options.theme ?? {},
    view: { stack: [options.view ?? "chat"] },
  };
  let started = false;
  let unread = 0;
  const title = document.title;

  const view = new View(
    {
      client,
      isPage,
      setOpen: (open) => control.setOpen(open),
      restart: () => control.startConversation({ restart: true }),
      retry: () => client.open(open),
      changeView: (name) => control.changeView(name),
      setLocale: (locale) => control.setLocale(locale),
      setTheme: (theme) => control.setTheme(theme),
    },
    open.locale!,
  );

  const readKey = () => `closer:${open.botId}:${open.userKey ?? ""}:read`;
  const isSeen = () => state.isOpen && document.visibilityState === "visible";
  const showUnread = (count: number) => {
    unread = count;
    view.unread(count);
    if (!isPage && count > 0) document.title = `(${count}) ${title}`;
    else if (document.title.endsWith(title)) document.title = title;
  };
  const seen = () => {
    showUnread(0);
    const last = client.lastSeq;
    if (last === 0 || String(last) === store.get(readKey())) return;
    store.set(readKey(), String(last));
    client.read(last);
  };

  /** What the server had when we came: it was there, and is not new. What we missed since then is. */
  let had = 0;
  let welcomed = false;
  let settle: ReturnType<typeof setTimeout> | undefined;
  client.on("message", (frame) => {
    if (frame.type === "CONTEXT") {
      had = welcomed ? Math.min(frame.lastSeq, client.lastSeq) : frame.lastSeq;
      welcomed = true;
      view.quiet(true);
      clearTimeout(settle);
      settle = setTimeout(() => view.quiet(false), 300);
      return;
    }
    if (frame.seq > had) view.quiet(false);
    view.message(frame);
    if (frame.message.isUser) return;
    if (isSeen()) seen();
    else if (frame.seq > Number(store.get(readKey()) ?? 0)) showUnread(unread + 1);
  });
  client.on("keyboard", (keyboard) => view.keyboard(keyboard));
  client.on("event", (frame) => view.event(frame));
  client.on("pending", (pending) => view.pending(pending));
  client.on("state", (now) => view.state(now));
  client.on("reset", () => {
    had = 0;
    store.set(readKey(), null);
    view.clear();
    view.keyboard(null);
    showUnread(0);
  });
  const visible = () => {
    if (isSeen()) seen();
  };
  document.addEventListener("visibilitychange", visible);
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const recolor = () => {
    view.look(state.theme);
    view.unread(unread);
  };
  scheme.addEventListener("change", recolor);

  /** Where the page wants the customer, until there is a connection to say so. */
  let place: Navigation | null = null;
  const lead = () => {
    if (place && client.navigate(place)) place = null;
  };
  client.on("open", lead);

  const start = () => {
    if (started) return;
    started = true;
    client.open({ ...open, restart: options.restart });
  };

  const keep = (params: Params = {}) => {
    state.params = { ...state.params, ...params };
    open = { ...open, params: state.params };
  };

  const control: Control = {
    state,
    client,
    changeView(name) {
      const { stack } = state.view;
      if (stack.at(-1) !== name) stack.push(name);
      view.show(name);
    },
    setOpen(isOpen) {
      if (isOpen === state.isOpen || (isPage && !isOpen)) return;
      state.isOpen = isOpen;
      if (isOpen) start();
      view.setOpen(isOpen, true);
      if (isOpen) seen();
      view.unread(unread);
    },
    setEnabled(enabled) {
      state.isEnabled = enabled;
      if (!enabled && state.isOpen) control.setOpen(false);
      view.element.hidden = !enabled && !isPage;
    },
    setParams(params) {
      keep(params);
      if (started) client.setParams(params);
    },
    setUserKey(userKey, userHash) {
      if (userKey === state.userKey && userHash === open.userHash) return;
      state.userKey = userKey;
      welcomed = false;
      open = { ...open, userKey, userHash };
      view.clear();
      view.keyboard(null);
      showUnread(0);
      if (started) client.open(open);
    },
    setTheme(theme) {
      state.theme = { ...state.theme, ...theme };
      view.look(state.theme);
      view.unread(unread);
    },
    setLocale(locale) {
      open = { ...open, locale };
      view.speak(locale);
      view.unread(unread);
    },
    startConversation({ navigation, params, restart } = {}) {
      if (navigation) place = navigation;
      if (started && restart) {
        keep(params);
        return client.restart(params);
      }
      if (params) control.setParams(params);
      if (started) return lead();
      options.restart ||= restart;
      start();
    },
    changeNavigation(navigation) {
      place = navigation;
      start();
      lead();
    },
    sendMessage(message) {
      start();
      return client.sendMessage(typeof message === "string" ? { type: "text", text: message } : message);
    },
    sendTypingEvent: () => client.sendTyping(),
    destroy() {
      client.close();
      document.removeEventListener("visibilitychange", visible);
      scheme.removeEventListener("change", recolor);
      showUnread(0);
      view.element.remove();
    },
    openChatWindow: () => control.setOpen(true),
    closeChatWindow: () => control.setOpen(false),
    showChatButton: () => control.setEnabled(true),
    hideChatButton: () => control.setEnabled(false),
    updateParams: (params) => control.setParams(params),
  };

  view.look(state.theme);
  view.show(state.view.stack.at(-1)!);
  view.unread(0);
  document.body.append(view.element);
  control.setEnabled(state.isEnabled);
  if (isPage) {
    state.isOpen = true;
    view.setOpen(true, false);
    start();
  } else if (options.defaultOpen) {
    state.isOpen = true;
    view.setOpen(true, false);
    start();
  } else if (options.connectOn === "load" || store.get(`closer:${open.botId}:visitor`) !== null || open.userKey !== undefined) {
    // Whoever was here before may have something to read.
    start();
  }
  return control;
}
