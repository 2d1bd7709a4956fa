import { ask } from '../api.ts';
import { type Environment, type Place, Problem } from '../place.ts';
import { credentialsIn } from './credentials.ts';
import { currentCatalog } from './current.ts';
import { type Plan, planOf, planText } from './plan.ts';
import { readCatalogFile } from './read-file.ts';
import { wrongReferences } from './references.ts';
import type { Step } from './step.ts';

export interface Apply {
  readonly file: string;
  readonly isDryRun: boolean;
  readonly isAgreed: boolean;
  readonly isPruning: boolean;
  /** Sets every credential that the file refers to, also where there is one. */
  readonly areCredentialsSet: boolean;
}

interface Terminal {
  readonly env: Environment;
  readonly input: AsyncIterable<string | Buffer>;
  readonly out: { write(text: string): unknown };
}

const mostCharacters = 100;

const answered = async (input: Terminal['input']): Promise<string> => {
  let text = '';
  for await (const chunk of input) {
    text += chunk.toString();
    if (text.includes('\n') || text.length > mostCharacters) break;
  }
  return (text.split(/\r?\n/, 1)[0] ?? '').trim();
};

const lost = 'it may be done all the same; the next try finds out';

const carryOut = async (place: Place, steps: readonly Step[], out: Terminal['out']): Promise<void> => {
  for (const [index, { sign, what, method, path, body }] of steps.entries()) {
    try {
      await ask(place, { method, path, ...(body === undefined ? {} : { body }), lost });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      const done = index === 0 ? 'Nothing was done.' : `${index} of ${steps.length} steps were done; apply it again when this is mended.`;
      throw new Problem(`${sign} ${what}: ${error.message}\n${done}`, { cause: error });
    }
  }
  out.write(`Done: ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}.\n`);
};

const isWanted = async ({ isAgreed }: Apply, { input, out }: Terminal): Promise<boolean> => {
  if (isAgreed) return true;
  out.write('Apply this? yes or no: ');
  return /^y(es)?$/i.test(await answered(input));
};

const plannedOf = async (place: Place, asked: Apply, env: Environment): Promise<Plan> => {
  const { said, refuse } = await readCatalogFile(asked.file);
  const current = await currentCatalog(place, said);
  const wishes = { upstreams: current.upstreams, areAllSet: asked.areCredentialsSet };
  const { credentials, complaints } = await credentialsIn(said, wishes, { env, path: asked.file });
  const wrong = [...wrongReferences(said, current, asked), ...complaints];
  return wrong.length > 0 ? refuse(wrong) : planOf(said, current, { isPruning: asked.isPruning, credentials });
};

/** Makes the installation what a file says: shows first what that takes, and asks. What is there already is not done again. */
export const apply = async (place: Place, asked: Apply, terminal: Terminal): Promise<void> => {
  const plan = await plannedOf(place, asked, terminal.env);
  terminal.out.write(planText(plan));
  if (plan.steps.length === 0 || asked.isDryRun) return;
  if (!(await isWanted(asked, terminal))) throw new Problem('Nothing was done.');
  await carryOut(place, plan.steps, terminal.out);
};
