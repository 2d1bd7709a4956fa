/** How soon an open stream notices that its caller would be let in no more; with the way of the news here, well within a second. */
const lookMs = 250;

interface Watched {
  readonly isLive: () => boolean;
  readonly cut: () => void;
}

/** Ends streams whose caller would be let in no more: one look at all of them, a few times a second. */
export class StreamWatch {
  readonly #open = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** Gives the way to say that the stream has ended. */
  watch(watched: Watched): () => void {
    this.#open.add(watched);
    this.#timer ??= setInterval(() => this.#look(), lookMs);
    return () => this.#forget(watched);
  }

  #look(): void {
    for (const watched of this.#open) if (!watched.isLive()) watched.cut();
  }

  #forget(watched: Watched): void {
    this.#open.delete(watched);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
