import { longestKept, type Piece } from '../chat/chunk.ts';
import type { Members } from '../members.ts';
import type { Asked } from '../shape.ts';
import { beginning, type Item, itemOf, partOf, type Status } from './response.ts';

/** An event without its number. */
export interface Told {
  readonly type: string;
  readonly members: Members;
}

interface Growing {
  readonly item: Item;
  readonly index: number;
  /** Joined once, at its end. */
  readonly texts: string[];
}

const names = {
  text: { delta: 'response.output_text.delta', done: 'response.output_text.done', whole: 'text' },
  thinking: { delta: 'response.reasoning_text.delta', done: 'response.reasoning_text.done', whole: 'text' },
  refusal: { delta: 'response.refusal.delta', done: 'response.refusal.done', whole: 'refusal' },
  call: { delta: 'response.function_call_arguments.delta', done: 'response.function_call_arguments.done', whole: 'arguments' },
} as const;

const told = (type: string, members: Members): Told => ({ type, members });

/** Where an event belongs. Calls have no parts. */
const placeOf = ({ item, index }: Growing): Members =>
  item.kind === 'call' ? { item_id: item.id, output_index: index } : { item_id: item.id, output_index: index, content_index: 0 };

/** Only events of texts speak of probabilities. */
const logprobsOf = ({ item }: Growing): Members => (item.kind === 'text' ? { logprobs: [] } : {});

/**
 * Pieces as items of a response. A text ends where something else begins; calls may be written by turns and end together. All that was written
 * is kept, because the last event says it again.
 */
export class Items {
  readonly #asked: Asked;
  readonly #ended: Growing[] = [];
  #open: Growing[] = [];
  #kept = 0;

  constructor(asked: Asked) {
    this.#asked = asked;
  }

  /** More was written than may be kept. */
  get isOverfull(): boolean {
    return this.#kept > longestKept;
  }

  add(piece: Piece): readonly Told[] {
    this.#kept += piece.text.length;
    const known = this.#open.find(({ item }) => item.kind === piece.kind && (piece.kind !== 'call' || item.call.at === piece.at));
    const growing = known ?? this.#next(piece);
    const before = known ? [] : [...this.#endTexts(growing), ...this.#began(growing)];
    if (piece.text === '') return before;
    growing.texts.push(piece.text);
    return [...before, told(names[piece.kind].delta, { ...placeOf(growing), delta: piece.text, ...logprobsOf(growing) })];
  }

  /** Everything that is still open. */
  end(status: Exclude<Status, 'in_progress'>): readonly Told[] {
    const open = this.#open;
    this.#open = [];
    return open.flatMap((growing) => this.#end(growing, status));
  }

  /** What was written until now, whole. */
  output(status: Exclude<Status, 'in_progress'>): readonly Members[] {
    return [...this.#ended]
      .sort((one, other) => one.index - other.index)
      .map(({ item, texts }) => itemOf({ ...item, text: texts.join('') }, status));
  }

  #next(piece: Piece): Growing {
    const index = this.#ended.length + this.#open.length;
    return { item: beginning(piece, index, this.#asked), index, texts: [] };
  }

  #endTexts(next: Growing): readonly Told[] {
    const texts = this.#open.filter(({ item }) => item.kind !== 'call');
    this.#open = [...this.#open.filter(({ item }) => item.kind === 'call'), next];
    return texts.flatMap((growing) => this.#end(growing, 'completed'));
  }

  #began(growing: Growing): readonly Told[] {
    const { item, index } = growing;
    const added = told('response.output_item.added', { output_index: index, item: itemOf(item, 'in_progress') });
    if (item.kind === 'call') return [added];
    return [added, told('response.content_part.added', { ...placeOf(growing), part: partOf(item.kind, '') })];
  }

  #end(growing: Growing, status: Exclude<Status, 'in_progress'>): readonly Told[] {
    const { item, index, texts } = growing;
    const text = texts.join('');
    this.#ended.push(growing);
    const { done, whole } = names[item.kind];
    const name = item.kind === 'call' ? { name: item.call.name } : {};
    const place = placeOf(growing);
    return [
      told(done, { ...place, [whole]: text, ...name, ...logprobsOf(growing) }),
      ...(item.kind === 'call' ? [] : [told('response.content_part.done', { ...place, part: partOf(item.kind, text) })]),
      told('response.output_item.done', { output_index: index, item: itemOf({ ...item, text }, status) }),
    ];
  }
}
