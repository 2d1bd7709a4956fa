import { beginningOf, bodyFor, questionIn } from './question.ts';

const question = (value: unknown) => questionIn(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));
const failing = (value: unknown): unknown => {
  try {
    return question(value);
  } catch (error) {
    return error;
  }
};
const messages = [{ role: 'user', content: 'Hi' }];

describe('What is asked', () => {
  it('is refused with more members than anybody has names for', () => {
    const withMore = (count: number): string => `{"model":"a"${',"":1'.repeat(count)}}`;
    expect(question(withMore(999))).toMatchObject({ model: 'a' });
    expect(failing(withMore(1_000))).toMatchObject({
      failure: { code: 'MalformedJson', details: { reason: 'it is no JSON object of at most 1000 members' } },
    });
  });

  it('is read off the top of the body', () => {
    expect(question({ model: 'a/b', messages, stream: true, stream_options: { include_usage: true }, max_tokens: 7, n: 2 })).toMatchObject({
      model: 'a/b',
      isStream: true,
      wantsUsage: true,
      maxOutput: 7,
      choices: 2,
    });
    expect(question({ messages, model: 'a', max_tokens: 7, max_completion_tokens: 9 })).toMatchObject({
      isStream: false,
      maxOutput: 9,
      choices: 1,
    });
    expect(question({ model: 'a', max_tokens: null, stream: null })).toMatchObject({ isStream: false, maxOutput: undefined });
  });

  it.each([
    ['texts', { max_tokens: '4096', n: '3' }, { maxOutput: 4_096, choices: 3 }],
    ['texts as some write them', { max_tokens: ' 4_096 ', best_of: '2' }, { maxOutput: 4_096, choices: 2 }],
    ['fractions', { max_tokens: 6.2, n: 1.5 }, { maxOutput: 7, choices: 2 }],
  ])('is counted as by a model server that takes %s for numbers', (_, numbers, read) =>
    expect(question({ model: 'a', ...numbers })).toMatchObject(read),
  );

  it('is one answer for each prompt of a list, as often as it says', () => {
    const asked = (prompt: unknown) => question({ model: 'a', prompt, n: 2 });
    expect(asked(['one', 'two', 'three'])).toMatchObject({ prompts: 3, choices: 6 });
    expect(asked([[7, 8], [9]])).toMatchObject({ prompts: 2, choices: 4 });
    expect(question('{"model":"a","prompt": [ \n "one" , "two" ]}')).toMatchObject({ prompts: 2, choices: 2 });
    for (const one of ['one', [7, 8, 9], { id: 'pmpt_1' }, [], null]) expect(asked(one)).toMatchObject({ prompts: 1, choices: 2 });
    expect(question({ model: 'a', input: ['one', 'two', 'three'] })).toMatchObject({ prompts: 3, choices: 1 });
    expect(question({ model: 'a', input: messages })).toMatchObject({ prompts: 1, choices: 1 });
    expect(failing('{"model":"a","prompt":["one",]}')).toMatchObject({ failure: { code: 'MalformedJson' } });
    expect(failing('{"model":"a","prompt":["one"],"prompt":["one","two"]}')).toMatchObject({ failure: { code: 'InvalidInput' } });
  });

  it.each([
    ['twice the same model', '{"model":"a","model":"b"}', { in: 'body', path: ['model'], detail: 'is given twice' }],
    ['twice, once in disguise', '{"\\u006dodel":"a","model":"b"}', { detail: 'is given twice' }],
    ['two maxima', '{"model":"b","max_tokens":1,"max_tokens":9}', { path: ['max_tokens'] }],
    ['no model', {}, { detail: 'is missing' }],
    ['a model that is no name', { model: 7 }, { detail: 'is no name' }],
    ['a stream that others may take for one', { model: 'a', stream: 'true' }, { path: ['stream'] }],
  ])('is refused where it names %s', (_, body, issue) => {
    expect(failing(body)).toMatchObject({ failure: { status: 400, code: 'InvalidInput', issues: [issue] } });
  });

  it.each(['max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n', 'best_of'])(
    'is refused where %s is no number of anything',
    (name) => {
      for (const value of [0, -5, 'many', '0', '-5', '1e400', [3], true, {}]) {
        expect(failing({ model: 'a', messages, [name]: value })).toMatchObject({
          failure: { status: 400, code: 'InvalidInput', issues: [{ in: 'body', path: [name] }] },
        });
      }
      expect(question({ model: 'a', messages, [name]: null }).choices).toBe(1);
    },
  );

  it('may be for no token of an answer where a text is weighed alone', () => {
    expect(question({ model: 'a', prompt: 'Hi', echo: true, max_tokens: 0 }).maxOutput).toBeUndefined();
    expect(failing({ model: 'a', prompt: 'Hi', max_tokens: -1 })).toMatchObject({ failure: { code: 'InvalidInput' } });
  });

  it.each(['', '[]', '{"model":', '{"model":"a"}}'])('is refused where it is no JSON object: %j', (body) => {
    expect(failing(body)).toMatchObject({ failure: { status: 400, code: 'MalformedJson' } });
  });

  it('is refused where it is no UTF-8', () => {
    expect(() => questionIn(Buffer.from([0x7b, 0xff, 0x7d]))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ code: 'NotUtf8' }) }),
    );
  });

  it('weighs what it weighs as text, and pictures as pictures', () => {
    const text = question({ model: 'a', messages: [{ role: 'user', content: 'x'.repeat(4_000) }] }).promptTokens;
    expect(text).toBeGreaterThan(1_000);
    expect(text).toBeLessThan(1_050);
    const url = `data:image/png;base64,${'A'.repeat(400_000)}`;
    const content = [1, 2].map(() => ({ type: 'image_url', image_url: { url } }));
    const pictures = question({ model: 'a', messages: [{ role: 'user', content }] }).promptTokens;
    expect(pictures).toBeGreaterThan(3_000);
    expect(pictures).toBeLessThan(3_100);
    const plain = question({ model: 'a', messages: [{ role: 'user', content: `data: ${'x'.repeat(400_000)}` }] }).promptTokens;
    expect(plain).toBeGreaterThan(100_000);
  });

  it('begins as its prompt does', () => {
    const begun = (content: string) =>
      beginningOf(question({ model: 'a', temperature: Math.random(), messages: [{ role: 'system', content }] }));
    expect(begun(`${'same '.repeat(300)}one`)).toBe(begun(`${'same '.repeat(300)}other`));
    expect(begun('one')).not.toBe(begun('other'));
    expect(beginningOf(question({ model: 'a' }))).toBeUndefined();
  });
});

