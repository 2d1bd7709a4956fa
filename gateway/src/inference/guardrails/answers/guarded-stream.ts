import { metrics } from '@orrery/telemetry';
import { isMembers, type Members, parsed } from '../../shapes/members.ts';
import type { Client } from '../../shapes/shape.ts';
import { writtenFrame } from '../../shapes/translate-stream.ts';
import { dataOf } from '../../wire/frame.ts';
import { Masking, type Watch } from '../masking.ts';
import { isAnswerText } from '../texts/answer-texts.ts';
import type { Path } from '../texts/json-strings.ts';
import { eachPlace, type Place, withoutLetters } from '../texts/walk.ts';
import type { Course, Manner } from './manner.ts';
import { streamingOf } from './manners.ts';
import { RawFrames } from './raw-frames.ts';

const done = '[DONE]';
const noBytes = Buffer.alloc(0);

interface Channel {
  readonly masking: Masking;
  /** The last frame that added to it, and where. */
  last: { readonly event: Members; readonly path: Path };
}

interface Known {
  readonly text: string;
  readonly isAsItWas: boolean;
}

export interface GuardedStreamOptions {
  readonly client: Client;
  readonly watches: () => readonly Watch[];
  readonly maxFrameBytes: number;
}

/**
 * A stream in the client's protocol, from which is taken what must not pass. Frames in which nothing is found and for whose texts nothing waits pass
 * as they came; where something waits, its frame goes on without it and a later one has it.
 */
export class GuardedStream {
  readonly #options: GuardedStreamOptions;
  readonly #manner: Manner;
  readonly #course: Course;
  readonly #frames: RawFrames;
  readonly #channels = new Map<string, Channel>();
  #out: Buffer[] = [];
  /** How many frames were added to those that have numbers, and the number of the last one. */
  #added = 0;
  #number = -1;
  #hasMasked = false;
  /** Of the guardrail that ended it. */
  blockedBy: string | undefined;

  constructor(options: GuardedStreamOptions) {
    const { manner, courseOf } = streamingOf[options.client];
    this.#options = options;
    this.#manner = manner;
    this.#course = courseOf();
    this.#frames = new RawFrames(options.maxFrameBytes);
  }

  /** Throws where it cannot be read. */
  push(chunk: Buffer): Buffer {
    for (const frame of this.#frames.push(chunk)) this.#frame(frame);
    return this.#taken();
  }

  end(): Buffer {
    const rest = this.#frames.rest();
    if (rest.length > 0) this.#frame(rest);
    this.#close(() => true);
    return this.#taken();
  }

  #taken(): Buffer {
    const out = this.#out.length === 0 ? noBytes : Buffer.concat(this.#out);
    this.#out = [];
    return out;
  }

