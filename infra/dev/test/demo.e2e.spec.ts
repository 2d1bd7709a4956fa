import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { removeScratch, stateRoot } from '@orrery/servers';
import { eventually } from '@orrery/testing';

const checkout = join(__dirname, '../../..');
const command = 'infra/dev/bin/orrery-dev.mjs';

/** The demo, played by the command line as a person would. */
class Play {
  readonly name = `demo-${randomBytes(4).toString('hex')}`;
  readonly ended: Promise<number | null>;
  private readonly child: ChildProcess;
  private text = '';

  constructor() {
    // Servers of its own, as a first-time user has them.
    const env = { ...process.env };
    for (const server of ['POSTGRES', 'NATS', 'REDIS']) delete env[`ORRERY_${server}_URL`];
    this.child = spawn(process.execPath, [command, 'demo', '--exit', '--name', this.name], { cwd: checkout, env });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (text) => {
        this.text += text;
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => resolve(code));
    });
  }

  get said(): string {
    return this.text;
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async until(text: string): Promise<void> {
    await eventually(() => this.child.exitCode !== null || this.text.includes(text), { within: 120_000 });
    if (!this.text.includes(text)) throw new Error(`it ended: ${this.text}`);
  }

  ask(word: string): { code: number | null; said: string } {
    const { status: code, stdout } = spawnSync(process.execPath, [command, word, '--name', this.name], { cwd: checkout, encoding: 'utf8' });
    return { code, said: stdout };
  }

  async forget(): Promise<void> {
    this.kill('SIGKILL');
    this.ask('stop');
    await removeScratch(join(stateRoot(checkout), this.name));
    rmSync(join(checkout, '.orrery', this.name), { recursive: true, force: true });
  }
}

describe('the demo', () => {
  const plays: Play[] = [];
  const play = (): Play => {
    const begun = new Play();
    plays.push(begun);
    return begun;
  };

  afterAll(() => Promise.all(plays.map((each) => each.forget())), 60_000);

  it('plays the main job from the sign-up to the trace, and stops everything', async () => {
    const whole = play();
    const code = await whole.ended;
    expect(whole.said).toMatch(/by exactly that/);
    expect(whole.said).toMatch(/one trace from the request to the bill: [0-9a-f]{32}/);
    expect(code).toBe(0);
    expect(whole.ask('status')).toEqual({ code: 3, said: 'stopped\n' });
  }, 240_000);

  it('leaves nothing behind where it is interrupted, and does not count as played', async () => {
    const cut = play();
    await cut.until('its output, as it comes');
    cut.kill('SIGINT');
    expect(await cut.ended).toBe(130);
    expect(cut.said).not.toContain('✗');
    expect(cut.ask('status')).toEqual({ code: 3, said: 'stopped\n' });
  }, 240_000);

  it('ends its client when it is killed itself', async () => {
    const killed = play();
    await killed.until('its output, as it comes');
    killed.kill('SIGKILL');
    // Its output is open for as long as anybody holds it: the client has it, the servers have not.
    await killed.ended;
    expect(killed.ask('status').code).toBe(1);
    expect(killed.ask('stop').code).toBe(0);
    expect(killed.ask('status')).toEqual({ code: 3, said: 'stopped\n' });
  }, 240_000);
});
