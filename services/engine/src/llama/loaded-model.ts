import { Places } from '../places.ts';
import { wrongField } from '../wire/refused.ts';
import type { Input } from '../wire/text-request.ts';
import { assertFits, type Ended, generate, type Listener, type Task } from './generate.ts';
import type { OpenModel } from './open-model.ts';
import { tokensOf } from './prompt.ts';
import { Sequences } from './sequences.ts';

export interface Answering extends Listener {
  /** The field that the prompt came in. */
  readonly field: string;
  /** Told when its turn has come. */
  readonly begun: () => void;
}

export interface Embedded {
  readonly vectors: readonly (readonly number[])[];
  readonly tokens: number;
}

/** A model at work: so many requests at once, so many waiting. */
export class LoadedModel {
  readonly places: Places;
  private readonly sequences: Sequences;

  constructor(
    readonly open: OpenModel,
    { queue, waitMs }: { readonly queue: number; readonly waitMs: number },
  ) {
    this.places = new Places({ width: open.context.totalSequences, queue, waitMs });
    this.sequences = new Sequences(open.context);
  }

  answer(task: Task, { field, begun, ...listener }: Answering): Promise<Ended> {
    assertFits(this.open, task.prompt, field);
    return this.places.within(listener.signal, async () => {
      const sequence = await this.sequences.take(task.prompt);
      try {
        begun();
        return await generate(this.open, sequence, task, listener);
      } finally {
        this.sequences.giveBack(sequence);
      }
    });
  }

  embed(inputs: readonly Input[], field: string, signal: AbortSignal): Promise<Embedded> {
    const all = inputs.map((input, i) => tokensOf(this.open, input, { field: `${field}[${i}]`, raw: false }));
    for (const [i, tokens] of all.entries()) this.assertEmbeddable(tokens.length, `${field}[${i}]`);
    return this.places.within(signal, async () => {
      const vectors: (readonly number[])[] = [];
      for (const tokens of all) {
        signal.throwIfAborted();
        vectors.push((await this.open.embeddings.getEmbeddingFor(tokens)).vector);
      }
      return { vectors, tokens: all.reduce((sum, { length }) => sum + length, 0) };
    });
  }

  private assertEmbeddable(tokens: number, field: string): void {
    const { most } = this.open;
    if (tokens > most) throw wrongField(field, `has ${tokens} tokens; this model takes ${most}.`, 'context_length_exceeded');
  }
}
