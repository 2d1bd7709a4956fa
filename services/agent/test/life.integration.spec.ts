import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execution } from '@orrery/contracts';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { readText } from '../src/runtime/proc.ts';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, refOf, type SpecOptions, specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

const filesWith = (directory: string, word: string): string[] =>
  readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => readFileSync(path).includes(word));

describe('A program on a machine', () => {
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    platform = await Platform.start(nats);
    machine = new Machine({ ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_BEAT_MS: '500' });
    await machine.start();
  }, 120_000);

  afterAll(async () => {
    await machine?.dispose();
    await platform?.stop();
    await nats?.stop();
  });

  const ended = (runId: string, within = 15_000) => eventually(() => platform.endOf(runId), { within });
  const run = async (options: SpecOptions) => {
    const spec = specOf(options);
    expect(await platform.start(spec)).toEqual({ accepted: true, value: { isNew: true } });
    return spec;
  };
  const finished = async (options: SpecOptions) => {
    const { runId } = await run(options);
    const end = await ended(runId);
    return { runId, end, output: await platform.output(runId) };
  };
  const started = (runId: string) => eventually(() => platform.reportsOf(runId).find(({ kind }) => kind === 'started'));

  it('begins, writes and ends with its exit code', async () => {
    const { runId, end, output } = await finished({ code: 'import sys\nprint("hello")\nprint("oh", file=sys.stderr)\nsys.exit(7)' });
    expect(end).toMatchObject({ runId, attempt: 1, epoch: 1, exitCode: 7, reason: 'exited', message: null, lastSeq: output.chunks.length });
    expect(platform.reportsOf(runId).map(({ kind }) => kind)).toEqual(['started', 'ended']);
    expect(output).toMatchObject({ stdout: 'hello\n', stderr: 'oh\n' });
  });

  it('is told how long it ran and when, by the clock of the launcher', async () => {
    const before = Date.now();
    const { runId, end } = await finished({ code: 'import time\ntime.sleep(0.5)' });
    const start = platform.reportsOf(runId)[0];
    expect(end.ranMs).toBeGreaterThanOrEqual(490);
    expect(end.ranMs).toBeLessThan(1_500);
    expect(Date.parse(start?.at ?? '')).toBeGreaterThanOrEqual(before);
    expect(Date.parse(end.at) - Date.parse(start?.at ?? '')).toBeGreaterThanOrEqual(490);
  });

  it('finds its files beside it, its environment, and nothing else', async () => {
    const code = 'import os, helper\nprint(helper.word, open("data/a.txt").read(), os.environ["COLOUR"], os.getcwd(), sorted(os.environ))';
    const files = { 'helper.py': 'word = "help"', 'data/a.txt': 'aaa' };
    const { output } = await finished({ code, files, env: { COLOUR: 'blue' } });
    expect(output.stdout).toBe("help aaa blue /work ['COLOUR', 'HOME', 'LANG', 'PATH', 'PWD', 'PYTHONUNBUFFERED', 'TMPDIR']\n");
  });

  it('finds an environment that nothing else ever shows: no file of the agent, no list of processes', async () => {
    const word = randomBytes(16).toString('hex');
    const env = { PASSWORD: `it's "${word}"\nin $(two) lines`, EMPTY: '' };
    const code =
      'import hashlib, os, time\nprint(hashlib.sha256(os.environ["PASSWORD"].encode()).hexdigest(), repr(os.environ["EMPTY"]))\ntime.sleep(1)';
    const spec = await run({ code, env });
    await started(spec.runId);
    const commands = readdirSync('/proc').flatMap((pid) => (/^\d+$/.test(pid) ? [readText(`/proc/${pid}/cmdline`) ?? ''] : []));
    expect(commands.some((command) => command.includes(spec.runId))).toBe(true);
    expect(commands.filter((command) => command.includes(word))).toEqual([]);
    expect(filesWith(machine.state, word)).toEqual([]);
    expect(filesWith(machine.state, spec.runId)).not.toEqual([]);
    await ended(spec.runId);
    expect((await platform.output(spec.runId)).stdout).toBe(`${createHash('sha256').update(env.PASSWORD).digest('hex')} ''\n`);
  });

  it('keeps the order of its lines and its characters whole, however it writes them', async () => {
    const code = `
import os, sys
text = "".join(f"Zeile {i} äöü 漢字 🚀\\n" for i in range(3000)).encode()
for i in range(0, len(text), 7): os.write(1, text[i:i+7])
os.write(2, b"bad \\xff\\xe2\\x82 bytes")
`;
    const { end, output } = await finished({ code });
    expect(output.stdout).toBe(Array.from({ length: 3_000 }, (_, i) => `Zeile ${i} äöü 漢字 🚀\n`).join(''));
    expect(output.stderr).toBe('bad \uFFFD\uFFFD bytes');
    expect(output.chunks.map(({ seq }) => seq)).toEqual(Array.from({ length: end.lastSeq }, (_, i) => i + 1));
  });

  it('shows its first line at once, and others while it runs', async () => {
    const spec = specOf({ code: 'import time\nfor i in range(3):\n  print(i)\n  time.sleep(0.3)' });
    const heard = platform.listen(`tele.output.${platform.mind.workerId}.${spec.runId}`);
    await platform.start(spec);
    await ended(spec.runId);
    heard.stop();
    const [first = 0, second = 0, third = 0] = heard.arrivals;
    expect(heard.arrivals).toHaveLength(3);
    expect(second - first).toBeGreaterThan(200);
    expect(third - second).toBeGreaterThan(200);
  });

  it('gets SIGTERM at its time limit, and may say goodbye', async () => {
    const code = `
import signal, sys, time
def bye(*_):
  print("bye"); sys.exit(3)
signal.signal(signal.SIGTERM, bye)
print("waiting")
time.sleep(30)
`;
    const { end, output } = await finished({ code, timeoutSeconds: 1 });
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 3, message: 'The program reached its time limit.' });
    expect(output.stdout).toBe('waiting\nbye\n');
    expect(end.ranMs).toBeGreaterThanOrEqual(990);
    expect(end.ranMs).toBeLessThan(2_500);
  });

  it('gets SIGKILL after its grace when it does not listen, with all its children', async () => {
    const code = `
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0: os.setsid()
while True: time.sleep(1)
`;
    const { end } = await finished({ code, timeoutSeconds: 1, graceSeconds: 1 });
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 137 });
    expect(end.ranMs).toBeGreaterThanOrEqual(1_990);
    expect(end.ranMs).toBeLessThan(4_000);
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
  });

  it('is killed at once when it is aborted', async () => {
    const spec = await run({ code: 'import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: None)\ntime.sleep(30)' });
    await started(spec.runId);
    expect(await platform.end(spec, 'abort', 'aborted')).toEqual({ accepted: true, value: {} });
    const end = await ended(spec.runId);
    expect(end).toMatchObject({ reason: 'aborted', exitCode: 137 });
    expect(end.ranMs).toBeLessThan(3_000);
  });

  it('is asked to go when it is stopped, and aborted when that is wanted meanwhile', async () => {
    const polite = await run({ code: 'import time\ntime.sleep(30)' });
    const deaf = await run({
      code: 'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("deaf")\ntime.sleep(30)',
      graceSeconds: 60,
    });
    await started(polite.runId);
    await eventually(async () => expect((await platform.output(deaf.runId)).stdout).toBe('deaf\n'));
    await platform.end(polite, 'stop', 'stopped');
    expect(await ended(polite.runId)).toMatchObject({ reason: 'stopped', exitCode: 143 });
    await platform.end(deaf, 'cancel', 'stopped');
    await platform.end(deaf, 'abort', 'credit-exhausted');
    expect(await ended(deaf.runId)).toMatchObject({ reason: 'credit-exhausted', exitCode: 137 });
  });

  it('that crashes is told from one that exits', async () => {
    const { end } = await finished({ code: 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)' });
    expect(end).toMatchObject({ reason: 'signalled', exitCode: 139, message: 'The program was ended by SIGSEGV.' });
  });

  it('that takes too much memory is told so', async () => {
    const { end } = await finished({ code: 'x = []\nwhile True: x.append(bytearray(1 << 20))', memoryMib: 64 });
    expect(end).toMatchObject({ reason: 'memory-limit', exitCode: 137, message: 'The program used more memory than it may.' });
  });

  it('that floods its output is ended, and what it may write is kept', async () => {
    const maxOutputBytes = 300_000;
    const { end, output } = await finished({ code: 'while True: print("x" * 99)', maxOutputBytes });
    expect(end).toMatchObject({ reason: 'output-limit', lastSeq: output.chunks.length });
    expect(output.stdout).toHaveLength(maxOutputBytes);
    expect(output.stdout.startsWith(`${'x'.repeat(99)}\n`)).toBe(true);
  });

  it('that cannot be read as a program fails as Python says', async () => {
    const { end, output } = await finished({ code: 'this is no python' });
    expect(end).toMatchObject({ reason: 'exited', exitCode: 1 });
    expect(output.stderr).toContain('SyntaxError');
  });

  it('whose files contradict each other is refused for good, and never began', async () => {
    const { runId } = await run({ code: 'print("x")', files: { a: 'file', 'a/b': 'file below a file' } });
    const refused = await eventually(() => platform.reportsOf(runId)[0]);
    expect(refused).toMatchObject({ kind: 'refused', isRetryable: false });
    expect(refused).toMatchObject({ message: expect.stringContaining('cannot be laid out') });
    const nameless = specOf({ code: '' });
    await platform.start({ ...nameless, program: { ...nameless.program, fileName: '..' } });
    expect(await eventually(() => platform.reportsOf(nameless.runId)[0])).toMatchObject({ kind: 'refused', isRetryable: false });
  });

  it('is started once, however often it is asked for', async () => {
    const spec = await run({ code: 'print("once")' });
    expect(await platform.start(spec)).toEqual({ accepted: true, value: { isNew: false } });
    await ended(spec.runId);
    await eventually(async () => expect(await platform.start(spec)).toMatchObject({ accepted: false, rejection: { code: 'StaleEpoch' } }));
    expect((await platform.output(spec.runId)).stdout).toBe('once\n');
    expect(platform.reportsOf(spec.runId)).toHaveLength(2);
  });

  it('gives way to a newer attempt of its run, and not to an older one', async () => {
    const old = await run({ code: 'import time\ntime.sleep(30)' });
    await started(old.runId);
    const newer = specOf({ runId: old.runId, attempt: 2, code: 'print("new")' });
    expect(await platform.start(newer)).toEqual({ accepted: true, value: { isNew: true } });
    const end = await ended(old.runId);
    expect(end).toMatchObject({ attempt: 2, exitCode: 0 });
    expect(await platform.start(old)).toMatchObject({ accepted: false, rejection: { code: 'StaleEpoch' } });
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
    expect(platform.reportsOf(old.runId).filter(({ attempt, kind }) => attempt === 1 && kind !== 'started')).toEqual([]);
  });

  it('is unknown where it never was', async () => {
    expect(await platform.end(specOf({ code: '' }), 'stop', 'stopped')).toMatchObject({ rejection: { code: 'AttemptUnknown' } });
  });

  it('dies without a word when the platform kills it in a heartbeat', async () => {
    const spec = await run({ code: 'import time\ntime.sleep(30)' });
    await started(spec.runId);
    platform.mind.answer = { kill: [refOf(spec)], end: [] };
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
    platform.mind.answer = { kill: [], end: [] };
    expect(platform.reportsOf(spec.runId).map(({ kind }) => kind)).toEqual(['started']);
    await eventually(() => expect(platform.mind.beats.at(-1)?.attempts).toEqual([]));
  });

  it('ends as the platform wishes in a heartbeat', async () => {
    const spec = await run({ code: 'import time\ntime.sleep(30)' });
    await started(spec.runId);
    platform.mind.answer = { kill: [], end: [{ ...refOf(spec), mode: 'abort', reason: 'credit-exhausted' }] };
    expect(await ended(spec.runId)).toMatchObject({ reason: 'credit-exhausted' });
    platform.mind.answer = { kill: [], end: [] };
  });

  it('whose reports are refused as stale is killed and forgotten', async () => {
    platform.mind.refusal = 'StaleEpoch';
    await run({ code: 'import time\ntime.sleep(30)' });
    await eventually(() => expect(machine.leftovers().launchers).not.toEqual([]));
    await eventually(() => expect(machine.leftovers()).toEqual({ launchers: [], groups: [] }));
    platform.mind.refusal = undefined;
  });

  it('leaves nothing on the machine', async () => {
    await eventually(() => expect(readdirSync(join(machine.state, 'runs'))).toEqual([]));
  });

  it('is measured, and so is the machine', async () => {
    const { runId } = await finished({ code: 'import time\nx = bytearray(50 << 20)\ntime.sleep(0.3)' });
    const samples = await eventually(async () => {
      const batches = await platform.stored('METRICS', `tele.metrics.${platform.mind.workerId}`);
      const all = batches.flatMap((batch) => execution.MetricBatch.parse(batch).samples);
      return all.some((sample) => sample.runId === undefined) && all.some((sample) => sample.runId === runId) ? all : undefined;
    });
    const of = (name: string, run?: string) => samples.find((sample) => sample.name === name && sample.runId === run)?.value ?? -1;
    expect(of('systemRamTotalBytes', runId)).toBe(256 << 20);
    expect(of('systemRamUsedBytes', runId)).toBeGreaterThanOrEqual(0);
    expect(of('systemCpuUsagePercent', runId)).toBeGreaterThan(0);
    expect(of('systemRamTotalBytes')).toBeGreaterThan(1 << 30);
  });
});
