import type pg from 'pg';

/** Whoever waits for new events of a database listens here. A notice may be lost with its sender: also poll. */
export const notifyChannel = 'orrery_events';

/** Not flushed: what a crash loses here, polling finds. */
const notice = {
  name: 'orrery-notify',
  text: `SELECT set_config('synchronous_commit', 'off', true), pg_notify('${notifyChannel}', '')`,
};

/** Who hears a notice looks again by itself for a while, so that under load a notice now and then is enough. */
const quietMs = 20;

/**
 * Tells listeners that the log has grown: at once after a pause, else once in twenty milliseconds. Outside the transaction of the
 * append: a notice in it would hold PostgreSQL's one notification lock through the flush to disk, for every database of the server.
 */
export class Notifier {
  private readonly pool: pg.Pool;
  private readonly onError: (error: unknown) => void;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();
  private isOwed = false;

  constructor(pool: pg.Pool, onError: (error: unknown) => void) {
    this.pool = pool;
    this.onError = onError;
  }

  ring(): void {
    if (this.timer) {
      this.isOwed = true;
      return;
    }
    this.isOwed = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      if (this.isOwed) this.ring();
    }, quietMs);
    this.sending = this.send();
  }

  /** Sends what is owed. */
  async close(): Promise<void> {
    clearTimeout(this.timer);
    await this.sending;
    if (this.isOwed) await this.send();
  }

  private async send(): Promise<void> {
    try {
      await this.pool.query(notice);
    } catch (error) {
      this.onError(error);
    }
  }
}
