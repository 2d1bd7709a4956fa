import { identity } from '@orrery/contracts';
import { type Bus, type SnapshotContract, type SnapshotWatcher, watchSnapshot } from '@orrery/messaging';
import type { Log } from '@orrery/telemetry';
import type { z } from 'zod';
import { Keys } from './keys.ts';
import { Orgs } from './orgs.ts';
import { Snapshot } from './snapshot.ts';

export interface Snapshots {
  readonly apps: Snapshot<identity.AppSnapshot>;
  readonly oauthEnds: Snapshot<identity.OauthEndSnapshot>;
  readonly keys: Keys;
  readonly orgs: Orgs;
  readonly members: Snapshot<identity.MemberSnapshot>;
  readonly plans: Snapshot<identity.PlanSnapshot>;
  readonly sessions: Snapshot<identity.SessionSnapshot>;
  readonly signing: Snapshot<identity.SigningSnapshot>;
  /** Every key that verifies access tokens. */
  readonly signingKeys: () => Iterable<identity.SigningSnapshot>;
  /** All of them were there once. */
  readonly areLoaded: () => boolean;
  readonly close: () => Promise<void>;
}

/** Keeps what a service publishes in memory, and says so of each key that changes. */
export const follow = <T>(
  bus: Bus,
  snapshot: SnapshotContract<z.ZodType<T>>,
  { into, log }: { into: Snapshot<T>; log: Log },
): Pick<SnapshotWatcher<z.ZodType<T>>, 'entries' | 'close'> => {
  const watcher = watchSnapshot(bus, {
    snapshot,
    onFault: (error) => log.warn({ err: error, bucket: snapshot.bucket }, 'a snapshot could not be followed; trying again'),
    onChange: (key) => into.changed(key),
  });
  into.attach(watcher);
  return watcher;
};

/** What identity publishes for gateways, kept in memory so that no request waits for identity. */
export const followSnapshots = (bus: Bus, log: Log): Snapshots => {
  const apps = new Snapshot<identity.AppSnapshot>();
  const oauthEnds = new Snapshot<identity.OauthEndSnapshot>();
  const keys = new Keys();
  const orgs = new Orgs();
  const members = new Snapshot<identity.MemberSnapshot>();
  const plans = new Snapshot<identity.PlanSnapshot>();
  const sessions = new Snapshot<identity.SessionSnapshot>();
  const signing = new Snapshot<identity.SigningSnapshot>();
  const published = identity.Snapshots;
  const signingKeys = follow(bus, published.signing, { into: signing, log });
  const followed = [
    follow(bus, published.apps, { into: apps, log }),
    follow(bus, published.oauthEnds, { into: oauthEnds, log }),
    follow(bus, published.keys, { into: keys.snapshot, log }),
    follow(bus, published.orgs, { into: orgs.snapshot, log }),
    follow(bus, published.members, { into: members, log }),
    follow(bus, published.plans, { into: plans, log }),
    follow(bus, published.sessions, { into: sessions, log }),
    signingKeys,
  ];
  return {
    apps,
    oauthEnds,
    keys,
    orgs,
    members,
    plans,
    sessions,
    signing,
    signingKeys: () => [...signingKeys.entries()].map(([, key]) => key),
    areLoaded: () => [apps, oauthEnds, keys, orgs.snapshot, members, plans, sessions, signing].every(({ isLoaded }) => isLoaded),
    close: async () => {
      await Promise.all(followed.map((watcher) => watcher.close()));
    },
  };
};
