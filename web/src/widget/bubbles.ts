// What each kind of message looks like.

import type { Button, Card, Media, MessageData } from "../sdk/types.ts";
import { anchor, h, icon, linked, safeLink, safeMedia } from "./dom.ts";
import type { Words } from "./words.ts";

export interface Tools {
  words: Words;
  /** A press of a button without an address. */
  say: (button: Button) => void;
}

/** The parts of a message; `wide` where it wants the whole width. */
export function bubbles(data: MessageData, tools: Tools): { parts: Node[]; wide: boolean } {
  switch (data.type) {
    case "text":
      return { parts: [textBubble(data.text), buttons(data.buttons, tools)].filter(isNode), wide: false };
    case "media": {
      const parts = [media(data.media, tools), data.text ? textBubble(data.text) : null, buttons(data.buttons, tools)];
      return { parts: parts.filter(isNode), wide: false };
    }
    case "cards":
      return { parts: [carousel(Array.isArray(data.cards) ? data.cards : [], tools)].filter(isNode), wide: true };
    case "location": {
      const { title, latitude, longitude } = data.location;
      const uri = `https://maps.google.com/?q=${encodeURIComponent(`${Number(latitude)},${Number(longitude)}`)}`;
      const link = h("a", { class: "place", href: uri, target: "_blank", rel: "noopener noreferrer" });
      link.append(h("strong", {}, title || tools.words.place), h("span", {}, tools.words.map));
      return { parts: [link], wide: false };
    }
    default:
      return { parts: [], wide: false };
  }
}

const isNode = (node: Node | null): node is Node => node !== null;

function textBubble(text: unknown): Node | null {
  return typeof text === "string" && text !== "" ? h("div", { class: "bubble" }, linked(text)) : null;
}

function media(shown: Media | undefined, tools: Tools, title?: string): Node | null {
  const uri = safeMedia(shown?.uri);
  if (!shown || !uri) return null;
  const name = shown.altText ?? title ?? tools.words.image;
  switch (shown.contentType) {
    case "image": {
      const link = anchor(uri, "", `${name} (${tools.words.newWindow})`);
      link.append(h("img", { class: "media", src: uri, alt: name, loading: "lazy", referrerpolicy: "no-referrer" }));
      return link;
    }
    case "video":
      return h("video", { class: "media", src: uri, controls: true, preload: "metadata", "aria-label": name });
    case "audio":
      return h("audio", { src: uri, controls: true, preload: "metadata", "aria-label": name });
    default:
      return h("div", { class: "bubble" }, anchor(uri, shown.altText ?? uri));
  }
}

function buttons(list: Button[] | undefined, tools: Tools): Node | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  const made = list.map((button) => {
    const label = String(button.label ?? "");
    if (!button.uri) return h("button", { type: "button", onclick: () => tools.say(button) }, label);
    const uri = safeLink(button.uri);
    return uri ? anchor(uri, label) : null;
  });
  return h("div", { class: "buttons" }, ...made);
}

function carousel(cards: Card[], tools: Tools): Node | null {
  const { words } = tools;
  const count = cards.length;
  if (count === 0) return null;
  const slides = cards.map((card, index) => {
    const slide = h("div", { class: count > 1 ? "card" : "card only", role: "group" });
    if (count > 1) {
      slide.setAttribute("aria-roledescription", "slide");
      slide.setAttribute("aria-label", [words.card(index + 1, count), card.title].filter(Boolean).join(", "));
    } else if (card.title) slide.setAttribute("aria-label", card.title);
    const picture = media(card.media, tools, card.title);
    if (picture) slide.append(picture);
    const uri = safeLink(card.uri);
    const body = h("div", { class: "body" });
    if (card.title) body.append(h("strong", {}, uri ? anchor(uri, card.title) : card.title));
    else if (uri) body.append(anchor(uri, uri));
    if (card.description) body.append(h("div", { class: "text" }, linked(card.description)));
    const choices = buttons(card.buttons, tools);
    if (choices) body.append(choices);
    slide.append(body);
    return slide;
  });
  if (count === 1) return slides[0]!;

  let at = 0;
  const track = h("div", { class: "track", tabindex: 0, role: "group", "aria-label": words.cards }, ...slides);
  const place = h("span", { "aria-live": "polite" }, words.card(1, count));
  const go = (to: number) => {
    at = Math.max(0, Math.min(count - 1, to));
    track.scrollTo({ left: slides[at]!.offsetLeft - track.offsetLeft });
    tell();
  };
  const tell = () => {
    place.textContent = words.card(at + 1, count);
    previous.setAttribute("aria-disabled", String(at === 0));
    next.setAttribute("aria-disabled", String(at === count - 1));
  };
  const previous = h("button", { type: "button", "aria-label": words.previous, onclick: () => go(at - 1) }, icon("left"));
  const next = h("button", { type: "button", "aria-label": words.next, onclick: () => go(at + 1) }, icon("right"));
  track.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: count - 1 }[event.key];
    if (step === undefined || event.target !== track) return;
    event.preventDefault();
    go(step);
  });
  // A card that a key or a reader has gone into is the one that is shown.
  track.addEventListener("focusin", (event) => {
    const index = slides.findIndex((slide) => slide.contains(event.target as Node));
    if (index >= 0 && index !== at) go(index);
  });
  tell();
  const steps = h("div", { class: "steps" }, previous, place, next);
  // A group, not a landmark: a conversation may have many.
  return h("div", { class: "carousel", role: "group", "aria-roledescription": "carousel", "aria-label": words.cards }, track, steps);
}
