import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { completeSecrets } from '../stack/secrets.ts';
import { secretFilesOf } from './secret-files.ts';

/** Programs run as this user inside their containers. */
const programUser = 1000;

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new Error('Into which directory?');

const write = (path: string, text: string): void => {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text, { mode: 0o400 });
  chmodSync(path, 0o400);
};

const secrets = completeSecrets(join(directory, 'secrets.json'));
for (const [path, text] of Object.entries(await secretFilesOf(secrets))) {
  const file = join(directory, path);
  write(file, text);
  // PostgreSQL and NATS read theirs as root, before they drop it.
  if (!/^(nats|postgres)\//.test(path)) chownSync(file, programUser, programUser);
}
console.log(`secrets are in ${directory}`);
