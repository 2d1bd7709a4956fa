import { metrics } from '@orrery/telemetry';
import { within } from './within.ts';

/** Resolves where all is well; throws (or answers false) where not. */
export type Probe = () => unknown;

export interface CheckReport {
  readonly ok: boolean;
  readonly ms: number;
  readonly error?: string;
}

export interface ReadyReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, CheckReport>>;
}

const usualProbeMs = 2_000;
/** However often one asks, the probes run at most this often. */
const freshMs = 200;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200);

/** Named checks that say whether this process may be sent work. */
export class Health {
  private readonly probes = new Map<string, Probe>();
  private stopping = false;
  private readonly probeMs: number;
  private latest: { readonly at: number; readonly report: Promise<ReadyReport> } | undefined;

  /** `probeMs`: how long a check may take. */
  constructor(probeMs: number = usualProbeMs) {
    this.probeMs = probeMs;
  }

  /** Adds a check; the answer takes it away again. */
  check(name: string, probe: Probe): () => void {
    if (this.probes.has(name)) throw new Error(`there is a check named ${name} already`);
    this.probes.set(name, probe);
    this.latest = undefined;
    return () => {
      this.probes.delete(name);
      this.latest = undefined;
    };
  }

  /** The same checks, each name beginning with `prefix.`: several programs share one process. */
  named(prefix: string): Pick<Health, 'check'> {
    return { check: (name, probe) => this.check(`${prefix}.${name}`, probe) };
  }

  /** From now on not ready, whatever the checks say: a balancer must look elsewhere before work stops being taken. */
  drain(): void {
    this.stopping = true;
    this.latest = undefined;
  }

  ready(): Promise<ReadyReport> {
    const now = performance.now();
    if (!this.latest || now - this.latest.at > freshMs) this.latest = { at: now, report: this.ask() };
    return this.latest.report;
  }

  private async ask(): Promise<ReadyReport> {
    const asked = await Promise.all([...this.probes].map(async ([name, probe]) => [name, await run(probe, this.probeMs)] as const));
    const checks: Record<string, CheckReport> = {};
    for (const [name, report] of asked) {
      checks[name] = report;
      const [service = name, ...rest] = name.split('.');
      metrics.ready.record(report.ok ? 1 : 0, { service, check: rest.join('.') || 'process' });
    }
    if (this.stopping) checks.process = { ok: false, ms: 0, error: 'stopping' };
    return { ready: Object.values(checks).every(({ ok }) => ok), checks };
  }
}

const run = async (probe: Probe, probeMs: number): Promise<CheckReport> => {
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began);
  try {
    const answer = await within(probeMs, 'the check', async () => probe());
    return answer === false ? { ok: false, ms: took(), error: 'not ready' } : { ok: true, ms: took() };
  } catch (error) {
    return { ok: false, ms: took(), error: messageOf(error) };
  }
};
