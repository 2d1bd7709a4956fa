import { inference, instantOf, type OrgId, personOf, type UserId } from '@orrery/contracts';
import { metrics } from '@orrery/telemetry';
import type { Question } from '../forward/question.ts';
import type { Room } from '../replay/room.ts';
import type { Tap } from '../run/delivery.ts';
import type { Asker } from '../run/record.ts';
import type { TapOf } from '../run/run-parts.ts';
import { Beginning } from './beginning.ts';
import type { ContentTeller } from './content-teller.ts';

const { mostContentBytes } = inference;
const nothing = Buffer.alloc(0);

export interface ContentLogOptions {
  readonly teller: Pick<ContentTeller, 'tell'>;
  readonly room: Room;
  readonly clock: () => number;
}

/** Keeps what is said in a request until it is over; of headers nothing. */
class ContentTap implements Tap {
  readonly #options: ContentLogOptions;
  readonly #asker: Asker;
  #body: Buffer;
  readonly #at: number;
  readonly #answered: Beginning;

  constructor(options: ContentLogOptions, asker: Asker, body: Buffer) {
    this.#options = options;
    this.#asker = asker;
    this.#body = body;
    this.#at = options.clock();
    this.#answered = new Beginning(options.room, mostContentBytes);
  }

  /** What guardrails masked is not kept either. */
  asked({ body }: Question): void {
    this.#body = body;
  }

  /** It may hold what is masked elsewhere, and more. */
  withheld(): void {
    this.#body = nothing;
  }

  head(): void {}

  bytes(chunk: Buffer): void {
    this.#answered.push(chunk);
  }

  end(isWhole: boolean): void {
    this.#tell({ ...this.#answered.size, isWhole });
  }

  unanswered(): void {
    this.#tell(null);
  }

  #tell(answered: inference.ContentHead['answered']): void {
    const { teller, room } = this.#options;
    const { requestId, caller } = this.#asker;
    const asked = new Beginning(room, mostContentBytes);
    asked.push(this.#body);
    const head: inference.ContentHead = {
      requestId,
      // Ids of the credential that was checked.
      orgId: caller.orgId as OrgId,
      userId: (personOf(caller.principal) ?? null) as UserId | null,
      at: instantOf(this.#at),
      asked: asked.size,
      answered,
    };
    const payload = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), asked.kept, this.#answered.kept]);
    asked.giveBack();
    this.#answered.giveBack();
    if (!teller.tell(requestId, payload)) metrics.inferenceContent.add(1, { outcome: 'dropped' });
  }
}

/** Listens to the requests of organizations that want all of them logged, and to no others. */
export const contentTaps =
  (options: ContentLogOptions): TapOf =>
  (asker, { body }) =>
    asker.logging.policy === 'full' ? new ContentTap(options, asker, body) : undefined;
