import { randomUUID } from 'node:crypto';
import { identity, newId, UserId } from '@orrery/contracts';
import { EventStore, erasePerson, handleWith, migrate, openDatabase, prepareViews, stateOf, VersionConflict } from '@orrery/event-store';
import { contextOf, type FreshDatabase, freshDatabase, nobody } from '@orrery/testing';
import type { DataSource } from 'typeorm';
import { type Command, Mfa } from '../../src/domain/mfa/mfa.ts';
import type { Proof } from '../../src/domain/mfa/proof.ts';
import { secondFactors } from '../../src/views/mfa/mfa.view.ts';
import { passkeys } from '../../src/views/mfa/passkeys.view.ts';

const at = '2026-01-01T00:00:00.000Z';
const expiresAt = '2026-01-01T00:05:00.000Z';
const keks = [Buffer.alloc(32, 1)];
const replicas = 2;
const racers = 32;

let database: FreshDatabase;
const sources: DataSource[] = [];
const stores: EventStore[] = [];

/** As two processes have them: nothing but the database between them. */
beforeAll(async () => {
  database = await freshDatabase('races');
  for (let replica = 0; replica < replicas; replica += 1) {
    const dataSource = await openDatabase({ url: database.url, applicationName: 'test' });
    sources.push(dataSource);
    await migrate(dataSource);
    const views = [secondFactors, passkeys];
    stores.push(new EventStore({ dataSource, service: 'identity', events: [identity.IdentityEvents], views, keks }));
  }
  for (const store of stores) await prepareViews(store);
}, 60_000);
afterAll(async () => {
  for (const store of stores) await store.close();
  for (const source of sources) await source.destroy();
  await database?.drop();
}, 30_000);

/** Somebody with an app, two backup codes and a passkey; and a way to each replica. */
const person = async () => {
  const userId = newId(UserId);
  const enrolmentId = newId(identity.EnrolmentId);
  const handles = stores.map((store) => handleWith(store, Mfa, { name: 'mfa' }));
  const decide = (command: Command, replica = 0) => {
    const handle = handles[replica % replicas];
    if (!handle) throw new Error('no such replica');
    return handle(`mfa-${userId}`, command, contextOf(nobody, { commandId: randomUUID() }));
  };
  const by = { userId, at };
  await decide({ type: 'OfferAuthenticator', ...by, enrolmentId, secret: 'S', backupHashes: ['a', 'b'], proof: null });
  await decide({ type: 'ConfirmAuthenticator', ...by, enrolmentId, steps: [10] });
  const key = { passkeyId: newId(identity.PasskeyId), name: 'phone', credentialId: `cred-${userId}`, publicKey: 'k', transports: [] };
  await decide({ type: 'AddPasskey', ...by, ...key, counter: 1, challenge: 'made', expiresAt, backupHashes: [] });
  return { by, enrolmentId, credentialId: key.credentialId, decide };
};

describe('32 requests at once, spread over two replicas', () => {
  it.each<[string, (of: { enrolmentId: identity.EnrolmentId; credentialId: string }) => Proof]>([
    ['the same code', ({ enrolmentId }) => ({ kind: 'code', enrolmentId, steps: [11] })],
    ['the same backup code', () => ({ kind: 'backup-code', hash: 'a' })],
    ['the same signature', ({ credentialId }) => ({ kind: 'passkey', credentialId, counter: 2, challenge: 'c', expiresAt })],
  ])('with %s: one is granted', async (_, proofOf) => {
    const { by, decide, ...known } = await person();
    const proof = proofOf(known);
    const commands: readonly Command[] = [
      { type: 'Show', ...by, proof },
      { type: 'BeginPasskey', ...by, proof },
      { type: 'ReplaceBackupCodes', ...by, proof, backupHashes: ['c'] },
    ];
    const race = async (racer: number): Promise<boolean> => {
      const command = commands[racer % commands.length];
      if (!command) throw new Error('no such command');
      try {
        return (await decide(command, racer)).accepted;
      } catch (error) {
        // Too often beaten to it: granted to nobody, as far as this one goes.
        if (error instanceof VersionConflict) return false;
        throw error;
      }
    };
    const results = await Promise.all(Array.from({ length: racers }, (__, racer) => race(racer)));
    expect(results.filter(Boolean)).toHaveLength(1);
  });
});

describe('a person who is erased', () => {
  it('leaves neither a secret nor a key nor the name of a passkey, and nothing breaks over it', async () => {
    const { by, decide } = await person();
    const [store] = stores;
    if (!store) throw new Error('no store');
    await erasePerson(store, by.userId);
    const { state } = await stateOf(store, Mfa, `mfa-${by.userId}`);
    expect(state.authenticator?.secret).toBe('[erased]');
    expect(state.passkeys).toMatchObject([{ name: '[erased]', credentialId: '[erased]', publicKey: '[erased]' }]);
    expect(await store.read(passkeys).list({ where: { userId: by.userId }, order: { by: ['id'] }, limit: 2 })).toMatchObject([
      { name: '[erased]' },
    ]);
    const proof: Proof = { kind: 'passkey', credentialId: 'cred', counter: 2, challenge: 'c', expiresAt };
    expect(await decide({ type: 'LogIn', ...by, proof })).toMatchObject({ accepted: false, rejection: { code: 'PasskeyRefused' } });
  });
});
