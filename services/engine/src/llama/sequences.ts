import type { LlamaContext, LlamaContextSequence, Token } from 'node-llama-cpp';

/** The sequences of a context: each answers one request at a time, and the engine batches them. */
export class Sequences {
  private readonly free: LlamaContextSequence[];

  constructor(context: LlamaContext) {
    this.free = Array.from({ length: context.totalSequences }, () => context.getSequence());
  }

  /** The free one that knows most of this prompt already, with the rest of its state forgotten. There is one: whoever asks holds a place. */
  async take(prompt: readonly Token[]): Promise<LlamaContextSequence> {
    const known = this.free.map((sequence) => sequence.compareContextTokens([...prompt]).firstDifferentIndex);
    const [sequence] = this.free.splice(known.indexOf(Math.max(...known)), 1);
    if (!sequence) throw new Error('there are more requests than sequences');
    // The last token is always computed: what follows it is what is asked for.
    try {
      await sequence.adaptStateToTokens(prompt.slice(0, -1), false);
    } catch (error) {
      this.free.push(sequence);
      throw error;
    }
    return sequence;
  }

  giveBack(sequence: LlamaContextSequence): void {
    this.free.push(sequence);
  }
}
