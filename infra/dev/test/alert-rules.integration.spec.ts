import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { locatePromtool } from '@orrery/servers';

const run = promisify(execFile);
const rules = resolve(__dirname, '../../prometheus');

const promtool = (): string => {
  const found = locatePromtool();
  if (found === undefined) throw new Error('this test needs promtool: apt-get install prometheus, or set ORRERY_PROMTOOL to its path');
  return found;
};

describe('The alert rules', () => {
  it.each([
    ['are rules that Prometheus takes', ['check', 'rules', 'rules.yml'], /SUCCESS: \d+ rules found/],
    ['fire on the series that they are for, and not before', ['test', 'rules', 'rules.test.yml'], /SUCCESS/],
  ])(
    '%s',
    async (_, args, says) => {
      const { stdout } = await run(promtool(), args, { cwd: rules, timeout: 60_000 });
      expect(stdout).toMatch(says);
    },
    70_000,
  );
});
