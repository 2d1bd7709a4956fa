import { refuse } from '@orrery/messaging';
import type { Issuer } from './issuer.ts';

/** Somebody else's slowness must not take all that this process has. */
const mostAtOnce = 64;

/** The issuers with which people may sign in, and how many of them are asked at once. */
export class Issuers {
  private asked = 0;

  constructor(readonly all: readonly Issuer[]) {}

  named(name: string): Issuer {
    return this.all.find(({ config }) => config.name === name) ?? refuse({ code: 'IssuerNotFound', details: {} });
  }

  /** What the operator calls the issuer with this address, where it is one still. */
  nameOf(issuer: string): string | null {
    return this.all.find(({ config }) => config.issuer === issuer)?.config.name ?? null;
  }

  async ask<T>(work: () => Promise<T>): Promise<T> {
    if (this.asked >= mostAtOnce) refuse({ code: 'Overloaded', details: {} });
    this.asked += 1;
    try {
      return await work();
    } finally {
      this.asked -= 1;
    }
  }
}
