import { extract, inject, orgIdNow, type Span, spanIdNow, startSpan, traceIdNow, traceparentNow, within, withSpan } from './trace.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const traceparent = `00-${traceId}-${spanId}-01`;

describe('spans without a collector', () => {
  it('have real ids, and none outside of a span', () => {
    expect(traceIdNow()).toBeUndefined();
    expect(traceparentNow()).toBeUndefined();
    withSpan('one', {}, (span) => {
      expect(span.isRecording()).toBe(false);
      expect(traceIdNow()).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
      expect(spanIdNow()).toMatch(/^(?!0{16})[0-9a-f]{16}$/);
      expect(traceparentNow()).toBe(`00-${traceIdNow()}-${spanIdNow()}-01`);
    });
  });

  it('stay in the trace of their parent, each with an id of its own', () => {
    const seen = new Set<string | undefined>();
    withSpan('outer', {}, () => {
      const outer = traceIdNow();
      for (let index = 0; index < 1_000; index += 1) {
        withSpan('inner', {}, () => {
          expect(traceIdNow()).toBe(outer);
          seen.add(spanIdNow());
        });
      }
    });
    expect(seen.size).toBe(1_000);
  });

  it('go on with the trace that a traceparent or a carrier names', () => {
    withSpan('by text', { parent: traceparent }, () => expect(traceIdNow()).toBe(traceId));
    withSpan('by carrier', { parent: extract({ traceparent }) }, () => {
      expect(traceIdNow()).toBe(traceId);
      expect(inject({ other: 'kept' })).toEqual({ other: 'kept', traceparent: `00-${traceId}-${spanIdNow()}-01` });
    });
  });

  it('keep the decision not to sample that came with the parent', () => {
    withSpan('unsampled', { parent: `00-${traceId}-${spanId}-00` }, () => expect(traceparentNow()).toMatch(/-00$/));
  });

  it('begin a trace of their own where the traceparent is nonsense', () => {
    withSpan('nonsense', { parent: 'nonsense' }, () => expect(traceIdNow()).toMatch(/^[0-9a-f]{32}$/));
  });

  it('reach through promises and timers', async () => {
    await withSpan('async', { parent: traceparent }, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      expect(traceIdNow()).toBe(traceId);
    });
    expect(traceIdNow()).toBeUndefined();
  });

  it('carry the organization with them', async () => {
    await withSpan('org', { orgId: 'org-1' }, async () => {
      await Promise.resolve();
      expect(orgIdNow()).toBe('org-1');
      withSpan('deeper', {}, () => expect(orgIdNow()).toBe('org-1'));
      withSpan('other', { orgId: 'org-2' }, () => expect(orgIdNow()).toBe('org-2'));
    });
    expect(orgIdNow()).toBeUndefined();
  });

  it('can be ended by hand, for work that outlives its function', () => {
    const { span, context } = startSpan('stream', { parent: traceparent });
    expect(traceIdNow()).toBeUndefined();
    expect(within(context, traceIdNow)).toBe(traceId);
    span.end();
  });
});

describe('withSpan', () => {
  it('answers what the work answers', async () => {
    expect(withSpan('sync', {}, () => 1)).toBe(1);
    await expect(withSpan('async', {}, async () => 2)).resolves.toBe(2);
  });

  it('throws what the work throws, unchanged', async () => {
    const fault = new Error('broken');
    const broken = (_span: Span): number => {
      throw fault;
    };
    expect(() => withSpan('sync', {}, broken)).toThrow(fault);
    await expect(withSpan('async', {}, async (span) => broken(span))).rejects.toBe(fault);
  });
});
