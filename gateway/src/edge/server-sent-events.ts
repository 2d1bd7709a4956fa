/** One event of a stream. */
export interface Frame {
  readonly id?: string;
  readonly event?: string;
  readonly data: string;
}

const oneLine = (text: string): string => text.replace(/[\r\n\0]/g, '');

/** As it goes over the wire: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export const textOf = ({ id, event, data }: Frame): string => {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  return `${id === undefined ? '' : `id: ${oneLine(id)}\n`}${event === undefined ? '' : `event: ${oneLine(event)}\n`}${lines.join('')}\n`;
};

/** Keeps connections open that carry nothing for a while; readers skip it. */
export const heartbeat = ': \n\n';

/** Tells a reader how soon to come back. */
export const retryHint = (ms: number): string => `retry: ${ms}\n: this instance is stopping\n\n`;
