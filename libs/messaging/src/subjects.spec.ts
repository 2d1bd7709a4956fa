import fc from 'fast-check';
import { agentSubject, askAsAgentSubject, askSubject, flowSubject, isInbox } from './subjects.ts';

describe('Subjects', () => {
  it('are read off the contract', () => {
    expect(askSubject({ subject: 'execution.submit-run' })).toBe('ask.execution.submit-run');
    expect(askAsAgentSubject({ subject: 'execution.beat-worker' }, 'w-1')).toBe('ask.execution.beat-worker.w-1');
    expect(agentSubject('w-1', 'start')).toBe('agent.w-1.start');
    expect(flowSubject('execution', 'AbC')).toBe('ask.execution.flow.AbC');
  });

  it('are never changed by what is put into them', () => {
    const tokens = (subject: string): number => subject.split('.').length;
    const attempt = (make: () => string): string | undefined => {
      try {
        return make();
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
        return undefined;
      }
    };
    const part = fc.oneof(fc.string(), fc.stringMatching(/^[a-zA-Z0-9.*> \r\n_-]{0,12}$/));
    fc.assert(
      fc.property(part, part, (one, other) => {
        const made = [
          [attempt(() => agentSubject(one, other)), 3],
          [attempt(() => askAsAgentSubject({ subject: 'execution.beat' }, one)), 4],
          [attempt(() => askSubject({ subject: `${one}.${other}` })), 3],
        ] as const;
        for (const [subject, length] of made) {
          if (subject === undefined) continue;
          expect(subject).toMatch(/^[\w.-]+$/);
          expect(tokens(subject)).toBe(length);
        }
      }),
    );
  });

  it('take an answer to inboxes only', () => {
    expect(['_INBOX.a.b', '_INBOX_agent.w.x.1', '_R_.x.y'].every(isInbox)).toBe(true);
    expect(['log.execution.RunCompleted.o.s', 'ask.billing.grant', '$JS.API.STREAM.DELETE.LOG_BILLING', '', undefined].some(isInbox)).toBe(
      false,
    );
  });
});
