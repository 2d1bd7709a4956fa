/** So many at once for one organization, in this process; each walks the whole trail. */
const mostAtOnce = 2;

/** Who exports at the moment. */
export class ExportPlaces {
  readonly #taken = new Map<string, number>();

  /** The way to give the place back, once; undefined where there is none left. */
  take(whose: string): (() => void) | undefined {
    const taken = this.#taken.get(whose) ?? 0;
    if (taken >= mostAtOnce) return undefined;
    this.#taken.set(whose, taken + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      const left = (this.#taken.get(whose) ?? 1) - 1;
      if (left > 0) this.#taken.set(whose, left);
      else this.#taken.delete(whose);
    };
  }
}
