import { type Statement, type Step, statementOf } from './pipeline.ts';

/** A cell as PostgreSQL reads it. */
export type CellText = string | null;

export interface RowColumn {
  readonly name: string;
  /** Its type in SQL. */
  readonly type: string;
}

const isJson = ({ type }: RowColumn): boolean => type === 'json' || type === 'jsonb';

/**
 * A statement over rows called `r`, however many. One row comes as plain parameters, which is cheapest alone; several come as one
 * JSON parameter, which is cheapest together.
 */
export class RowStatement {
  private readonly columns: readonly RowColumn[];
  private readonly forOne: Statement;
  private readonly forMany: Statement;
  private readonly labels: readonly string[];
  private readonly isRaw: readonly boolean[];

  /** `textOf` puts the source of the rows, `… AS r(…)`, where the statement wants it. */
  constructor(columns: readonly RowColumn[], textOf: (source: string) => string, prepare: (text: string) => Statement = statementOf) {
    this.columns = columns;
    this.labels = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`);
    this.isRaw = columns.map(isJson);
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    const parameters = columns.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
    const typed = columns.map(({ name, type }) => `"${name}" ${type}`).join(', ');
    this.forOne = prepare(textOf(`(VALUES (${parameters})) AS r(${names})`));
    this.forMany = prepare(textOf(`json_to_recordset($1::json) AS r(${typed})`));
  }

  /** Cells in the order of the columns. */
  step(rows: readonly (readonly CellText[])[]): Step {
    const [only] = rows;
    if (rows.length === 1 && only) return { statement: this.forOne, values: only };
    return { statement: this.forMany, values: [`[${rows.map((row) => this.json(row)).join(',')}]`] };
  }

  private json(cells: readonly CellText[]): string {
    let text = '';
    for (let index = 0; index < this.columns.length; index += 1) {
      const cell = cells[index] ?? null;
      text += this.labels[index];
      text += cell === null ? 'null' : this.isRaw[index] ? cell : JSON.stringify(cell);
    }
    return `${text}}`;
  }
}
