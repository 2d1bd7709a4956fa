import { simulate } from './command.ts';
import { InputProblem } from './problem.ts';

try {
  process.stdout.write(`${simulate(process.argv.slice(2))}\n`);
} catch (error) {
  if (!(error instanceof InputProblem)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
