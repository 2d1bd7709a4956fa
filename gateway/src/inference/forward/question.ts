import { isUtf8 } from 'node:buffer';
import { edgeFailure, Failed, invalidInput } from '../../failure.ts';
import { type Edit, edited, type Member, type Members, membersOf, mostMembers } from './members.ts';
import { promptSize } from './prompt-size.ts';
import { withoutTags } from './tags.ts';

/** What must be known of a request to a model before it is sent. The rest of it nobody here reads. */
export interface Question {
  readonly body: Buffer;
  readonly model: string;
  readonly isStream: boolean;
  /** The client asked for the count at the end of a stream. */
  readonly wantsUsage: boolean;
  /** What the prompt comes to in tokens, about. */
  readonly promptTokens: number;
  /** What it cannot be more than. */
  readonly mostPromptTokens: number;
  /** Undefined where the client named no maximum. */
  readonly maxOutput: number | undefined;
  /** How many prompts there are: completions and embeddings take many at once. */
  readonly prompts: number;
  /** How many answers it asks for, of all prompts together. */
  readonly choices: number;
  readonly members: Members;
}

/** Members that decide over money: given twice, one parser would believe the first and another one the last. */
const decisive = new Set(['model', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'max_output_tokens', 'n', 'best_of']);
/** These as well: many prompts may stand there. */
const lists = new Set(['prompt', 'input']);
/** Where a prompt stands, in the protocols that are spoken here. */
const prompts = ['messages', 'prompt', 'input'];
/** Prompts with so long a beginning in common go to one replica. */
const stickyBytes = 1_024;
const quote = 34;
const bracket = 91;
const space = 32;

const wrong = (path: string, detail: string, mend: string): Failed =>
  new Failed(invalidInput([{ in: 'body', path: [path], detail, mend }]));

const malformed = (reason: string): Failed => new Failed(edgeFailure('MalformedJson', { details: { reason } }));

const valueIn = (body: Buffer, member: Member | undefined): unknown => {
  if (member === undefined) return undefined;
  try {
    return JSON.parse(body.toString('utf8', member.valueAt, member.valueEnd));
  } catch {
    throw malformed(`the value of ${member.name} is no JSON`);
  }
};

/** Model servers take numbers as texts (`"4096"`, `"4_096"`) and some take fractions: who counts less than they do reserves too little. */
const positive = (value: unknown): number | undefined => {
  const number = Math.ceil(typeof value === 'string' ? Number(value.replaceAll('_', '')) : typeof value === 'number' ? value : 0);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
};

type Values = Readonly<Record<string, unknown>>;

const lengths = ['max_completion_tokens', 'max_output_tokens', 'max_tokens'];

/** Nothing can be set aside for what is no number of anything, and what a model server makes of it is its own affair: so it is not sent. */
const refuseNonsense = (values: Values, isCompletion: boolean): void => {
  for (const name of [...lengths, 'n', 'best_of']) {
    const value = values[name];
    if (value === undefined || value === null || positive(value) !== undefined) continue;
    // With `echo`, who asks for no token more has a text of their own weighed.
    if (value === 0 && name === 'max_tokens' && isCompletion) continue;
    throw wrong(name, 'must be a whole number above 0', 'send a whole number, or leave it out');
  }
};

/** Of two that are given some servers heed the one, some the other. */
const maxOutputOf = (values: Values): number | undefined => {
  let most: number | undefined;
  for (const name of lengths) {
    const given = positive(values[name]);
    if (given !== undefined && (most === undefined || given > most)) most = given;
  }
  return most;
};

const choicesOf = (values: Values): number => Math.max(positive(values['n']) ?? 1, positive(values['best_of']) ?? 1);

/** The prompts in a list of texts, or of lists of tokens. Tokens alone are one prompt, and so are messages: those need not be read. */
const listedIn = (body: Buffer, member: Member | undefined): number => {
  if (member === undefined || body[member.valueAt] !== bracket) return 0;
  let at = member.valueAt + 1;
  while ((body[at] ?? quote) <= space) at += 1;
  if (body[at] !== quote && body[at] !== bracket) return 0;
  const list = valueIn(body, member);
  // A part that is neither is refused by who reads it.
  return Array.isArray(list) ? list.length : 0;
};

