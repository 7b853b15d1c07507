// Numbered frames in their order, each once: sockets of two connections overlap, replays repeat, and two posts to one
// connection may overtake each other.

export interface Numbered {
  seq: number;
}

export class Sequence<F extends Numbered> {
  /** The last number that was passed on. */
  last = 0;
  #waiting = new Map<number, F>();

  /** Begins behind `last`; what waits is forgotten. */
  begin(last: number): void {
    this.last = last;
    this.#waiting.clear();
  }

  /** The frames that are due by this one. */
  take(frame: F): F[] {
    if (frame.seq > this.last) this.#waiting.set(frame.seq, frame);
    return this.#due();
  }

  /** Whether something is here whose predecessor is not. */
  get hasGap(): boolean {
    return this.#waiting.size > 0;
  }

  /** Gives up what is missing before `first`, or before whatever is here. */
  skip(first?: number): F[] {
    const next = first ?? Math.min(...this.#waiting.keys());
    if (Number.isFinite(next) && next - 1 > this.last) this.last = next - 1;
    for (const seq of this.#waiting.keys()) if (seq <= this.last) this.#waiting.delete(seq);
    return this.#due();
  }

  #due(): F[] {
    const due: F[] = [];
    for (let next = this.#waiting.get(this.last + 1); next; next = this.#waiting.get(this.last + 1)) {
      this.#waiting.delete(next.seq);
      this.last = next.seq;
      due.push(next);
    }
    return due;
  }
}
