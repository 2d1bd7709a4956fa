import { catalog } from '@orrery/contracts';
import type { Caller } from '../../access/caller.ts';
import { edgeFailure, Failed, refusal } from '../../failure.ts';
import type { KnownModel, Models } from '../../inference/admission/models.ts';
import { idOf } from '../row.ts';

/** How long is waited for what the catalog published a moment ago. Longer it is not missed: it may be away. */
const catchUpMs = 500;

const caughtUp = async ({ snapshot }: Models): Promise<void> => {
  await snapshot.caughtUp(catchUpMs);
  if (snapshot.isLoaded) return;
  throw new Failed(edgeFailure('ServiceUnavailable', { details: { service: 'catalog' }, headers: { 'retry-after': '1' } }));
};

const mayCall = ({ models }: Caller, model: KnownModel): boolean => model.isLive && catalog.admitsModel(models, model);

/** What a caller can call now, by name: of a key that may call some models alone, those. */
export const callable = async (models: Models, caller: Caller): Promise<readonly KnownModel[]> => {
  await caughtUp(models);
  return [...models.all].filter((model) => mayCall(caller, model)).sort((one, other) => (one.name < other.name ? -1 : 1));
};

/** A model that a caller can call now. */
export const findCallable = async (models: Models, ref: string | undefined, caller: Caller): Promise<KnownModel> => {
  const named = idOf(catalog.ModelRef, ref, 'ModelNotFound');
  const find = (): KnownModel | undefined => {
    const model = models.find(named);
    return model && mayCall(caller, model) ? model : undefined;
  };
  const known = find();
  if (known !== undefined) return known;
  await caughtUp(models);
  const come = find();
  if (come !== undefined) return come;
  throw new Failed(refusal(catalog.GetModel, { code: 'ModelNotFound', details: {} }));
};
