import { once } from 'node:events';
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { execution } from '@orrery/contracts';
import type { Log } from '@orrery/telemetry';
import { readText } from '../runtime/proc.ts';
import { Unrunnable } from '../runtime/runtime.ts';
import type { Engine, EngineImage, PullStep } from './engine.ts';
import { reasonOf, statusOf } from './failure.ts';
import { imageNameOf } from './image-name.ts';

interface Getting {
  readonly reference: string;
  readonly login: execution.RegistryLogin | undefined;
  readonly signal: AbortSignal;
}

const pullMs = 30 * 60 * 1_000;
const loadMs = 30 * 60 * 1_000;
const tellMs = 5_000;

/** Registries tell of what is not there, and of what one may not see, in words alone. */
const isFinal = (reason: string): boolean =>
  /not found|manifest unknown|denied|unauthorized|authentication required|no basic auth credentials|invalid reference/i.test(reason);

/** Bytes that have come and that will, of all layers that are told of. */
const progress = (log: Log, reference: string): ((step: PullStep) => void) => {
  const layers = new Map<string, { readonly current: number; readonly total: number }>();
  let toldAt = performance.now();
  return ({ id, progressDetail }) => {
    if (id !== undefined && progressDetail?.total !== undefined)
      layers.set(id, { current: progressDetail.current ?? 0, total: progressDetail.total });
    if (performance.now() - toldAt < tellMs) return;
    toldAt = performance.now();
    const sum = (of: 'current' | 'total'): number => [...layers.values()].reduce((bytes, layer) => bytes + layer[of], 0);
    log.info({ image: reference, layers: layers.size, bytes: sum('current'), of: sum('total') }, 'pulling an image');
  };
};

/** The images of this machine. One that came with a login is for those alone whom its registry lets in: that it lies here opens nothing. */
export class Images {
  readonly #engine: Engine;
  readonly #path: string;
  readonly #private: Set<string>;
  #loading: Promise<void> = Promise.resolve();
  readonly #log: Log;

  /** `path` is where the ids of those that came with a login are kept. */
  constructor(engine: Engine, path: string, log: Log) {
    this.#engine = engine;
    this.#path = path;
    this.#private = new Set(JSON.parse(readText(path) ?? '[]'));
    this.#log = log;
  }

  /** Brings an image to this machine where it is not there yet. */
  async get(wanted: Getting): Promise<EngineImage> {
    const { login } = wanted;
    const reference = imageNameOf(wanted.reference);
    const here = (await this.#engine.image(reference)) ?? (await this.#loaded(reference, wanted.signal));
    if (here !== undefined && login === undefined && !this.#private.has(here.id)) return here;
    await this.#pull({ ...wanted, reference });
    const pulled = await this.#engine.image(reference);
    if (pulled === undefined) throw new Error(`The image ${reference} was pulled and is not there.`);
    if (login !== undefined && here?.id !== pulled.id) this.#keepPrivate(pulled.id);
    return pulled;
  }

  /**
   * Loads every archive of a directory, as `docker save` writes them: for machines that reach no registry. That may take longer than the
   * lease of what runs: only who wants an image that is not there waits for it.
   */
  load(directory: string): void {
    const names = readdirSync(directory).filter((file) => file.endsWith('.tar'));
    this.#loading = this.#loadAll(names.map((name) => join(directory, name)));
  }

  async #loadAll(archives: readonly string[]): Promise<void> {
    for (const archive of archives) {
      try {
        await this.#engine.load(archive, AbortSignal.timeout(loadMs));
        this.#log.info({ archive }, 'loaded an image');
      } catch (err) {
        this.#log.error({ err, archive }, 'an image could not be loaded');
      }
    }
  }

  /** It may be among those that are being loaded. */
  async #loaded(reference: string, signal: AbortSignal): Promise<EngineImage | undefined> {
    signal.throwIfAborted();
    await Promise.race([this.#loading, once(signal, 'abort')]);
    signal.throwIfAborted();
    return await this.#engine.image(reference);
  }

  async #pull({ reference, login, signal }: Getting): Promise<void> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(pullMs)]);
    try {
      await this.#engine.pull(reference, login, { signal: limit, onStep: progress(this.#log, reference) });
    } catch (error) {
      const reason = reasonOf(error);
      const message = `The image ${reference} cannot be pulled: ${reason}`;
      if (isFinal(reason) || statusOf(error) === 404 || statusOf(error) === 400) throw new Unrunnable(message, { cause: error });
      throw new Error(message, { cause: error });
    }
  }

  #keepPrivate(id: string): void {
    this.#private.add(id);
    writeFileSync(`${this.#path}.new`, JSON.stringify([...this.#private]), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}
