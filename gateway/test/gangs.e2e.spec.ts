import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Machine, type System, startSystem } from './fixtures/system.ts';

const own = '/orrery/v1';
const lyceum = '/api/v2/external';
const within = { within: 30_000 };

let system: System;
let token: string;
let second: Machine;
beforeAll(async () => {
  system = await startSystem(async () => ({ ORRERY_LEASE_SECONDS: '6', ORRERY_SILENCE_SECONDS: '3' }));
  const [email, password] = [`${randomBytes(6).toString('hex')}@example.com`, randomBytes(12).toString('base64url')];
  await request(system.url).post(`${own}/users`).send({ email, password, name: 'Grace' });
  token = (await request(system.url).post(`${lyceum}/auth/login`).send({ email, password })).body.access_token;
}, 120_000);
afterAll(() => system?.stop(), 60_000);

const get = async (path: string) => (await request(system.url).get(path).auth(token, { type: 'bearer' })).body;
const post = (path: string, body: object = {}) => request(system.url).post(path).auth(token, { type: 'bearer' }).send(body);

interface Member {
  readonly id: string;
  readonly request: { readonly gang: { readonly rank: number } };
}

const submit = (body: object): Promise<string> =>
  eventually(async () => {
    const { status, body: run } = await post(`${own}/runs`, { nodes: 2, ...body });
    return status === 201 && run.id;
  }, within);

/** By rank. */
const members = async (gang: string): Promise<readonly Member[]> => {
  const { items } = await get(`${own}/runs?gang=${gang}`);
  return items.sort((a: Member, b: Member) => a.request.gang.rank - b.request.gang.rank);
};

const see = (gang: string, expected: readonly object[], patience = within): Promise<void> =>
  eventually(async () => expect(await members(gang)).toMatchObject(expected), patience);

const rankOf = 'import os, sys, time\nrank = os.environ["ORRERY_GANG_RANK"]\n';
const introduction = `${rankOf}print(rank, "of", os.environ["ORRERY_GANG_SIZE"], "in", os.environ["ORRERY_GANG_ID"])`;

describe('what customers read of their wishes', () => {
  it('is taken as it stands there, each field', async () => {
    const guide = await readFile('docs/customer.md', 'utf8');
    const examples = [...guide.matchAll(/^\| `(\w+)` \| .* \| `(\{.*\})` \|$/gm)].map(([, field = '', json = '']) => ({ field, json }));
    expect(examples.map(({ field }) => field)).toEqual(expect.arrayContaining(['machineType', 'nodes', 'near', 'workerId', 'deadlineAt']));
    const { body: workers } = await request(system.url).get(`${own}/workers`).auth(system.operatorKey, { type: 'bearer' });
    for (const { field, json } of examples) {
      const wish = JSON.parse(json.replace('$WORKER', workers.items[0].id));
      const id = await submit({ nodes: 1, code: 'pass', ...wish });
      expect([field, Object.keys(wish).includes(field), typeof id]).toEqual([field, true, 'string']);
      await post(`${own}/runs/${id}/end`, { mode: 'abort' });
    }
  }, 60_000);
});

describe('a gang of two', () => {
  it('waits beside one free machine, is told what is missing, and starts on both when there are two', async () => {
    const gang = await submit({ code: introduction });
    const waiting = await eventually(async () => (await get(`${own}/runs/${gang}/explain`)).waiting, within);
    expect(waiting).toMatchObject({
      reason: 'no-machine',
      summary: expect.stringMatching(/^The machines that there are could not take all its members at once/),
      missing: [{ message: '1 of 2 machines has room: each member needs one of its own.' }],
    });
    await see(gang, [
      { status: 'pending', waiting: { message: expect.stringContaining('could not take all its members at once') } },
      { status: 'pending', workerId: null },
    ]);
    second = await system.join('second');
    await see(gang, [{ status: 'completed' }, { status: 'completed' }]);
    const workers = (await members(gang)).map((member) => (member as Member & { workerId: string }).workerId);
    expect(new Set(workers).size).toBe(2);
    for (const [rank, { id }] of (await members(gang)).entries()) {
      await eventually(async () => expect((await get(`${lyceum}/execution/${id}`)).stdout).toBe(`${rank} of 2 in ${gang}\n`), within);
    }
  }, 90_000);

  it('can be had on the Lyceum route too, and both of its runs are executions there', async () => {
    const { body } = await post(`${lyceum}/execution/streaming/start`, { code: introduction, nodes: 2 });
    await see(body.execution_id, [{ status: 'completed' }, { status: 'completed' }]);
    for (const { id } of await members(body.execution_id)) {
      expect(await get(`${lyceum}/execution/streaming/${id}/status`)).toMatchObject({ status: 'completed', errors: null });
    }
  }, 60_000);

  it('ends with the member that fails, and the other one says which that was and why', async () => {
    const gang = await submit({ code: `${rankOf}time.sleep(60 if rank == "0" else 1)\nsys.exit(3)` });
    await see(gang, [
      { status: 'cancelled', reason: 'gang-ended' },
      { status: 'failed', reason: 'exited', exitCode: 3, message: 'The program ended with exit code 3.' },
    ]);
    const [first, other] = await members(gang);
    const message = `Member 1 of its gang (run ${other?.id}) failed: The program ended with exit code 3. All members share one fate.`;
    expect(first).toMatchObject({ message });
    expect(await get(`${lyceum}/execution/streaming/${gang}/status`)).toMatchObject({ errors: [message] });
  }, 60_000);

  it('is aborted as a whole when one member is', async () => {
    const gang = await submit({ code: 'import time\ntime.sleep(60)' });
    await see(gang, [{ status: 'running' }, { status: 'running' }]);
    const [, other] = await members(gang);
    expect((await post(`${own}/runs/${other?.id}/end`, { mode: 'abort' })).status).toBe(200);
    await see(gang, [
      { status: 'aborted', message: `Member 1 of its gang (run ${other?.id}) was aborted on request. All members share one fate.` },
      { status: 'aborted', message: 'The run was aborted on request.' },
    ]);
  }, 60_000);

  it('gives all its places up when a machine is lost under it, waits together, and starts again together', async () => {
    const gang = await submit({ code: 'import time\ntime.sleep(120)', timeoutSeconds: 120 });
    await see(gang, [{ status: 'running' }, { status: 'running' }]);
    await second.silence();
    await see(gang, [{ status: 'pending' }, { status: 'pending' }]);
    const told = (await members(gang)).map((member) => member as Member & { preempted: { reason: string; message: string } | null });
    const [survivor, ...others] = told.filter(({ preempted }) => preempted !== null);
    expect(others).toEqual([]);
    const lost = told.find((member) => member !== survivor);
    expect(survivor?.preempted?.message).toContain(`Member ${lost?.request.gang.rank} of its gang (run ${lost?.id}) lost its machine`);
    const { waiting } = await get(`${own}/runs/${gang}/explain`);
    expect(waiting.missing[0].message).toMatch(/^1 of 2 machines has room/);
    await second.resume();
    await see(gang, [
      { status: 'running', attempt: 2 },
      { status: 'running', attempt: 2 },
    ]);
    await post(`${own}/runs/${gang}/end`, { mode: 'abort' });
    await see(gang, [{ status: 'aborted' }, { status: 'aborted' }]);
  }, 120_000);
});
