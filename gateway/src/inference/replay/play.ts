import { isFrameEnd } from '../run/answer.ts';
import type { Delivery, Headers } from '../run/delivery.ts';
import type { Recorded } from './recording.ts';

/** Gives an answer that was given before, as it was given: to its end, or as far as it came. */
export const play = async (
  delivery: Delivery,
  { headers: own, body, isWhole }: Recorded,
  { headers, stallMs }: { readonly headers: Headers; readonly stallMs: number },
): Promise<void> => {
  const all = { ...headers, ...own };
  const isStream = own['content-type']?.startsWith('text/event-stream') === true;
  if (isWhole && !isStream) {
    delivery.whole(all, body);
    return;
  }
  delivery.begin(all, []);
  await delivery.writeOut(body, stallMs);
  if (isWhole) delivery.finish({});
  else if (isStream && isFrameEnd(body)) delivery.endEarly();
  else delivery.cut();
};
