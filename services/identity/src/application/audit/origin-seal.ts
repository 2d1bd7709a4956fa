import { type EventStore, erased } from '@orrery/event-store';
import type { SealedOrigin } from '../../views/audit/audit-entries.ts';

const personal = { of: 'person', fields: ['ip', 'userAgent'] } as const;

interface Entry {
  readonly scope: string;
  readonly id: string;
}

export interface OpenOrigin {
  readonly person: string;
  readonly ip: string;
  readonly userAgent: string | null;
}

const bindingOf = ({ scope, id }: Entry): string => `audit ${scope} ${id}`;

/** Keeps origins readable only as long as the key of their person exists, and only where they belong. */
export class OriginSeal {
  constructor(private readonly store: EventStore) {}

  async seal(entry: Entry, { person, ip, userAgent }: OpenOrigin): Promise<SealedOrigin> {
    const { data } = await this.store.sealer.seal(personal, { person, ip, userAgent }, bindingOf(entry));
    return { person, ...data };
  }

  /** By the ids of the entries; of whom no key is left, nothing. */
  async open(rows: readonly (Entry & { readonly origin: SealedOrigin | null })[]): Promise<ReadonlyMap<string, OpenOrigin>> {
    const sealed = rows.flatMap(({ scope, id, origin }) => (origin ? [{ scope, id, origin }] : []));
    if (sealed.length === 0) return new Map();
    const { sealer } = this.store;
    const keys = await sealer.keysOf(sealed.map(({ origin }) => origin.person));
    const opened = sealed.flatMap(({ origin, ...entry }) => {
      // It was an origin when it was sealed, and the seal says that nobody touched it.
      const origins = sealer.unseal(origin, keys.get(origin.person), bindingOf(entry)) as OpenOrigin;
      return origins.ip === erased ? [] : [[entry.id, origins] as const];
    });
    return new Map(opened);
  }
}
