import { type catalog, epochOf, type execution, type Instant, type OrgId, parseNanos } from '@orrery/contracts';
import { accept, type Decision, type Rejection, reject } from '@orrery/kernel';
import type { RunEvent } from './run-facts.ts';

/** A machine type as it is on offer: null where it is not, or has no price. */
export interface Offered {
  readonly machineType: string;
  readonly resources: catalog.Resources | null;
  readonly price: catalog.PinnedPrice | null;
}

export interface Submission {
  readonly runId: execution.RunId;
  readonly orgId: OrgId;
  /** In the order in which they were asked for. At least one. */
  readonly offers: readonly Offered[];
  readonly order: 'preference' | 'price';
  readonly hasCredit: boolean;
  /** The organization is suspended or deleted. */
  readonly isClosed: boolean;
  readonly program: { readonly fileName: string | null; readonly hash: string; readonly bytes: number; readonly maxBytes: number };
  readonly timeoutSeconds: number;
  /** Null: it runs alone. */
  readonly gang: execution.Gang | null;
  readonly maxNodes: number;
  readonly wishes: execution.PlaceWishes;
  /** The machine that it wishes for is there; true where it wishes for none. */
  readonly isWorkerKnown: boolean;
  readonly priority: { readonly class: string; readonly rank: number | null; readonly isAllowed: boolean };
  readonly isPreemptible: boolean;
  readonly deadlineAt: Instant | null;
  readonly project: string | null;
  readonly weights: readonly string[];
  readonly submittedBy: string;
  readonly at: Instant;
}

interface Issue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly code: 'custom';
  readonly mend: string;
}
interface AboutField {
  /** Which field, and how to mend it. */
  readonly issues: readonly Issue[];
}

export type SubmissionRefusal =
  | Rejection<'MachineTypeNotOffered', { readonly machineType: string } & AboutField>
  | Rejection<'NoPrice', { readonly machineType: string } & AboutField>
  | Rejection<'InsufficientCredits', object>
  | Rejection<'OrgSuspended', object>
  | Rejection<'ProgramTooLarge', { readonly bytes: number; readonly maxBytes: number }>
  | Rejection<'WorkerNotFound', AboutField>
  | Rejection<'MachineTypeNotInPool', { readonly machineType: string; readonly pool: string } & AboutField>
  | Rejection<'GangTooLarge', { readonly limit: number } & AboutField>
  | Rejection<'DeadlineTooEarly', { readonly earliest: Instant } & AboutField>
  | Rejection<'PriorityClassNotFound' | 'PriorityClassNotAllowed', { readonly name: string } & AboutField>;

const about = (path: readonly (string | number)[], message: string, mend: string): AboutField => ({
  issues: [{ path, message, code: 'custom', mend }],
});

const pathOf = (index: number): readonly (string | number)[] => (index === 0 ? ['machineType'] : ['alternatives', index - 1]);

/** What can be had of what was asked for, each machine type once; the first that cannot refuses all of it. */
const choicesOf = ({ offers, order, wishes }: Submission): readonly execution.RunChoice[] | SubmissionRefusal => {
  const choices: execution.RunChoice[] = [];
  for (const [index, { machineType, resources, price }] of offers.entries()) {
    const pool = resources?.pool;
    if (pool !== undefined && wishes.pool !== null && wishes.pool !== pool) {
      const field = about(['pool'], `is not where ${machineType} is`, 'leave pool out, or send another machine type');
      return { code: 'MachineTypeNotInPool', details: { machineType, pool: wishes.pool, ...field } };
    }
    if (resources === null) {
      const field = about(pathOf(index), 'is not offered', 'send the name of a machine type that is offered');
      return { code: 'MachineTypeNotOffered', details: { machineType, ...field } };
    }
    if (price === null) {
      return { code: 'NoPrice', details: { machineType, ...about(pathOf(index), 'has no price yet', 'send another machine type') } };
    }
    if (!choices.some((choice) => choice.machineType === machineType)) choices.push({ machineType, resources, price });
  }
  if (order === 'preference') return choices;
  const nanosOf = ({ price }: execution.RunChoice): bigint => parseNanos(price.nanosPerSecond);
  return choices.sort((a, b) => Number(nanosOf(a) - nanosOf(b)));
};

/** What of its wishes nobody could grant. */
const ungrantable = (wish: Submission): SubmissionRefusal | null => {
  const { gang, maxNodes, priority, deadlineAt, timeoutSeconds, at } = wish;
  if (!wish.isWorkerKnown) {
    return { code: 'WorkerNotFound', details: about(['workerId'], 'is no machine here', 'send the id of a machine, or leave it out') };
  }
  if (gang !== null && gang.size > maxNodes) {
    return { code: 'GangTooLarge', details: { limit: maxNodes, ...about(['nodes'], 'is too many', `send at most ${maxNodes}`) } };
  }
  const { class: name } = priority;
  if (priority.rank === null) {
    const field = about(['priorityClass'], 'is not known', 'send the name of a priority class, or leave it out');
    return { code: 'PriorityClassNotFound', details: { name, ...field } };
  }
  if (!priority.isAllowed) {
    const field = about(['priorityClass'], 'is not for your organization', 'send another one, or leave it out');
    return { code: 'PriorityClassNotAllowed', details: { name, ...field } };
  }
  const earliest = epochOf(at) + timeoutSeconds * 1_000;
  if (deadlineAt === null || epochOf(deadlineAt) >= earliest) return null;
  const mend = 'send a later moment, or a shorter timeoutSeconds';
  const field = about(['deadlineAt'], 'lies before now and the time that the run may take', mend);
  return { code: 'DeadlineTooEarly', details: { earliest: new Date(earliest).toISOString(), ...field } };
};

const isRefusal = (found: readonly execution.RunChoice[] | SubmissionRefusal): found is SubmissionRefusal => 'code' in found;

const weightsOf = ({ weights }: Submission): Pick<execution.RunRequest, 'weights'> =>
  weights.length === 0 ? {} : { weights: [...weights] };

export const submit = (wish: Submission): Decision<RunEvent, SubmissionRefusal> => {
  if (wish.isClosed) return reject('OrgSuspended', {});
  const choices = choicesOf(wish);
  if (isRefusal(choices)) return { accepted: false, rejection: choices };
  const refused = ungrantable(wish);
  if (refused) return { accepted: false, rejection: refused };
  const { program, runId, orgId, gang, wishes, isPreemptible, deadlineAt, project, timeoutSeconds, submittedBy, at } = wish;
  if (program.bytes > program.maxBytes) return reject('ProgramTooLarge', { bytes: program.bytes, maxBytes: program.maxBytes });
  if (!wish.hasCredit) return reject('InsufficientCredits', {});
  const [first] = choices;
  if (!first) throw new TypeError('a run asks for a machine type');
  const priority = { class: wish.priority.class, rank: wish.priority.rank ?? 0 };
  const request = { choices: [...choices], gang, wishes, priority, isPreemptible, deadlineAt, project, ...weightsOf(wish) };
  const { fileName, hash: programHash, bytes: programBytes } = program;
  const data = { runId, orgId, ...first, request, fileName, programHash, programBytes, timeoutSeconds, submittedBy, at };
  return accept({ type: 'RunSubmitted', data });
};
