import { type Members, membersOf, textOf } from '../../shapes/members.ts';
import type { Course, Manner } from './manner.ts';

const typeOf = ({ type }: Members): string => textOf(type);
const places = ['output_index', 'content_index', 'summary_index'];
const lasts: ReadonlySet<string> = new Set(['response.completed', 'response.incomplete', 'response.failed']);

const itemOf = ({ output_index: index }: Members): string => `item ${String(index)} `;

/** The Responses API: deltas of parts of items, and each of these again when it is whole. */
export const responsesManner: Manner = {
  hasNames: true,
  channelOf: (event, path) => {
    if (path.length !== 1 || path[0] !== 'delta') return undefined;
    return `${itemOf(event)}${[typeOf(event), ...places.map((place) => String(event[place]))].join(' ')}`;
  },
  closes: (event, channel) => {
    const type = typeOf(event);
    return lasts.has(type) || (type.endsWith('.done') && channel.startsWith(itemOf(event)));
  },
  more: ({ obfuscation: _, ...event }, _path, text) => ({ ...event, delta: text }),
};

export class ResponsesCourse implements Course {
  #response: Members = {};

  see(event: Members): void {
    if (event['response'] !== undefined) this.#response = membersOf(event['response']);
  }

  blocked(guardrail: string): ReturnType<Course['blocked']> {
    const incomplete_details = { reason: 'content_filter', guardrail };
    const response = { ...this.#response, status: 'incomplete', incomplete_details, output: [] };
    const type = 'response.incomplete';
    return [{ event: type, data: { type, sequence_number: 0, response } }];
  }
}
