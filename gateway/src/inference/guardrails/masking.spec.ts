import fc from 'fast-check';
import { RE2JS } from 're2js';
import { foldedText } from './detect/fold.ts';
import { programOf } from './detect/pattern.ts';
import { PatternDetector } from './detect/patterns.ts';
import { personalKinds } from './detect/personal.ts';
import { PersonalDataDetector } from './detect/personal-data.ts';
import { TermsDetector } from './detect/terms.ts';
import { TermsAutomaton } from './detect/terms-automaton.ts';
import { Masking, type Watch } from './masking.ts';

const pattern = (expression: string, placeholder?: string, ignoresCase = false): Watch => ({
  detector: new PatternDetector(programOf(expression, ignoresCase)),
  placeholder,
  name: expression,
});
const personal = (kind: keyof typeof personalKinds, placeholder?: string): Watch => ({
  detector: new PersonalDataDetector(personalKinds[kind]),
  placeholder,
  name: kind,
});
const terms = (words: readonly string[], placeholder?: string, isWholeWord = true): Watch => ({
  detector: new TermsDetector(new TermsAutomaton(words.map(foldedText)), isWholeWord),
  placeholder,
  name: 'terms',
});

interface Outcome {
  readonly text: string;
  readonly blockedBy: string | undefined;
}

const through = (watches: readonly Watch[], pieces: readonly string[]): Outcome => {
  const masking = new Masking(watches);
  let text = '';
  for (const piece of pieces) text += masking.push(piece);
  return { text: text + masking.end(), blockedBy: masking.blockedBy };
};
const masked = (watches: readonly Watch[], text: string): string => through(watches, [text]).text;

const cut = (text: string, places: readonly number[]): string[] => {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((one, other) => one - other);
  return [0, ...at].map((from, index) => text.slice(from, at[index] ?? text.length));
};

describe('A masked text', () => {
  it.each([
    ['write to ann@example.com.', 'write to [X].'],
    ['ann.b+c@mail.example.co.uk, and more', '[X], and more'],
    ['müller@bücher.de', '[X]'],
    ['@nobody and a@b are no addresses', '@nobody and a@b are no addresses'],
  ])('has no e-mail address: %s', (text, expected) => expect(masked([personal('email', '[X]')], text)).toBe(expected));

  it.each([
    ['pay with 4111 1111 1111 1111 now', 'pay with [X] now'],
    ['4111111111111111', '[X]'],
    ['378282246310005 or 3782-822463-10005', '[X] or [X]'],
    ['7 4111-1111-1111-1111', '7 [X]'],
    ['4111 1111 1111 1112 is none', '4111 1111 1111 1112 is none'],
    ['order 94111111111111111', 'order 94111111111111111'],
  ])('has no card number that its check digit confirms: %s', (text, expected) =>
    expect(masked([personal('credit-card', '[X]')], text)).toBe(expected),
  );

  it.each([
    ['to DE89 3704 0044 0532 0130 00 please', 'to [X] please'],
    ['GB29NWBK60161331926819', '[X]'],
    ['gb12 de89370400440532013000', 'gb12 [X]'],
    ['DE89 3704 0044 0532 0130 01', 'DE89 3704 0044 0532 0130 01'],
  ])('has no account number that its check digits confirm: %s', (text, expected) =>
    expect(masked([personal('iban', '[X]')], text)).toBe(expected),
  );

  it.each([
    ['from 192.168.0.1:80 to 2001:db8::ff00:42:8329', 'from [X]:80 to [X]'],
    ['at 12:30:45 std::vector v1.2.3 999.1.1.1', 'at 12:30:45 std::vector v1.2.3 999.1.1.1'],
  ])('has no address of a machine: %s', (text, expected) => expect(masked([personal('ip-address', '[X]')], text)).toBe(expected));

  it.each([
    ['call +49 30 1234567 today', 'call [X] today'],
    ['(555) 123-4567, 555-123-4567 or 0171/1234567', '[X], [X] or [X]'],
    ['on 2026-11-22 there were 100 000 000 of 12345', 'on 2026-11-22 there were 100 000 000 of 12345'],
  ])('has no telephone number: %s', (text, expected) => expect(masked([personal('phone', '[X]')], text)).toBe(expected));

  it.each([
    ['ssn 078-05-1120.', 'ssn [X].'],
    ['000-12-3456, 078-05-11201', '000-12-3456, 078-05-11201'],
  ])('has no social security number: %s', (text, expected) => expect(masked([personal('us-ssn', '[X]')], text)).toBe(expected));

  it.each([
    ['The Naïve Café!', 'The [X]!', ['naive cafe']],
    ['STRASSE und Straße', '[X] und [X]', ['straße']],
    ['s\u200becret', '[X]', ['secret']],
    ['one  \n two', '[X]', ['one two']],
    ['classic ass', 'classic [X]', ['ass']],
    ['in ass-hat', 'in [X]-hat', ['ass']],
    ['これは秘密です', 'これは[X]です', ['秘密']],
    ['ushers', 'u[X]s', ['he', 'she', 'hers'.slice(0, 3)], false],
  ])('has no term, however it is written: %s', (text, expected, words, isWholeWord = true) =>
    expect(masked([terms(words, '[X]', isWholeWord)], text)).toBe(expected),
  );

  it('has one placeholder for stretches that overlap, and two for those that only touch', () => {
    expect(masked([pattern('abc', '[1]'), pattern('cde', '[2]')], 'xabcdex')).toBe('x[1]x');
    expect(masked([pattern('ab', '[1]'), pattern('cd', '[2]')], 'abcd')).toBe('[1][2]');
    expect(masked([pattern('a{3}', '[1]')], 'baaaaab')).toBe('b[1]b');
  });

  it('knows where lines and words begin and end', () => {
    expect(masked([pattern('(?m)^a$|\\bb\\b', '_')], 'a\nb\nab\na')).toBe('_\n_\nab\n_');
  });

  it('ends before what must not pass', () => {
    expect(through([pattern('secret')], ['a se', 'cret b'])).toEqual({ text: 'a ', blockedBy: 'secret' });
    expect(through([personal('email', '[E]'), terms(['bob'])], ['a@b.com is ', 'bob'])).toEqual({ text: '[E] is ', blockedBy: 'terms' });
  });

  it('holds back only what may still become a match', () => {
    const masking = new Masking([pattern('secret', '_'), terms(['hidden thing'], '_')]);
    expect(masking.push('plain text, ')).toBe('plain text, ');
    expect(masking.holdsNothing).toBe(true);
    expect(masking.push('a sec')).toBe('a ');
    expect(masking.push('tor, hidden')).toBe('sector, ');
    expect(masking.push(' gem')).toBe('hidden gem');
    expect(masking.holdsNothing).toBe(true);
  });

  it('never waits for more than a bounded stretch', () => {
    const masking = new Masking([pattern('a.*b', '_'), terms(['zz'], '_')]);
    const given = masking.push(`a${'x'.repeat(2_000)}z${'\u200b'.repeat(2_000)}`);
    expect(given.length).toBeGreaterThan(4_001 - 514);
  });

  it('comes to an end, whatever expression it is looked at with', () => {
    expect(masked([pattern('(a*)*(a|aa)+(a+)+c', '_')], 'a'.repeat(20_000))).toHaveLength(20_000);
  });
});

