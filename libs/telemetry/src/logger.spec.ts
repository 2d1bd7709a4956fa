import { stripVTControlCharacters } from 'node:util';
import { createLog } from './logger.ts';
import { nestLog } from './nest-log.ts';
import { spanIdNow, traceIdNow, withSpan } from './trace.ts';

const capture = (level = 'debug') => {
  const lines: string[] = [];
  const log = createLog({ level, pretty: false, write: (line) => lines.push(line) }, 'execution');
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? 'null') };
};

describe('a log line', () => {
  it('is one JSON object with time, level, service and message', () => {
    const { log, lines, last } = capture();
    log.info({ runId: 'r1' }, 'placed');
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(last()).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), service: 'execution', runId: 'r1', msg: 'placed' });
  });

  it('names trace, span and organization of the moment', () => {
    const { log, last } = capture();
    withSpan('work', { orgId: 'org-1' }, () => {
      log.warn('slow');
      expect(last()).toMatchObject({ trace_id: traceIdNow(), span_id: spanIdNow(), org_id: 'org-1', msg: 'slow' });
    });
    log.warn('outside');
    expect(last()).not.toHaveProperty('trace_id');
  });

  it('holds no secret, whether in a field, in a sentence or in an error', () => {
    const { log, lines } = capture();
    log.info({ headers: { authorization: 'Bearer abcdefghijk' }, password: 'hunter2hunter2' }, 'called with lk_0190a5b3_abcdefghijkl');
    log.error({ err: new Error('cannot reach postgres://u:hunter2hunter2@db/x', { cause: new Error('Bearer abcdefghijk') }) }, 'failed');
    expect(lines.join('')).not.toMatch(/hunter2|abcdefghijk/);
  });

  it('tells an error with its code and causes, and without what drivers hang on it', () => {
    const { log, last } = capture();
    const driver = Object.assign(new Error('duplicate'), { code: '23505', parameters: ['private'] });
    log.error({ err: new Error('could not append', { cause: driver }) }, 'failed');
    expect(last().err).toMatchObject({ type: 'Error', message: 'could not append', cause: { message: 'duplicate', code: '23505' } });
    expect(JSON.stringify(last())).not.toContain('private');
  });

  it('is written whatever an error gives as its cause, without the secrets in it', () => {
    const { log, last } = capture();
    const cause: Record<string, unknown> = { amount: 1n, password: 'hunter2hunter2' };
    cause['itself'] = cause;
    log.error({ err: new Error('broken', { cause }) }, 'failed');
    expect(last().err).toMatchObject({ message: 'broken', cause: { amount: '1', password: '[redacted]' } });
  });

  it('is not written below the level', () => {
    const { log, lines } = capture('warn');
    log.info('quiet');
    expect(lines).toEqual([]);
  });
});

describe('the log behind Nest', () => {
  it('takes the last argument for the part that speaks, and lowers the chatter of wiring', () => {
    const { log, last } = capture();
    const nest = nestLog(log);
    nest.log('dependencies initialized', 'InstanceLoader');
    expect(last()).toMatchObject({ level: 'debug', part: 'InstanceLoader' });
    nest.warn('odd', 'RunsHandler');
    expect(last()).toMatchObject({ level: 'warn', part: 'RunsHandler', msg: 'odd' });
    nest.error(new Error('broken'), 'RunsHandler');
    expect(last()).toMatchObject({ level: 'error', err: { message: 'broken' }, msg: 'broken' });
  });
});

describe('a pretty line', () => {
  it('is for people: time, level, service, sentence, fields, stack', () => {
    const lines: string[] = [];
    const log = createLog({ level: 'info', pretty: true, write: (line) => lines.push(line) }, 'gateway');
    log.error({ runId: 'r1', err: new Error('broken') }, 'failed');
    const plain = stripVTControlCharacters(lines.join(''));
    expect(plain).toMatch(/^\d\d:\d\d:\d\d\.\d{3} error gateway +failed runId=r1\nError: broken\n +at /);
  });
});
