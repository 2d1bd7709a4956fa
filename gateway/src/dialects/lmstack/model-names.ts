import { catalog } from '@orrery/contracts';

export interface Wished {
  /** What people call it there: any text. */
  readonly name: string;
  readonly model_id: string;
  readonly source: 'huggingface' | 'ollama';
}

/** Where what it is called there is no name here, it is kept as a note. */
const noteOfName = 'display-name';

const longestPart = 120;

/** What can stand in another name of a model: what cannot becomes a hyphen. */
const written = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._:/-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+|[-/]+$/g, '')
    .slice(0, longestPart);

const lastPart = (text: string): string => text.split('/').at(-1) ?? text;

const providerIn = (text: string): catalog.ProviderId | undefined => {
  const id = text.toLowerCase().replace(/[^a-z0-9-]+/g, '-');
  return catalog.ProviderId.safeParse(id).data;
};

const ownerOf = ({ model_id: reference, source }: Wished): string | undefined =>
  source === 'huggingface' && reference.includes('/') ? reference.split('/', 1)[0] : undefined;

export interface Naming {
  readonly name: catalog.ModelName;
  readonly provider: catalog.ProviderId;
  readonly providerName: string;
  /** By which clients call it; undefined where that is its name. */
  readonly alias: string | undefined;
}

/**
 * A name there is any text that no other model has; here it is `provider/name`. One that is of this form stays as it is; of any other the text
 * becomes another name of the model, so that it is found by it and taken once.
 */
export const namingOf = (wished: Wished): Naming => {
  const own = catalog.ModelName.safeParse(wished.name);
  if (own.success) {
    const provider = own.data.slice(0, own.data.indexOf('/'));
    return { name: own.data, provider, providerName: provider, alias: undefined };
  }
  const owner = ownerOf(wished);
  const provider = (owner === undefined ? undefined : providerIn(owner)) ?? wished.source;
  const alias = written(wished.name) || written(lastPart(wished.model_id)) || 'model';
  const part = lastPart(alias).replace(/^[^A-Za-z0-9]+/, '') || 'model';
  return { name: catalog.ModelName.parse(`${provider}/${part}`), provider, providerName: owner ?? wished.source, alias };
};

type Notes = catalog.ModelView['metadata'];

/** What a model is called there. */
export const shownName = ({ name, metadata }: Pick<catalog.ModelView, 'name' | 'metadata'>): string => metadata[noteOfName] ?? name;

/** The notes of a model that is called so. */
export const namedNotes = (notes: Notes, shown: string, name: catalog.ModelName): Notes => {
  const { [noteOfName]: _, ...others } = notes;
  return shown === name ? others : { ...others, [noteOfName]: shown };
};

/** The other names of a model that is called so from now on: it is found by its old name no more. */
export const renamed = (view: catalog.ModelView, wished: Wished): readonly string[] => {
  const before = namingOf({ ...wished, name: shownName(view) }).alias;
  const { alias = wished.name } = namingOf(wished);
  const others = view.aliases.filter((each) => each !== before && each !== alias);
  return alias === view.name ? others : [...others, alias];
};
