import type { ServerResponse } from 'node:http';
import type { LateSpan } from '@orrery/telemetry';
import type { Failed } from '../../failure.ts';
import type { Question } from '../forward/question.ts';
import type { Once } from '../replay/once.ts';
import type { Tap } from './delivery.ts';
import type { Fields } from './outgoing.ts';
import type { Asker } from './record.ts';

/** One request that costs money, as it came. */
export interface RunCall {
  readonly asker: Asker;
  readonly question: Question;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly traceparent: string | undefined;
  /** What is told of it is told below this one. */
  readonly span: LateSpan;
  readonly response: ServerResponse;
  /** From here on the answer is written by the run; gives it the headers that the server set. */
  readonly takeOver: () => Fields;
  /** What a failure says in its head, beside what every answer says there. */
  readonly announce: (headers: Readonly<Record<string, string>>) => void;
  /** Its limits are asked for it now: from here on they count it. */
  readonly onReserving: () => void;
  /** How this API says, in the middle of a stream, that the rest will not come. */
  readonly frameOf: (failure: Failed) => Buffer;
  /** Whoever else hears what the client is given. */
  readonly taps: readonly Tap[];
  /** Where it is to be made once. */
  readonly once?: Once | undefined;
}
