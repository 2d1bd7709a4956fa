import type { Tally } from './bill.ts';

/** Who passes requests on to the model server, or is it. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly pacedPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly streamBody: string;
  readonly pacedBody: string;
  /** Its processes, whose CPU and memory count. */
  readonly pids: readonly number[];
  /** Where somebody pays for what it answers. */
  readonly tally?: Tally;
}

export interface Started {
  readonly contender: Contender;
  readonly stop: () => Promise<void>;
}

const jsonHeaders = { 'content-type': 'application/json' };

const bodyOf = (model: string, more: object = {}): string =>
  JSON.stringify({
    model,
    messages: [
      { role: 'system', content: 'You are a helpful assistant.' },
      { role: 'user', content: 'Say something short about foxes and dogs, please.' },
    ],
    max_tokens: 64,
    ...more,
  });

/** What all have in common; the model with the second name is served slowly. */
export const contenderOf = (
  who: Pick<Contender, 'name' | 'port' | 'pids' | 'tally'>,
  more: { readonly headers?: Readonly<Record<string, string>>; readonly path?: string; readonly pacedPath?: string } = {},
): Contender => ({
  ...who,
  path: more.path ?? '/v1/chat/completions',
  pacedPath: more.pacedPath ?? '/paced/v1/chat/completions',
  headers: { ...jsonHeaders, ...more.headers },
  body: bodyOf(models.fast),
  streamBody: bodyOf(models.fast, { stream: true }),
  pacedBody: bodyOf(models.paced, { stream: true }),
});

export const models = { fast: 'bench/fixed', paced: 'bench/paced' } as const;
