import type { Beginning, EndReason } from './attempt.ts';
import type { Moment } from './lease.ts';
import { type Evidence, type Outcome, outcomeOf } from './outcome.ts';

/** A sign of life: the machine was up and the agent saw it. */
export interface Pulse extends Moment {
  readonly at: number;
}

/** What is known of a program that is over. */
export interface Remains {
  readonly begun: Beginning;
  /** The launcher's note; undefined where it was killed, or the machine went down. */
  readonly exit: { readonly code: number; readonly uptimeMs: number; readonly at: number } | undefined;
  /** When the agent last knew the program alive. */
  readonly seenAlive: Pulse | undefined;
  readonly now: Pulse;
  readonly oomKills: number;
  readonly backstopMs: number;
  readonly end: Evidence['end'];
}

export interface Conclusion extends Outcome {
  readonly endedAt: number;
  readonly ranMs: number;
}

const lost: { readonly reason: EndReason; readonly message: string } = {
  reason: 'worker-lost',
  message: 'The machine went down while the program ran.',
};

/** When a program ended, how long it ran, and why. Time that nobody saw it alive is not counted. */
export const concludeFrom = ({ begun, exit, seenAlive, now, oomKills, backstopMs, end }: Remains): Conclusion => {
  const isSameBoot = begun.bootId === now.bootId;
  const wasSeen = seenAlive !== undefined && seenAlive.bootId === begun.bootId && seenAlive.uptimeMs > begun.uptimeMs;
  const last = exit ?? (wasSeen ? seenAlive : { uptimeMs: begun.uptimeMs, at: Date.parse(begun.at) });
  const ranMs = Math.max(0, last.uptimeMs - begun.uptimeMs);
  const times = { endedAt: last.at, ranMs };
  if (exit === undefined && !isSameBoot) return { exitCode: null, ...lost, ...times };
  const endedUptimeMs = exit?.uptimeMs ?? now.uptimeMs;
  return { ...outcomeOf({ exitCode: exit?.code ?? null, endedUptimeMs, ranMs, oomKills, backstopMs, end }), ...times };
};
