import { randomBytes } from 'node:crypto';
import { UserId } from '@orrery/contracts';
import { SoftwareAuthenticator, type Twist } from '@orrery/testing';
import type { Passkey } from '../../domain/mfa/state.ts';
import { handleOf, idOfHandle, RelyingParty } from './relying-party.ts';

const userId = UserId.parse('0199a000-0000-7000-8000-000000000001');
const person = { id: userId, email: 'ada@example.com', name: null };
const origin = 'https://orrery.example.com';
const party = new RelyingParty({ publicUrl: `${origin}/`, origins: ['https://console.orrery.example.com'] });
const fresh = (): string => randomBytes(62).toString('base64url');

const registered = async (twist: Twist = {}) => {
  const authenticator = new SoftwareAuthenticator(origin);
  const challenge = fresh();
  const made = await party.made(authenticator.create(party.creation(person, challenge, []), twist), challenge);
  return { authenticator, made };
};
const passkey = async () => {
  const { authenticator, made } = await registered();
  if (!made) throw new Error('the passkey was refused');
  const known: Passkey = { ...made, passkeyId: '0199a000-0000-7000-8000-000000000002' as Passkey['passkeyId'], name: 'phone' };
  return { authenticator, known };
};
const signed = async (twist: Twist = {}, userVerification: 'required' | 'preferred' = 'required') => {
  const { authenticator, known } = await passkey();
  const challenge = fresh();
  return await party.signed(authenticator.get(party.request(challenge, userVerification, [known]), twist), known, {
    challenge,
    userVerification,
  });
};

describe('a relying party', () => {
  it('is the host of the public URL, or the domain it is told', () => {
    expect([party.domain, party.origins]).toEqual(['orrery.example.com', [origin, 'https://console.orrery.example.com']]);
    expect(new RelyingParty({ publicUrl: origin, origins: [], domain: 'example.com' }).domain).toBe('example.com');
  });

  it('is localhost on a laptop: an address is no domain', () => {
    for (const address of ['127.0.0.1', '[::1]', 'localhost']) {
      const laptop = new RelyingParty({ publicUrl: `http://${address}:8080`, origins: [] });
      expect([laptop.domain, laptop.origins]).toEqual(['localhost', ['http://localhost:8080']]);
    }
  });

  it('does not begin where pages are named that could never use its passkeys', () => {
    const strangers = ['https://console.example.com', 'https://evilorrery.example.com'];
    for (const stranger of strangers) {
      expect(() => new RelyingParty({ publicUrl: origin, origins: [stranger] })).toThrow('set ORRERY_PASSKEY_DOMAIN');
    }
    const above = new RelyingParty({ publicUrl: origin, origins: ['https://console.example.com'], domain: 'example.com' });
    expect(above.origins).toEqual([origin, 'https://console.example.com']);
  });

  it('keeps a passkey that was made for it, also one that did not make sure of its owner', async () => {
    expect((await registered()).made).toMatchObject({ counter: 1, transports: ['internal'] });
    expect((await registered({ isVerified: false })).made).toBeDefined();
  });

  it.each<[string, Twist]>([
    ['for another page', { origin: 'https://orrery.example.com.evil.example' }],
    ['in a frame of another page', { crossOrigin: true }],
    ['by signing in', { type: 'webauthn.get' }],
  ])('refuses a passkey that was made %s', async (_, twist) => {
    expect((await registered(twist)).made).toBeUndefined();
  });

  it('refuses a passkey that was made for another challenge, or another domain', async () => {
    const authenticator = new SoftwareAuthenticator(origin);
    expect(await party.made(authenticator.create(party.creation(person, fresh(), [])), fresh())).toBeUndefined();
    const challenge = fresh();
    const creation = { ...party.creation(person, challenge, []), rp: { id: 'evil.example', name: 'Orrery' } };
    expect(await party.made(authenticator.create(creation), challenge)).toBeUndefined();
  });

  it('refuses what is no passkey at all', async () => {
    const nonsense = Buffer.from('nonsense').toString('base64url');
    const response = { clientDataJSON: nonsense, attestationObject: nonsense };
    expect(await party.made({ id: nonsense, rawId: nonsense, type: 'public-key', response }, fresh())).toBeUndefined();
  });

  it('gives the counter of a passkey that signed its challenge', async () => {
    expect(await signed()).toBe(2);
    expect(await signed({ counter: 77 })).toBe(77);
    expect(await signed({ origin: 'https://console.orrery.example.com' })).toBe(2);
  });

  it.each<[string, Twist]>([
    ['for another page', { origin: 'https://evil.example' }],
    ['in a frame of another page', { crossOrigin: true }],
    ['by being made', { type: 'webauthn.create' }],
    ['without making sure of its owner', { isVerified: false }],
  ])('takes no signature that was given %s', async (_, twist) => {
    expect(await signed(twist)).toBeUndefined();
  });

  it('is content with a touch where a password was shown before', async () => {
    expect(await signed({ isVerified: false }, 'preferred')).toBe(2);
  });

  it('takes no signature of another key or for another challenge, nor a changed one', async () => {
    const [one, other] = [await passkey(), await passkey()];
    const challenge = fresh();
    const asked = { challenge, userVerification: 'required' } as const;
    const request = party.request(challenge, 'required');
    expect(await party.signed(other.authenticator.get(request), one.known, asked)).toBeUndefined();
    expect(await party.signed(one.authenticator.get({ ...request, challenge: fresh() }), one.known, asked)).toBeUndefined();
    const assertion = one.authenticator.get(request);
    const cut = { ...assertion, response: { ...assertion.response, signature: assertion.response.signature.slice(0, -4) } };
    expect(await party.signed(cut, one.known, asked)).toBeUndefined();
    expect(await party.signed(assertion, one.known, asked)).toBe(3);
  });

  it('finds a person by the handle that it gave, and nobody by another', () => {
    expect(idOfHandle(handleOf(userId))).toBe(userId);
    expect([idOfHandle(''), idOfHandle('short'), idOfHandle(Buffer.alloc(17).toString('base64url'))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
