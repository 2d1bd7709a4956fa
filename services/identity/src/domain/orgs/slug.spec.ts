import { identity } from '@orrery/contracts';
import fc from 'fast-check';
import { slugOf } from './slug.ts';

describe('a slug', () => {
  it('says the name in plain letters', () => {
    expect(slugOf('Müller & Söhne GmbH')).toBe('muller-sohne-gmbh');
  });

  it('is given even to a name without letters it could keep', () => {
    expect(slugOf('東京')).toBe('org');
    expect(slugOf('東京', 'x7')).toBe('org-x7');
  });

  it('is always one that the contract accepts', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.constantFrom('', '2', 'abc123'), (name, suffix) => {
        expect(identity.OrgSlug.safeParse(slugOf(name, suffix)).success).toBe(true);
      }),
    );
  });
});