const wantsUsageIn = (options: unknown): boolean =>
  typeof options === 'object' && options !== null && Reflect.get(options, 'include_usage') === true;

/** Of most there is one or two: the others are not made. */
const decisiveIn = (body: Buffer, found: ReadonlyMap<string, Member>): Values => {
  const values: Record<string, unknown> = {};
  for (const member of found.values()) if (decisive.has(member.name)) values[member.name] = valueIn(body, member);
  return values;
};

interface Naming {
  /** The model, where it is named elsewhere. */
  readonly named?: string | undefined;
  /** Where in the body it is named, if that is called otherwise. */
  readonly modelMember?: string | undefined;
}

/** Throws `Failed` where it is no request for a model. */
export const questionIn = (body: Buffer, { named, modelMember = 'model' }: Naming = {}): Question => {
  if (!isUtf8(body)) throw new Failed(edgeFailure('NotUtf8'));
  const members = membersOf(body);
  if (members === undefined) throw malformed(`it is no JSON object of at most ${mostMembers} members`);
  const found = new Map<string, Member>();
  for (const member of members.all) {
    if (!decisive.has(member.name) && !lists.has(member.name) && member.name !== modelMember) continue;
    if (found.has(member.name)) throw wrong(member.name, 'is given twice', 'give it once');
    found.set(member.name, member);
  }
  const values = decisiveIn(body, found);
  refuseNonsense(values, found.has('prompt'));
  const model = named ?? valueIn(body, found.get(modelMember));
  if (model === undefined) throw wrong(modelMember, 'is missing', 'name the model that is to answer');
  if (typeof model !== 'string' || model === '') throw wrong(modelMember, 'is no name', 'send the name of a model as a text');
  const { stream: isStream = false } = values;
  // Others may take a text or a number for a truth; then it would be read as what it is not.
  if (typeof isStream !== 'boolean' && isStream !== null) throw wrong('stream', 'is neither true nor false', 'send true or false');
  const completed = listedIn(body, found.get('prompt'));
  return {
    body,
    model,
    isStream: isStream === true,
    wantsUsage: isStream === true && wantsUsageIn(values['stream_options']),
    ...promptSize(body, members),
    maxOutput: maxOutputOf(values),
    prompts: Math.max(1, completed, listedIn(body, found.get('input'))),
    choices: choicesOf(values) * Math.max(1, completed),
    members,
  };
};

/** How the prompt begins; undefined where there is none. */
export const beginningOf = ({ body, members }: Question): string | undefined => {
  const prompt = members.all.find(({ name }) => prompts.includes(name));
  return prompt && body.toString('latin1', prompt.valueAt, Math.min(prompt.valueEnd, prompt.valueAt + stickyBytes));
};

const withUsage = ({ body, members: { openAt, all } }: Question): Edit => {
  const options = all.find(({ name }) => name === 'stream_options');
  if (options === undefined) {
    const after = all.length > 0 ? ',' : '';
    return { from: openAt + 1, to: openAt + 1, text: `"stream_options":{"include_usage":true}${after}` };
  }
  const given = valueIn(body, options);
  const more = typeof given === 'object' && !Array.isArray(given) ? given : {};
  return { from: options.valueAt, to: options.valueEnd, text: JSON.stringify({ ...more, include_usage: true }) };
};

/** The bytes that came, but for the tags, for the name of the model where it has another one there, and for the count at the end of a stream. */
export const bodyFor = (question: Question, { model, addsUsage }: { model: string; addsUsage: boolean }): Buffer => {
  const named = model === question.model ? undefined : question.members.all.find(({ name }) => name === 'model');
  const edits: Edit[] = [];
  if (named) edits.push({ from: named.valueAt, to: named.valueEnd, text: JSON.stringify(model) });
  // What is put in at a place goes before what is taken out from there on.
  if (addsUsage) edits.push(withUsage(question));
  edits.push(...withoutTags(question));
  return edited(
    question.body,
    edits.sort((one, other) => one.from - other.from),
  );
};
