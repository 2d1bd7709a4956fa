/** Headers that the relay, the refill and the replay put on the messages of a log stream, beside JetStream's own. */
export const logHeaders = {
  messageId: 'Nats-Msg-Id',
  /** JetStream refuses the message unless the stream ends exactly here: what makes a gap impossible. */
  expectedLastSequence: 'Nats-Expected-Last-Sequence',
  traceparent: 'traceparent',
  /** Place of the event in the log, so that an audit need not read bodies. */
  place: 'Orrery-Place',
  /** Not in its turn: a refill or a replay. Holds the place up to which the log had been published in order, where known. */
  repeat: 'Orrery-Repeat',
  /** Meant for one consumer, `<service>.<consumer>`: the others acknowledge and move on. */
  only: 'Orrery-For',
} as const;

/** The event id of a message id: a repeat within JetStream's dedupe window carries a suffix. */
export const eventIdOf = (messageId: string): string => messageId.split(':', 1)[0] ?? messageId;
