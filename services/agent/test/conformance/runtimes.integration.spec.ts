import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { execution } from '@orrery/contracts';
import type { NatsServer } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { buildAgent, Machine } from '../fixtures/agent.ts';
import { Platform, type SpecOptions } from '../fixtures/platform.ts';
import { dockerWorld, listenInside, processWorld, type World } from './world.ts';

jest.setTimeout(90_000);

const within = 30_000;

describe.each([
  ['process', processWorld],
  ['docker', dockerWorld],
])('A program in the runtime %s', (_name, openWorld) => {
  let world: World;
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    world = await openWorld();
    platform = await Platform.start(nats);
    machine = new Machine({
      ORRERY_URL: platform.url,
      ORRERY_JOIN_TOKEN: 'good',
      ORRERY_AGENT_BEAT_MS: '500',
      ORRERY_AGENT_MAX_PROCESSES: '64',
      ...world.env,
    });
    await machine.start();
  }, 180_000);

  afterAll(async () => {
    await machine?.dispose();
    await platform?.stop();
    await nats?.stop();
    await world?.stop();
  });

  const run = async (options: SpecOptions): Promise<execution.AttemptSpec> => {
    const spec = world.specOf(options);
    expect(await platform.start(spec)).toEqual({ accepted: true, value: { isNew: true } });
    return spec;
  };
  const ended = ({ runId }: execution.AttemptSpec) => eventually(() => platform.endOf(runId), { within });
  const started = ({ runId }: execution.AttemptSpec) =>
    eventually(() => platform.reportsOf(runId).find(({ kind }) => kind === 'started'), { within });
  const wrote = (spec: execution.AttemptSpec, text: string) =>
    eventually(async () => expect((await platform.output(spec.runId)).stdout).toContain(text), { within });
  const finished = async (options: SpecOptions) => {
    const spec = await run(options);
    const end = await ended(spec);
    return { spec, end, output: await platform.output(spec.runId) };
  };
  const said = async (code: string): Promise<string> => (await finished({ code })).output.stdout;
  const nothingLeft = () => eventually(async () => expect(await world.leftovers(machine)).toEqual([]), { within });

  it('is of a kind that the machine tells the platform it runs', () => {
    expect(platform.mind.joins[0]?.facts.runtimes).toContain(world.runtime);
  });

  it('begins, writes, ends with its exit code, and leaves nothing behind', async () => {
    const { spec, end, output } = await finished({ code: 'import sys\nprint("hello")\nprint("oh", file=sys.stderr)\nsys.exit(7)' });
    expect(end).toMatchObject({ exitCode: 7, reason: 'exited', message: null, lastSeq: output.chunks.length });
    expect(output).toMatchObject({ stdout: 'hello\n', stderr: 'oh\n' });
    expect(platform.reportsOf(spec.runId).map(({ kind }) => kind)).toEqual(['started', 'ended']);
    await nothingLeft();
  });

  it('is billed for the time that it ran', async () => {
    const { end } = await finished({ code: 'import time\ntime.sleep(0.6)' });
    expect(end.ranMs).toBeGreaterThanOrEqual(590);
    expect(end.ranMs).toBeLessThan(15_000);
  });

  it('keeps the order of its lines and its letters whole, however it writes them', async () => {
    const code = `
import os
text = "".join(f"Zeile {i} äöü 漢字 🚀\\n" for i in range(2000)).encode()
for i in range(0, len(text), 11): os.write(1, text[i:i+11])
os.write(1, ("ä漢" * 20000).encode())
os.write(2, b"bad \\xff\\xe2\\x82 bytes, and no end of line")
`;
    const { end, output } = await finished({ code });
    const lines = Array.from({ length: 2_000 }, (_, i) => `Zeile ${i} äöü 漢字 🚀\n`).join('');
    expect(output.stdout === lines + 'ä漢'.repeat(20_000)).toBe(true);
    expect(output.stderr).toBe('bad \uFFFD\uFFFD bytes, and no end of line');
    expect(output.chunks.map(({ seq }) => seq)).toEqual(Array.from({ length: end.lastSeq }, (_, i) => i + 1));
  });

  it('gets SIGTERM at its time limit, and may say goodbye', async () => {
    const code = `
import signal, sys, time
def bye(*_):
  print("bye"); sys.exit(3)
signal.signal(signal.SIGTERM, bye)
print("waiting")
time.sleep(60)
`;
    const { end, output } = await finished({ code, timeoutSeconds: 4, graceSeconds: 20 });
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 3, message: 'The program reached its time limit.' });
    expect(output.stdout).toBe('waiting\nbye\n');
  });

  it('gets SIGKILL after its grace when it does not listen, with all its children', async () => {
    const code =
      'import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nif os.fork() == 0: os.setsid()\nwhile True: time.sleep(1)';
    const { end } = await finished({ code, timeoutSeconds: 1, graceSeconds: 1 });
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 137 });
    await nothingLeft();
  });

  it('is asked to go when it is stopped, and is gone at once when it is aborted', async () => {
    const polite = await run({ code: 'import time\nprint("here")\ntime.sleep(60)', graceSeconds: 30 });
    const deaf = await run({
      code: 'import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint("here")\ntime.sleep(60)',
      graceSeconds: 60,
    });
    await wrote(polite, 'here');
    await wrote(deaf, 'here');
    await platform.end(polite, 'stop', 'stopped');
    await platform.end(deaf, 'abort', 'aborted');
    expect(await ended(polite)).toMatchObject({ reason: 'stopped', exitCode: 143 });
    expect(await ended(deaf)).toMatchObject({ reason: 'aborted', exitCode: 137 });
  });

  it('that crashes is told from one that exits', async () => {
    const { end } = await finished({ code: 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)' });
    expect(end).toMatchObject({ reason: 'signalled', exitCode: 139, message: 'The program was ended by SIGSEGV.' });
  });

  it('that takes too much memory is told so', async () => {
    const { end } = await finished({ code: 'x = []\nwhile True: x.append(bytearray(1 << 20))', memoryMib: 64 });
    expect(end).toMatchObject({ reason: 'memory-limit', exitCode: 137, message: 'The program used more memory than it may.' });
  });

  it('whose child alone is killed for memory hears of it, and goes on', async () => {
    const code = `
import os
child = os.fork()
if child == 0:
  x = []
  while True: x.append(bytearray(1 << 20))
print(os.waitpid(child, 0)[1])
`;
    const { end, output } = await finished({ code, memoryMib: 64 });
    expect(output.stdout).toBe('9\n');
    expect(end).toMatchObject({ reason: 'exited', exitCode: 0, message: expect.stringContaining('for memory') });
  });

  it('finds its scratch full at a bound, and can go on', async () => {
    const code = `
try:
  with open("/tmp/big", "wb") as file:
    for _ in range(400): file.write(bytes(1 << 20))
except OSError as error: print("full", error.errno)
`;
    expect(await said(code)).toBe('full 28\n');
  });

  it('writes nowhere but to its scratch', async () => {
    const code =
      'for path in ["/x", "/usr/x", "/etc/x", "/tmp/x"]:\n  try:\n    open(path, "w").write("x"); print(path)\n  except OSError as error: print(error.errno)';
    expect(await said(code)).toBe('30\n30\n30\n/tmp/x\n');
  });

  it('has as many processes as it may, and no more', async () => {
    const code = `
import os, time
for children in range(200):
  try:
    if os.fork() == 0: time.sleep(60)
  except OSError as error:
    print(error.errno, children < 64)
    break
`;
    expect(await said(code)).toBe('11 True\n');
    await nothingLeft();
  });

  it('that does nothing but fork is gone when its time is up', async () => {
    const code = 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass';
    const { end } = await finished({ code, timeoutSeconds: 1, graceSeconds: 1 });
    expect(end.reason).toBe('time-limit');
    await nothingLeft();
  });

  it('has no capability to use or to gain, and its system calls are filtered', async () => {
    const code = `
import re
status = open("/proc/self/status").read()
print(set(re.findall(r"Cap(?:Inh|Prm|Eff|Bnd|Amb):\\s*(\\w+)", status)), re.search(r"NoNewPrivs:\\s*(\\d)", status)[1], re.search(r"Seccomp:\\s*(\\d)", status)[1])
`;
    expect(await said(code)).toBe("{'0000000000000000'} 1 2\n");
  });

  it('that floods its output is ended, and what it may write is kept', async () => {
    const maxOutputBytes = 300_000;
    const { end, output } = await finished({ code: 'while True: print("x" * 99)', maxOutputBytes });
    expect(end).toMatchObject({ reason: 'output-limit', lastSeq: output.chunks.length });
    expect(output.stdout.length).toBe(maxOutputBytes);
  });

  it('that writes faster than anybody reads loses nothing', async () => {
    const code = 'import sys\nfor i in range(40000): sys.stdout.write(f"{i:099d}\\n")';
    const { output } = await finished({ code });
    expect(output.stdout.length).toBe(40_000 * 100);
    const lines = output.stdout.split('\n').slice(0, -1);
    expect(lines.every((line, i) => Number(line) === i)).toBe(true);
  });

  it('that can never begin is refused for good', async () => {
    const spec = world.unrunnable();
    await platform.start(spec);
    const refused = await eventually(() => platform.reportsOf(spec.runId)[0], { within });
    expect(refused).toMatchObject({ kind: 'refused', isRetryable: false });
    await nothingLeft();
  });

  it('finds the environment that it was given, and none of the agent', async () => {
    const secret = randomBytes(16).toString('hex');
    const code =
      'import os\nprint(os.environ["PASSWORD"], [name for name, value in os.environ.items() if "ORRERY" in name or value == "hunter2"])';
    const { output } = await finished({ code, env: { PASSWORD: `it's "${secret}" $HOME` } });
    expect(output.stdout).toBe(`it's "${secret}" $HOME []\n`);
  });

  it('reaches neither the machine that it runs on nor anything beyond', async () => {
    const server = await listenInside(world.inside);
    try {
      const code = `
import socket
gateways = [f"172.{net}.0.1" for net in range(17, 22)]
for place in [(host, ${server.port}) for host in ["127.0.0.1", *gateways]] + [("8.8.8.8", 53), ("169.254.169.254", 80)]:
  try:
    socket.create_connection(place, timeout=0.5); print("reached", place)
  except OSError: pass
print("done")
`;
      expect(await said(code)).toBe('done\n');
    } finally {
      await server.stop();
    }
  });

  it('sees no process but its own', async () => {
    const spec = await run({ code: 'import time\nprint("here")\ntime.sleep(60)' });
    await wrote(spec, 'here');
    expect(await said('import os\nprint(len([pid for pid in os.listdir("/proc") if pid.isdigit()]) <= 3)')).toBe('True\n');
    await platform.end(spec, 'abort', 'aborted');
    await ended(spec);
  });

  it('lives on when its agent is killed, and all of it is told once by the next', async () => {
    const code = 'import sys, time\nfor i in range(60):\n  print(i)\n  time.sleep(0.05)\nsys.exit(9)';
    const spec = await run({ code });
    await wrote(spec, '3\n');
    await machine.kill9();
    await machine.start();
    const end = await ended(spec);
    expect(end).toMatchObject({ reason: 'exited', exitCode: 9 });
    expect(end.ranMs).toBeGreaterThan(2_900);
    const output = await platform.output(spec.runId);
    expect(output.stdout).toBe(Array.from({ length: 60 }, (_, i) => `${i}\n`).join(''));
    expect(output.chunks).toHaveLength(end.lastSeq);
    expect(platform.reportsOf(spec.runId).map(({ kind }) => kind)).toEqual(['started', 'ended']);
  });

  it('that ended while its agent was away is told of as of the moment it did', async () => {
    const spec = await run({ code: 'import sys, time\ntime.sleep(0.5)\nprint("last words")\nsys.exit(5)' });
    await started(spec);
    await machine.kill9();
    await eventually(async () => expect(await world.living(machine)).toEqual([]), { within });
    const backAfter = Date.now() - Date.parse(platform.reportsOf(spec.runId)[0]?.at ?? '');
    await machine.start();
    const end = await ended(spec);
    expect(end).toMatchObject({ reason: 'exited', exitCode: 5 });
    expect(end.ranMs).toBeLessThan(backAfter);
    expect((await platform.output(spec.runId)).stdout).toBe('last words\n');
  });

  it('that nobody claims any more is reaped', async () => {
    const spec = await run({ code: 'import time\ntime.sleep(60)' });
    await started(spec);
    await machine.kill9();
    expect(await world.leftovers(machine)).not.toEqual([]);
    rmSync(join(machine.state, 'journal'));
    await machine.start();
    await nothingLeft();
    expect(platform.endOf(spec.runId)).toBeUndefined();
  });
});