  #frame(frame: Buffer): void {
    if (this.blockedBy !== undefined) return;
    const data = dataOf(frame)?.toString();
    if (data === undefined || data === '') {
      this.#out.push(frame);
      return;
    }
    if (data === done) {
      this.#close(() => true);
      if (this.blockedBy === undefined) this.#out.push(frame);
      return;
    }
    const event = parsed(data);
    if (!isMembers(event)) throw new SyntaxError('a frame of the model server is no JSON object');
    this.#event(event, frame);
  }

  #event(event: Members, frame: Buffer): void {
    this.#course.see(event);
    const closes = (channel: string): boolean => this.#manner.closes(event, channel);
    const places: Place[] = [];
    const isText = (path: Path): boolean => isAnswerText(this.#options.client, path);
    eachPlace(event, isText, (place) => places.push(place));
    const goesOn = new Set(places.map(({ path }) => this.#manner.channelOf(event, path)));
    this.#close((channel) => closes(channel) && !goesOn.has(channel));
    if (this.blockedBy !== undefined) return;
    const known = places.map((place) => this.#known(event, place, closes));
    if (this.blockedBy !== undefined) this.#blockAfter(event, places, known);
    else this.#tell(event, frame, { places, known });
  }

  #tell(event: Members, frame: Buffer, { places, known }: { places: readonly Place[]; known: readonly Known[] }): void {
    const isTouched = known.some(({ isAsItWas }) => !isAsItWas);
    for (const [index, { put }] of places.entries()) put(known[index]?.text ?? '');
    if (isTouched) withoutLetters(event);
    if (isTouched || this.#added > 0) this.#send(event);
    else this.#pass(event, frame);
  }

  /** What of a text can be told now; as it was where nothing waited for it or waits now. */
  #known(event: Members, { path, text }: Place, closes: (channel: string) => boolean): Known {
    const key = this.#manner.channelOf(event, path);
    const { masking } = this.#channelOf(key, event, path);
    const hasWaited = !masking.holdsNothing;
    let known = masking.push(text);
    if (key === undefined || closes(key)) {
      known += masking.end();
      if (key !== undefined) this.#channels.delete(key);
    }
    this.#note(masking);
    return { text: known, isAsItWas: known === text && !hasWaited };
  }

  #channelOf(key: string | undefined, event: Members, path: Path): Channel {
    const last = { event, path };
    const known = key === undefined ? undefined : this.#channels.get(key);
    const channel = known ?? { masking: new Masking(this.#options.watches()), last };
    channel.last = last;
    if (key !== undefined) this.#channels.set(key, channel);
    return channel;
  }

  /** What of the texts waits will be nothing else any more. */
  #close(isOver: (channel: string) => boolean): void {
    for (const [key, { masking, last }] of this.#channels) {
      if (this.blockedBy !== undefined) return;
      if (!isOver(key)) continue;
      this.#channels.delete(key);
      const rest = masking.end();
      this.#note(masking);
      if (rest !== '') this.#add(this.#manner.more(last.event, last.path, rest));
      if (this.blockedBy !== undefined) this.#block();
    }
  }

  #note(masking: Masking): void {
    if (masking.masked > 0 && !this.#hasMasked) metrics.guardrails.add(1, { did: 'masked', stage: 'answer' });
    this.#hasMasked ||= masking.masked > 0;
    this.blockedBy ??= masking.blockedBy;
  }

  #add(event: Members): void {
    const more = structuredClone(event);
    withoutLetters(more);
    const isNumbered = typeof more['sequence_number'] === 'number';
    if (isNumbered) {
      this.#added += 1;
      this.#number += 1;
    }
    this.#write(isNumbered ? { ...more, sequence_number: this.#number } : more);
  }

  #pass(event: Members, frame: Buffer): void {
    const { sequence_number: number } = event;
    if (typeof number === 'number') this.#number = number;
    this.#out.push(frame);
  }

  /** After a frame that was added, those that follow have another number. */
  #send(event: Members): void {
    const { sequence_number: number } = event;
    if (typeof number === 'number') this.#number = number + this.#added;
    this.#write(typeof number === 'number' ? { ...event, sequence_number: this.#number } : event);
  }

  #write(event: Members): void {
    const name = this.#manner.hasNames ? { event: String(event['type']) } : {};
    this.#out.push(Buffer.from(writtenFrame({ ...name, data: event })));
  }

  /** The rest of the frame may say that all is well: only what was written before the place goes out. */
  #blockAfter(event: Members, places: readonly Place[], known: readonly Known[]): void {
    for (const [index, { path }] of places.entries()) {
      const { text = '' } = known[index] ?? {};
      if (text !== '' && this.#manner.channelOf(event, path) !== undefined) this.#add(this.#manner.more(event, path, text));
    }
    this.#block();
  }

  #block(): void {
    for (const frame of this.#course.blocked(this.blockedBy ?? '')) {
      if (typeof frame.data === 'string') this.#out.push(Buffer.from(writtenFrame(frame)));
      else this.#add(frame.data);
    }
  }
}
