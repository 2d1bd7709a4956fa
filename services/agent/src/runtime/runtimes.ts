import type { execution } from '@orrery/contracts';
import type { Presence } from '../domain/reconcile.ts';
import type { Runtime } from './runtime.ts';

/** The runtimes of this machine, each by the name that specs call it. */
export class Runtimes {
  readonly #all: readonly Runtime[];

  constructor(all: readonly Runtime[]) {
    this.#all = all;
  }

  get names(): execution.RuntimeName[] {
    return this.#all.map(({ name }) => name);
  }

  has(name: execution.RuntimeName): boolean {
    return this.#all.some((runtime) => runtime.name === name);
  }

  of(name: execution.RuntimeName): Runtime {
    const found = this.#all.find((runtime) => runtime.name === name);
    if (found === undefined) throw new Error(`This machine holds programs of its runtime ${name}, which is not set up any more.`);
    return found;
  }

  /** Every attempt that has a trace on this machine, whoever started it. */
  found(): Map<string, Presence> {
    return new Map(this.#all.flatMap((runtime) => runtime.list().map((key): [string, Presence] => [key, runtime.inspect(key).presence])));
  }

  /** Of what nobody claims: whoever holds it takes it away, containers first: what they have of a GPU, which all know of, is not free before. */
  async remove(key: string): Promise<void> {
    for (const runtime of this.#all.toReversed()) if (runtime.list().includes(key)) await runtime.remove(key);
  }
}
