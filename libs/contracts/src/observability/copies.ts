/**
 * Those who only read events have an account of the bus to themselves, with a copy of each log. By these subjects the two accounts
 * are tied together, and by nothing else.
 */
export const copies = {
  /** Under this prefix the platform looks after the streams in the account of the readers. */
  manage: '$JS.EVENTS.API',
  /** Under this prefix the account of the readers asks for the logs that it copies. */
  source: '$JS.ORRERY.API',
  /** Below this subject the logs are delivered to their copies. */
  delivery: 'copy.events',
} as const;
