import { randomBytes } from 'node:crypto';
import { identity, UserId } from '@orrery/contracts';
import type { EventStore } from '@orrery/event-store';
import type { Clock } from '@orrery/kernel';
import { z } from 'zod';
import type { Checks } from './issuer.ts';

const ticketMs = 10 * 60_000;
export const ticketSeconds = ticketMs / 1_000;
const chanceBytes = 32;
const binding = 'sign-in ticket';

const Ticket = z.strictObject({
  issuer: identity.IssuerName,
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  returnTo: z.string(),
  /** In whose session it was begun, where an identity is to be linked. */
  link: z.strictObject({ userId: UserId, sessionId: identity.SessionId }).nullable(),
  expiresAt: z.int(),
});
export type Ticket = z.output<typeof Ticket>;

const chance = (): string => randomBytes(chanceBytes).toString('base64url');

/** What is remembered of a sign-in that was begun lies with the browser that began, sealed: it costs no row here. */
export class Tickets {
  constructor(
    private readonly sealer: EventStore['sealer'],
    private readonly clock: Clock,
  ) {}

  draw(): Checks {
    return { state: chance(), nonce: chance(), codeVerifier: chance() };
  }

  seal(ticket: Omit<Ticket, 'expiresAt'>): string {
    return this.sealer.sealText(JSON.stringify({ ...ticket, expiresAt: this.clock.now() + ticketMs }), binding);
  }

  /** Undefined where it was not sealed here for this issuer, or too long ago. */
  open(sealed: string, issuer: string): Ticket | undefined {
    try {
      const ticket = Ticket.parse(JSON.parse(this.sealer.openText(sealed, binding)));
      return ticket.issuer === issuer && ticket.expiresAt > this.clock.now() ? ticket : undefined;
    } catch {
      // What cannot be opened was not sealed here.
      return undefined;
    }
  }
}
