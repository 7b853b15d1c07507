// Where a token comes from: the page's own `getToken`, or the token API.

import type { Store } from "./store.ts";
import type { Locale, Params, Token } from "./types.ts";

export interface TokenAsk {
  apiUrl: string;
  botId: string;
  userKey?: string;
  userHash?: string;
  params?: Params;
  locale?: Locale;
  getToken?: () => Promise<Token>;
}

/** `final`: asking again gives the same. */
export class TokenError extends Error {
  constructor(
    message: string,
    readonly final: boolean,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}

export async function fetchToken(ask: TokenAsk, store: Store, request: typeof fetch): Promise<Token> {
  if (ask.getToken) {
    const token = await ask.getToken();
    if (typeof token?.token !== "string" || typeof token.url !== "string") {
      throw new TokenError("getToken gave no { token, url }", true);
    }
    return token;
  }
  const visitorKey = `closer:${ask.botId}:visitor`;
  const visitorId = ask.userKey === undefined ? (store.get(visitorKey) ?? undefined) : undefined;
  const body = { botId: ask.botId, userKey: ask.userKey, userHash: ask.userHash, visitorId, locale: ask.locale };
  const response = await request(`${ask.apiUrl}/v1/web/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    credentials: "omit",
  });
  if (!response.ok) {
    const final = response.status >= 400 && response.status < 500 && response.status !== 429 && response.status !== 408;
    const seconds = Number(response.headers.get("retry-after"));
    const answer = (await response.json().catch(() => null)) as { error?: unknown } | null;
    const reason = typeof answer?.error === "string" ? answer.error : "";
    throw new TokenError(`${response.status} ${reason}`.trim(), final, seconds > 0 ? seconds * 1000 : undefined);
  }
  const token = (await response.json()) as Token;
  if (typeof token?.token !== "string" || typeof token.url !== "string") throw new TokenError("no token", false);
  if (token.visitorId) store.set(visitorKey, token.visitorId);
  return token;
}
