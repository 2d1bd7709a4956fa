import { bodyFor, questionIn } from './question.ts';
import { tagsIn } from './tags.ts';

const question = (text: string) => questionIn(Buffer.from(text));
const tagged = (tags: unknown): readonly string[] => tagsIn(question(JSON.stringify({ model: 'a', tags })));
const sent = (text: string, model = 'a'): string => bodyFor(question(text), { model, addsUsage: false }).toString();
const many = Array.from({ length: 30 }, (_, at) => `t${at}`);

describe('The tags of a request', () => {
  it('are texts, each once, and not more than the log keeps', () => {
    expect(tagged(['nightly', 'eval', 'nightly'])).toEqual(['nightly', 'eval']);
    expect(tagged(many)).toEqual(many.slice(0, 20));
  });

  it.each([
    ['are none', undefined, []],
    ['are no list', 'nightly', []],
    ['are no texts', [7, null, ['a'], '', 'b'], ['b']],
    ['are too long', ['x'.repeat(101), 'x'.repeat(100)], ['x'.repeat(100)]],
    ['cannot be stored', ['\0', '\ud800', 'b'], ['b']],
    ['are those of guardrails', ['guardrail:mine', 'b'], ['b']],
    ['are more than anybody keeps', many.map((tag) => tag.repeat(1_000)), []],
  ])('are left out, and nothing is refused, where they %s', (_, given, kept) => expect(tagged(given)).toEqual(kept));

  it('are left out where they are no JSON', () => expect(tagsIn(question('{"model":"a","tags":[oops]}'))).toEqual([]));

  it.each([
    ['{ "tags" : ["a"] , "model":"a","x":1 }', '{ "model":"a","x":1 }'],
    ['{"model":"a" ,\n"tags":["a,b"],"x":1}', '{"model":"a","x":1}'],
    ['{"model":"a","x":[1.0],"tags":[]}', '{"model":"a","x":[1.0]}'],
  ])('are not sent on: %j', (came, goes) => {
    expect(JSON.parse(sent(came))).toEqual(JSON.parse(goes));
    expect(sent(came).replaceAll(/\s/g, '')).toBe(goes.replaceAll(' ', ''));
  });

  it('are not sent on where the model has another name there', () => {
    expect(sent('{"tags":["a"],"model":"a"}', 'b')).toBe('{"model":"b"}');
    expect(sent('{"model":"a","tags":["a"]}', 'b')).toBe('{"model":"b"}');
  });
});
