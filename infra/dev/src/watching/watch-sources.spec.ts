import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { eventually } from '@orrery/testing';
import { watchSources } from './watch-sources.ts';

describe('watching sources', () => {
  let checkout: string;
  let heard: string[];
  let watching: { close: () => void };

  const write = (file: string, text = `${Math.random()}`): void => {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    writeFileSync(join(checkout, file), text);
  };
  /** As most editors save: the new text aside, then in the place of the old file. */
  const replace = (file: string): void => {
    writeFileSync(join(checkout, `${file}~`), `${Math.random()}`);
    renameSync(join(checkout, `${file}~`), join(checkout, file));
  };
  const hears = async (change: () => void): Promise<string[]> => {
    heard = [];
    change();
    await eventually(() => heard.length > 0);
    return heard;
  };

  beforeEach(() => {
    checkout = mkdtempSync(join(tmpdir(), 'orrery-watch-'));
    for (const file of ['services/billing/src/domain/ledger.ts', 'gateway/src/main.ts', 'libs/kernel/src/clock.ts']) write(file);
    watching = watchSources(checkout, async (packages) => {
      heard.push(...packages);
    });
  });
  afterEach(() => {
    watching.close();
    rmSync(checkout, { recursive: true, force: true });
  });

  it('names the package of a file that was written', async () => {
    expect(await hears(() => write('gateway/src/main.ts'))).toEqual(['gateway']);
    expect(await hears(() => write('services/billing/src/domain/ledger.ts'))).toEqual(['services/billing']);
  });

  it('goes on hearing of a file that is replaced again and again', async () => {
    for (let time = 0; time < 3; time += 1) {
      expect(await hears(() => replace('services/billing/src/domain/ledger.ts'))).toEqual(['services/billing']);
    }
  });

  it('hears of files in folders that came later, or that came back', async () => {
    expect(await hears(() => write('libs/kernel/src/deep/er/new.ts'))).toEqual(['libs/kernel']);
    expect(await hears(() => write('libs/kernel/src/deep/er/new.ts'))).toEqual(['libs/kernel']);
    expect(await hears(() => rmSync(join(checkout, 'libs/kernel/src/deep'), { recursive: true }))).toEqual(['libs/kernel']);
    expect(await hears(() => write('libs/kernel/src/deep/er/new.ts'))).toEqual(['libs/kernel']);
  });

  it('makes one change of what comes together', async () => {
    const both = await hears(() => {
      write('gateway/src/main.ts');
      write('libs/kernel/src/clock.ts');
    });
    expect(both.toSorted()).toEqual(['gateway', 'libs/kernel']);
  });

  it('does not care for tests and for what was compiled', async () => {
    write('gateway/src/main.spec.ts');
    write('gateway/dist/main.js');
    expect(await hears(() => write('libs/kernel/src/clock.ts'))).toEqual(['libs/kernel']);
  });
});
