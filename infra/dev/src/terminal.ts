import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

const paint = (style: Style, text: string): string => (process.stderr.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text);

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** What a person reads while the dev stack works. Goes to stderr: stdout belongs to what was asked for. */
export const terminal = {
  line: (text: string): void => console.error(text),
  note: (text: string): void => console.error(paint('dim', `  ${text}`)),
  done: (text: string, ms: number): void => console.error(`${paint('green', '✓')} ${text} ${paint('dim', seconds(ms))}`),
  failed: (text: string): void => console.error(`${paint('red', '✗')} ${text}`),
  warning: (text: string): void => console.error(`${paint('yellow', '!')} ${text}`),
  heading: (text: string): void => console.error(`\n${paint('bold', text)}`),
};

/** Does something, and says what it was and how long it took once it is done. */
export const timed = async <T>(what: string | ((result: T) => string), work: () => Promise<T>): Promise<T> => {
  const startedAt = Date.now();
  const result = await work();
  terminal.done(typeof what === 'string' ? what : what(result), Date.now() - startedAt);
  return result;
};

/** A failure that needs no stack trace: the message says what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';
}
