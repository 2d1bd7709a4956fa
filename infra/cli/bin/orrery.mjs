#!/usr/bin/env node
import { existsSync } from 'node:fs';

const program = new URL('../dist/index.js', import.meta.url);
if (!existsSync(program)) {
  process.stderr.write('The command is not built yet: npm ci && npm run build\n');
  process.exit(1);
}
const { main } = await import(program.href);
const { argv, env, stdin: input, stdout: out, stderr: err } = process;
process.exitCode = await main({ argv: argv.slice(2), env, input, out, err });
