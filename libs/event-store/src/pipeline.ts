import { hash } from 'node:crypto';
import pg from 'pg';
import { type Parameter, WireWriter } from './wire.ts';

/** A prepared statement whose parameters are text. */
export interface Statement {
  /** Unique per text. Empty: not kept prepared, for shapes that may never come again. */
  readonly name: string;
  readonly text: string;
}

/** Named after its text: server-side names hold 63 bytes, and a text may be prepared by several stores of one process. */
export const statementOf = (text: string): Statement => ({ name: `orrery_${hash('sha256', text).slice(0, 24)}`, text });

/** A row as PostgreSQL sends it. */
export type TextRow = readonly (string | null)[];

export interface Step {
  readonly statement: Statement;
  readonly values: readonly Parameter[];
}

/** Which statements a connection has prepared; it forgets them when it dies. */
const preparedOn = new WeakMap<pg.Connection, Set<string>>();

const preparedBy = (connection: pg.Connection): Set<string> => {
  const known = preparedOn.get(connection) ?? new Set<string>();
  preparedOn.set(connection, known);
  return known;
};

/** One for all connections: what is written is taken in the same turn. */
const writer = new WireWriter();

/**
 * Several prepared statements and one Sync: one round trip, one transaction. PostgreSQL runs what comes before a Sync as one
 * implicit transaction; after the first error it skips the rest and rolls all of it back. Each statement sees what committed
 * before it began, as in READ COMMITTED.
 */
class Pipeline implements pg.Submittable {
  readonly done: Promise<readonly TextRow[]>;
  private readonly steps: readonly Step[];
  private readonly rows: TextRow[] = [];
  private readonly fresh = new Set<string>();
  private connection: pg.Connection | undefined;
  private settle: (error?: Error) => void = () => {};

  constructor(steps: readonly Step[]) {
    this.steps = steps;
    this.done = new Promise((resolve, reject) => {
      this.settle = (error) => (error ? reject(error) : resolve(this.rows));
    });
  }

  submit(connection: pg.Connection): void {
    this.connection = connection;
    const known = preparedBy(connection);
    writer.start();
    for (const { statement, values } of this.steps) {
      if (!known.has(statement.name) && !this.fresh.has(statement.name)) this.prepare(statement);
      writer.bind(statement.name, values);
      writer.execute();
    }
    writer.sync();
    const message = writer.take();
    // A stream that has ended tells the client by itself, and the client us.
    if (connection.stream.writable) connection.stream.write(message);
  }

  /** Closes the socket: for a server that does not answer. */
  abandon(): void {
    this.connection?.stream.destroy();
  }

  // What the driver calls while this is its active query.
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
  handleRowDescription(): void {}
  handleDataRow({ fields }: { readonly fields: TextRow }): void {
    this.rows.push(fields);
  }

  handleReadyForQuery(): void {
    if (this.connection) for (const name of this.fresh) preparedBy(this.connection).add(name);
    this.settle();
  }

  handleError(error: Error): void {
    this.settle(error);
  }

  /** An earlier pipeline may have prepared it and then failed before we knew. */
  private prepare({ name, text }: Statement): void {
    if (name !== '') {
      writer.close(name);
      this.fresh.add(name);
    }
    writer.parse(name, text);
  }
}

/**
 * Runs the steps as one transaction in one round trip, and gives the rows of all of them. A connection that does not answer in time
 * is closed for good.
 */
export const runPipeline = async (client: pg.ClientBase, steps: readonly Step[], timeoutMs: number): Promise<readonly TextRow[]> => {
  const pipeline = client.query(new Pipeline(steps));
  const timer = setTimeout(() => pipeline.abandon(), timeoutMs);
  try {
    return await pipeline.done;
  } finally {
    clearTimeout(timer);
  }
};

/** Longer than the server itself would let a statement run. */
const readTimeoutMs = 35_000;

/** One query whose rows are wanted as they come: the driver's own way asks for their types each time, and costs half as much again. */
export const readTexts = async (pool: pg.Pool, step: Step): Promise<readonly TextRow[]> => {
  const client = await pool.connect();
  let broken = false;
  try {
    return await runPipeline(client, [step], readTimeoutMs);
  } catch (error) {
    broken = !(error instanceof pg.DatabaseError);
    throw error;
  } finally {
    client.release(broken);
  }
};
