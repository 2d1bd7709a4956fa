import { isMembers, type Members, parsed } from '../../shapes/members.ts';
import type { Client } from '../../shapes/shape.ts';
import { writtenFrame } from '../../shapes/translate-stream.ts';
import { dataOf } from '../../wire/frame.ts';
import { isAnswerText } from '../texts/answer-texts.ts';
import { eachPlace, type Place, withoutLetters } from '../texts/walk.ts';
import { streamingOf } from './manners.ts';
import { RawFrames } from './raw-frames.ts';

interface Part {
  readonly frame: number;
  readonly place: Place;
}

interface Frame {
  readonly bytes: Buffer;
  /** Undefined where it is none that says anything. */
  readonly event: Members | undefined;
}

const eventIn = (frame: Buffer): Members | undefined => {
  const event = parsed(dataOf(frame)?.toString() ?? '');
  return isMembers(event) ? event : undefined;
};

/** The texts of a stream that is there as a whole, and what makes another stream of other ones: its first frame has all of a text then. */
export const streamTexts = (
  client: Client,
  body: Buffer,
): { texts: readonly string[]; withTexts: (texts: readonly string[]) => Buffer } => {
  const { manner } = streamingOf[client];
  const scanner = new RawFrames(body.length);
  const raw = scanner.push(body);
  const rest = scanner.rest();
  const frames: Frame[] = [...raw, ...(rest.length > 0 ? [rest] : [])].map((bytes) => ({ bytes, event: eventIn(bytes) }));
  const channels = new Map<string, Part[]>();
  for (const [frame, { event = {} }] of frames.entries()) {
    eachPlace(
      event,
      (path) => isAnswerText(client, path),
      (place) => {
        const key = manner.channelOf(event, place.path) ?? `whole ${frame} ${place.path.join(' ')}`;
        const known = channels.get(key) ?? [];
        known.push({ frame, place });
        channels.set(key, known);
      },
    );
  }
  const parts = [...channels.values()];
  const texts = parts.map((each) => each.map(({ place }) => place.text).join(''));
  return {
    texts,
    withTexts: (others) => {
      const touched = new Set<number>();
      for (const [index, each] of parts.entries()) {
        const other = others[index];
        if (other === undefined || other === texts[index]) continue;
        for (const [at, { frame, place }] of each.entries()) {
          place.put(at === 0 ? other : '');
          touched.add(frame);
        }
      }
      return Buffer.concat(
        frames.map(({ bytes, event }, index) => (event && touched.has(index) ? written(event, manner.hasNames) : bytes)),
      );
    },
  };
};

const written = (event: Members, hasNames: boolean): Buffer => {
  withoutLetters(event);
  return Buffer.from(writtenFrame({ ...(hasNames ? { event: String(event['type']) } : {}), data: event }));
};
