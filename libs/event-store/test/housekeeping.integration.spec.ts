import { forgetCommands, inboxRow } from '../src/index.ts';
import { freshLamps, metadata, type OpenLamps } from './fixtures/lamps.ts';

describe('housekeeping', () => {
  let lamps: OpenLamps;
  beforeAll(async () => {
    lamps = await freshLamps();
  }, 30_000);
  afterAll(() => lamps.close());

  it('forgets commands that are old, and neither young ones nor anything a refill could bring back', async () => {
    const rows = [{ scope: 'command lamp x', key: 'old' }, { scope: 'command lamp x', key: 'young' }, inboxRow('consumer', 'old')];
    for (const once of rows) await lamps.store.commit({ appends: [], once, metadata });
    await lamps.store.pool.query("UPDATE once SET recorded_at = now() - interval '8 days' WHERE key = 'old'");
    expect(await forgetCommands(lamps.store, 7 * 24 * 3_600_000)).toBe(1);
    expect(await Promise.all(rows.map(({ scope, key }) => lamps.store.kept(scope, key)))).toEqual([
      undefined,
      { hash: undefined, answer: undefined },
      { hash: undefined, answer: undefined },
    ]);
  });
});
