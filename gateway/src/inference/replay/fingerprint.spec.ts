import fc from 'fast-check';
import { questionIn } from '../forward/question.ts';
import { fingerprintOf } from './fingerprint.ts';

const of = (text: string, named?: string): string => fingerprintOf(questionIn(Buffer.from(text), { named }));

/** What is read of a request, or is none of it: any value will not do there. */
const special = new Set(['model', 'stream', 'prompt', 'input', 'tags', '__proto__', 'n', 'best_of']);
const member = fc.tuple(
  fc.string().filter((name) => !special.has(name) && !name.startsWith('max_')),
  fc.jsonValue(),
);
const written = (members: readonly (readonly [string, unknown])[]): string =>
  `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;

describe('The fingerprint of a request to a model', () => {
  it('is the same in whatever order its members come', () => {
    expect(of('{"model":"a","temperature":1,"seed":2}')).toBe(of('{ "seed":2, "model":"a","temperature":1 }'));
  });

  it.each([
    ['another value', '{"model":"a","seed":2}', '{"model":"a","seed":3}'],
    ['a number of more digits than a double has', '{"model":"a","seed":9007199254740992}', '{"model":"a","seed":9007199254740993}'],
    ['a text for a number', '{"model":"a","seed":2}', '{"model":"a","seed":"2"}'],
    ['one member more', '{"model":"a"}', '{"model":"a","seed":null}'],
    ['another name', '{"model":"a","seed":2}', '{"model":"a","seeds":2}'],
    ['a stream', '{"model":"a"}', '{"model":"a","stream":true}'],
    ['another model', '{"model":"a"}', '{"model":"b"}'],
  ])('is another one for %s', (_name, one, other) => {
    expect(of(one)).not.toBe(of(other));
  });

  it('is the same whatever the client calls it', () => {
    expect(of('{"model":"a","tags":["one"]}')).toBe(of('{"model":"a"}'));
    expect(of('{"tags":["two"],"model":"a"}')).toBe(of('{"model":"a","tags":["one"]}'));
  });

  it('knows a model that is named elsewhere', () => {
    expect(of('{"message":"Hi"}', 'a')).not.toBe(of('{"message":"Hi"}', 'b'));
  });

  it('is the same for the same members and no others', () => {
    const members = fc.uniqueArray(member, { selector: ([name]) => name, maxLength: 6 });
    fc.assert(
      fc.property(members, members, fc.nat(), (one, other, turn) => {
        const at = one.length === 0 ? 0 : turn % one.length;
        const turned = [...one.slice(at), ...one.slice(0, at)];
        expect(of(written(turned), 'a')).toBe(of(written(one), 'a'));
        const sorted = (all: typeof one): string => written([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
        expect(of(written(one), 'a') === of(written(other), 'a')).toBe(sorted(one) === sorted(other));
      }),
    );
  });
});
