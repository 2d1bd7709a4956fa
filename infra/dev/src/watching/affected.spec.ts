import { affectedBy, packageOf } from './affected.ts';

const references = {
  'libs/kernel': [],
  'libs/contracts': ['libs/kernel'],
  'libs/event-store': ['libs/kernel'],
  gateway: ['libs/contracts'],
  'services/billing': ['libs/contracts', 'libs/event-store'],
};
const programs = ['gateway', 'services/billing'];

describe('what a change affects', () => {
  it('is the program it lies in, and no other', () => {
    expect(affectedBy(['gateway'], programs, references)).toEqual(['gateway']);
  });

  it('is every program that is built on it', () => {
    expect(affectedBy(['libs/event-store'], programs, references)).toEqual(['services/billing']);
    expect(affectedBy(['libs/kernel'], programs, references)).toEqual(programs);
  });

  it('is nothing, when nobody builds on it', () => {
    expect(affectedBy(['libs/unused'], programs, references)).toEqual([]);
  });

  it('does not hang in a circle', () => {
    expect(affectedBy(['c'], ['a'], { a: ['b'], b: ['a'] })).toEqual([]);
  });
});

describe('the package of a file', () => {
  it.each([
    ['services/billing/src/domain/ledger.ts', 'services/billing'],
    ['gateway/src/main.ts', 'gateway'],
    ['libs/kernel/src/clock.ts', 'libs/kernel'],
    ['services/billing/src/domain/ledger.spec.ts', undefined],
    ['services/billing/dist/main.js', undefined],
    ['services/billing/test/a.integration.spec.ts', undefined],
    ['README.md', undefined],
  ])('of %s is %s', (file, folder) => {
    expect(packageOf(file)).toBe(folder);
  });
});
