import { type Statement, type Step, statementOf } from './pipeline.ts';

/** A cell as PostgreSQL reads it. */
export type CellText = string | null;

export interface RowColumn {
  readonly name: string;
  /** Its type in SQL. */
  readonly type: string;
}

/**
 * A statement over rows called `r`, however many. One row comes as plain parameters, which is cheapest alone; several come as one
 * array for each column, which is cheapest together: PostgreSQL would take half as long again to read them as JSON.
 */
export class RowStatement {
  private readonly columns: readonly RowColumn[];
  private readonly forOne: Statement;
  private readonly forMany: Statement;

  /** `textOf` puts the source of the rows, `… AS r(…)`, where the statement wants it. */
  constructor(columns: readonly RowColumn[], textOf: (source: string) => string, prepare: (text: string) => Statement = statementOf) {
    this.columns = columns;
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
    const cells = columns.map(({ type }, index) => `u.c${index}::${type}`).join(', ');
    const arrays = columns.map((_, index) => `unnest($${index + 1}::text[]) AS c${index}`).join(', ');
    this.forOne = prepare(textOf(`(VALUES (${parameters})) AS r(${names})`));
    this.forMany = prepare(textOf(`(SELECT ${cells} FROM (SELECT ${arrays}) AS u) AS r(${names})`));
  }

  /** Cells in the order of the columns. */
  step(rows: readonly (readonly CellText[])[]): Step {
    const [only] = rows;
    if (rows.length === 1 && only) return { statement: this.forOne, values: only };
    return { statement: this.forMany, values: this.columns.map((_, index) => rows.map((row) => row[index] ?? null)) };
  }
}
