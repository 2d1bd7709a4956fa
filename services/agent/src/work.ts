import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { execution } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Closing, Surroundings } from '@orrery/process/light';
import type { AgentConfig } from './agent.config.ts';
import { Attempts } from './attempts/attempts.ts';
import { readGpus } from './discovery/gpus.ts';
import type { NvidiaSmi } from './discovery/nvidia-smi.ts';
import type { Pulse } from './domain/end.ts';
import { AttemptLog } from './journal/attempt-log.ts';
import { Beats } from './link/beats.ts';
import { Connection } from './link/connection.ts';
import { openDesk } from './link/desk.ts';
import { credentialsIn, type Membership } from './link/membership.ts';
import { Platform } from './link/platform.ts';
import { PulseKeeper } from './link/pulse.ts';
import { Renewal } from './link/renewal.ts';
import { Reporter } from './link/reporter.ts';
import { Sampler } from './metrics/sampler.ts';
import { outputPublisher } from './output/publisher.ts';
import { now as moment } from './runtime/proc.ts';
import type { Runtimes } from './runtime/runtimes.ts';

export interface WorkOptions {
  readonly runtimes: Runtimes;
  readonly smi: NvidiaSmi;
  readonly facts: execution.WorkerFacts;
  readonly factsNow: () => execution.WorkerFacts;
  readonly membership: Membership;
  readonly closing: Closing;
  readonly surroundings: Surroundings<AgentConfig>;
}

const sampleEveryMs = 5_000;
const drainPollMs = 200;
const drainMs = 24 * 60 * 60 * 1_000;

const now = (): Pulse => ({ ...moment(), at: systemClock.now() });

/** A journal that cannot be written acknowledges nothing any more: the next agent finds out what still can be. */
const leave = (error: unknown): void => {
  setImmediate(() => {
    throw new Error('the journal cannot be written', { cause: error });
  });
};

const openAttempts = async (path: string, { log }: Surroundings<AgentConfig>): Promise<AttemptLog> => {
  const attempts = await AttemptLog.open({ path, nowMs: systemClock.now, onBroken: leave });
  if (attempts.damaged > 0) log.error({ lines: attempts.damaged, path }, 'the disk has damaged the journal; what could be read is kept');
  return attempts;
};

/** Puts the agent to work, and leaves in `closing` the way back. */
export const startWork = async ({ runtimes, smi, facts, factsNow, membership, closing, surroundings }: WorkOptions): Promise<void> => {
  const { config, log, health } = surroundings;
  const journal = await openAttempts(join(config.state, 'journal'), surroundings);
  closing.add('journal', () => journal.close());
  const pulse = new PulseKeeper(join(config.state, 'pulse'), config.leaseMs);
  const platform = new Platform(membership.workerId);
  const sampler = new Sampler({
    platform,
    attempts: journal,
    runtimes,
    hostname: facts.hostname,
    readGpus: facts.gpus.length > 0 ? () => readGpus(smi) : undefined,
    log,
    everyMs: sampleEveryMs,
  });
  const reporter: Reporter = new Reporter({ platform, attempts: journal, log }, () => attempts);
  const attempts = new Attempts({
    attempts: journal,
    runtimes,
    slicesGpus: facts.slicesGpus === true,
    log,
    now,
    lastPulse: pulse.last,
    publish: outputPublisher(platform),
    report: (key) => reporter.submit(key),
    onOver: (key) => sampler.over(key),
  });
  const beats = new Beats({ platform, attempts, pulse, now, facts: factsNow, log, everyMs: config.beatMs });
  attempts.resume(pulse.lease);
  beats.start();
  sampler.start();
  const measure = setInterval(() => attempts.measure(), sampleEveryMs);
  const connection = new Connection({
    url: config.natsUrl ?? membership.natsUrl,
    credentials: credentialsIn(config.state, membership),
    name: `agent ${membership.name}`,
    platform,
    log,
    serve: (bus) => openDesk(bus, membership.workerId, attempts, log),
    onUp: () => {
      void beats.beat();
      reporter.hurry();
    },
  });
  const renewal = new Renewal({ platform, membership, stateDirectory: config.state, log });
  renewal.start();
  health.check('bus', () => {
    if (connection.refusal !== undefined) throw new Error(connection.refusal);
    return platform.isConnected;
  });
  health.check('platform', () => {
    if (!beats.isHeard) throw new Error(beats.silence ?? 'no heartbeat was accepted yet');
  });
  closing.add('connection', () => connection.close());
  closing.add('reports', () => reporter.stop());
  closing.add('attempts', () => attempts.stop());
  closing.add('timers', () => {
    clearInterval(measure);
    beats.stop();
    sampler.stop();
  });
  closing.add('credentials', () => renewal.stop());
  closing.add('requests', () => connection.quiet());
  closing.add('programs', () => letEnd(attempts, config), drainMs);
};

/** Takes nothing new; where an operator wants so, waits until every program has ended and all of it is reported. */
const letEnd = async (attempts: Attempts, { drain }: AgentConfig): Promise<void> => {
  attempts.close(drain ? 'The agent of this machine is draining.' : 'The agent of this machine is stopping.');
  while (drain && attempts.count > 0) await pause(drainPollMs);
};
