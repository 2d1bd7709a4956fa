import type { Msg, NatsConnection, Subscription } from 'nats';

export interface Hearing {
  readonly receive: (message: Msg) => void;
  /** Told of a message that could not be received: headers that are none, a body that is no JSON. */
  readonly onBroken: (error: unknown) => void;
  /** Told that this connection may not hear the subject. */
  readonly onDenied?: (error: Error) => void;
  readonly queue?: string | undefined;
}

/** Subscribes. What a callback throws would end the client's reading of the whole connection, so nothing leaves this one. */
export const hear = (connection: NatsConnection, subject: string, { receive, onBroken, onDenied, queue }: Hearing): Subscription =>
  connection.subscribe(subject, {
    ...(queue === undefined ? {} : { queue }),
    callback: (error, message) => {
      if (error !== null) {
        onDenied?.(error);
        return;
      }
      try {
        receive(message);
      } catch (broken) {
        onBroken(broken);
      }
    },
  });
