import { createHash } from 'node:crypto';
import { instantOf, type RequestContext, type UserId } from '@orrery/contracts';
import { type Claim, EventStore, type HandleOptions, handleWith, stateOf } from '@orrery/event-store';
import { systemClock } from '@orrery/kernel';
import { refuse } from '@orrery/messaging';
import { type Command, Mfa, type Refusal } from '../../domain/mfa/mfa.ts';
import type { By } from '../../domain/mfa/proof.ts';
import type { Event, State } from '../../domain/mfa/state.ts';
import { Notices } from '../mail/notices.ts';
import { Sessions } from '../sessions/sessions.ts';
import { Tries } from '../tries/tries.ts';
import type { InSession } from './in-session.ts';

const streamOf = (userId: string): string => `mfa-${userId}`;

type Options = Pick<HandleOptions<Event, State, Refusal, unknown>, 'input' | 'sealed'>;

export interface Wish<A> extends Options {
  /** What somebody who has it not would have to guess; absent where nothing secret is shown. */
  readonly shows?: 'mfa' | 'backup-code' | 'passkey' | undefined;
  /** Made for the state that was loaded; undefined where what was shown is wrong already. */
  readonly command: (state: State, by: By) => Promise<Command | undefined>;
  readonly answer: (events: readonly Event[], after: State, by: By) => A;
}

/** What is kept of a granted wish: a repeated call ends the same sessions again. */
interface Granted<A> {
  readonly value: A;
  readonly isSwitched: boolean;
}

const isSuspicion = ({ type }: Event): boolean => type === 'PasskeyCloneSuspected';
const isSwitch = ({ type }: Event): boolean => type === 'MfaEnabled' || type === 'MfaDisabled';

/** A credential is one person's. */
const claimOf = (credentialId: string | undefined, claim: { take: string } | { release: string }): readonly Claim[] =>
  credentialId === undefined ? [] : [{ scope: 'passkey', key: createHash('sha256').update(credentialId).digest('hex'), ...claim }];

const claimsOf = (events: readonly Event[], before: State, stream: string): readonly Claim[] =>
  events.flatMap((event) => {
    if (event.type === 'PasskeyKept') return claimOf(event.data.credentialId, { take: stream });
    if (event.type !== 'PasskeyRemoved') return [];
    const removed = before.passkeys.find(({ passkeyId }) => passkeyId === event.data.passkeyId);
    return claimOf(removed?.credentialId, { release: stream });
  });

/** A person's second factors, and how they are shown: a wrong one costs patience, whatever it was shown for. */
export class Factors {
  private readonly mfa;

  constructor(
    private readonly store: EventStore,
    private readonly tries: Tries,
    private readonly sessions: Sessions,
    private readonly notices: Notices,
  ) {
    this.mfa = handleWith(store, Mfa, { name: 'mfa' });
  }

  async stateOf(userId: UserId): Promise<State> {
    return (await stateOf(this.store, Mfa, streamOf(userId))).state;
  }

  /** Does what a person wishes of their second factors. Where that switches them on or off, their other sessions end. */
  async grant<A>({ userId, sessionId }: InSession, wish: Wish<A>, context: RequestContext): Promise<A> {
    const { shows } = wish;
    const attempt = () => this.attempt(userId, wish, context);
    const granted = shows ? await this.tries.check(shows, userId, context, attempt) : await attempt();
    if (!granted) return refuse({ code: shows === 'passkey' ? 'PasskeyRefused' : 'WrongCode', details: {} });
    if (granted.isSwitched) await this.sessions.revokeAll(userId, 'second-factor-changed', context, sessionId);
    return granted.value;
  }

  /** One try of a wish: undefined where what was shown for it is wrong. */
  async attempt<A>(
    userId: UserId,
    { command, answer, shows: _, ...options }: Wish<A>,
    context: RequestContext,
  ): Promise<Granted<A> | undefined> {
    const by: By = { userId, at: instantOf(systemClock.now()) };
    const before = await this.stateOf(userId);
    const wished = await command(before, by);
    if (!wished) return undefined;
    const stream = streamOf(userId);
    const tell = await this.notices.of(userId, context);
    const handled = await this.mfa(stream, wished, context, {
      ...options,
      claims: (events, states) => claimsOf(events, states.before, stream),
      writes: tell,
      taken: () => ({ code: 'PasskeyAlreadyAdded', details: {} }),
      answer: (events, after): Granted<A> | null =>
        events.some(isSuspicion) ? null : { value: answer(events, after, by), isSwitched: events.some(isSwitch) },
    });
    if (handled.accepted) {
      this.notices.collect();
      return handled.answer ?? undefined;
    }
    const { code } = handled.rejection;
    return code === 'WrongCode' || code === 'PasskeyRefused' ? undefined : refuse(handled.rejection);
  }
}
