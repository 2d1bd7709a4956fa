import { type Bond, Challenges, challengeMs, freshTicket } from './challenges.ts';

const now = Date.parse('2026-01-01T00:00:00.000Z');
const challenges = new Challenges(Buffer.alloc(32, 1), { now: () => now });
const bond: Bond = { purpose: 'show', holder: 'a person in a session' };

describe('a challenge', () => {
  it('is known again by who gave it, with its expiry', () => {
    const answered = challenges.read(challenges.issue(bond), bond);
    expect(answered?.expiresAt).toBe(new Date(now + challengeMs).toISOString());
  });

  it('is another one each time, to authenticators and to the log', () => {
    const [one, other] = [challenges.issue(bond), challenges.issue(bond)];
    expect(challenges.read(one, bond)?.challenge).not.toBe(challenges.read(other, bond)?.challenge);
  });

  it('is none in other hands, for another purpose, or of another platform', () => {
    const challenge = challenges.issue(bond);
    expect(challenges.read(challenge, { ...bond, holder: 'somebody else' })).toBeUndefined();
    expect(challenges.read(challenge, { ...bond, purpose: 'log-in' })).toBeUndefined();
    expect(new Challenges(Buffer.alloc(32, 2), { now: () => now }).read(challenge, bond)).toBeUndefined();
  });

  it('is none when a bit of it was changed', () => {
    const bytes = Buffer.from(challenges.issue(bond), 'base64url');
    for (let index = 0; index < bytes.length; index += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
      expect(challenges.read(changed.toString('base64url'), bond)).toBeUndefined();
    }
    expect(challenges.read('', bond)).toBeUndefined();
    expect(challenges.read('made up', bond)).toBeUndefined();
  });

  it('is not to be had from its ticket', () => {
    const ticket = freshTicket();
    expect(Buffer.from(challenges.issue({ purpose: 'log-in', holder: ticket }), 'base64url').toString('latin1')).not.toContain(ticket);
  });
});
