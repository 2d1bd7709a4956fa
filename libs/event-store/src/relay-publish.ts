import { createInbox, headers, type Msg, type MsgHdrs, type NatsConnection, type Subscription } from 'nats';
import { logHeaders } from './headers.ts';

/** A message for a log stream. */
export interface Outgoing {
  readonly subject: string;
  readonly messageId: string;
  readonly payload: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** The sequence that must be the stream's last for JetStream to take this. */
  readonly after?: number;
}

export interface Acknowledged {
  readonly sequence: number;
  readonly duplicate: boolean;
}

/** Why JetStream did not take a message. `code` is its own number; none where nobody answered. */
export class PublishRefused extends Error {
  override readonly name = 'PublishRefused';
  readonly code: number | undefined;
  constructor(reason: string, code?: number) {
    super(reason);
    this.code = code;
  }
}

/** What became of a batch: `taken[i]` answers message `i`, up to the first that was not taken. */
export interface Published {
  readonly taken: readonly Acknowledged[];
  readonly failure?: PublishRefused;
}

interface Reply {
  readonly seq?: number;
  readonly duplicate?: boolean;
  readonly error?: { readonly err_code?: number; readonly description?: string };
}

type Answer = Acknowledged | PublishRefused;

const noResponders = 503;

const answerOf = (message: Msg): Answer => {
  if (message.headers?.code === noResponders) return new PublishRefused('no stream takes the subject');
  const { seq, duplicate, error } = message.json<Reply>();
  if (error) return new PublishRefused(error.description ?? 'refused', error.err_code);
  if (seq === undefined) return new PublishRefused('the answer is no acknowledgement of JetStream');
  return { sequence: seq, duplicate: duplicate === true };
};

const encoded = ({ messageId, headers: more, after }: Outgoing): MsgHdrs => {
  const all = headers();
  all.set(logHeaders.messageId, messageId);
  if (after !== undefined) all.set(logHeaders.expectedLastSequence, String(after));
  for (const [name, value] of Object.entries(more)) all.set(name, value);
  return all;
};

interface Batch {
  readonly number: number;
  readonly answers: (Answer | undefined)[];
  missing: number;
  readonly finish: () => void;
}

/** Publishes batches to JetStream with all their acknowledgements in flight, one batch at a time. */
export class Publisher {
  private readonly nats: NatsConnection;
  private readonly inbox: string;
  private readonly timeoutMs: number;
  private readonly subscription: Subscription;
  private batch: Batch | undefined;
  private batches = 0;

  /** `inboxPrefix`: where this connection may hear answers; a bus with users opens to each its own. */
  constructor(nats: NatsConnection, timeoutMs: number, inboxPrefix?: string) {
    this.nats = nats;
    this.inbox = createInbox(inboxPrefix);
    this.timeoutMs = timeoutMs;
    this.subscription = nats.subscribe(`${this.inbox}.>`, { callback: (error, message) => !error && this.receive(message) });
  }

  close(): void {
    this.subscription.unsubscribe();
  }

  /** Resolves when every message is answered, when time is up, or when the signal says to stop at once. */
  async publish(messages: readonly Outgoing[], signal: AbortSignal): Promise<Published> {
    const answers: (Answer | undefined)[] = new Array(messages.length).fill(undefined);
    if (messages.length > 0) await this.send(messages, answers, signal);
    const taken: Acknowledged[] = [];
    for (const answer of answers) {
      if (answer instanceof PublishRefused) return { taken, failure: answer };
      if (!answer) return { taken, failure: new PublishRefused(signal.aborted ? 'stopped' : 'no acknowledgement in time') };
      taken.push(answer);
    }
    return { taken };
  }

  private send(messages: readonly Outgoing[], answers: (Answer | undefined)[], signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', finish);
        this.batch = undefined;
        resolve();
      };
      const timer = setTimeout(finish, this.timeoutMs);
      signal.addEventListener('abort', finish);
      this.batches += 1;
      const number = this.batches;
      this.batch = { number, answers, missing: messages.length, finish };
      try {
        for (const [index, message] of messages.entries()) {
          if (signal.aborted) return finish();
          this.nats.publish(message.subject, message.payload, { headers: encoded(message), reply: `${this.inbox}.${number}.${index}` });
        }
      } catch (error) {
        finish();
        reject(error);
      }
    });
  }

  private receive(message: Msg): void {
    const [number, index] = message.subject
      .slice(this.inbox.length + 1)
      .split('.')
      .map(Number);
    const { batch } = this;
    if (!batch || batch.number !== number || index === undefined || batch.answers[index]) return;
    batch.answers[index] = answerOf(message);
    batch.missing -= 1;
    if (batch.missing === 0) batch.finish();
  }
}
