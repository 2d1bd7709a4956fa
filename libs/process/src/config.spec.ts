import { z } from 'zod';
import { ConfigInvalid, configOf, variable } from './config.ts';

const Config = z.object({
  url: variable('ORRERY_TEST_URL', z.url(), { says: 'the URL of a test', example: 'http://127.0.0.1:1' }),
  port: variable('ORRERY_TEST_PORT', z.coerce.number().int().min(1).default(7), { says: 'a port', example: '7' }),
  key: variable('ORRERY_TEST_KEY', z.string().min(8), { says: 'a key of eight letters', example: 'abcdefgh', secret: true }),
  file: variable('ORRERY_TEST_FILE', z.string().optional(), { says: 'a path', example: '/tmp/x' }),
});
const good = { ORRERY_TEST_URL: 'http://localhost:1', ORRERY_TEST_KEY: 'abcdefgh' };

const failureOf = (env: Record<string, string>): ConfigInvalid => {
  try {
    configOf('billing', Config, env);
  } catch (error) {
    if (error instanceof ConfigInvalid) return error;
    throw error;
  }
  throw new Error('the configuration was accepted');
};

describe('a configuration', () => {
  it('is typed, with defaults filled in, and frozen', () => {
    const config = configOf('billing', Config, { ...good, ORRERY_TEST_PORT: '12' });
    expect(config).toEqual({ url: 'http://localhost:1', port: 12, key: 'abcdefgh' });
    expect(configOf('billing', Config, good).port).toBe(7);
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an empty variable for an absent one', () => {
    expect(configOf('billing', Config, { ...good, ORRERY_TEST_PORT: '', ORRERY_TEST_FILE: '' })).toMatchObject({ port: 7 });
    expect(failureOf({ ...good, ORRERY_TEST_URL: '' }).mistakes).toMatchObject([{ variable: 'ORRERY_TEST_URL', problem: 'is not set' }]);
  });

  it('tells every mistake at once, each with what is expected and an example', () => {
    expect(failureOf({ ORRERY_TEST_URL: 'nowhere', ORRERY_TEST_PORT: 'many' }).message.split('\n')).toEqual([
      'billing cannot start, 3 variables of the environment must be mended:',
      '  ORRERY_TEST_URL is "nowhere" (Invalid URL): expected the URL of a test, for example http://127.0.0.1:1',
      '  ORRERY_TEST_PORT is "many" (Invalid input: expected number, received NaN): expected a port, for example 7',
      '  ORRERY_TEST_KEY is not set: expected a key of eight letters, for example abcdefgh',
    ]);
  });

  it('never shows the value of a secret', () => {
    const { message } = failureOf({ ...good, ORRERY_TEST_KEY: 'hunter2' });
    expect(message).toContain('ORRERY_TEST_KEY is not right');
    expect(message).not.toContain('hunter2');
  });

  it.each([
    ['http://ada:hunter2@host:99999', 'http://…@host:99999'],
    ['redis://:hunter2@host:99999', 'redis://…@host:99999'],
    ['hunter2@host', '…@host'],
    ['host?password=hunter2', 'host?…'],
  ])('shows no login that somebody wrote into %s', (value, seen) => {
    const { message } = failureOf({ ...good, ORRERY_TEST_URL: value });
    expect(message).toContain(JSON.stringify(seen));
    expect(message).not.toContain('hunter2');
  });

  it('shows no more than the beginning of a long value', () => {
    expect(failureOf({ ...good, ORRERY_TEST_URL: 'x'.repeat(500) }).message.length).toBeLessThan(300);
  });

  it('must be made of variables', () => {
    expect(() => configOf('billing', z.object({ loose: z.string() }), {})).toThrow('loose of a configuration names no variable');
  });
});
