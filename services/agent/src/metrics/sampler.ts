import { type execution, instantOf } from '@orrery/contracts';
import { systemClock } from '@orrery/kernel';
import type { Log } from '@orrery/telemetry';
import type { GpuReading } from '../discovery/gpus.ts';
import type { AttemptState, Brief } from '../domain/attempt.ts';
import type { AttemptLog } from '../journal/attempt-log.ts';
import type { Platform } from '../link/platform.ts';
import type { Usage } from '../runtime/runtime.ts';
import type { Runtimes } from '../runtime/runtimes.ts';
import { MachineMeter } from './machine.ts';

type Sample = execution.MetricBatch['samples'][number];

export interface SamplerOptions {
  readonly platform: Platform;
  readonly attempts: AttemptLog;
  readonly runtimes: Runtimes;
  readonly hostname: string;
  /** Undefined where the machine has no GPUs. */
  readonly readGpus: (() => Promise<readonly GpuReading[]>) | undefined;
  readonly log: Log;
  readonly everyMs: number;
}

/** Batches that wait for the bus; of more the oldest are dropped. Ten minutes' worth. */
const mostWaiting = 120;
const mostSamples = 5_000;
const ackMs = 5_000;

const holdsAll = ({ mig, resources: { gpuMilli = 1_000 } }: Brief): boolean => mig === null && gpuMilli === 1_000;

type Value = readonly [name: execution.MetricName, value: number | undefined];

const gpuValues = (reading: GpuReading): readonly Value[] => [
  ['gpuUtilizationPercent', reading.utilizationPercent],
  ['gpuMemoryUtilizationPercent', reading.memoryUtilizationPercent],
  ['gpuTemperatureCelsius', reading.temperatureCelsius],
  ['gpuPowerWatt', reading.powerWatt],
  ['gpuPowerLimitWatt', reading.powerLimitWatt],
  ['gpuClockSmMhz', reading.clockSmMhz],
  ['gpuClockMemMhz', reading.clockMemMhz],
];

const samplesOf = (values: readonly Value[], labels: Omit<Sample, 'name' | 'value'>): Sample[] =>
  values.flatMap(([name, value]) => (value === undefined ? [] : [{ ...labels, name, value: Math.round(value * 100) / 100 }]));

/** Samples the machine and every program on it, and sends the samples when the bus takes them. */
export class Sampler {
  readonly #options: SamplerOptions;
  readonly #machine = new MachineMeter();
  readonly #lastCpu = new Map<string, { readonly cpuMs: number; readonly at: number }>();
  readonly #waiting: Sample[][] = [];
  #timer: NodeJS.Timeout | undefined;
  #isSending = false;
  #isDropping = false;

  constructor(options: SamplerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#tick(), this.#options.everyMs);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The last reading of a program that has ended, and the first of one that was too short for another. */
  over(key: string): void {
    void this.#runSamples(key, this.#options.attempts.state(key), systemClock.now()).then((samples) => {
      this.#lastCpu.delete(key);
      this.#push(samples);
    });
  }

  async #tick(): Promise<void> {
    const at = systemClock.now();
    const { cpuPercent, memoryTotalBytes, memoryUsedBytes } = this.#machine.read();
    const machine: Value[] = [
      ['systemCpuUsagePercent', cpuPercent],
      ['systemRamTotalBytes', memoryTotalBytes],
      ['systemRamUsedBytes', memoryUsedBytes],
    ];
    const samples = samplesOf(machine, { at: instantOf(at) });
    const states = [...this.#options.attempts.states];
    samples.push(...(await Promise.all(states.map(([key, state]) => this.#runSamples(key, state, at)))).flat());
    const readings = (await this.#options.readGpus?.()) ?? [];
    for (const reading of readings) samples.push(...this.#gpuSamples(reading, instantOf(at)));
    this.#push(samples);
  }

  /** A GPU's samples are also those of the run that holds it, if one holds all of it: of a slice or a share they would tell what others do. */
  #gpuSamples(reading: GpuReading, at: string): Sample[] {
    const holder = [...this.#options.attempts.states.values()].find(
      (state) => state.status === 'Running' && state.brief.gpuIndexes.includes(reading.index) && holdsAll(state.brief),
    );
    const run = holder !== undefined && 'brief' in holder ? { runId: holder.brief.runId, orgId: holder.brief.orgId } : {};
    return samplesOf(gpuValues(reading), { at, gpu: reading.index, ...run });
  }

  async #runSamples(key: string, state: AttemptState, at: number): Promise<Sample[]> {
    if (state.status !== 'Running') return [];
    const usage = await this.#usage(key, state.brief);
    if (usage === undefined) return [];
    const { runId, orgId, resources } = state.brief;
    const last = this.#lastCpu.get(key) ?? { cpuMs: 0, at: Date.parse(state.begun.at) };
    this.#lastCpu.set(key, { cpuMs: usage.cpuMs, at });
    const passed = at - last.at;
    const values: Value[] = [
      // A share of the CPU that the run was given, so that 100 means it could use more.
      ['systemCpuUsagePercent', passed > 0 ? ((usage.cpuMs - last.cpuMs) / passed / (resources.cpuMilli / 1_000)) * 100 : undefined],
      ['systemRamUsedBytes', usage.memoryBytes],
      ['systemRamTotalBytes', resources.memoryMib * 1024 * 1024],
    ];
    return samplesOf(values, { at: instantOf(at), runId, orgId });
  }

  async #usage(key: string, { runtime }: Brief): Promise<Usage | undefined> {
    try {
      return await this.#options.runtimes.of(runtime).stats(key);
    } catch (error) {
      this.#options.log.debug({ err: error, attempt: key }, 'what a program uses cannot be told');
      return undefined;
    }
  }

  #push(samples: readonly Sample[]): void {
    for (let from = 0; from < samples.length; from += mostSamples) this.#waiting.push(samples.slice(from, from + mostSamples));
    const excess = this.#waiting.length - mostWaiting;
    if (excess > 0) this.#waiting.splice(0, excess);
    if (excess > 0 && !this.#isDropping) this.#options.log.warn('the bus takes no samples: the oldest are dropped');
    this.#isDropping = excess > 0;
    void this.#send();
  }

  async #send(): Promise<void> {
    const { platform, hostname, log } = this.#options;
    if (this.#isSending || !platform.isConnected) return;
    this.#isSending = true;
    try {
      for (let samples = this.#waiting[0]; samples !== undefined; samples = this.#waiting[0]) {
        const batch: execution.MetricBatch = { workerId: platform.workerId, hostname, samples };
        const stream = platform.connected().connection.jetstream({ timeout: ackMs });
        await stream.publish(`tele.metrics.${platform.workerId}`, new TextEncoder().encode(JSON.stringify(batch)));
        // Only what was sent: meanwhile the oldest may have been dropped.
        if (this.#waiting[0] === samples) this.#waiting.shift();
      }
    } catch (error) {
      log.debug({ err: error }, 'samples could not be sent');
    } finally {
      this.#isSending = false;
    }
  }
}
