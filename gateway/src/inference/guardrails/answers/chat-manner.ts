import { listOf, type Members, membersOf } from '../../shapes/members.ts';
import type { Path } from '../texts/json-strings.ts';
import { steady } from '../texts/walk.ts';
import type { Course, Manner } from './manner.ts';

const keyOf = (path: Path): string => path.join(' ');

const choicesOf = (event: Members): readonly Members[] => listOf(event['choices']).map(membersOf);
const indexOf = ({ index }: Members): number => (typeof index === 'number' ? index : 0);
const isOver = ({ finish_reason: reason }: Members): boolean => typeof reason === 'string';

/** `a.b[2].c` with a text at its end: a place in a list is an item that names it. */
const nested = ([part, ...rest]: Path, text: string): unknown => {
  if (part === undefined) return text;
  const inner = nested(rest, text);
  return typeof part === 'number' ? [{ index: part, ...membersOf(inner) }] : { [part]: inner };
};

const headOf = ({ choices: _, usage: _usage, ...head }: Members): Members => head;

/** Chat Completions and its elder: many answers at once, each of many texts. */
export const chatManner: Manner = {
  hasNames: false,
  channelOf: (event, path) => (path[0] === 'choices' && path[2] !== 'message' ? keyOf(steady(event, path)) : undefined),
  closes: (event, channel) => choicesOf(event).some((choice) => isOver(choice) && channel.startsWith(`choices ${indexOf(choice)} `)),
  more: (event, path, text) => {
    const [, index = 0, ...rest] = steady(event, path);
    return { ...headOf(event), choices: [{ index, ...membersOf(nested(rest, text)), finish_reason: null }] };
  },
};

/** As Azure OpenAI says which filter it was. */
const filtered = (guardrail: string): Members => ({
  custom_blocklists: { filtered: true, details: [{ id: guardrail, filtered: true }] },
});

export class ChatCourse implements Course {
  readonly #nothing: Members;
  #head: Members = {};
  readonly #open = new Set<number>();
  /** Those that say in the last frame that they are over: where that one does not pass, they are not. */
  #over: readonly number[] = [];

  /** `nothing`: of a choice that adds nothing. */
  constructor(nothing: Members) {
    this.#nothing = nothing;
  }

  see(event: Members): void {
    this.#head = headOf(event);
    for (const index of this.#over) this.#open.delete(index);
    this.#over = choicesOf(event).filter(isOver).map(indexOf);
    for (const choice of choicesOf(event)) this.#open.add(indexOf(choice));
  }

  blocked(guardrail: string): ReturnType<Course['blocked']> {
    const open = this.#open.size === 0 ? [0] : [...this.#open];
    const choices = open.map((index) => ({
      index,
      ...this.#nothing,
      finish_reason: 'content_filter',
      content_filter_results: filtered(guardrail),
    }));
    return [{ data: { ...this.#head, choices } }, { data: '[DONE]' }];
  }
}
