import { parseArgs } from 'node:util';
import { isNativeError } from 'node:util/types';

/** What an operator may want of the logs and the streams. */
export type EventsCommand =
  | { readonly does: 'audit'; readonly services: readonly string[] }
  | { readonly does: 'refill'; readonly service: string; readonly from: Date | 'start' }
  | { readonly does: 'export'; readonly service: string; readonly from: Date | 'start' }
  | { readonly does: 'rebuild'; readonly service: string; readonly view: string }
  | { readonly does: 'check'; readonly service: string; readonly view: string }
  | { readonly does: 'dead' | 'replay-dead'; readonly filter: DeadFilter };

export interface DeadFilter {
  readonly service?: string | undefined;
  readonly consumer?: string | undefined;
  readonly type?: string | undefined;
  readonly eventId?: string | undefined;
}

export const usage = `npm run start -- events <what>

  audit [service …]             compare each log with its stream; code 1 when the stream lacks events
  refill <service> [--from T]   publish a log again, from an instant such as 2026-01-31T00:00:00Z, or from its start
  export <service> [--from T]   print a log as CloudEvents, one a line: what simulate --history reads
  rebuild <service> <view>      build a view anew beside the live one, and swap them
  check <service> <view>        compare a view with a replay of the log; code 1 when they differ
  dead                          list the events that consumers gave up
  replay-dead                   give them to their consumers again
                                (both: --service S --consumer C --type T --event ID)`;

export class WrongWords extends Error {
  override readonly name = 'WrongWords';
}

const instantOf = (text: string | undefined): Date | 'start' => {
  if (text === undefined || text === 'start') return 'start';
  const instant = new Date(text);
  if (Number.isNaN(instant.getTime())) throw new WrongWords(`${JSON.stringify(text)} is no instant`);
  return instant;
};

const parsed = (words: readonly string[]) =>
  parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      from: { type: 'string' },
      service: { type: 'string' },
      consumer: { type: 'string' },
      type: { type: 'string' },
      event: { type: 'string' },
    },
  });

const wordsOf = (words: readonly string[]): ReturnType<typeof parsed> => {
  try {
    return parsed(words);
  } catch (error) {
    const [said = ''] = (isNativeError(error) ? error.message : String(error)).split('. ');
    throw new WrongWords(`${said}.\n\n${usage}`);
  }
};

export const eventsCommandOf = (words: readonly string[]): EventsCommand => {
  const { values, positionals } = wordsOf(words);
  const [does, service, view] = positionals;
  const { consumer, type, event } = values;
  switch (does) {
    case 'audit':
      return { does, services: positionals.slice(1) };
    case 'refill':
    case 'export':
      if (service === undefined) break;
      return { does, service, from: instantOf(values.from) };
    case 'rebuild':
    case 'check':
      if (service === undefined || view === undefined) break;
      return { does, service, view };
    case 'dead':
    case 'replay-dead':
      return { does, filter: { service: values.service, consumer, type, eventId: event } };
  }
  throw new WrongWords(does === undefined ? usage : `${words.join(' ')}: there is no such command, or something is missing.\n\n${usage}`);
};
