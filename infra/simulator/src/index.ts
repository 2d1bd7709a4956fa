export { simulate } from './command.ts';
export { InputProblem } from './openb.ts';
