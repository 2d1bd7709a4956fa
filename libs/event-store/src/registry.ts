import { type EventContract, type EventContracts, storedType } from '@orrery/contracts';

/** Makes version `to` of a type out of version `to - 1`. Pure; the stored event stays as it was written. */
export interface Upcaster {
  readonly type: string;
  readonly to: number;
  readonly upcast: (data: object) => object;
}

/** The data does not fit its contract: a bug of the writer, never stored. */
export class InvalidEvent extends Error {
  override readonly name = 'InvalidEvent';
}

/** The log holds, or a writer names, a type this process knows nothing of. */
export class UnknownEvent extends Error {
  override readonly name = 'UnknownEvent';
}

/** What this service's log may hold: today's contracts, and how old shapes become today's. */
export class Registry {
  private readonly contracts = new Map<string, { readonly contract: EventContract; readonly stored: string }>();
  private readonly upcasters = new Map<string, Upcaster['upcast']>();
  private readonly readers = new Map<
    string,
    { readonly type: string; readonly contract: EventContract; readonly steps: readonly Upcaster['upcast'][] }
  >();

  constructor(contracts: readonly EventContracts[], upcasters: readonly Upcaster[]) {
    for (const group of contracts) {
      for (const contract of Object.values(group)) {
        if (this.contracts.has(contract.type)) throw new TypeError(`two contracts are named ${contract.type}`);
        this.contracts.set(contract.type, { contract, stored: storedType(contract) });
      }
    }
    for (const { type, to, upcast } of upcasters) this.upcasters.set(`${type}.v${to}`, upcast);
    for (const { contract } of this.contracts.values()) this.prepareReaders(contract);
  }

  /** Every type this service may write. */
  all(): readonly EventContract[] {
    return [...this.contracts.values()].map(({ contract }) => contract);
  }

  /** Types that are in the log and never published. */
  privateTypes(): readonly string[] {
    return this.all()
      .filter(({ isPrivate }) => isPrivate)
      .map(({ type }) => type);
  }

  contractOf(type: string): EventContract {
    return this.writerOf(type).contract;
  }

  /** Today's contract of a type, and the name that its events are stored under. */
  writerOf(type: string): { readonly contract: EventContract; readonly stored: string } {
    const writer = this.contracts.get(type);
    if (!writer) throw new UnknownEvent(`no contract for the event ${type}`);
    return writer;
  }

  /** Checks data on its way in and gives the form to store: what the contract parsed, defaults filled in. */
  parse({ type, schema }: EventContract, data: object): object {
    const parsed = schema.safeParse(data);
    if (!parsed.success) throw new InvalidEvent(`${type} does not fit its contract: ${parsed.error.message}`);
    if (typeof parsed.data !== 'object' || parsed.data === null) throw new InvalidEvent(`${type}: the data of an event is an object`);
    return parsed.data;
  }

  /** Today's shape of a stored event. */
  read(stored: string, data: object): { readonly type: string; readonly data: object; readonly contract: EventContract } {
    const reader = this.readers.get(stored);
    if (!reader) throw new UnknownEvent(`the log holds ${stored}, which this process cannot read`);
    let current = data;
    for (const step of reader.steps) current = step(current);
    return { type: reader.type, data: current, contract: reader.contract };
  }

  private prepareReaders(contract: EventContract): void {
    const steps: Upcaster['upcast'][] = [];
    for (let version = contract.version; version >= 1; version -= 1) {
      this.readers.set(storedType({ type: contract.type, version }), { type: contract.type, contract, steps: [...steps] });
      if (version === 1) return;
      const upcast = this.upcasters.get(`${contract.type}.v${version}`);
      if (!upcast) throw new TypeError(`${contract.type} is at version ${contract.version}, but nothing upcasts to version ${version}`);
      steps.unshift(upcast);
    }
  }
}
