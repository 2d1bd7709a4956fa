import type { AttemptState, Brief } from './attempt.ts';

type Alive = Extract<AttemptState, { status: 'Accepted' | 'Running' }>;

export interface Step {
  readonly signal?: 'SIGTERM' | 'SIGKILL';
  readonly isOverTime?: boolean;
  /** When to ask again, if nothing happens before. */
  readonly dueInMs?: number;
}

/** What a living program is due, by the machine's uptime. */
export const nextStep = (state: Alive, uptimeMs: number): Step => {
  const { end, brief } = state;
  if (end?.mode === 'abort') return { signal: 'SIGKILL' };
  if (end !== undefined) {
    const killInMs = end.uptimeMs + brief.graceSeconds * 1_000 - uptimeMs;
    return killInMs > 0 ? { signal: 'SIGTERM', dueInMs: killInMs } : { signal: 'SIGKILL' };
  }
  if (state.status === 'Accepted') return {};
  const leftMs = state.begun.uptimeMs + brief.timeoutSeconds * 1_000 - uptimeMs;
  return leftMs > 0 ? { dueInMs: leftMs } : { isOverTime: true };
};

/** Setting up the sandbox, and how long the agent gets to end a program itself before the launcher's own clock does. */
const slackSeconds = 30;

/** When the launcher kills what the agent did not. */
export const backstopSeconds = ({ timeoutSeconds, graceSeconds }: Pick<Brief, 'timeoutSeconds' | 'graceSeconds'>): number =>
  timeoutSeconds + graceSeconds + slackSeconds;
