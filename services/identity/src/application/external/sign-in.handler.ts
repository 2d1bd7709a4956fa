import { Controller } from '@nestjs/common';
import { epochOf, type InputOf, identity, type OutputOf, type RequestContext } from '@orrery/contracts';
import { isSameSecret } from '@orrery/credentials';
import { EventStore } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse, Serves } from '@orrery/messaging';
import { returnTarget } from '../../domain/external/return-target.ts';
import { findById } from '../../views/people.view.ts';
import { sessions } from '../../views/sessions.view.ts';
import { type InSession, inSession } from '../mfa/in-session.ts';
import { SecondFactors } from '../sessions/second-factors.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Tries } from '../tries/tries.ts';
import type { Issuer, Shown } from './issuer.ts';
import { Issuers } from './issuers.ts';
import { LinkedAccounts } from './linked-accounts.ts';
import { elsewhereOf, Newcomers } from './newcomers.ts';
import { type Ticket, Tickets, ticketSeconds } from './tickets.ts';

type Beginning = InputOf<typeof identity.BeginSignIn>;
type Finish = InputOf<typeof identity.FinishSignIn>;

/** What signing in with an issuer takes. */
export class IssuerDoor {
  constructor(
    readonly issuers: Issuers,
    readonly tickets: Tickets,
    readonly newcomers: Newcomers,
    readonly manner: { readonly publicUrl: string; readonly origins: readonly string[] },
  ) {}
}

/** What becomes of whoever came in. */
export class Reception {
  constructor(
    readonly sessions: Sessions,
    readonly secondFactors: SecondFactors,
    readonly tries: Tries,
    readonly linked: LinkedAccounts,
  ) {}
}

const refused = () => refuse({ code: 'SignInRefused', details: {} });
const unavailable = ({ config: { name: issuer } }: Issuer) => refuse({ code: 'IssuerUnavailable', details: { issuer } });

@Controller()
export class SignInHandler {
  constructor(
    private readonly store: EventStore,
    private readonly door: IssuerDoor,
    private readonly reception: Reception,
  ) {}

  @Serves(identity.ListSignInIssuers)
  async list(): Promise<OutputOf<typeof identity.ListSignInIssuers>> {
    return { items: this.door.issuers.all.map(({ config: { name, title = name } }) => ({ name, title })) };
  }

  @Serves(identity.BeginSignIn)
  begin(input: InputOf<typeof identity.BeginSignIn>): Promise<identity.SignInBeginning> {
    return this.beginFor(input, null);
  }

  @Serves(identity.BeginIdentityLink)
  beginLink(input: InputOf<typeof identity.BeginIdentityLink>, context: RequestContext): Promise<identity.SignInBeginning> {
    return this.beginFor(input, inSession(context));
  }

  @Serves(identity.FinishSignIn)
  async finish(input: Finish, context: RequestContext): Promise<OutputOf<typeof identity.FinishSignIn>> {
    const issuer = this.door.issuers.named(input.issuer);
    // Counted where it comes from: whom it would be, is known only when it is right.
    const subject = `sign-in at ${context.origin?.ip ?? 'nowhere'}`;
    const right = await this.reception.tries.check('oidc', subject, context, () => this.look(issuer, input));
    if (!right) return refused();
    const { ticket, shown } = right;
    const { returnTo, link } = ticket;
    if (!link) return { returnTo, tokens: await this.signIn(issuer, right, context) };
    await this.link(link, issuer, shown, context);
    return { returnTo, tokens: null };
  }

  private async beginFor({ issuer: name, returnTo: wanted }: Beginning, link: InSession | null): Promise<identity.SignInBeginning> {
    const { issuers, tickets, manner } = this.door;
    const issuer = issuers.named(name);
    const returnTo = returnTarget(wanted, manner.publicUrl, manner.origins) ?? refuse({ code: 'ReturnNotAllowed', details: {} });
    const checks = tickets.draw();
    const url = (await issuers.ask(() => issuer.authorizationUrl(checks))) ?? unavailable(issuer);
    return { url, ticket: tickets.seal({ ...checks, issuer: name, returnTo, link }), expiresIn: ticketSeconds };
  }

  /** Undefined where this is no answer to what the holder of the ticket began. */
  private async look(issuer: Issuer, { ticket: sealed, answer }: Finish): Promise<Right | undefined> {
    const ticket = this.door.tickets.open(sealed, issuer.config.name);
    if (!ticket || !isSameSecret(answer.state ?? '', ticket.state)) return undefined;
    const given = Object.fromEntries(Object.entries(answer).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const verdict = await this.door.issuers.ask(() => issuer.verify(given, ticket));
    if (verdict === 'unavailable') return unavailable(issuer);
    if (verdict === 'denied') return refuse({ code: 'SignInDenied', details: {} });
    return verdict === 'refused' ? undefined : { ticket, shown: verdict };
  }

  private async signIn(issuer: Issuer, { ticket, shown }: Right, context: RequestContext): Promise<identity.Tokens> {
    const { secondFactors, sessions: opened } = this.reception;
    const person = await this.door.newcomers.personOf(issuer, shown, context);
    const owesSecondFactor = await secondFactors.isOwedBy(person.id);
    const input = { issuer: ticket.issuer, state: ticket.state };
    return await opened.open(person, { method: 'oidc', owesSecondFactor, input }, context);
  }

  /** For whoever began it, as long as they are still there. */
  private async link({ userId, sessionId }: InSession, issuer: Issuer, shown: Shown, context: RequestContext): Promise<void> {
    const { linked } = this.reception;
    const [session, person] = await Promise.all([this.store.read(sessions).one({ id: sessionId }), findById(this.store, userId)]);
    const isThere = session?.isOpen === true && !session.owesSecondFactor && epochOf(session.expiresAt) > systemClock.now();
    if (!isThere || session.userId !== userId || !person) return refused();
    if (!person.isActive) return refuse({ code: 'UserDeactivated', details: {} });
    const elsewhere = elsewhereOf(issuer, shown);
    const holder = await linked.holderOf(elsewhere);
    if (holder === userId) return;
    if (holder === undefined && (await linked.link(person, elsewhere, 'person', context))) return;
    refuse({ code: 'IdentityTaken', details: {} });
  }
}

interface Right {
  readonly ticket: Ticket;
  readonly shown: Shown;
}
