import { endUserIn } from './end-user.ts';
import { membersOf } from './members.ts';

const asked = (text: string) => {
  const body = Buffer.from(text);
  const members = membersOf(body);
  if (members === undefined) throw new TypeError(`no object: ${text}`);
  return { body, members };
};
const said = (user: unknown): string | undefined => endUserIn(asked(JSON.stringify({ model: 'a', user })), 'chat');
const ofAnthropic = (metadata: unknown): string | undefined => endUserIn(asked(JSON.stringify({ model: 'a', metadata })), 'messages');

describe('The end user of a request', () => {
  it.each([
    ['a name', 'ada'],
    ['the longest that is kept', 'x'.repeat(256)],
    ['letters of four bytes', '\u{1f600}'.repeat(128)],
    ['what JSON escapes', 'a"b\\c\n'],
  ])('is %s', (_, user) => expect(said(user)).toBe(user));

  it('is read as a parser reads it: however it is spelled, and of two the last', () => {
    expect(endUserIn(asked(`{"us\\u0065r":"${'\\u0061'.repeat(256)}"}`), 'chat')).toBe('a'.repeat(256));
    expect(endUserIn(asked('{"user":"ada","model":"a","user":"bob"}'), 'chat')).toBe('bob');
  });

  it.each([
    ['is none', undefined],
    ['is null', null],
    ['is a number', 7],
    ['is an object', { user: 'ada' }],
    ['is empty', ''],
    ['is too long', 'x'.repeat(257)],
    ['is much too long', 'x'.repeat(100_000)],
    ['cannot be stored: NUL', 'a\0'],
    ['cannot be stored: half a character', '\ud800'],
  ])('is left out, and nothing is refused, where it %s', (_, user) => expect(said(user)).toBeUndefined());

  it('is left out where it is no JSON', () => expect(endUserIn(asked('{"user":"a\\x"}'), 'chat')).toBeUndefined());

  it('is said in the metadata by clients of Anthropic, and there alone', () => {
    expect(ofAnthropic({ user_id: 'ada' })).toBe('ada');
    expect(endUserIn(asked('{"user":"ada"}'), 'messages')).toBeUndefined();
    expect(endUserIn(asked('{"metadata":{"user_id":"ada"}}'), 'chat')).toBeUndefined();
  });

  it.each([[null], ['ada'], [['ada']], [{}], [{ user_id: 7 }], [{ user_id: 'ada', more: 'x'.repeat(10_000) }]])(
    'is left out where the metadata is %j',
    (metadata) => expect(ofAnthropic(metadata)).toBeUndefined(),
  );
});
