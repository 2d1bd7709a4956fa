import pg from 'pg';
import { ClaimTaken, VersionConflict } from './errors.ts';
import type { Unit } from './unit.ts';

const notNullViolation = '23502';
const uniqueViolation = '23505';

const matching = <T>(candidates: readonly T[], detail: string | undefined, pairOf: (candidate: T) => string): T | undefined =>
  candidates.find((candidate) => detail?.includes(`=(${pairOf(candidate)})`)) ?? candidates[0];

/** What a failed transaction of one unit says about that unit: a conflict by its class, `'repeated'`, or nothing we know. */
export const conflictOf = (error: unknown, unit: Unit): VersionConflict | ClaimTaken | 'repeated' | undefined => {
  if (!(error instanceof pg.DatabaseError)) return undefined;
  const { appends, claims = [] } = unit;
  if (error.code === notNullViolation && error.table === 'events' && error.column === 'version') {
    const gap = appends.find(({ expected }) => expected > 0);
    return gap && new VersionConflict(gap.stream, gap.expected);
  }
  if (error.code !== uniqueViolation) return undefined;
  switch (error.constraint) {
    case 'events_stream_version': {
      const append = matching(appends, error.detail, ({ stream, expected }) => `${stream}, ${expected + 1}`);
      return append && new VersionConflict(append.stream, append.expected);
    }
    case 'claims_key': {
      const takes = claims.filter((claim) => 'take' in claim);
      const claim = matching(takes, error.detail, ({ scope, key }) => `${scope}, ${key}`);
      return claim && new ClaimTaken(claim.scope, claim.key);
    }
    case 'once_key':
      return 'repeated';
    default:
      return undefined;
  }
};

/** Caused by what a unit carries: the same unit would fail again, its neighbours would not. */
export const isUnitsFault = (error: unknown): boolean => error instanceof pg.DatabaseError && /^2[23]/.test(error.code ?? '');

/** Deadlock or serialization failure: nothing was wrong with the work, only with the moment. */
export const isPassing = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && (error.code === '40P01' || error.code === '40001');
