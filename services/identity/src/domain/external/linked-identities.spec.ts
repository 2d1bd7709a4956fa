import { identity, UserId } from '@orrery/contracts';
import { specify } from '@orrery/testing';
import { type Command, type Event, LinkedIdentities, mostIdentities } from './linked-identities.ts';

const at = '2026-01-01T00:00:00.000Z';
const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const idOf = (place: number) => identity.LinkedIdentityId.parse(`0199a000-0000-7000-8000-${String(place).padStart(12, '0')}`);
const issuer = 'https://id.example.com';
const who = { userId, issuer, email: 'ada@example.com', at };

const link = (place: number, more: Partial<Extract<Command, { type: 'Link' }>> = {}): Command => ({
  type: 'Link',
  ...who,
  identityId: idOf(place),
  subject: `subject ${place}`,
  reason: 'person',
  ...more,
});
const linked = (place: number, more: Partial<Extract<Event, { type: 'IdentityLinked' }>['data']> = {}): Event => ({
  type: 'IdentityLinked',
  data: { ...who, identityId: idOf(place), subject: `subject ${place}`, reason: 'person', ...more },
});
const unlink = (place: number, hasOtherWay = true): Command => ({ type: 'Unlink', userId, identityId: idOf(place), hasOtherWay, at });
const unlinked = (place: number): Event => ({ type: 'IdentityUnlinked', data: { userId, identityId: idOf(place), issuer, at } });

const { given } = specify(LinkedIdentities);

describe('A person’s accounts elsewhere', () => {
  it('are linked, each once', () => {
    given().when(link(1)).thenEvents(linked(1));
    given(linked(1))
      .when(link(2, { subject: 'subject 1' }))
      .thenNothing();
    given(linked(1)).when(link(2)).thenEvents(linked(2));
  });

  it('are not linked by their address where the issuer knew somebody else by it', () => {
    given(linked(1))
      .when(link(2, { reason: 'address' }))
      .thenRejected('SignInToLink');
    const elsewhere = { issuer: 'https://other.example.com', reason: 'address' } as const;
    given(linked(1)).when(link(2, elsewhere)).thenEvents(linked(2, elsewhere));
    given(linked(1), unlinked(1))
      .when(link(2, { reason: 'address' }))
      .thenEvents(linked(2, { reason: 'address' }));
  });

  it('are not too many', () => {
    const many = Array.from({ length: mostIdentities }, (_, place) => linked(place));
    given(...many)
      .when(link(99))
      .thenRejected('TooManyIdentities', { limit: mostIdentities });
  });

  it('are unlinked, but for the last way to sign in', () => {
    given(linked(1)).when(unlink(1)).thenEvents(unlinked(1));
    given(linked(1)).when(unlink(1, false)).thenRejected('LastWayIn');
    given(linked(1), linked(2)).when(unlink(1, false)).thenEvents(unlinked(1));
    given(linked(1)).when(unlink(2)).thenRejected('IdentityNotFound');
    given(linked(1), unlinked(1)).when(unlink(1)).thenRejected('IdentityNotFound');
  });

  it('go with the person', () => {
    given(linked(1), linked(2)).when({ type: 'Forget', userId, at }).thenEvents(unlinked(1), unlinked(2));
    given().when({ type: 'Forget', userId, at }).thenNothing();
  });
});
