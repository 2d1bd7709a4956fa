#!/usr/bin/env node
import { main } from '../dist/index.js';

process.exitCode = await main({
  argv: process.argv.slice(2),
  env: process.env,
  input: process.stdin,
  out: process.stdout,
  err: process.stderr,
});
