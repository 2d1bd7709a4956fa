import type pg from 'pg';

/** Whoever waits for new events of a database listens here. A notice may be lost with its sender: also poll. */
export const notifyChannel = 'orrery_events';

const quietMs = 5;

/**
 * Tells listeners that the log has grown, at most once in five milliseconds. Outside the transaction of the append: a notice in it
 * would hold PostgreSQL's one notification lock through the flush to disk, for every database of the server.
 */
export class Notifier {
  private readonly pool: pg.Pool;
  private readonly onError: (error: unknown) => void;
  private sending = false;
  private again = false;

  constructor(pool: pg.Pool, onError: (error: unknown) => void) {
    this.pool = pool;
    this.onError = onError;
  }

  ring(): void {
    if (this.sending) {
      this.again = true;
      return;
    }
    this.sending = true;
    this.again = false;
    void this.send();
  }

  private async send(): Promise<void> {
    try {
      await this.pool.query(`NOTIFY ${notifyChannel}`);
    } catch (error) {
      this.onError(error);
    }
    setTimeout(() => {
      this.sending = false;
      if (this.again) this.ring();
    }, quietMs);
  }
}
