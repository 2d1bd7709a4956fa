import fc from 'fast-check';
import { durableOf, logStreamOf, logSubjectOf, tokenOf } from './subjects.ts';

describe('A subject', () => {
  it('names service, type, organization and stream', () => {
    expect(logSubjectOf({ service: 'execution', type: 'RunStarted', orgId: 'o1', stream: 'run-7' })).toBe(
      'log.execution.RunStarted.o1.run-7',
    );
    expect(logSubjectOf({ service: 'execution', type: 'WorkerLost', stream: 'worker-7' })).toBe(
      'log.execution.WorkerLost.platform.worker-7',
    );
  });

  it('gets no token, wildcard or space from any id', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (type, orgId, stream) => {
        const subject = logSubjectOf({ service: 'shop', type, orgId, stream });
        expect(subject.split('.')).toHaveLength(5);
        expect(subject).toMatch(/^log\.shop(\.[A-Za-z0-9_=-]+){3}$/);
        expect(subject.length).toBeLessThan(400);
      }),
    );
  });

  it('keeps different ids different', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
        expect(tokenOf(a) === tokenOf(b)).toBe(a === b);
      }),
    );
    expect(tokenOf('a.b')).not.toBe(tokenOf('a=2eb'));
    expect(tokenOf('x'.repeat(500))).not.toBe(tokenOf('x'.repeat(501)));
  });

  it('leaves ids alone that need no care', () => {
    expect(tokenOf('run-0199c000-0000-7000-8000-000000000001')).toBe('run-0199c000-0000-7000-8000-000000000001');
  });

  it('has names of streams and durables that JetStream takes', () => {
    expect(logStreamOf('identity')).toBe('LOG_IDENTITY');
    expect(logStreamOf('my-service')).toBe('LOG_MY_SERVICE');
    expect(durableOf('billing', 'meter', 'execution')).toBe('billing--meter--execution');
    expect(durableOf('billing', 'a.b*', 'execution')).toMatch(/^[A-Za-z0-9_=-]+$/);
  });
});
