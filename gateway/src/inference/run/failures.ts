import { edgeFailure, Failed, type Failure } from '../../failure.ts';
import type { Ending } from '../accounting/outcomes.ts';
import type { Break, Head } from '../forward/attempt.ts';
import type { NoPlace } from '../forward/place.ts';
import { retryAfterOf } from '../routing/retry.ts';
import type { Complaint } from '../shapes/errors.ts';

/** Where a request came to nothing, how it ended for its account. */
export const endingOf = (why: Break | NoPlace | 'unreadable'): Ending => {
  switch (why) {
    case 'connect-timed-out':
      return 'connect-timed-out';
    case 'first-byte-timed-out':
      return 'first-byte-timed-out';
    case 'idle-timed-out':
      return 'idle-timed-out';
    case 'cancelled':
      return 'client-left';
    default:
      return 'upstream-failed';
  }
};

const soon = { 'retry-after': '1' };

/** What is told of an upstream that gave nothing: that it did, and whether it helps to ask again. */
export const failureOf = (why: Break | NoPlace | 'unreadable'): Failure => {
  switch (why) {
    case 'connect-timed-out':
    case 'first-byte-timed-out':
    case 'idle-timed-out':
      return edgeFailure('ModelTimedOut');
    case 'full':
    case 'too-late':
      return edgeFailure('ModelBusy', { headers: soon });
    case 'resting':
      return edgeFailure('ModelUnavailable', { headers: soon });
    default:
      return edgeFailure('ModelFailed');
  }
};

/** Our own credential, our own route: what an upstream says of these is no business of the client, who can do nothing about it. */
const oursToMend: ReadonlySet<number> = new Set([401, 402, 403, 404, 405, 407]);

/** What an upstream refused, as the client hears it: what is wrong with the request in the words of the upstream, everything else in ours. */
export const refusalOf = ({ status, headers }: Head, complaint: Complaint, now: number): Failed => {
  if (status === 429 || status === 503) {
    const ms = retryAfterOf(headers, now);
    const retryAfter = ms === undefined ? '1' : String(Math.max(1, Math.ceil(ms / 1_000)));
    return new Failed(edgeFailure('ModelBusy', { headers: { 'retry-after': retryAfter } }));
  }
  if (status < 400 || status >= 500 || oursToMend.has(status)) return new Failed(edgeFailure('ModelFailed', { details: { status } }));
  if (status === 408) return new Failed(edgeFailure('ModelTimedOut'));
  const { message, code, param } = complaint;
  const details = { ...(code === undefined ? {} : { code }), ...(param === undefined ? {} : { param }) };
  return new Failed({ status, code: 'ModelRefused', detail: message, details, issues: [], headers: {} });
};
