import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type execution, OrgId } from '@orrery/contracts';
import type { NatsServer } from '@orrery/servers';
import { eventually, exportImage, pythonImage, startNats } from '@orrery/testing';
import { buildAgent, Machine } from '../fixtures/agent.ts';
import { Platform, type SpecOptions } from '../fixtures/platform.ts';
import { type Registry, startRegistry } from './registry.ts';
import { dockerWorld, imageSpecOf } from './world.ts';

jest.setTimeout(90_000);

const within = 30_000;

describe('A container', () => {
  let world: Awaited<ReturnType<typeof dockerWorld>>;
  let nats: NatsServer;
  let platform: Platform;
  let machine: Machine;
  let closed: Registry;
  const archives = mkdtempSync(join(tmpdir(), 'orrery-archives-'));

  beforeAll(async () => {
    await buildAgent();
    nats = await startNats();
    world = await dockerWorld();
    platform = await Platform.start(nats);
    closed = await startRegistry(world.engine.inside, 'closed');
    await exportImage(world.engine, { reference: pythonImage, as: 'orrery-test/archived:1', file: join(archives, 'archived.tar') });
    const env = { ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_DOCKER_IMAGES: archives, ...world.env };
    machine = new Machine({ ...env, ORRERY_AGENT_BEAT_MS: '500' });
    await machine.start();
  }, 180_000);

  afterAll(async () => {
    await machine?.dispose();
    await platform?.stop();
    await nats?.stop();
    await closed?.stop();
    await world?.stop();
    rmSync(archives, { recursive: true });
  });

  const begun = async (spec: execution.AttemptSpec): Promise<execution.AttemptSpec> => {
    expect(await platform.start(spec)).toEqual({ accepted: true, value: { isNew: true } });
    return spec;
  };
  const reportsOf = ({ runId }: execution.AttemptSpec) =>
    eventually(() => platform.reportsOf(runId).find(({ kind }) => kind !== 'started'), { within });
  const finished = async (spec: execution.AttemptSpec) => {
    await begun(spec);
    const end = await eventually(() => platform.endOf(spec.runId), { within });
    return { end, output: await platform.output(spec.runId) };
  };
  const imaged = (reference: string, options: Partial<SpecOptions> = {}) => imageSpecOf({ code: '', ...options }, { reference });

  it('whose command is not in its image ends at once, and says what is missing', async () => {
    const { end, output } = await finished(imageSpecOf({ code: '' }, { reference: pythonImage, command: ['/no/such/program'] }));
    expect(end).toMatchObject({ reason: 'exited', exitCode: 127 });
    expect(output.stderr).toContain('/no/such/program');
  });

  it('is of an image that is pulled where it is not there yet', async () => {
    // It has nothing to run: that it is tried shows that it came.
    const { end, output } = await finished(imaged(`${world.registry.host}/lab/tool:1`));
    expect(end).toMatchObject({ exitCode: 127 });
    expect(output.stderr).toContain('/nothing');
  });

  it('is refused for good where its image does not exist, and for now where its registry is not there', async () => {
    const missing = await begun(imaged(`${world.registry.host}/missing/tool:1`));
    expect(await reportsOf(missing)).toMatchObject({
      kind: 'refused',
      isRetryable: false,
      message: expect.stringContaining('missing/tool'),
    });
    const unreachable = await begun(imaged('127.0.0.1:1/lab/tool:1'));
    expect(await reportsOf(unreachable)).toMatchObject({ kind: 'refused', isRetryable: true });
  });

  it('of a closed registry needs the right login, each time: that the image lies here already opens nothing', async () => {
    const image = `${closed.host}/lab/secret:1`;
    const withLogin = (password: string) => ({ ...imaged(image), registry: { username: 'lab', password } });
    expect(await reportsOf(await begun(imaged(image)))).toMatchObject({ kind: 'refused', isRetryable: false });
    expect(await reportsOf(await begun(withLogin('wrong')))).toMatchObject({ kind: 'refused', isRetryable: false });
    expect((await finished(withLogin('right'))).end).toMatchObject({ exitCode: 127 });
    expect(await reportsOf(await begun(imaged(image)))).toMatchObject({ kind: 'refused', isRetryable: false });
    expect(await reportsOf(await begun(withLogin('wrong')))).toMatchObject({ kind: 'refused', isRetryable: false });
    expect((await finished(withLogin('right'))).end).toMatchObject({ exitCode: 127 });
  });

  it('may be of an image that an operator laid on the machine', async () => {
    const command = ['python3', '-c', 'print("archived")'];
    const spec = imageSpecOf({ code: '' }, { reference: 'orrery-test/archived:1', command });
    expect((await finished(spec)).output.stdout).toBe('archived\n');
  });

  it('reaches others of its organization, and none of another', async () => {
    const code = `
import http.server, socket
print(socket.gethostbyname(socket.gethostname()))
http.server.HTTPServer(("0.0.0.0", 8000), http.server.BaseHTTPRequestHandler).serve_forever()
`;
    const server = await begun(world.specOf({ code }));
    const address = await eventually(async () => /^172\S+/.exec((await platform.output(server.runId)).stdout)?.[0], { within });
    const caller = (host: string) => `
import socket
try:
  socket.create_connection(("${host}", 8000), timeout=2); print("reached")
except OSError: print("nobody")
`;
    expect((await finished(world.specOf({ code: caller(address) }))).output.stdout).toBe('reached\n');
    expect((await finished(world.specOf({ code: caller(server.runId) }))).output.stdout).toBe('reached\n');
    const other = { ...world.specOf({ code: caller(address) }), orgId: OrgId.parse(randomUUID()) };
    expect((await finished(other)).output.stdout).toBe('nobody\n');
    await platform.end(server, 'abort', 'aborted');
    await reportsOf(server);
  });

  it('is not taken by a machine that has no engine', async () => {
    const plain = new Machine({ ORRERY_URL: platform.url, ORRERY_JOIN_TOKEN: 'good', ORRERY_AGENT_BEAT_MS: '500' });
    await machine.stop();
    try {
      await plain.start();
      expect(await platform.start(imaged(pythonImage))).toMatchObject({ accepted: false, rejection: { code: 'CannotRun' } });
    } finally {
      await plain.dispose();
      await machine.start();
    }
  });
});
