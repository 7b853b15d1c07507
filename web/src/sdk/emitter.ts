// A listener that throws is its page's mistake, and must not stop a conversation.

type Map_<L> = { [K in keyof L]?: Set<L[K]> };

export class Emitter<L> {
  #listeners: Map_<L> = {};

  on<K extends keyof L>(name: K, listener: L[K]): () => void {
    (this.#listeners[name] ??= new Set()).add(listener);
    return () => void this.#listeners[name]?.delete(listener);
  }

  emit<K extends keyof L>(name: K, ...values: L[K] extends (...values: infer V) => void ? V : never): void {
    for (const listener of [...(this.#listeners[name] ?? [])]) {
      try {
        (listener as (...values: unknown[]) => void)(...values);
      } catch (error) {
        console.error(error);
      }
    }
  }
}
