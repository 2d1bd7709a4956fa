import { createHash } from 'node:crypto';
import type { OrgId } from '@orrery/contracts';
import type { Engine } from './engine.ts';

/** A bridge on which no address is the machine's own: whoever is on it finds neither the machine nor a way out through it. */
const withoutTheMachine = { 'com.docker.network.bridge.inhibit_ipv4': 'true' };

/** One network for each organization that has containers here: its own find each other by the name of their run, and nobody else. */
export class Networks {
  readonly #engine: Engine;
  readonly #owner: string;
  readonly #hasEgress: boolean;

  constructor(engine: Engine, owner: string, hasEgress: boolean) {
    this.#engine = engine;
    this.#owner = owner;
    this.#hasEgress = hasEgress;
  }

  async of(orgId: OrgId): Promise<string> {
    const name = `${this.#owner}-${createHash('sha256').update(orgId).digest('hex').slice(0, 16)}${this.#hasEgress ? '-out' : ''}`;
    const label = `orrery.network=${name}`;
    if ((await this.#engine.networks(label)).length > 0) return name;
    const make = (): Promise<void> =>
      this.#engine.createNetwork({
        Name: name,
        Driver: 'bridge',
        Labels: { 'orrery.agent': this.#owner, 'orrery.org': orgId, 'orrery.network': name },
        ...(this.#hasEgress ? {} : { Internal: true, Options: withoutTheMachine }),
      });
    // An engine as it is installed has addresses for some thirty networks.
    await make().catch(async () => {
      await this.sweep();
      await make();
    });
    return name;
  }

  /** Takes away those that are empty. */
  async sweep(): Promise<void> {
    for (const name of await this.#engine.networks(`orrery.agent=${this.#owner}`)) await this.#engine.removeNetwork(name);
  }
}
