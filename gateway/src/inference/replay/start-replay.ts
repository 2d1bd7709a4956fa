import type { Log } from '@orrery/telemetry';
import type { OrgSettings } from '../settings/org-settings.ts';
import { Keyed } from './keyed.ts';
import { ResponseCache } from './response-cache.ts';
import { Room } from './room.ts';
import { Shelf } from './shelf.ts';

export interface ReplayOptions {
  readonly url: string;
  readonly log: Log;
  readonly patienceMs: number;
  readonly leaseMs: number;
  readonly orgSettings: OrgSettings;
  readonly clock: () => number;
}

export interface Replay {
  readonly keyed: Keyed;
  readonly cache: ResponseCache;
  readonly close: () => void;
}

const mebi = 1_048_576;
/** Of all answers that are recorded at the same time. */
const roomBytes = 256 * mebi;
/** Of one answer that is given to others, uncompressed. */
const cachedBytes = mebi;
/** Of one that is given again to who has paid for it: of streams of the longest models a third of it is text. */
const mostBytes = 4 * mebi;
/** Of all that is kept of an organization, compressed, for each of both. */
const perOrgBytes = 64 * mebi;
const dayMs = 86_400_000;

/** What can give an answer again that was given before. */
export const startReplay = ({ url, log, patienceMs, leaseMs, orgSettings, clock }: ReplayOptions): Replay => {
  const shelf = new Shelf({ url, log, patienceMs, mostBytes: perOrgBytes });
  const room = new Room(roomBytes);
  const settings = { leaseMs, keepMs: dayMs, mostBytes, waitMs: 30_000, waiters: 1_000 };
  const keyed = new Keyed({ shelf, room, log, clock, random: Math.random, settings });
  const cache = new ResponseCache({ shelf, room, orgSettings, log, clock, mostBytes: cachedBytes });
  return { keyed, cache, close: () => shelf.close() };
};
