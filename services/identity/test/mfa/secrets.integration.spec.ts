import { identity } from '@orrery/contracts';
import { eventually, granted, SoftwareAuthenticator } from '@orrery/testing';
import pg from 'pg';
import { assertionIn, IdentityWorld, origin } from './identity-world.ts';

let world: IdentityWorld;
let client: pg.Client;
beforeAll(async () => {
  world = await IdentityWorld.start();
  client = new pg.Client({ connectionString: world.database.url });
  await client.connect();
}, 60_000);
afterAll(async () => {
  await client?.end();
  await world?.stop();
}, 30_000);

/** Every row of every table, as text. */
const database = async (): Promise<string> => {
  const { rows: tables } = await client.query<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: string }>(`SELECT t::text AS row FROM ${pg.escapeIdentifier(name)} t`);
    texts.push(...rows.map(({ row }) => row));
  }
  return texts.join('\n');
};

/** Every message of the published log. */
const published = async (): Promise<readonly { readonly subject: string; readonly text: string }[]> => {
  const streams = await world.bus.connection.jetstreamManager();
  const { state } = await streams.streams.info('LOG_IDENTITY');
  const messages: { subject: string; text: string }[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await streams.streams.getMessage('LOG_IDENTITY', { seq });
    messages.push({ subject: message.subject, text: Buffer.from(message.data).toString() });
  }
  return messages;
};

describe('what opens a door', () => {
  it('lies in no table that could be read, and on no bus; that it was used is known to all', async () => {
    const { here, app, secret, backupCodes, userId } = await world.personWithApp();
    const authenticator = new SoftwareAuthenticator(origin);
    const creation = await here.get(identity.BeginPasskey, { proof: { code: backupCodes[0] ?? '' } });
    const passkey = authenticator.create(creation);
    const { id } = await here.get(identity.AddPasskey, { name: 'a very private phone', passkey });
    const assertion = await assertionIn(here, authenticator);
    granted(await here.ask(identity.ShowSecondFactor, { proof: { passkey: assertion } }));
    const renewed = await here.get(identity.RegenerateBackupCodes, { proof: { code: await app.code() } });
    await here.get(identity.RemovePasskey, { passkeyId: id, proof: { passkey: await assertionIn(here, authenticator) } });
    await here.get(identity.DisableMfa, { proof: { code: renewed.backupCodes[0] ?? '' } });

    const types = [
      'MfaEnabled',
      'AuthenticatorConfirmed',
      'BackupCodesIssued',
      'BackupCodeUsed',
      'PasskeyAdded',
      'PasskeyRemoved',
      'MfaDisabled',
    ];
    const messages = await eventually(async () => {
      const all = (await published()).filter(({ text }) => text.includes(userId));
      return all.some(({ subject }) => subject.includes('.MfaDisabled.')) && all;
    });
    for (const type of types) expect(messages.some(({ subject }) => subject.includes(`.${type}.`))).toBe(true);
    const secretTypes = ['AuthenticatorOffered', 'TotpStepUsed', 'BackupCodesHashed', 'BackupCodeSpent', 'PasskeyKept', 'PasskeyUsed'];
    for (const type of secretTypes) expect(messages.some(({ subject }) => subject.includes(`.${type}.`))).toBe(false);

    const [tables, bus] = [await database(), messages.map(({ text }) => text).join('\n')];
    expect(tables).toContain(userId);
    for (const text of [secret, ...backupCodes, ...renewed.backupCodes, passkey.id, assertion.response.signature]) {
      expect(tables).not.toContain(text);
      expect(bus).not.toContain(text);
    }
    expect(bus).not.toContain('a very private phone');
  }, 90_000);
});
