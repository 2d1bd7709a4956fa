import { setTimeout as pause } from 'node:timers/promises';
import type { Recorded } from '@orrery/kernel';
import type pg from 'pg';
import type { Cells, Change } from './change.ts';
import { commitPool } from './database.ts';
import { Effects } from './effect.ts';
import type { EventStore } from './event-store.ts';
import { holdAppends, transactExclusively } from './exclusive.ts';
import { keyCacheMs } from './person-keys.ts';
import { runPipeline } from './pipeline.ts';
import type { Table } from './table.ts';
import { TableWriter } from './table-sql.ts';
import type { View } from './view.ts';

const writeTimeoutMs = 30_000;

/**
 * Erases persons: their keys go, in this order, and with them every personal field of every event; snapshots go; the rows of views
 * that those events made are folded again. Append first whatever makes the domain refuse further personal facts. Doing it twice does
 * no harm. Whatever has a key of its own is a person here: an organization, an invite.
 */
export const erasePerson = async (store: EventStore, ...persons: readonly string[]): Promise<void> => {
  for (const person of persons) await store.sealer.eraseKey(person);
  await foldAgain(store, persons);
  // Other processes may have known the keys until now, and folded with them.
  await pause(keyCacheMs);
  await foldAgain(store, persons);
};

const foldAgain = async (store: EventStore, persons: readonly string[]): Promise<void> => {
  const { rows } = await store.pool.query<{ stream: string }>('SELECT DISTINCT stream FROM events WHERE person = ANY($1)', [persons]);
  const pool = commitPool(store.dataSource, 1);
  const client = await pool.connect();
  try {
    for (const { stream } of rows) await transactExclusively(client, () => foldStream(store, client, stream));
  } finally {
    client.release(true);
    await pool.end();
  }
};

const foldStream = async (store: EventStore, client: pg.ClientBase, stream: string): Promise<void> => {
  await holdAppends(client);
  await client.query('DELETE FROM snapshots WHERE stream = $1', [stream]);
  const { events } = await store.load(stream);
  const steps = store.views.flatMap((view) => new TableWriter(view).steps(settingsOf(view, events)));
  if (steps.length > 0) await runPipeline(client, steps, writeTimeoutMs);
};

/** What a stream sets in a view's rows. Amounts are left alone: other streams may add to them, and they tell of nobody. */
const settingsOf = (view: View, events: readonly Recorded[]): Effects => {
  const folded = new Effects(view);
  for (const recorded of events) for (const change of view.fold(recorded)) folded.add(change);
  const settings = new Effects(view);
  for (const effect of folded.waves().flat()) {
    if (effect.kind === 'drop') continue;
    const row = effect.kind === 'patch' ? { ...effect.key, ...effect.set } : { ...effect.row, ...('set' in effect ? effect.set : {}) };
    settings.add(settingOf(view, row));
  }
  return settings;
};

const settingOf = ({ columns, key }: Table, row: Cells): Change => {
  const entries = Object.entries(row);
  const isSet = ([name]: readonly [string, unknown]): boolean => !key.includes(name) && columns[name]?.zero === undefined;
  return { patch: Object.fromEntries(entries.filter(([name]) => key.includes(name))), set: Object.fromEntries(entries.filter(isSet)) };
};
