import { UserId } from '@orrery/contracts';
import { fold } from '@orrery/kernel';
import { lawsOf, specify } from '@orrery/testing';
import fc from 'fast-check';
import { type Command, type Event, type SignUp, type Ticket, User } from './user.ts';

const at = '2026-01-01T00:00:00.000Z';
const later = '2026-01-02T00:00:00.000Z';
const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const of = <T extends Event['type']>(type: T, more: object = {}) =>
  ({ type, data: { userId, ...more, at } }) as Extract<Event, { type: T }>;
const ticketOf = (hash: string, expiresAt = later): Ticket => ({ hash, expiresAt });

const signUp: SignUp = {
  type: 'SignUp',
  userId,
  email: 'ada@example.com',
  name: 'Ada',
  passwordHash: 'old',
  verification: ticketOf('letter'),
  at,
};
const asked = of('EmailVerificationRequested', { ticketHash: 'letter', expiresAt: later });
const signedUp: readonly Event[] = [
  of('UserSignedUp', { email: 'ada@example.com', name: 'Ada' }),
  of('PasswordSet', { passwordHash: 'old' }),
  asked,
];
const verified = of('EmailVerified');
const resetAsked = (hash = 'reset') => of('PasswordResetRequested', { ticketHash: hash, expiresAt: later });
const setTo = (passwordHash: string) => of('PasswordSet', { passwordHash });
const changed = (reason: 'changed' | 'reset') => of('PasswordChanged', { reason });
const deactivated = of('UserDeactivated', { by: 'operator' });
const deleted = of('UserDeleted');

const verify = (ticketHash: string, when = at): Command => ({ type: 'VerifyEmail', ticketHash, at: when });
const reset = (ticketHash: string, when = at): Command => ({ type: 'ResetPassword', ticketHash, passwordHash: 'new', at: when });
const change = (from: string): Command => ({ type: 'ChangePassword', from, passwordHash: 'new', at });
const rehash = (from: string): Command => ({ type: 'Rehash', from, passwordHash: 'stronger', at });
const deactivate: Command = { type: 'Deactivate', by: 'operator', at };
const reactivate: Command = { type: 'Reactivate', at };
const erase: Command = { type: 'Delete', at };

const { given } = specify(User);

describe('a user', () => {
  it('signs up once', () => {
    given()
      .when(signUp)
      .thenEvents(...signedUp);
    given(...signedUp)
      .when(signUp)
      .thenRejected('UserAlreadySignedUp', {});
  });

  it('signs up under a name of their choice', () => {
    given()
      .when({ ...signUp, username: 'Ada', passwordHash: null, verification: null })
      .thenEvents(of('UserSignedUp', { email: 'ada@example.com', name: 'Ada' }), of('UsernameChosen', { username: 'Ada' }));
  });

  it('gets another address, and what was sent to the one before is worth nothing', () => {
    const moved = of('EmailChanged', { email: 'king@example.com' });
    given(...signedUp)
      .when({ type: 'ChangeEmail', email: 'king@example.com', at })
      .thenEvents(moved);
    given(...signedUp, moved)
      .when({ type: 'ChangeEmail', email: 'king@example.com', at })
      .thenNothing();
    given(...signedUp, deactivated)
      .when({ type: 'ChangeEmail', email: 'king@example.com', at })
      .thenEvents(moved);
    given(...signedUp, resetAsked(), moved)
      .when(reset('reset'))
      .thenRejected('BadTicket', {});
    given(...signedUp, moved)
      .when(verify('letter'))
      .thenRejected('BadTicket', {});
  });

  it('signs up without a password and with a verified address where another issuer vouches', () => {
    given()
      .when({ ...signUp, passwordHash: null, verification: 'done' })
      .thenEvents(of('UserSignedUp', { email: 'ada@example.com', name: 'Ada' }), verified);
  });

  it('takes another name', () => {
    given(...signedUp)
      .when({ type: 'Rename', name: 'Countess', at })
      .thenEvents(of('UserRenamed', { name: 'Countess' }));
  });
});

describe('an address', () => {
  it('is verified by the last letter, once and in time', () => {
    given(...signedUp)
      .when(verify('letter'))
      .thenEvents(verified);
    given(...signedUp, verified)
      .when(verify('letter'))
      .thenRejected('BadTicket');
    given(...signedUp)
      .when(verify('letter', later))
      .thenRejected('BadTicket');
    given(...signedUp, of('EmailVerificationRequested', { ticketHash: 'second', expiresAt: later }))
      .when(verify('letter'))
      .thenRejected('BadTicket');
  });

  it('needs no letter any more once it is verified', () => {
    const ask: Command = { type: 'AskVerification', ticket: ticketOf('second'), at };
    given(...signedUp)
      .when(ask)
      .thenEvents(of('EmailVerificationRequested', { ticketHash: 'second', expiresAt: later }));
    given(...signedUp, verified)
      .when(ask)
      .thenNothing();
  });
});

