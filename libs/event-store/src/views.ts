import { setTimeout as pause } from 'node:timers/promises';
import { commitPool } from './database.ts';
import type { EventStore } from './event-store.ts';
import { type Locks, openLocks } from './locks.ts';
import type { View } from './view.ts';
import { ViewBuild } from './view-build.ts';
import { fingerprintOf } from './view-tables.ts';

export interface Rebuilt {
  readonly view: string;
  readonly events: number;
  readonly ms: number;
}

/** Another process may build the same view; it is waited for, not raced. */
const lockPollMs = 200;

/** Creates the tables of new views and builds anew those whose declaration has changed. Before the first append and the first read. */
export const prepareViews = async (store: EventStore): Promise<readonly Rebuilt[]> => {
  const rebuilt: Rebuilt[] = [];
  for (const view of store.views) {
    if (await isBuilt(store, view)) continue;
    const result = await withLock(store, view, async () => ((await isBuilt(store, view)) ? undefined : await buildAndSwap(store, view)));
    if (result) rebuilt.push(result);
  }
  return rebuilt;
};

/** Builds the view's table beside the live one and swaps them; appends and reads go on. */
export const rebuildView = (store: EventStore, name: string): Promise<Rebuilt> => {
  const view = viewNamed(store, name);
  return withLock(store, view, () => buildAndSwap(store, view));
};

/** How many rows of the live table a replay of the log from zero would not give, plus those it would give besides. */
export const checkView = (store: EventStore, name: string): Promise<number> => {
  const view = viewNamed(store, name);
  return withLock(store, view, () =>
    withBuild(store, view, async (build) => {
      await build.build();
      return await build.compare();
    }),
  );
};

const buildAndSwap = (store: EventStore, view: View): Promise<Rebuilt> =>
  withBuild(store, view, async (build) => {
    const started = performance.now();
    await build.build();
    await build.swap();
    return { view: view.name, events: build.events, ms: performance.now() - started };
  });

const withBuild = async <T>(store: EventStore, view: View, work: (build: ViewBuild) => Promise<T>): Promise<T> => {
  const pool = commitPool(store.dataSource, 1);
  const client = await pool.connect();
  try {
    return await work(new ViewBuild(view, store, client));
  } finally {
    client.release(true);
    await pool.end();
  }
};

const withLock = async <T>(store: EventStore, view: View, work: () => Promise<T>): Promise<T> => {
  const locks: Locks = await openLocks(store.pool, `${store.service}-views`);
  try {
    while (!(await locks.take(`build ${view.name}`))) await pause(lockPollMs);
    return await work();
  } finally {
    await locks.close();
  }
};

const isBuilt = async (store: EventStore, view: View): Promise<boolean> => {
  const { rows } = await store.pool.query<{ fingerprint: string }>('SELECT fingerprint FROM views WHERE name = $1', [view.name]);
  return rows[0]?.fingerprint === fingerprintOf(view);
};

const viewNamed = ({ views }: EventStore, name: string): View => {
  const view = views.find((candidate) => candidate.name === name);
  if (!view) throw new RangeError(`no view is named ${name}; there are ${views.map((candidate) => candidate.name).join(', ')}`);
  return view;
};
