import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';

const checkout = join(__dirname, '../../..');
const name = `demo-${randomBytes(4).toString('hex')}`;

const play = (): Promise<{ code: number | null; said: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['infra/dev/bin/orrery-dev.mjs', 'demo', '--exit', '--name', name], { cwd: checkout });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text) => {
        said += text;
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, said }));
  });

afterAll(() => rmSync(join(checkout, '.orrery', name), { recursive: true, force: true }));

it('plays the main job from the sign-up to the trace, and stops everything', async () => {
  const { code, said } = await play();
  expect(said).toMatch(/by exactly that/);
  expect(said).toMatch(/one trace from the request to the bill: [0-9a-f]{32}/);
  expect(code).toBe(0);
}, 240_000);
