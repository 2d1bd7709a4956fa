import { chownSync } from 'node:fs';
import type { NatsServer } from '@orrery/servers';
import { unprivilegedUser } from '@orrery/servers';
import { eventually, startNats } from '@orrery/testing';
import { buildAgent, Machine } from './fixtures/agent.ts';
import { Platform, type SpecOptions, specOf } from './fixtures/platform.ts';

jest.setTimeout(60_000);

/** As root the agent gives programs users and control groups of their own; here it has neither to give. */
describe('An agent that is not root', () => {
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    platform = await Platform.start(nats);
    machine = new Machine({
      ORRERY_URL: platform.url,
      ORRERY_JOIN_TOKEN: 'good',
      ORRERY_AGENT_BEAT_MS: '200',
      ORRERY_AGENT_MAX_PROCESSES: '64',
    });
    const user = unprivilegedUser();
    if (user !== undefined) chownSync(machine.state, user.uid, user.gid);
    machine.launch({}, user === undefined ? [] : ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups']);
    await eventually(async () => machine.health() !== '' && (await fetch(`${machine.health()}/ready`)).status === 200, { within: 20_000 });
  }, 120_000);

  afterAll(async () => {
    await machine?.dispose();
    await platform?.stop();
    await nats?.stop();
  });

  const finished = async (options: SpecOptions) => {
    const spec = specOf(options);
    expect(await platform.start(spec)).toMatchObject({ accepted: true });
    const end = await eventually(() => platform.endOf(spec.runId), { within: 20_000 });
    return { end, output: await platform.output(spec.runId) };
  };

  it('has a sandbox all the same', async () => {
    expect(platform.mind.joins[0]?.facts.sandboxed).toBe(true);
    const code = 'import os\nprint(os.getuid(), os.path.exists("/var"), len([p for p in os.listdir("/proc") if p.isdigit()]))';
    expect((await finished({ code })).output.stdout).toBe('65534 False 2\n');
  });

  it('ends a program in time', async () => {
    const { end } = await finished({ code: 'import time\ntime.sleep(30)', timeoutSeconds: 1 });
    expect(end).toMatchObject({ reason: 'time-limit', exitCode: 143 });
  });

  it('sees itself that a program takes too much memory', async () => {
    const code = 'import time\nx = []\nfor _ in range(100):\n  x.append(b"x" * (5 << 20))\n  time.sleep(0.05)\ntime.sleep(30)';
    expect((await finished({ code, memoryMib: 64 })).end).toMatchObject({ reason: 'memory-limit', exitCode: 137 });
  });

  it('contains a fork bomb', async () => {
    const code =
      'import os, time\nfor children in range(200):\n  try:\n    if os.fork() == 0: time.sleep(60)\n  except OSError as error:\n    print(error.errno, children < 64)\n    break';
    expect((await finished({ code })).output.stdout).toBe('11 True\n');
    await eventually(() => expect(machine.leftovers().launchers).toEqual([]));
  });

  it('takes up its programs after it was killed', async () => {
    const spec = specOf({ code: 'import time\nfor i in range(20):\n  print(i)\n  time.sleep(0.05)' });
    await platform.start(spec);
    await eventually(() => platform.reportsOf(spec.runId).length > 0);
    const user = unprivilegedUser();
    await machine.kill9();
    machine.launch({}, user === undefined ? [] : ['setpriv', '--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups']);
    expect(await eventually(() => platform.endOf(spec.runId), { within: 20_000 })).toMatchObject({ reason: 'exited', exitCode: 0 });
    expect((await platform.output(spec.runId)).stdout).toBe(Array.from({ length: 20 }, (_, i) => `${i}\n`).join(''));
  });
});
