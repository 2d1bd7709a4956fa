import type { LlamaModel, Token } from 'node-llama-cpp';

/** A letter of UTF-8 has four bytes at most, and a token may be one byte. */
const mostPending = 4;
const halfLetter = '\uFFFD';

/** Makes text of tokens that come one by one; a letter whose bytes are in several tokens waits for the last one. */
export class Spelling {
  private readonly told: Token[] = [];
  private pending: Token[] = [];

  constructor(
    private readonly model: LlamaModel,
    before: readonly Token[],
  ) {
    this.told.push(...before.slice(-mostPending));
  }

  push(token: Token): string {
    this.pending.push(token);
    const text = this.model.detokenize(this.pending, false, this.told);
    if (text.endsWith(halfLetter) && this.pending.length < mostPending) return '';
    return this.take(text);
  }

  /** What waits still, where no more tokens come. */
  rest(): string {
    return this.pending.length === 0 ? '' : this.take(this.model.detokenize(this.pending, false, this.told));
  }

  private take(text: string): string {
    this.told.push(...this.pending);
    this.told.splice(0, this.told.length - mostPending);
    this.pending = [];
    return text;
  }
}
