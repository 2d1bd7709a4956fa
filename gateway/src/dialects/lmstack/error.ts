import { detailError } from '../detail-error.ts';

/** What is taken or may not be is a bad request there. */
export const lmstackError = detailError({
  places: { IdempotencyKeyReused: ['header', 'Idempotency-Key'] },
  statuses: {
    AlreadySetUp: 400,
    UsernameTaken: 400,
    EmailTaken: 400,
    KeyNameTaken: 400,
    OwnAccount: 400,
    LastAdministrator: 400,
    LastOwner: 400,
    OrgHasBalance: 400,
    ExpiryInThePast: 400,
    ModelNameTaken: 400,
  },
});