describe('a password', () => {
  it('is changed by whoever knows the one that is set', () => {
    given(...signedUp)
      .when(change('old'))
      .thenEvents(changed('changed'), setTo('new'));
    given(...signedUp, changed('changed'), setTo('other'))
      .when(change('old'))
      .thenRejected('WrongPassword');
  });

  it('is chosen anew by the last letter, once and in time, which shows that the address is theirs', () => {
    given(...signedUp, resetAsked())
      .when(reset('reset'))
      .thenEvents(changed('reset'), setTo('new'), verified);
    given(...signedUp, verified, resetAsked())
      .when(reset('reset'))
      .thenEvents(changed('reset'), setTo('new'));
    given(...signedUp, resetAsked(), changed('reset'), setTo('new'))
      .when(reset('reset'))
      .thenRejected('BadTicket');
    given(...signedUp, resetAsked())
      .when(reset('reset', later))
      .thenRejected('BadTicket');
    given(...signedUp, resetAsked(), resetAsked('second'))
      .when(reset('reset'))
      .thenRejected('BadTicket');
  });

  it('that was changed makes letters worthless that were on their way', () => {
    given(...signedUp, resetAsked(), changed('changed'), setTo('new'))
      .when(reset('reset'))
      .thenRejected('BadTicket');
  });

  it('is not chosen anew by the letter for something else', () => {
    given(...signedUp, resetAsked())
      .when(reset('letter'))
      .thenRejected('BadTicket');
    given(...signedUp, resetAsked())
      .when(verify('reset'))
      .thenRejected('BadTicket');
  });

  it('gets a stronger hash, unless it was changed meanwhile', () => {
    given(...signedUp)
      .when(rehash('old'))
      .thenEvents(of('PasswordRehashed', { passwordHash: 'stronger' }));
    given(...signedUp, setTo('other'))
      .when(rehash('old'))
      .thenNothing();
  });
});

describe('an account', () => {
  it('is closed, and opened again', () => {
    given(...signedUp)
      .when(deactivate)
      .thenEvents(deactivated);
    given(...signedUp, deactivated)
      .when(deactivate)
      .thenNothing();
    given(...signedUp, deactivated)
      .when(reactivate)
      .thenEvents(of('UserReactivated'));
    given(...signedUp)
      .when(reactivate)
      .thenNothing();
  });

  it('that is closed takes neither passwords nor letters, not even those of before when it is open again', () => {
    for (const command of [change('old'), rehash('old')]) {
      given(...signedUp, deactivated)
        .when(command)
        .thenRejected('UserDeactivated');
    }
    given(...signedUp, resetAsked(), deactivated)
      .when(reset('reset'))
      .thenRejected('BadTicket');
    given(...signedUp, resetAsked(), deactivated, of('UserReactivated'))
      .when(reset('reset'))
      .thenRejected('BadTicket');
  });

  it('is deleted for ever', () => {
    given(...signedUp, deactivated)
      .when(erase)
      .thenEvents(deleted);
    given(...signedUp, deleted)
      .when(erase)
      .thenNothing();
    for (const command of [change('old'), reactivate, deactivate])
      given(...signedUp, deleted)
        .when(command)
        .thenRejected('UserNotFound');
    given(...signedUp, deleted)
      .when(signUp)
      .thenRejected('UserAlreadySignedUp');
  });
});

describe('whatever happens', () => {
  const commands = fc.constantFrom<Command>(
    signUp,
    { ...signUp, passwordHash: null, verification: 'done' },
    { type: 'Rename', name: null, at },
    { type: 'AskVerification', ticket: ticketOf('letter'), at },
    { type: 'AskReset', ticket: ticketOf('reset'), at },
    verify('letter'),
    reset('reset'),
    change('old'),
    change('new'),
    rehash('old'),
    deactivate,
    reactivate,
    erase,
  );
  const mayRepeat = new Set(['Rename', 'AskVerification', 'AskReset', 'ChangePassword']);
  it.each(lawsOf(User, commands, { isRepeatable: ({ type }) => mayRepeat.has(type) }))('a user $name', ({ check }) => check());

  it('a letter works once', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 40 }), (wishes) => {
        const history: Event[] = [...signedUp, resetAsked()];
        for (const wish of wishes) {
          const decision = User.decide(wish, fold(User, history));
          if (!decision.accepted) continue;
          history.push(...decision.events);
          if (wish.type !== 'VerifyEmail' && wish.type !== 'ResetPassword') continue;
          expect(User.decide(wish, fold(User, history))).toMatchObject({ accepted: false, rejection: { code: 'BadTicket' } });
        }
      }),
    );
  });

  it('nothing is heard of somebody who is deleted', () => {
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 20 }), (wishes) => {
        const history: Event[] = [...signedUp, deleted];
        for (const wish of wishes) {
          const decision = User.decide(wish, fold(User, history));
          if (decision.accepted) expect(decision.events).toEqual([]);
        }
      }),
    );
  });
});
