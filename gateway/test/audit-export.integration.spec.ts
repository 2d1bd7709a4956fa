import { randomUUID } from 'node:crypto';
import { get } from 'node:http';
import { type InputOf, identity } from '@orrery/contracts';
import { eventually } from '@orrery/testing';
import request from 'supertest';
import { type Person, startWorld, type World } from './fixtures/world.ts';

const entry = (more: Partial<identity.AuditEntry> = {}): identity.AuditEntry => ({
  id: randomUUID(),
  at: '2026-01-01T00:00:00.000Z',
  action: 'api_key.created',
  outcome: 'granted',
  actor: { kind: 'user', id: randomUUID(), name: 'ada@example.com' },
  target: { kind: 'api-key', id: randomUUID() },
  ip: '192.0.2.1',
  userAgent: '=HYPERLINK("http://evil")',
  requestId: 'r',
  traceId: null,
  details: { scopes: null },
  ...more,
});

describe('an exported audit trail', () => {
  let world: World;
  let owner: Person;

  beforeAll(async () => {
    world = await startWorld();
    owner = await world.person('owner');
  }, 30_000);
  afterAll(() => world?.stop());
  beforeEach(() => world.stubs.reset());

  /** So many pages of so many entries. */
  const serve = (pages: number, rows: number, between: () => Promise<void> = async () => undefined) => {
    const asked: InputOf<typeof identity.ListAudit>[] = [];
    world.stubs.on(identity.ListAudit, async (input) => {
      asked.push(input);
      const page = Number(input.cursor ?? 0);
      if (page > 0) await between();
      const items = Array.from({ length: rows }, () => entry());
      return page + 1 < pages ? { items, nextCursor: String(page + 1) } : { items };
    });
    return asked;
  };
  const own = () => `/orrery/v1/orgs/${owner.slug}/audit/export`;
  const lyceum = () => `/api/v2/external/orgs/${owner.slug}/audit/export`;
  const download = (path: string) => request(world.url).get(path).set('authorization', `Bearer ${owner.token}`);

  it('is a file of one JSON value a line, of all pages, narrowed as it was asked for', async () => {
    const asked = serve(3, 2);
    const response = await download(`${own()}?action=api_key&outcome=granted`).buffer(true);
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    expect(response.headers['content-disposition']).toMatch(/^attachment; filename="audit-[a-z0-9-]+-\d{4}-\d\d-\d\d\.ndjson"$/);
    const lines = response.text.trimEnd().split('\n');
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(identity.AuditEntry.safeParse(JSON.parse(line)).success).toBe(true);
    expect(asked.map(({ action, outcome, limit }) => ({ action, outcome, limit }))).toEqual(
      Array.from({ length: 3 }, () => ({ action: 'api_key', outcome: 'granted', limit: 500 })),
    );
  });

  it('is a table in which no cell runs', async () => {
    serve(2, 1);
    const { text, headers } = await download(`${lyceum()}?format=csv`).buffer(true);
    expect(headers['content-type']).toBe('text/csv; charset=utf-8');
    const [head, first, second, end] = text.split('\r\n');
    expect(head).toMatch(/^id,timestamp,action,outcome,actor_type,/);
    expect(first).toContain(`"'=HYPERLINK(""http://evil"")"`);
    expect(second).toContain('api_key.created');
    expect(end).toBe('');
  });

  it('is refused with a reason before it begins', async () => {
    const unknown = await download(`${own()}?format=xlsx`);
    expect(unknown.body).toMatchObject({ status: 400, errors: [{ in: 'query', pointer: '/format', mend: 'send one of: ndjson, csv' }] });
    expect((await download(`${own()}?colour=red`)).status).toBe(400);
  });

  it('is not written ahead of whoever reads it, and not by more than two at once', async () => {
    const asked = serve(1_000, 500);
    const slow = await new Promise<import('node:http').IncomingMessage>((resolve) =>
      get(`${world.url}${own()}`, { headers: { authorization: `Bearer ${owner.token}` } }, (response) => resolve(response.pause())),
    );
    const other = get(`${world.url}${own()}`, { headers: { authorization: `Bearer ${owner.token}` } }, (response) => response.pause());
    let [seen, looks] = [0, 0];
    await eventually(() => {
      looks = asked.length === seen ? looks + 1 : 0;
      seen = asked.length;
      expect(looks).toBeGreaterThan(10);
      expect(seen).toBeGreaterThan(1);
    });
    expect(seen).toBeLessThan(200);
    const third = await download(lyceum());
    expect(third.status).toBe(429);
    expect(third.headers['retry-after']).toBe('10');
    slow.destroy();
    other.destroy();
    await eventually(async () => {
      serve(1, 1);
      expect((await download(own())).status).toBe(200);
    });
  });

  it('breaks off where a page cannot be had, so that nobody takes a part for the whole', async () => {
    serve(3, 1, () => Promise.reject(new Error('gone')));
    await expect(download(own()).buffer(true)).rejects.toThrow(/aborted|socket hang up/);
  });
});
