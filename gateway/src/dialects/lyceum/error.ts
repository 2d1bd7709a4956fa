import { detailError } from '../detail-error.ts';

export const lyceumError = detailError({
  places: {
    ExpiryInThePast: ['body', 'expires_at'],
    IdempotencyKeyReused: ['header', 'Idempotency-Key'],
    OrgNameMismatch: ['query', 'name'],
    TooManyPoints: ['query', 'step'],
  },
  // What is not running may run again: clients ask on.
  statuses: { ModelOffline: 503 },
});
