export { simulate } from './command.ts';
export { InputProblem } from './problem.ts';
