import type { execution, OrgId } from '@orrery/contracts';
import type pg from 'pg';
import { Removals } from './removals.ts';

export interface Owner {
  readonly orgId: OrgId;
  readonly workerId: execution.WorkerId;
  readonly hostname: string;
}

const most = 20_000;

/** Which machine had which attempt of whose run. Machines are not believed when they say so themselves. */
export class AttemptOwners {
  readonly removals: Removals;
  private readonly pool: pg.Pool;
  private readonly byAttempt = new Map<string, Owner>();
  private readonly byMachine = new Map<string, Owner>();

  constructor(pool: pg.Pool) {
    this.pool = pool;
    this.removals = new Removals(pool);
  }

  /** Learns of these runs, so that the others can answer. */
  async learn(runIds: Iterable<string>): Promise<void> {
    const asked = [...new Set(runIds)];
    if (asked.length === 0) return;
    const { rows } = await this.pool.query<Owner & { readonly runId: string; readonly attempt: number }>({
      name: 'owners-of-attempts',
      text: `SELECT a.run_id AS "runId", a.attempt::int, a.worker_id AS "workerId", r.org_id AS "orgId", w.facts->>'hostname' AS hostname
        FROM run_attempts a JOIN run_list r ON r.id = a.run_id JOIN workers w ON w.id = a.worker_id WHERE a.run_id = ANY($1::uuid[])`,
      values: [asked],
    });
    if (this.byAttempt.size > most) this.forget();
    for (const { runId, attempt, ...owner } of rows) {
      this.byAttempt.set(`${runId}.${attempt}`, owner);
      this.byMachine.set(`${runId}.${owner.workerId}`, owner);
    }
  }

  ofAttempt(runId: string, attempt: number): Owner | undefined {
    return this.byAttempt.get(`${runId}.${attempt}`);
  }

  /** Where this machine ever had this run. */
  onMachine(runId: string, workerId: string): Owner | undefined {
    return this.byMachine.get(`${runId}.${workerId}`);
  }

  private forget(): void {
    this.byAttempt.clear();
    this.byMachine.clear();
  }
}
