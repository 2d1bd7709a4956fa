import { edgeFailure, Failed } from '../../failure.ts';
import type { Reserved } from '../accounting/estimate.ts';
import type { Offer, Served } from '../admission/offer.ts';
import { roomBeside } from '../admission/tokens.ts';
import { Forwarding } from '../forward/forwarding.ts';
import { beginningOf } from '../forward/question.ts';
import type { Way } from '../routing/route-table.ts';
import type { RunAccount } from './run-account.ts';
import type { RunCall } from './run-call.ts';
import type { RunParts } from './run-parts.ts';
import { Speech, speaksFor } from './speech.ts';
import { waysTo } from './ways.ts';

/** Throws `Failed` where there is none. */
export const waysOf = ({ table }: RunParts, { question, asker }: RunCall, { model }: Offer): readonly Way[] => {
  const ways = waysTo(table, [question.model, ...model.names], asker.client);
  if (ways.length > 0) return ways;
  throw new Failed(edgeFailure('ModelUnavailable', { headers: { 'retry-after': '1' } }));
};

/** A fallback serves another model: what that costs is paid. */
const servedAt = (way: Way, upstream: string, ways: readonly Way[]): Served =>
  way === ways[0] ? { upstream } : { upstream, model: way.route.models[0] ?? '' };

/** All who may answer. */
export const servedBy = (ways: readonly Way[]): readonly Served[] => {
  const all: Served[] = [];
  for (const way of ways) for (const { upstream } of way.targets) all.push(servedAt(way, upstream.name, ways));
  return all;
};

interface Spoken {
  readonly call: RunCall;
  readonly offer: Offer;
  readonly account: RunAccount;
  readonly reserved: Reserved;
}

export const speechOf = ({ call, offer, account, reserved }: Spoken): Speech => {
  const { question, asker, headers, traceparent } = call;
  const each = Math.max(1, Math.floor(reserved.output / question.choices));
  const maxOutput = roomBeside(Math.ceil(question.promptTokens / question.prompts), each, offer.model.contextLength);
  const { startedAt } = account;
  const { client, requestId } = asker;
  return new Speech({ question, client, requestId, startedAt, maxOutput, headers, traceparent, cameTo: () => account.ifFinished() });
};

export interface Setting {
  readonly parts: RunParts;
  readonly call: RunCall;
  readonly offer: Offer;
  readonly account: RunAccount;
  readonly ways: readonly Way[];
  readonly speech: Speech;
}

export const forwardingOf = ({ parts, call, offer, account, ways, speech }: Setting): Forwarding => {
  const { upstreams, clock, random, settings } = parts;
  const [first] = ways;
  return new Forwarding({
    upstreams,
    ways,
    messageFor: (target) => speech.messageFor(target),
    stickyKey: first?.route.isSticky ? beginningOf(call.question) : undefined,
    deadline: account.startedAt + settings.deadlineMs,
    queueMs: settings.queueMs,
    onTarget: ({ upstream: { name } }, way) => account.toward(name, offer.pricesAt(servedAt(way, name, ways))),
    onSent: () => account.tell({ type: 'sent' }),
    onRetry: () => account.tell({ type: 'retried' }),
    onUnreadable: ({ upstream: { name } }, reason) => parts.log.warn({ upstream: name, reason }, 'an upstream gave no answer of a model'),
    clock,
    random,
  });
};

/** A part of what is asked is asked elsewhere too, for nobody but whoever looks there. */
export const castShadow = ({ parts, call, ways, speech }: Setting): void => {
  const { shadows, random, clock } = parts;
  const shadow = ways[0]?.shadow;
  if (shadow === undefined || random() * 100 >= shadow.percent || !speaksFor(call.asker.client, shadow.target)) return;
  shadows.cast(shadow.target, (target) => speech.messageFor(target), clock());
};
