/** Every pause of the protocol, in milliseconds. */
export interface Timing {
  /** From the start of a handshake to CONTEXT. */
  connectMs: number;
  /** From a message to its ACK, a ping to its PONG, a question to its answer. */
  answerMs: number;
  /** From an ACK, or the bot's last word behind it, to a ping that tells whether there is another. A turn takes 25 seconds at most. */
  unansweredMs: number;
  /** Silence before a ping; API Gateway closes after ten minutes of it. */
  pingMs: number;
  /** A connection ends after two hours: the next is made before. */
  renewMs: number;
  backoffMs: number;
  backoffMostMs: number;
  /** A connection that held so long was a good one. */
  steadyMs: number;
  /** The longest pause before a try that has a reason to succeed. */
  soonMs: number;
  /** A number that is missing may still be under way. */
  gapMs: number;
  /** After a refusal that passes by itself. */
  retryMs: number;
  typingEveryMs: number;
  typingIdleMs: number;
  /** Unsent messages are kept so long. */
  keepMs: number;
}

export const TIMING: Timing = {
  connectMs: 10_000,
  answerMs: 10_000,
  unansweredMs: 30_000,
  pingMs: 5 * 60_000,
  renewMs: 110 * 60_000,
  backoffMs: 500,
  backoffMostMs: 30_000,
  steadyMs: 60_000,
  soonMs: 2_000,
  gapMs: 1_000,
  retryMs: 2_000,
  typingEveryMs: 3_000,
  typingIdleMs: 5_000,
  keepMs: 24 * 60 * 60_000,
};

/** The pause before try number `failures`: any from nothing to the bound, so that a crowd does not come back at once. */
export function backoff(timing: Timing, failures: number, random: number): number {
  return random * Math.min(timing.backoffMostMs, timing.backoffMs * 2 ** Math.min(failures, 20));
}
