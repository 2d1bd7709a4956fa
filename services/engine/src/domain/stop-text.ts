/** The longest end of `text` that a stop sequence begins with. */
const heldBack = (text: string, stops: readonly string[]): number => {
  const longest = Math.min(text.length, Math.max(0, ...stops.map((stop) => stop.length - 1)));
  for (let length = longest; length > 0; length -= 1) {
    const end = text.slice(-length);
    if (stops.some((stop) => stop.startsWith(end))) return length;
  }
  return 0;
};

/** Lets text through up to the first stop sequence, and keeps back what may be the beginning of one. */
export class StopText {
  private kept = '';

  constructor(private readonly stops: readonly string[]) {}

  /** What may be told of the text so far; with `isStopped` nothing comes after it. */
  push(text: string): { readonly text: string; readonly isStopped: boolean } {
    const all = this.kept + text;
    const found = this.stops.map((stop) => all.indexOf(stop)).filter((at) => at >= 0);
    if (found.length > 0) {
      this.kept = '';
      return { text: all.slice(0, Math.min(...found)), isStopped: true };
    }
    const held = heldBack(all, this.stops);
    this.kept = all.slice(all.length - held);
    return { text: all.slice(0, all.length - held), isStopped: false };
  }

  /** What was kept back, where no more text comes. */
  rest(): string {
    const text = this.kept;
    this.kept = '';
    return text;
  }
}
