// Elements are made, never parsed: what a server sends ends up in text nodes and in attributes that hold no code.

type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, String(value));
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

const ICONS = {
  chat: "M4 4h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  close: "M6 6l12 12M18 6L6 18",
  send: "M3 11l18-8-8 18-2-8z",
  attach: "M20 11l-8.5 8.5a5 5 0 0 1-7-7L13 4a3.5 3.5 0 0 1 5 5l-8.5 8.500a2 2 0 0 1-3-3L14 7",
  restart: "M4 12a8 8 0 1 0 3-6.200M4 4v5h5",
  left: "M15 5l-7 7 7 7",
  right: "M9 5l7 7-7 7",
};

export function icon(name: keyof typeof ICONS): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const path = document.createElementNS(space, "path");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: "22", height: "22", "aria-hidden": "true", fill: "none" })) {
    svg.setAttribute(key, value);
  }
  for (const [key, value] of Object.entries({ d: ICONS[name], stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round" })) {
    path.setAttribute(key, value);
  }
  svg.append(path);
  return svg;
}

/** An address that may be opened: anything else a browser might run. */
export function safeLink(uri: unknown): string | null {
  return typeof uri === "string" && /^(https?:|tel:|mailto:)/i.test(uri.trim()) ? uri.trim() : null;
}

export function safeMedia(uri: unknown): string | null {
  return typeof uri === "string" && /^https?:/i.test(uri.trim()) ? uri.trim() : null;
}

export function anchor(uri: string, text: string, label?: string): HTMLAnchorElement {
  return h("a", { href: uri, target: "_blank", rel: "noopener noreferrer", "aria-label": label }, text);
}

const FOUND = /(https?:\/\/[^\s<>"']+[^\s<>"'.,!?;:)\]}])|(\b0\d{1,2}-\d{3,4}-\d{4}\b|\b1\d{3}-\d{4}\b|\+\d{1,3}[- ]?\d{1,3}[- ]?\d{3,4}[- ]?\d{4}\b)/g;

/** A text with its addresses and telephone numbers as links. */
export function linked(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let at = 0;
  for (const match of text.matchAll(FOUND)) {
    fragment.append(text.slice(at, match.index));
    fragment.append(anchor(match[1] ?? `tel:${match[2]!.replace(/[^+\d]/g, "")}`, match[0]));
    at = match.index + match[0].length;
  }
  fragment.append(text.slice(at));
  return fragment;
}
