import { randomUUID } from 'node:crypto';
import { Problem } from '../terminal.ts';
import type { Stack } from './stack.ts';

const withinMs = 15_000;

export interface Wish {
  readonly method: string;
  /** Below `/orrery/v1`. */
  readonly path: string;
  readonly body: object;
}

/** One command of the operator to the gateway of this stack. */
export const asOperator = async ({ where, secrets }: Pick<Stack, 'where' | 'secrets'>, { method, path, body }: Wish): Promise<void> => {
  const answer = await fetch(`${where.gatewayUrl}/orrery/v1${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${secrets.operatorKey}`, 'idempotency-key': randomUUID() },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(withinMs),
  });
  if (!answer.ok) throw new Problem(`${method} ${path} answered ${answer.status} ${await answer.text()}`);
};