const words = fc.constantFrom(
  'a@b.de',
  'x',
  ' ',
  '4111 1111 1111 1111',
  '41',
  '1',
  '-',
  '+49 30 123456',
  'secret',
  'SECRÉT',
  'sec',
  'ret',
  '\u0301',
  '\u200b',
  'ß',
  '😀',
  '\n',
  '.',
  '@',
  'DE89 3704 0044 0532 0130 00',
  '10.0.0.1',
  '::1',
  'ab',
  'aab',
  '078-05-1120',
  'hidden',
  'thing',
  'ſ',
  'İ',
);
const texts = fc.array(words, { maxLength: 25 }).map((parts) => parts.join(''));
const places = fc.array(fc.nat({ max: 1_000 }), { maxLength: 12 });

const everything = (blocks: boolean): Watch[] => [
  ...(['email', 'phone', 'credit-card', 'iban', 'ip-address', 'us-ssn'] as const).map((kind) => personal(kind, `[${kind}]`)),
  terms(['secret', 'hidden thing', 'ss'], '[TERM]'),
  terms(['ret'], '[PART]', false),
  pattern('a+b', '[AB]'),
  pattern('(?i)\\bre.', '[RE]'),
  pattern('x$', '[END]'),
  ...(blocks ? [pattern('xx'), terms(['thing'])] : []),
];

describe('However a text is cut', () => {
  it('the same is masked', () => {
    fc.assert(
      fc.property(texts, places, fc.boolean(), (text, at, blocks) => {
        expect(through(everything(blocks), cut(text, at))).toEqual(through(everything(blocks), [text]));
      }),
    );
  });

  it('character by character, nothing blocked is in what was given out', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { text: given, blockedBy } = through([terms(['secret'], undefined, false)], text.split(''));
        expect(foldedText(given).includes('secret')).toBe(false);
        expect(blockedBy === undefined).toBe(!foldedText(text).includes('secret'));
      }),
    );
  });
});

/** All stretches that some expression matches, by trying each one with the engine that its syntax is from. */
const covered = (expression: string, text: string): boolean[] => {
  const whole = RE2JS.compile(expression);
  const marks = Array.from({ length: text.length }, () => false);
  for (let start = 0; start < text.length; start += 1) {
    for (let end = start + 1; end <= text.length; end += 1) if (whole.matches(text.slice(start, end))) marks.fill(true, start, end);
  }
  return marks;
};

describe('A regular expression', () => {
  it('is taken as RE2 takes it, in every stretch of a text', () => {
    const expressions = fc.constantFrom('a+b', '(?:ab|b)c?', 'a.c', '[^a]b', 'a{2,3}', '(?i)B', 'c|ab|abc', '(a|b)*c');
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'B', '\n'), maxLength: 14 });
    fc.assert(
      fc.property(expressions, letters, (expression, text) => {
        const marks = covered(expression, text);
        const kept = [...text].filter((_, index) => !marks[index]).join('');
        expect(masked([pattern(expression, '')], text)).toBe(kept);
      }),
    );
  });
});