describe('What is sent', () => {
  const sent = (text: string, model: string, addsUsage = false): string => bodyFor(question(text), { model, addsUsage }).toString();

  it('is what came, to the byte, where nothing need be changed', () => {
    const asked = question('{ "model":"a",\n"temperature":1.0,"x":{"unknown":[1e2]} }');
    expect(bodyFor(asked, { model: 'a', addsUsage: false })).toBe(asked.body);
  });

  it('has the name that the model has there', () => {
    expect(sent('{ "x":1.0, "model" : "a","y":2 }', 'b/"c"')).toBe('{ "x":1.0, "model" : "b/\\"c\\"","y":2 }');
  });

  it('asks for the count of a stream, and leaves other options as they are', () => {
    expect(sent('{"model":"a","stream":true}', 'a', true)).toBe('{"stream_options":{"include_usage":true},"model":"a","stream":true}');
    expect(sent('{"stream_options":{"x":1,"include_usage":false},"model":"a"}', 'b', true)).toBe(
      '{"stream_options":{"x":1,"include_usage":true},"model":"b"}',
    );
    expect(sent('{"tags":["a"],"model":"a"}', 'a', true)).toBe('{"stream_options":{"include_usage":true},"model":"a"}');
    expect(sent('{"stream_options":null,"model":"a"}', 'a', true)).toBe('{"stream_options":{"include_usage":true},"model":"a"}');
  });
});
