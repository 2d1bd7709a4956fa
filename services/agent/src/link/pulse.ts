import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Pulse } from '../domain/end.ts';
import type { Lease, Moment } from '../domain/lease.ts';

interface Kept {
  readonly seen: Pulse;
  readonly beatSentAt: Moment | undefined;
}

const read = (path: string): Kept | undefined => {
  try {
    // Written by `beat` below, whole or not at all.
    return JSON.parse(readFileSync(path, 'utf8')) as Kept;
  } catch {
    return undefined;
  }
};

/** The agent's signs of life and its lease, kept so that the next agent of this machine knows when it was cut off. */
export class PulseKeeper {
  readonly #path: string;
  readonly #leaseMs: number;
  /** What an earlier agent left. */
  readonly last: Pulse | undefined;
  #beatSentAt: Moment | undefined;

  constructor(path: string, leaseMs: number) {
    this.#path = path;
    this.#leaseMs = leaseMs;
    const kept = read(path);
    this.last = kept?.seen;
    this.#beatSentAt = kept?.beatSentAt;
  }

  get lease(): Lease {
    return { beatSentAt: this.#beatSentAt, leaseMs: this.#leaseMs };
  }

  /** The platform accepted a beat that was sent then. */
  renewed(sentAt: Moment): void {
    this.#beatSentAt = { uptimeMs: sentAt.uptimeMs, bootId: sentAt.bootId };
  }

  keep(now: Pulse): void {
    const kept: Kept = { seen: now, beatSentAt: this.#beatSentAt };
    writeFileSync(`${this.#path}.new`, JSON.stringify(kept), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}
