import type { Log } from '@orrery/telemetry';
import type { Admission } from '../admission/offer.ts';
import type { Question } from '../forward/question.ts';
import type { Shadows } from '../forward/shadows.ts';
import type { Upstreams } from '../forward/upstreams.ts';
import type { Elsewhere } from '../guardrails/elsewhere/elsewhere.ts';
import type { Keyed } from '../replay/keyed.ts';
import type { ResponseCache } from '../replay/response-cache.ts';
import type { RouteTable } from '../routing/route-table.ts';
import type { OrgSettings } from '../settings/org-settings.ts';
import type { UsageBook } from '../usage/usage-book.ts';
import type { Tap } from './delivery.ts';
import type { Asker } from './record.ts';

export interface RunSettings {
  /** The largest body of a request, in bytes. */
  readonly bodyLimit: number;
  /** From the request to the last attempt that is begun. */
  readonly deadlineMs: number;
  /** How long a request waits for a place at an upstream. */
  readonly queueMs: number;
  /** A client that takes nothing for so long is gone. */
  readonly stallMs: number;
  /** How long requests under way may go on when this process stops. */
  readonly patienceMs: number;
  /** How long a request that is made once goes on for a client that has left, and may come back for its answer. */
  readonly afterLeavingMs: number;
}

/** Who listens to the answer of this request; undefined: nobody. Asked once for each. */
export type TapOf = (asker: Asker, question: Question) => Tap | undefined;

/** What runs are made of. */
export interface RunParts {
  readonly admission: Admission;
  readonly orgSettings: OrgSettings;
  /** Where guardrails are asked that are not here. */
  readonly elsewhere: Elsewhere;
  readonly book: UsageBook;
  readonly table: RouteTable;
  readonly upstreams: Upstreams;
  readonly shadows: Shadows;
  readonly tapsOf: readonly TapOf[];
  readonly keyed: Keyed;
  readonly cache: ResponseCache;
  readonly settings: RunSettings;
  readonly log: Log;
  readonly clock: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}
