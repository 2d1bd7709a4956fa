import type { Permission, Principal, RequestContext } from '@orrery/contracts';
import fc from 'fast-check';
import { type MsgHdrs, MsgHdrsImpl } from 'nats';
import { onSheet, readHeaders, type Sent, writeHeaders } from './headers.ts';

const context: RequestContext & { readonly principal: Extract<Principal, { kind: 'key' }> } = {
  principal: {
    kind: 'key',
    id: '018f3a4e-7a5e-7cc4-9b1f-0d5f5f7f5a10',
    userId: '018f3a4e-7a5e-7cc4-9b1f-0d5f5f7f5a11',
    permissions: ['runs:read'],
  },
  orgId: '018f3a4e-7a5e-7cc4-9b1f-0d5f5f7f5a12',
  commandId: 'c',
  idempotent: true,
  correlationId: 'x',
  causationId: 'y',
  deadlineAt: 2_000_000_000_000,
};
const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

/** As the client reads what it was sent. */
const decoded = (sent: Partial<Sent>): MsgHdrs =>
  MsgHdrsImpl.decode(
    onSheet(writeHeaders({ context, deadlineAt: context.deadlineAt, carrier: {}, reading: undefined, isAfield: false, ...sent })).encode(),
  );

const headersWith = (text: string): MsgHdrs => MsgHdrsImpl.decode(Buffer.from(`NATS/1.0\r\nOrrery-Context: ${text}\r\n\r\n`));

/** Control characters and all, and some that take several bytes. */
const anyText = fc.uint8Array({ maxLength: 20 }).map((bytes) => `é✓${Buffer.from(bytes).toString('latin1')}`);

describe('The headers of a request', () => {
  it('bring the context, the trace and the deadline of the request', () => {
    const received = readHeaders(decoded({ deadlineAt: 1_900_000_000_000, carrier: { traceparent, tracestate: 'a=b' } }), 'shared');
    expect(received).toEqual({
      ok: true,
      context: { ...context, deadlineAt: 1_900_000_000_000, traceparent },
      carrier: { traceparent, tracestate: 'a=b' },
      reading: undefined,
    });
  });

  it('bring any text whole, and none of it becomes a header', () => {
    fc.assert(
      fc.property(anyText, anyText, (commandId, text) => {
        const carrier = { traceparent: text, tracestate: text, baggage: `x\r\nOrrery-Context: {}`, 'Orrery-Stream': '_INBOX.evil 1 1' };
        const received = readHeaders(decoded({ context: { ...context, commandId, correlationId: text }, carrier }), 'shared');
        expect(received).toMatchObject({ ok: true, context: { commandId, correlationId: text }, reading: undefined });
      }),
    );
  });

  it('tell a machine with its own clock how long is left, and a service until when', () => {
    const sent = decoded({ deadlineAt: Date.now() + 60_000, isAfield: true });
    const elsewhere = Date.now() + 3_600_000;
    const clock = jest.spyOn(Date, 'now').mockReturnValue(elsewhere);
    const [own, shared] = [readHeaders(sent, 'own'), readHeaders(sent, 'shared')];
    clock.mockRestore();
    expect(own).toMatchObject({ ok: true });
    expect(own.ok && own.context.deadlineAt - elsewhere).toBeGreaterThan(59_000);
    expect(shared.ok && shared.context.deadlineAt).toBeLessThan(elsewhere);
  });

  it('bring the same caller as one object, which nobody can change', () => {
    const [one, two] = [readHeaders(decoded({}), 'shared'), readHeaders(decoded({ context: { ...context, commandId: 'd' } }), 'shared')];
    if (!one.ok || !two.ok) throw new Error('they are well-formed');
    expect(one.context.principal).toBe(two.context.principal);
    expect(one.context.principal).toEqual(context.principal);
    expect(() => Object.assign(one.context.principal, { kind: 'service', name: 'identity' })).toThrow(TypeError);
    const { principal } = one.context;
    expect(() => 'permissions' in principal && principal.permissions.push('org:read')).toThrow(TypeError);
  });

  it('bring each caller with what it may now, though it is the same as before in all else', () => {
    const permissionsOf = (permissions: Permission[]) => {
      const received = readHeaders(decoded({ context: { ...context, principal: { ...context.principal, permissions } } }), 'shared');
      return received.ok && 'permissions' in received.context.principal && received.context.principal.permissions;
    };
    expect(permissionsOf(['runs:read', 'runs:create'])).toEqual(['runs:read', 'runs:create']);
    expect(permissionsOf(['runs:read'])).toEqual(['runs:read']);
    const growing: Permission[] = ['runs:read', 'runs:create'];
    expect(permissionsOf(growing)).toEqual(['runs:read', 'runs:create']);
    growing.push('runs:control');
    expect(permissionsOf(growing)).toEqual(['runs:read', 'runs:create', 'runs:control']);
    growing[0] = 'org:read';
    expect(permissionsOf(growing)).toEqual(['org:read', 'runs:create', 'runs:control']);
  });

  it('bring a caller who is written whole, wherever in the context it stands and however often it was seen', () => {
    const { principal, ...rest } = context;
    const texts = [JSON.stringify({ principal, ...rest }), JSON.stringify({ ...rest, principal })];
    for (const text of [...texts, ...texts]) expect(readHeaders(headersWith(text), 'shared')).toMatchObject({ ok: true, context });
  });

  it('are refused where a known caller is put into something that is no context', () => {
    const { principal, ...rest } = context;
    const [caller, others] = [JSON.stringify(principal), JSON.stringify(rest)];
    expect(readHeaders(headersWith(`${others.slice(0, -1)},"principal":${caller}}`), 'shared').ok).toBe(true);
    const service = '{"kind":"service","name":"identity"}';
    const forgeries = [
      `${others.slice(0, -1)},"principal":${caller}`,
      `${others.slice(0, -1)},"principal":${caller}x`,
      `${others.slice(0, -1)},"principal":${caller}]`,
      `{"principal":${service},${others.slice(1, -1)},"principal":${caller}}`,
      `{"a":{"b":1,"principal":${caller}},${others.slice(1)}`,
      `[${others.slice(0, -1)},"principal":${caller}}]`,
    ];
    for (const text of forgeries) expect([text, readHeaders(headersWith(text), 'shared').ok]).toEqual([text, false]);
  });
});
